import { define, webInterface } from "../define.ts";
import { Error, ObjectDefineProperty } from "../primordials.ts";

/** The codes of names, and the constants of codes, as the Web IDL standard lists them; some constants have no name now. */
const CODES = [
  ["INDEX_SIZE_ERR", "IndexSizeError"],
  ["DOMSTRING_SIZE_ERR", undefined],
  ["HIERARCHY_REQUEST_ERR", "HierarchyRequestError"],
  ["WRONG_DOCUMENT_ERR", "WrongDocumentError"],
  ["INVALID_CHARACTER_ERR", "InvalidCharacterError"],
  ["NO_DATA_ALLOWED_ERR", undefined],
  ["NO_MODIFICATION_ALLOWED_ERR", "NoModificationAllowedError"],
  ["NOT_FOUND_ERR", "NotFoundError"],
  ["NOT_SUPPORTED_ERR", "NotSupportedError"],
  ["INUSE_ATTRIBUTE_ERR", "InUseAttributeError"],
  ["INVALID_STATE_ERR", "InvalidStateError"],
  ["SYNTAX_ERR", "SyntaxError"],
  ["INVALID_MODIFICATION_ERR", "InvalidModificationError"],
  ["NAMESPACE_ERR", "NamespaceError"],
  ["INVALID_ACCESS_ERR", "InvalidAccessError"],
  ["VALIDATION_ERR", undefined],
  ["TYPE_MISMATCH_ERR", "TypeMismatchError"],
  ["SECURITY_ERR", "SecurityError"],
  ["NETWORK_ERR", "NetworkError"],
  ["ABORT_ERR", "AbortError"],
  ["URL_MISMATCH_ERR", "URLMismatchError"],
  ["QUOTA_EXCEEDED_ERR", "QuotaExceededError"],
  ["TIMEOUT_ERR", "TimeoutError"],
  ["INVALID_NODE_TYPE_ERR", "InvalidNodeTypeError"],
  ["DATA_CLONE_ERR", "DataCloneError"],
] as const;

function codeOf(name: string): number {
  for (let i = 0; i < CODES.length; i++) if (CODES[i]![1] === name) return i + 1;
  return 0;
}

export class DOMException extends Error {
  readonly #name: string;
  readonly #message: string;

  constructor(message: unknown = "", options: unknown = "Error") {
    super();
    this.#message = `${message}`;
    if (options !== null && typeof options === "object") {
      const { name = "Error" } = options as { name?: unknown };
      this.#name = `${name}`;
      if ("cause" in options) define(this, "cause", options.cause);
    } else {
      this.#name = `${options}`;
    }
  }

  override get name(): string {
    return this.#name;
  }

  override get message(): string {
    return this.#message;
  }

  get code(): number {
    return codeOf(this.#name);
  }
}

webInterface(DOMException, "DOMException");
for (let i = 0; i < CODES.length; i++) {
  const constant = { __proto__: null, value: i + 1, enumerable: true } as PropertyDescriptor;
  ObjectDefineProperty(DOMException, CODES[i]![0], constant);
  ObjectDefineProperty(DOMException.prototype, CODES[i]![0], constant);
}
