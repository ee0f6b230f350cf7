import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { FrameDecoder } from "../../src/protocol/frame-decoder.js";
import { FrameEncoder } from "../../src/protocol/frame-encoder.js";
import {
  type ErrorCode,
  type FsRequest,
  type HostHello,
  type Notice,
  PROTOCOL_VERSION,
  type Reply,
  type Request,
  type SandboxOptions,
} from "../../src/protocol/generated.js";
import type { FrameKind } from "../../src/protocol/header.js";
import { MessageAssembler } from "../../src/protocol/message-assembler.js";
import { FakeFiles, FsFailure } from "./fake-files.js";
import { FakeGuest } from "./fake-guest.js";

/** How a fake sidecar differs from a good one. */
export interface Behaviour {
  /** Said in its hello. */
  protocol?: number;
  maxFrame?: number;
  /** Answers the hello with a refusal. */
  refuse?: ErrorCode;
  /** Takes a hello with that token only. */
  token?: string;
  /** Says no hello. */
  silent?: boolean;
  /** Looks at a request before it is handled; true where nothing more is to be done about it. */
  onRequest?: (id: number, request: Request, sidecar: FakeSidecar) => boolean | undefined;
}

interface Upload {
  request: Request;
  chunks: Buffer[];
}

interface FakeSandbox {
  options: SandboxOptions;
  files: FakeFiles;
}

/** The sidecar's end of a connection, for tests: it keeps the rules of the protocol, and runs `FakeGuest`s. */
export class FakeSidecar {
  hostHello: HostHello | undefined;
  /** Every request that came, in order. */
  readonly requests: { id: number; request: Request }[] = [];
  /** The kind of every frame that came, in order. */
  readonly frames: FrameKind[] = [];
  readonly sandboxes = new Map<number, FakeSandbox>();
  readonly guests = new Map<number, FakeGuest>();
  readonly blobs = new Map<string, Buffer>();
  readonly socket: Duplex;
  readonly #behaviour: Behaviour;
  readonly #encoder: FrameEncoder;
  readonly #uploads = new Map<number, Upload>();
  #guestsStarted = 0;
  #retired = false;

  constructor(socket: Duplex, behaviour: Behaviour = {}) {
    this.socket = socket;
    this.#behaviour = behaviour;
    this.#encoder = new FrameEncoder((chunk) => socket.write(chunk));
    const messages = new MessageAssembler();
    const decoder = new FrameDecoder("host", 1 << 20, (kind, more, id, payload) => {
      this.frames.push(kind);
      switch (kind) {
        case "hello":
          this.#greet(JSON.parse(payload.toString()));
          break;
        case "request": {
          const message = messages.accept(kind, more, id, payload);
          if (message !== undefined) this.#request(id, JSON.parse(message.toString()));
          break;
        }
        case "upload":
          this.#upload(id, Buffer.from(payload), !more);
          break;
        case "stdin":
          this.guests.get(id)?.stdin(Buffer.from(payload), !more);
          break;
      }
    });
    socket.on("data", (chunk: Buffer) => {
      try {
        decoder.push(chunk);
      } catch (error) {
        console.error("the host broke the protocol:", error);
        this.#encoder.single("refusal", { code: "ERR_HOTCELL_PROTOCOL", message: String(error) });
        socket.end();
      }
    });
    socket.on("error", () => {});
  }

  reply(id: number, reply: Reply): void {
    this.#encoder.message("reply", id, reply);
  }

  fail(id: number, code: ErrorCode, message: string = code, errno?: string): void {
    this.reply(id, { type: "failed", error: errno === undefined ? { code, message } : { code, message, errno } });
  }

  notice(id: number, notice: Notice): void {
    this.#encoder.message("notice", id, notice);
  }

  output(guest: number, stream: "stdout" | "stderr", bytes: Uint8Array): void {
    this.#encoder.bytes(stream, guest, bytes, false);
  }

  download(id: number, bytes: Uint8Array): void {
    this.#encoder.bytes("download", id, bytes, true);
  }

  /** Takes nothing new from now on, and closes the connection when the last guest has ended. */
  retire(notice: Extract<Notice, { type: "retiring" }>): void {
    this.#retired = true;
    this.notice(0, notice);
  }

  guestLeft(): void {
    if (this.#retired && this.guests.size === 0) this.socket.end();
  }

  /** Writes bytes that are no frame. */
  garbage(): void {
    this.socket.write(Buffer.alloc(64, 0xff));
  }

  /** The requests of a type that came, in order. */
  requestsOf<T extends Request["type"]>(type: T): Extract<Request, { type: T }>[] {
    return this.requests.map(({ request }) => request).filter((request) => request.type === type) as never;
  }

  #greet(hello: HostHello): void {
    this.hostHello = hello;
    const { silent, refuse, token, protocol = PROTOCOL_VERSION, maxFrame = 1 << 20 } = this.#behaviour;
    if (silent) return;
    const refusal = refuse ?? (token !== undefined && hello.token !== token ? "ERR_HOTCELL_UNAUTHORIZED" : undefined);
    if (refusal !== undefined) {
      this.#encoder.single("refusal", { code: refusal, message: `Refused: ${refusal}.` });
      this.socket.end();
      return;
    }
    this.#encoder.single("hello", { protocol, version: "9.9.9", v8Version: "1.2.3", pid: process.pid, maxFrame });
    this.#encoder.setMaxFrame(hello.maxFrame);
  }

  #request(id: number, request: Request): void {
    this.requests.push({ id, request });
    if (this.#behaviour.onRequest?.(id, request, this)) return;
    switch (request.type) {
      case "createSandbox":
        if (this.#retired) {
          this.fail(id, "ERR_HOTCELL_CLOSED");
          break;
        }
        this.sandboxes.set(id, { options: request.options, files: new FakeFiles() });
        this.reply(id, { type: "done" });
        break;
      case "destroySandbox":
        for (const guest of this.guests.values()) {
          if (guest.sandbox === request.sandbox) guest.kill({ kind: "cancel" });
        }
        if (this.sandboxes.delete(request.sandbox)) this.reply(id, { type: "done" });
        else this.fail(id, "ERR_HOTCELL_UNKNOWN_SANDBOX");
        break;
      case "spawn": {
        const { sandbox, options } = request;
        const home = this.sandboxes.get(sandbox);
        if (this.#retired) {
          this.fail(id, "ERR_HOTCELL_CLOSED");
        } else if (home === undefined) {
          this.fail(id, "ERR_HOTCELL_UNKNOWN_SANDBOX");
        } else if (options.program.kind === "command" && options.program.command === "nope") {
          this.fail(id, "ERR_HOTCELL_COMMAND_NOT_FOUND", "There is no command nope on the sandbox's PATH.");
        } else if (options.program.kind === "wasm" && !this.blobs.has(options.program.digest)) {
          this.fail(id, "ERR_HOTCELL_UNKNOWN_BLOB");
        } else {
          this.#guestsStarted += 1;
          const guest = new FakeGuest(this, id, sandbox, options, home.options);
          this.guests.set(id, guest);
          void guest.start();
        }
        break;
      }
      case "kill": {
        const guest = this.guests.get(request.guest);
        if (guest === undefined) this.fail(id, "ERR_HOTCELL_UNKNOWN_GUEST");
        else guest.kill(request.reason);
        break;
      }
      case "credit":
        this.guests.get(request.guest)?.credit(request.stream, request.bytes);
        break;
      case "putBlob":
        this.#uploads.set(id, { request, chunks: [] });
        break;
      case "fs":
        if (request.request.op === "writeFile" && request.request.content.kind === "upload") {
          this.#uploads.set(id, { request, chunks: [] });
        } else {
          this.#fs(id, request.sandbox, request.request, undefined);
        }
        break;
      case "stats":
        this.reply(id, { type: "stats", stats: this.#stats() });
        break;
      case "shutdown":
        for (const guest of this.guests.values()) guest.kill({ kind: "cancel" });
        this.reply(id, { type: "done" });
        this.socket.end();
        break;
    }
  }

  #upload(id: number, bytes: Buffer, last: boolean): void {
    const upload = this.#uploads.get(id)!;
    upload.chunks.push(bytes);
    if (!last) return;
    this.#uploads.delete(id);
    const whole = Buffer.concat(upload.chunks);
    const { request } = upload;
    if (request.type === "putBlob") {
      const digest = createHash("sha256").update(whole).digest("hex");
      if (digest !== request.digest || whole.length !== request.length) {
        this.fail(id, "ERR_HOTCELL_BLOB_MISMATCH");
        return;
      }
      this.blobs.set(digest, whole);
      this.reply(id, { type: "done" });
    } else if (request.type === "fs") {
      this.#fs(id, request.sandbox, request.request, whole);
    }
  }

  #fs(id: number, sandbox: number, request: FsRequest, uploaded: Buffer | undefined): void {
    const files = this.sandboxes.get(sandbox)?.files;
    if (files === undefined) {
      this.fail(id, "ERR_HOTCELL_UNKNOWN_SANDBOX");
      return;
    }
    try {
      if (request.op === "readFile") {
        this.download(id, files.read(request.path));
      } else if (request.op === "writeFile" && request.content.kind === "blob") {
        const blob = this.blobs.get(request.content.digest);
        if (blob === undefined) this.fail(id, "ERR_HOTCELL_UNKNOWN_BLOB");
        else this.reply(id, files.handle(request, blob));
      } else {
        this.reply(id, files.handle(request, uploaded));
      }
    } catch (error) {
      if (!(error instanceof FsFailure)) throw error;
      this.fail(id, "ERR_HOTCELL_FS", `${error.errno}: ${request.op}`, error.errno);
    }
  }

  #stats(): Extract<Reply, { type: "stats" }>["stats"] {
    return {
      pid: process.pid,
      version: "9.9.9",
      v8Version: "1.2.3",
      uptimeMs: 1,
      sandboxes: this.sandboxes.size,
      guests: this.guests.size,
      guestsStarted: this.#guestsStarted,
      guestsEnded: this.#guestsStarted - this.guests.size,
      residentBytes: process.memoryUsage.rss(),
      moduleCache: { entries: this.blobs.size, bytes: 0, hits: 0, misses: 0, evictions: 0 },
      pool: { parked: 0, seeds: 0, refills: 0, parks: 0, claimHits: 0, claimMisses: 0, evictions: 0 },
    };
  }
}
