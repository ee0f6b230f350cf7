import type { Socket } from "node:net";
import { FrameEncoder } from "./protocol/frame-encoder.js";
import { HEADER_LENGTH, type HostHello, MIN_MAX_FRAME, type Request } from "./protocol/generated.js";

/** Bytes of the frames that large things are sent in: what a small message has to wait for at most. */
const BULK_FRAME = 128 << 10;

/** Uploads whose frames are sent in turns; others wait. Far below what the protocol allows to be under way. */
const UPLOADS_AT_ONCE = 8;

/** Up to this size what was gathered is joined and goes with one plain write. */
const JOINED_BELOW = 16 << 10;

/** Something large that is sent frame by frame. */
interface Job {
  /** Writes a frame; whether that was the last. */
  step(): boolean;
}

/**
 * What this side sends. Small messages that are made in one turn of the event loop go in one write. Large ones are cut
 * up, wait for the socket to take what it was given, and let the small ones pass between any two of their frames.
 */
export class Outbox {
  readonly #socket: Socket;
  readonly #encoder: FrameEncoder;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #scheduled = false;
  /** The other side holds what has come of a message until it is whole, so there is one at a time. */
  readonly #messages = new Lane(1);
  readonly #uploads = new Lane(UPLOADS_AT_ONCE);
  #bulkFrame = MIN_MAX_FRAME;
  #closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#encoder = new FrameEncoder((chunk) => this.#gather(chunk));
    socket.on("drain", () => this.#send());
  }

  /** The largest payload that the other side takes. */
  setMaxFrame(maxFrame: number): void {
    this.#encoder.setMaxFrame(Math.min(maxFrame, BULK_FRAME));
    this.#bulkFrame = Math.min(maxFrame, BULK_FRAME);
  }

  /** The first frame of all. */
  hello(hello: HostHello): void {
    this.#encoder.single("hello", hello);
    this.#schedule();
  }

  /**
   * Sends a message; where it takes several frames, the result resolves when the last has gone.
   *
   * @throws {FrameError} where it is longer than a message may be.
   */
  message(id: number, request: Request): Promise<void> | undefined {
    const before = this.#gathered.length;
    this.#encoder.message("request", id, request);
    if (this.#gathered.length === before + 1) {
      this.#schedule();
      return undefined;
    }
    const frames = joinFrames(this.#gathered.splice(before));
    this.#gatheredBytes = this.#gathered.reduce((bytes, chunk) => bytes + chunk.length, 0);
    return new Promise((resolve) => {
      let next = 0;
      this.#messages.add({
        step: () => {
          for (const chunk of frames[next++]!) this.#gather(chunk);
          if (next < frames.length) return false;
          resolve();
          return true;
        },
      });
      this.#schedule();
    });
  }

  /** Sends a message and the bytes that it announces. */
  upload(id: number, request: Request, bytes: Uint8Array): void {
    let sent = 0;
    let announced = false;
    this.#uploads.add({
      step: () => {
        if (!announced) this.#encoder.message("request", id, request);
        announced = true;
        const part = bytes.subarray(sent, sent + this.#bulkFrame);
        sent += part.length;
        const last = sent === bytes.length;
        this.#encoder.bytes("upload", id, part, last);
        return last;
      },
    });
    this.#schedule();
  }

  /** Sends input to a guest. */
  stdin(guest: number, bytes: Uint8Array, last: boolean): void {
    // A copy, since the encoder takes long payloads as they are, and whoever wrote them may change them now.
    this.#encoder.bytes("stdin", guest, Buffer.from(bytes), last);
    this.#schedule();
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#closed = true;
  }

  #gather(chunk: Uint8Array): void {
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.length;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  /** Writes what was gathered, and frames of large things as long as the socket takes them. */
  #send(): void {
    while (!this.#closed) {
      const blocked = this.#socket.writableNeedDrain;
      if (!blocked) this.#gatherBulk();
      if (this.#gathered.length === 0) return;
      this.#flush();
      if (blocked) return;
    }
  }

  #gatherBulk(): void {
    while (this.#gatheredBytes < this.#bulkFrame) {
      const messages = this.#messages.step();
      const uploads = this.#uploads.step();
      if (!messages && !uploads) return;
    }
  }

  #flush(): void {
    const chunks = this.#gathered;
    const length = this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    if (chunks.length === 1) {
      this.#socket.write(chunks[0]!);
    } else if (length <= JOINED_BELOW) {
      this.#socket.write(Buffer.concat(chunks, length));
    } else {
      this.#socket.cork();
      for (const chunk of chunks) this.#socket.write(chunk);
      this.#socket.uncork();
    }
  }
}

/** Jobs that take turns, so many at a time. */
class Lane {
  readonly #atOnce: number;
  readonly #active: Job[] = [];
  readonly #waiting: Job[] = [];

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  add(job: Job): void {
    if (this.#active.length < this.#atOnce) this.#active.push(job);
    else this.#waiting.push(job);
  }

  /** Lets the job whose turn it is take a step; false where there is none. */
  step(): boolean {
    const job = this.#active.shift();
    if (job === undefined) return false;
    if (!job.step()) {
      this.#active.push(job);
    } else {
      const next = this.#waiting.shift();
      if (next !== undefined) this.#active.push(next);
    }
    return true;
  }
}

/** Groups what an encoder wrote by frame: long payloads come apart from their header. */
function joinFrames(chunks: Uint8Array[]): Uint8Array[][] {
  const frames: Uint8Array[][] = [];
  let missing = 0;
  for (const chunk of chunks) {
    if (missing > 0) {
      frames.at(-1)!.push(chunk);
      missing -= chunk.length;
    } else {
      frames.push([chunk]);
      const header = Buffer.from(chunk.buffer, chunk.byteOffset, HEADER_LENGTH);
      missing = HEADER_LENGTH + header.readUInt32LE(0) - chunk.length;
    }
  }
  return frames;
}
