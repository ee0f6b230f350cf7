import { native } from "../binding.ts";
import { append } from "../define.ts";
import { invalidArgType, missingArgs } from "../errors.ts";
import { isNativeError } from "../inspect/types.ts";
import { DOMException } from "./dom-exception.ts";

export function structuredClone(value: unknown, options?: { transfer?: Iterable<unknown> } | null): unknown {
  if (arguments.length === 0) throw missingArgs('The "value" argument must be specified');
  const transfer: object[] = [];
  const listed = options?.transfer;
  if (listed !== undefined) {
    // The standard iterates here: over what the guest gave, by the guest's own iterators.
    for (const item of listed) {
      if (item === null || (typeof item !== "object" && typeof item !== "function")) {
        throw invalidArgType("options.transfer", "a list of objects", item);
      }
      append(transfer, item);
    }
  }
  try {
    return native.structuredClone(value, transfer);
  } catch (error) {
    // What a getter of the guest's threw goes through as it is.
    if (isNativeError(error) && error.name === "DataCloneError")
      throw new DOMException(error.message, "DataCloneError");
    throw error;
  }
}
