/** The descriptors that a guest has: stdin, stdout and stderr, by number and as devices. */
import { native } from "../binding.ts";
import { concat, lengthOf } from "../buffer/buffer.ts";
import { bytesOf, viewOf } from "../bytes.ts";
import { requireEncoding } from "../codec.ts";
import { append } from "../define.ts";
import { invalidArgType, outOfRange } from "../errors.ts";
import { MathTrunc, NumberIsInteger, TypedArrayPrototypeSet, Uint8Array } from "../primordials.ts";
import { toData } from "./arguments.ts";
import { systemError } from "./system-error.ts";

const PIECE = 65536;

function checkDescriptor(fd: unknown): asserts fd is number {
  if (typeof fd !== "number") throw invalidArgType("fd", "of type number", fd);
  if (!NumberIsInteger(fd) || fd < 0) throw outOfRange("fd", ">= 0 && <= 2147483647", fd);
}

export function isStdin(path: unknown): boolean {
  if (typeof path !== "number") return path === "/dev/stdin" || path === "/dev/fd/0";
  if (path === 0) return true;
  if (NumberIsInteger(path) && path > 0) throw systemError("EBADF", "read");
  return false;
}

export function readAllInput(): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let piece = takeInput(PIECE); piece !== null; piece = takeInput(PIECE)) append(pieces, piece);
  return concat(pieces);
}

/** Input that was read and not handed out. */
let rest: Uint8Array = new Uint8Array(0);

function takeInput(most: number): Uint8Array | null {
  if (lengthOf(rest) === 0) {
    const piece = native.stdinReadSync(most);
    if (piece === null) return null;
    rest = piece;
  }
  const count = lengthOf(rest) < most ? lengthOf(rest) : most;
  const taken = viewOf(rest, 0, count);
  rest = viewOf(rest, count, lengthOf(rest));
  return taken;
}

/** Writes to stdout or stderr where that is what the path or number stands for; false where it is a file's. */
export function writeOutput(path: unknown, data: string | Uint8Array): boolean {
  let fd: 1 | 2;
  if (path === 1 || path === "/dev/stdout" || path === "/dev/fd/1") fd = 1;
  else if (path === 2 || path === "/dev/stderr" || path === "/dev/fd/2") fd = 2;
  else if (typeof path === "number") throw systemError("EBADF", "write");
  else return false;
  native.write(fd, data);
  return true;
}

/** `fs.writeSync`, for stdout and stderr. */
export function writeSync(fd: unknown, data: unknown, offsetOrOptions?: unknown, length?: unknown): number {
  checkDescriptor(fd);
  if (fd !== 1 && fd !== 2) throw systemError("EBADF", "write");
  if (typeof data === "string") {
    // For text: position, then encoding.
    const content = toData(data, requireEncoding(length));
    native.write(fd, content);
    return lengthOf(typeof content === "string" ? native.utf8Encode(content) : content);
  }
  const bytes = toData(data, undefined) as Uint8Array;
  const range = toRange(offsetOrOptions, length, lengthOf(bytes));
  native.write(fd, viewOf(bytes, range.start, range.end));
  return range.end - range.start;
}

/** `fs.readSync`, for stdin. */
export function readSync(fd: unknown, buffer: unknown, offsetOrOptions?: unknown, length?: unknown): number {
  checkDescriptor(fd);
  if (fd !== 0) throw systemError("EBADF", "read");
  const bytes = bytesOf(buffer);
  if (bytes === undefined) throw invalidArgType("buffer", "an instance of Buffer, TypedArray, or DataView", buffer);
  const range = toRange(offsetOrOptions, length, lengthOf(bytes));
  if (range.start === range.end) return 0;
  const piece = takeInput(range.end - range.start);
  if (piece === null) return 0;
  TypedArrayPrototypeSet(bytes, piece, range.start);
  return lengthOf(piece);
}

/** The part of a buffer that an offset and a length, or options that have them, name. */
function toRange(offsetOrOptions: unknown, length: unknown, size: number): { start: number; end: number } {
  let offset = offsetOrOptions;
  if (offset !== null && typeof offset === "object") {
    const options = offset as { offset?: unknown; length?: unknown };
    offset = options.offset;
    length = options.length;
  }
  offset ??= 0;
  if (typeof offset !== "number") throw invalidArgType("offset", "of type number", offset);
  if (!NumberIsInteger(offset) || offset < 0 || offset > size) throw outOfRange("offset", `>= 0 && <= ${size}`, offset);
  if (length === undefined || length === null) return { start: offset, end: size };
  if (typeof length !== "number") throw invalidArgType("length", "of type number", length);
  if (length < 0 || length > size - offset) throw outOfRange("length", `>= 0 && <= ${size - offset}`, length);
  return { start: offset, end: offset + MathTrunc(length) };
}

/** `fs.closeSync`. The guest's descriptors stay open to its end; closing them is as good as done. */
export function closeSync(fd: unknown): void {
  checkDescriptor(fd);
  if (fd > 2) throw systemError("EBADF", "close");
}
