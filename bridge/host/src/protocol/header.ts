import { FrameError } from "./error.js";
import { FRAME_KINDS, HEADER_LENGTH, MAX_ID } from "./generated.js";

/** A side of a connection. */
export type Peer = "host" | "sidecar";

/** What a frame carries. */
export type FrameKind = keyof typeof FRAME_KINDS;

/** The kinds whose payload is bytes of a guest's or a file's, and no JSON. */
export type RawKind = "upload" | "download" | "stdin" | "stdout" | "stderr";

interface KindRules {
  readonly sentBy: Peer | "both";
  /** What its frames do with the `MORE` bit. */
  readonly more: "never" | "unsetOnLast" | "always";
}

const RULES: Record<FrameKind, KindRules> = {
  hello: { sentBy: "both", more: "never" },
  request: { sentBy: "host", more: "unsetOnLast" },
  reply: { sentBy: "sidecar", more: "unsetOnLast" },
  notice: { sentBy: "sidecar", more: "unsetOnLast" },
  upload: { sentBy: "host", more: "unsetOnLast" },
  download: { sentBy: "sidecar", more: "unsetOnLast" },
  stdin: { sentBy: "host", more: "unsetOnLast" },
  stdout: { sentBy: "sidecar", more: "always" },
  stderr: { sentBy: "sidecar", more: "always" },
  refusal: { sentBy: "sidecar", more: "never" },
};

const KIND_BY_NUMBER: (FrameKind | undefined)[] = [];
for (const [kind, number] of Object.entries(FRAME_KINDS)) KIND_BY_NUMBER[number] = kind as FrameKind;

const MORE = 1;
const TWO_POW_32 = 0x1_0000_0000;

/** The fixed part that every frame starts with. */
export interface FrameHeader {
  /** Bytes of the payload that follows. */
  readonly length: number;
  readonly kind: FrameKind;
  /** Whether the message or byte stream goes on in a later frame of the same kind and id. */
  readonly more: boolean;
  /** The request or guest that the frame belongs to; 0 where it belongs to the connection. */
  readonly id: number;
}

/** Whether that side may send frames of that kind. */
export function isSentBy(kind: FrameKind, peer: Peer): boolean {
  const { sentBy } = RULES[kind];
  return sentBy === "both" || sentBy === peer;
}

/** Whether the kind's payload is bytes and no JSON. */
export function isRaw(kind: FrameKind): kind is RawKind {
  return kind === "stdout" || kind === "stderr" || kind === "stdin" || kind === "upload" || kind === "download";
}

/** Writes a header to the start of `target`. */
export function writeHeader(target: Buffer, kind: FrameKind, more: boolean, id: number, length: number): void {
  target.writeUInt32LE(length, 0);
  target[4] = FRAME_KINDS[kind];
  target[5] = more ? MORE : 0;
  target[6] = 0;
  target[7] = 0;
  target.writeUInt32LE(id >>> 0, 8);
  target.writeUInt32LE(Math.floor(id / TWO_POW_32), 12);
}

/**
 * Reads the header that starts at `offset`; `source` has all of it.
 *
 * @throws {FrameError} where it breaks a rule that holds for every frame of its kind.
 */
export function readHeader(source: Buffer, offset: number): FrameHeader {
  const number = source[offset + 4]!;
  const kind = KIND_BY_NUMBER[number];
  if (kind === undefined) {
    const message = `A frame has the kind ${number}, which this version of the protocol does not know.`;
    throw new FrameError("unknownKind", message);
  }
  const flags = source[offset + 5]!;
  if ((flags & ~MORE) !== 0 || source[offset + 6] !== 0 || source[offset + 7] !== 0) {
    throw new FrameError("reservedBits", `A ${kind} frame sets header bits that are reserved: they must be zero.`);
  }
  // Past 2^53 this loses digits, but stays past it.
  const id = source.readUInt32LE(offset + HEADER_LENGTH - 4) * TWO_POW_32 + source.readUInt32LE(offset + 8);
  const header = { length: source.readUInt32LE(offset), kind, more: (flags & MORE) !== 0, id };
  checkId(kind, id);
  checkMore(header);
  return header;
}

/**
 * Checks that frames of that kind may have that id.
 *
 * @throws {FrameError} where they may not.
 */
export function checkId(kind: FrameKind, id: number): void {
  if (kind === "hello" || kind === "refusal") {
    if (id !== 0) throw new FrameError("idNotZero", `A ${kind} frame has the id ${id}, but must have the id 0.`);
  } else if (!(Number.isSafeInteger(id) && (id > 0 || (id === 0 && kind === "notice")))) {
    const message = `A ${kind} frame has the id ${id}, which must lie between 1 and ${MAX_ID}.`;
    throw new FrameError("idOutOfRange", message);
  }
}

function checkMore({ kind, more, id, length }: FrameHeader): void {
  const rule = RULES[kind].more;
  if (more) {
    if (rule === "never") {
      throw new FrameError("unexpectedMore", `A ${kind} frame sets MORE, but must stand alone.`);
    }
    // Credit counts bytes: a stream of empty parts would fill a queue without using any.
    if (length === 0) {
      const message = `A ${kind} frame that is not the last of id ${id} is empty: leave it out.`;
      throw new FrameError("emptyPart", message);
    }
  } else if (rule === "always") {
    const message = `A ${kind} frame does not set MORE, but such a stream has no last frame.`;
    throw new FrameError("missingMore", message);
  }
}
