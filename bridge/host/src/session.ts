import { BlobStore } from "./blob-store.js";
import type { NamedBytes } from "./blobs.js";
import type { Carrier, CarrierEnd, CarrierEvents } from "./carrier.js";
import { errorFromInfo } from "./error-from-info.js";
import { ClosedError, ProtocolError, SidecarLostError } from "./errors.js";
import type {
  ErrorInfo,
  FsRequest,
  GuestExit,
  KillReason,
  Notice,
  Reply,
  Request,
  RetireReason,
  SidecarHello,
  SpawnOptions,
  Stream,
} from "./protocol/generated.js";

/** What a session tells of a guest. `exit`, `refused` and `lost` are the last of it. */
export interface GuestEvents {
  output(stream: Stream, bytes: Buffer): void;
  stdinCredit(bytes: number): void;
  stdinClosed(): void;
  exit(exit: GuestExit): void;
  /** No guest was made. */
  refused(error: ErrorInfo): void;
  /** The sidecar ended, or was closed by this side, before it reported the guest's end. */
  lost(outcome: "crashed" | "cancelled", message: string): void;
}

/** What a session tells of itself. */
export interface SessionEvents {
  /** It takes nothing any more: the sidecar is going, or was closed. Once. */
  ending(): void;
  retiring(reason: RetireReason, message: string): void;
  limitNear(guest: number, limit: string, used: number, max: number): void;
  /** It ended otherwise than by `close`: the guests that were still in it have ended. Once, after `ending`. */
  lost(error: SidecarLostError): void;
}

type ReplyOf<T extends Reply["type"]> = Extract<Reply, { type: T }>;

interface PendingReply {
  expected: Reply["type"];
  resolve(reply: Reply): void;
  reject(error: Error): void;
  /** The path that a file operation is about, for its error. */
  path: string | undefined;
}

interface Download {
  chunks: Buffer[];
  length: number;
  resolve(bytes: Buffer): void;
  reject(error: Error): void;
  path: string;
}

/** Milliseconds that a sidecar has to end its guests and itself when it is closed. */
const CLOSE_GRACE_MS = 2000;

/** Milliseconds that a sidecar that gives itself up has to end after its guests: more than it takes to send what it holds. */
const RETIRE_GRACE_MS = 500;

/** What Node's timers take. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * One sidecar, from its hello to its end: the requests under way, the guests that live in it, and the blobs that it was
 * given. A new sidecar means a new session.
 */
export class Session implements CarrierEvents {
  readonly #carrier: Carrier;
  readonly #events: SessionEvents;
  readonly #replies = new Map<number, PendingReply>();
  readonly #downloads = new Map<number, Download>();
  readonly #guests = new Map<number, GuestEvents>();
  /** The blobs that the sidecar has. */
  readonly blobs = new BlobStore((named) => this.#putBlob(named));
  #lastId = 0;
  #alive = true;
  #closing: Promise<void> | undefined;
  #retired: { message: string; deadline: NodeJS.Timeout } | undefined;
  #onEnded: (() => void) | undefined;
  #over = false;
  /** What every call is told once the session is over, or takes no more calls since the sidecar gives itself up. */
  #loss: SidecarLostError | ClosedError | undefined;
  #underWay = 0;

  constructor(carrier: Carrier, events: SessionEvents) {
    this.#carrier = carrier;
    this.#events = events;
    carrier.listen(this);
  }

  get hello(): SidecarHello {
    return this.#carrier.hello;
  }

  /** What every call is told once the session is over, or takes no more calls since the sidecar gives itself up. */
  get loss(): SidecarLostError | ClosedError | undefined {
    return this.#loss;
  }

  /** Whether it takes requests. Guests that run in a session that does not may still come to their end. */
  get alive(): boolean {
    return this.#alive;
  }

  /** Sends a request that has a reply of that type. Its id is that of what it creates. */
  async request<T extends Reply["type"]>(request: Request, expected: T): Promise<{ id: number; reply: ReplyOf<T> }> {
    const id = this.#nextId();
    const reply = this.#reply(id, expected);
    this.#send(id, request);
    return { id, reply: await reply };
  }

  /** An operation on a sandbox's files; `path` is the one that its error is to name. */
  fs<T extends Reply["type"]>(sandbox: number, request: FsRequest, path: string, expected: T): Promise<ReplyOf<T>> {
    const id = this.#nextId();
    const reply = this.#reply(id, expected, path);
    this.#send(id, { type: "fs", sandbox, request });
    return reply;
  }

  /** Writes a file from bytes that must not change until the reply is there. */
  async writeFile(sandbox: number, path: string, bytes: Uint8Array, parents: boolean, mode: number): Promise<void> {
    const id = this.#nextId();
    const reply = this.#reply(id, "done", path);
    const content = { kind: "upload", length: bytes.length } as const;
    const request: FsRequest = { op: "writeFile", path, content, parents, mode };
    if (this.#alive) this.#carrier.upload(id, { type: "fs", sandbox, request }, bytes);
    await reply;
  }

  readFile(sandbox: number, path: string): Promise<Buffer> {
    const id = this.#nextId();
    const bytes = new Promise<Buffer>((resolve, reject) => {
      if (this.#loss !== undefined) return reject(this.#loss);
      this.#begin();
      this.#downloads.set(id, { chunks: [], length: 0, resolve, reject, path });
    });
    this.#send(id, { type: "fs", sandbox, request: { op: "readFile", path } });
    return bytes;
  }

  /**
   * Starts a guest; its id. `sent` is set where the request goes in parts: the id means nothing to the sidecar before.
   *
   * @throws InvalidArgumentError where the program's text, arguments and environment are too long together.
   * @throws SidecarLostError, ClosedError where the session is over.
   */
  spawn(sandbox: number, options: SpawnOptions, events: GuestEvents): { id: number; sent: Promise<void> | undefined } {
    if (this.#loss !== undefined) throw this.#loss;
    const id = this.#nextId();
    const sent = this.#alive ? this.#carrier.request(id, { type: "spawn", sandbox, options }) : undefined;
    this.#begin();
    this.#guests.set(id, events);
    return { id, sent };
  }

  // These three go to guests of a sidecar that gives itself up, too.

  kill(guest: number, reason: KillReason): void {
    this.#sendUnanswered({ type: "kill", guest, reason });
  }

  credit(guest: number, stream: Stream, bytes: number): void {
    this.#sendUnanswered({ type: "credit", guest, stream, bytes });
  }

  stdin(guest: number, bytes: Uint8Array, last: boolean): void {
    this.#carrier.stdin(guest, bytes, last);
  }

  /** Gives the sidecar up for what it did wrong. */
  breach(message: string): void {
    this.#carrier.destroy({ kind: "protocol", error: new ProtocolError(message) });
  }

  /**
   * Ends every guest and the sidecar, which has a few seconds to do so; a sidecar that others use too is only left.
   * Resolves when it is gone. Never rejects.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#over) return;
    const ended = new Promise<void>((resolve) => {
      this.#onEnded = resolve;
    });
    if (this.#alive && this.#carrier.exclusive) {
      this.#begin();
      this.#carrier.expectEnd();
      this.#sendUnanswered({ type: "shutdown" });
      this.#end();
      const timer = setTimeout(() => this.#carrier.destroy({ kind: "closed" }), CLOSE_GRACE_MS);
      await ended;
      clearTimeout(timer);
    } else {
      this.#end();
      this.#carrier.destroy({ kind: "closed" });
      await ended;
    }
  }

  reply(id: number, reply: Reply): void {
    const pending = this.#replies.get(id);
    if (pending !== undefined) {
      this.#replies.delete(id);
      this.#finish();
      if (reply.type === "failed") {
        pending.reject(errorFromInfo(reply.error, pending.path));
      } else if (reply.type === pending.expected) {
        pending.resolve(reply);
      } else {
        const message = `The sidecar answered with "${reply.type}" where "${pending.expected}" was to be expected.`;
        pending.reject(new ProtocolError(message));
        this.breach(message);
      }
      return;
    }
    if (reply.type === "failed") {
      const guest = this.#takeGuest(id);
      if (guest !== undefined) {
        // One that was sent before this side knew that the sidecar takes none.
        if (this.#retired !== undefined && reply.error.code === "ERR_HOTCELL_CLOSED") {
          guest.lost("crashed", this.#retired.message);
        } else {
          guest.refused(reply.error);
        }
        return;
      }
      const download = this.#downloads.get(id);
      if (download !== undefined) {
        this.#downloads.delete(id);
        this.#finish();
        download.reject(errorFromInfo(reply.error, download.path));
        return;
      }
    }
    // What needs no answer (a kill, a credit) may still be told that its guest is unknown, and shutdown that it is done.
    if (id > this.#lastId) this.breach(`The sidecar answered request ${id}, which was never made.`);
  }

  notice(id: number, notice: Notice): void {
    switch (notice.type) {
      case "exit": {
        const guest = this.#takeGuest(id);
        if (guest === undefined) this.#unknownGuest(id, "ended");
        else guest.exit(notice.exit);
        break;
      }
      case "stdinCredit": {
        const guest = this.#guests.get(id);
        if (guest === undefined) this.#unknownGuest(id, "reads");
        else guest.stdinCredit(notice.bytes);
        break;
      }
      case "stdinClosed": {
        const guest = this.#guests.get(id);
        if (guest === undefined) this.#unknownGuest(id, "closed its stdin");
        else guest.stdinClosed();
        break;
      }
      case "limitNear":
        if (!this.#guests.has(id)) this.#unknownGuest(id, "came near a limit");
        else this.#events.limitNear(id, notice.limit, notice.used, notice.max);
        break;
      case "retiring":
        this.#retire(notice.reason, notice.message, notice.drainMs);
        break;
    }
  }

  output(id: number, stream: Stream, bytes: Buffer): void {
    const guest = this.#guests.get(id);
    if (guest === undefined) this.#unknownGuest(id, "wrote");
    else guest.output(stream, bytes);
  }

  download(id: number, bytes: Buffer, last: boolean): void {
    const download = this.#downloads.get(id);
    if (download === undefined) {
      this.breach(`The sidecar sent a file for request ${id}, which asked for none.`);
      return;
    }
    download.chunks.push(bytes);
    download.length += bytes.length;
    if (!last) return;
    this.#downloads.delete(id);
    this.#finish();
    download.resolve(Buffer.concat(download.chunks, download.length));
  }

  ending(): void {
    this.#end();
  }

  ended(end: CarrierEnd): void {
    const closed = this.#closing !== undefined;
    const message = this.#retired?.message ?? end.message;
    const sequel = end.final ? "Restart this process to start another." : "The next call starts a fresh one.";
    const outcome = closed ? "cancelled" : "crashed";
    const error = closed
      ? new ClosedError("The sidecar was closed while this call was under way.")
      : new SidecarLostError(`${message} ${sequel}`, end, { cause: end.error });
    this.#over = true;
    this.#loss = error;
    clearTimeout(this.#retired?.deadline);
    for (const guest of this.#guests.values()) guest.lost(outcome, closed ? "The sidecar was closed." : message);
    for (const pending of this.#replies.values()) pending.reject(error);
    for (const download of this.#downloads.values()) download.reject(error);
    this.#guests.clear();
    this.#replies.clear();
    this.#downloads.clear();
    this.#onEnded?.();
    if (error instanceof SidecarLostError) this.#events.lost(error);
  }

  async #putBlob({ digest, bytes }: NamedBytes): Promise<void> {
    const id = this.#nextId();
    const reply = this.#reply(id, "done");
    if (this.#alive) this.#carrier.upload(id, { type: "putBlob", digest, length: bytes.length }, bytes);
    await reply;
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #reply<T extends Reply["type"]>(id: number, expected: T, path?: string): Promise<ReplyOf<T>> {
    return new Promise((resolve, reject) => {
      if (this.#loss !== undefined) return reject(this.#loss);
      this.#begin();
      this.#replies.set(id, { expected, resolve: resolve as (reply: Reply) => void, reject, path });
    });
  }

  /** A request with a reply, where one that can't be sent must fail that. */
  #send(id: number, request: Request): void {
    if (!this.#alive) return;
    try {
      this.#carrier.request(id, request);
    } catch (error) {
      const pending = this.#replies.get(id) ?? this.#downloads.get(id);
      this.#replies.delete(id);
      this.#downloads.delete(id);
      this.#finish();
      pending?.reject(error as Error);
    }
  }

  #sendUnanswered(request: Request): void {
    this.#carrier.request(this.#nextId(), request);
  }

  #takeGuest(id: number): GuestEvents | undefined {
    const guest = this.#guests.get(id);
    if (guest === undefined) return undefined;
    this.#guests.delete(id);
    this.#finish();
    return guest;
  }

  #unknownGuest(id: number, did: string): void {
    this.breach(`The sidecar reports that guest ${id} ${did}, but no such guest lives.`);
  }

  /** The sidecar takes no new work; the guests in it may come to their end, as may the calls under way. */
  #retire(reason: RetireReason, message: string, drainMs: number): void {
    if (this.#retired !== undefined) return;
    const patience = Math.min(drainMs + RETIRE_GRACE_MS, MAX_TIMEOUT_MS);
    const deadline = setTimeout(() => this.#carrier.destroy({ kind: "retired" }), patience).unref();
    this.#retired = { message, deadline };
    this.#loss = new SidecarLostError(message, { exitCode: null, signal: null, stderr: "" });
    this.#events.retiring(reason, message);
    this.#end();
  }

  #end(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#events.ending();
  }

  /** Something is under way: Node waits for it. */
  #begin(): void {
    if (this.#underWay++ === 0) this.#carrier.ref();
  }

  #finish(): void {
    if (--this.#underWay === 0) this.#carrier.unref();
  }
}
