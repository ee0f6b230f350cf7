import { native } from "../binding.ts";
import { bytesOf } from "../bytes.ts";
import { webInterface } from "../define.ts";
import { missingArgs } from "../errors.ts";
import { bytesToHex } from "../hex.ts";
import { demandPermission, permission } from "../permission.ts";
import {
  StringPrototypeSlice,
  StringPrototypeStartsWith,
  TypedArrayPrototypeGetLength,
  TypedArrayPrototypeGetSymbolToStringTag,
  Uint8Array,
} from "../primordials.ts";
import { DOMException } from "./dom-exception.ts";

/** The most that getRandomValues fills in one call, from the Web Cryptography standard. */
const QUOTA = 65536;

export class Crypto {
  readonly #isCrypto = true;

  constructor(permit?: unknown) {
    demandPermission(permit, Crypto);
  }

  getRandomValues<T>(array: T): T {
    void this.#isCrypto;
    if (arguments.length === 0) throw missingArgs('The "array" argument must be specified');
    const tag = TypedArrayPrototypeGetSymbolToStringTag(array);
    if (tag === undefined || StringPrototypeStartsWith(tag, "Float")) {
      throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
    }
    const bytes = bytesOf(array)!;
    if (TypedArrayPrototypeGetLength(bytes) > QUOTA) {
      throw new DOMException("The requested length exceeds 65,536 bytes", "QuotaExceededError");
    }
    native.randomFill(bytes);
    return array;
  }

  randomUUID(): string {
    void this.#isCrypto;
    return randomUUID();
  }
}

webInterface(Crypto, "Crypto");

export const crypto = new Crypto(permission);

/** A version 4 UUID, from RFC 9562. */
export function randomUUID(): string {
  const bytes = new Uint8Array(16);
  native.randomFill(bytes);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytesToHex(bytes);
  const part = (from: number, to: number) => StringPrototypeSlice(hex, from, to);
  return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
}
