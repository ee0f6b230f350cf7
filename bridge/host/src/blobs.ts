import { createHash } from "node:crypto";
import { asBytes, describe } from "./checks.js";
import { InvalidArgumentError } from "./errors.js";
import type { BlobDigest } from "./protocol/generated.js";

/** Bytes that nobody changes, with their SHA-256. */
export interface NamedBytes {
  readonly digest: BlobDigest;
  readonly bytes: Buffer;
}

/** Files of at least that many bytes are named by their digest, so that a sidecar is sent them once. */
export const BLOB_MIN_BYTES = 64 << 10;

/**
 * A WebAssembly program that is ready to be run often: its bytes were copied and hashed once. Taken wherever the
 * bytes of a program are.
 */
export class WasmProgram {
  readonly #named: NamedBytes;

  private constructor(named: NamedBytes) {
    this.#named = named;
  }

  /**
   * @param bytes The program. Copied, so that the caller may change them afterwards.
   * @throws InvalidArgumentError where these are no bytes.
   */
  static from(bytes: Uint8Array | ArrayBuffer): WasmProgram {
    return new WasmProgram(nameProgram(bytes));
  }

  /** The SHA-256 of the program, as 64 lower-case hex digits. */
  get digest(): string {
    return this.#named.digest;
  }

  /** The program's size. */
  get byteLength(): number {
    return this.#named.bytes.length;
  }

  /** @internal */
  static named(program: WasmProgram): NamedBytes {
    return program.#named;
  }
}

/** @throws InvalidArgumentError where the value is neither a program nor bytes. */
export function nameProgram(value: unknown): NamedBytes {
  if (value instanceof WasmProgram) return WasmProgram.named(value);
  const bytes = asBytes(value);
  if (bytes === undefined) {
    throw new InvalidArgumentError(`A program must be bytes or a WasmProgram, not ${describe(value)}.`, "bytes");
  }
  return nameBytes(value as object, bytes);
}

/** What was named before, by the object that held the bytes. */
const remembered = new WeakMap<object, NamedBytes>();

/**
 * Names the bytes that `holder` holds. A copy is kept as long as the holder lives; comparing with it costs a tenth of
 * hashing again, and sees when the holder's bytes were changed.
 */
export function nameBytes(holder: object, bytes: Uint8Array): NamedBytes {
  const known = remembered.get(holder);
  if (known?.bytes.equals(bytes)) return known;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  const named = { digest: createHash("sha256").update(copy).digest("hex"), bytes: copy };
  remembered.set(holder, named);
  return named;
}
