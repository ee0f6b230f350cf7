import type { Socket } from "node:net";
import { type Carrier, type CarrierEvents, type CarrierFault, requestTooLong } from "./carrier.js";
import { errorFromInfo } from "./error-from-info.js";
import {
  ConnectFailedError,
  type ProcessEnd,
  ProtocolError,
  ProtocolVersionError,
  StartFailedError,
  StartTimeoutError,
} from "./errors.js";
import { Outbox } from "./outbox.js";
import { FrameError } from "./protocol/error.js";
import { EventDecoder } from "./protocol/event-decoder.js";
import {
  DEFAULT_MAX_FRAME,
  type HostHello,
  type LimitOverrides,
  PROTOCOL_VERSION,
  type Request,
  type SidecarHello,
} from "./protocol/generated.js";
import { VERSION } from "./version.js";

/**
 * Milliseconds that the connection has to end by itself once the process at its other end is known to be ending: longer than
 * it takes to read what that sent, shorter than the kernel takes to take a large memory down first.
 */
const DYING_PATIENCE_MS = 30;

/** The process at the other end of a socket. */
export interface Peer {
  /** What it is, for messages: `The sidecar /usr/bin/hotcell`. */
  readonly name: string;
  /** Whether it is a child of this process, here for this host alone. */
  readonly exclusive: boolean;
  /** Calls back when it is known to be ending, which can be long before its connection does. */
  onDying?(listener: () => void): void;
  /**
   * How it ended, as far as that can be learned now that its connection has.
   *
   * @param asked Whether it was asked to end: then there is time to wait for that, and what it still logs is heard.
   */
  end(asked: boolean): Promise<ProcessEnd>;
  /** Ends it, where it is a child of this process. */
  kill(): void;
}

/** What this side says of itself, and how long it waits for an answer. */
export interface Greeting {
  token: string | undefined;
  limits: LimitOverrides;
  timeoutMs: number;
}

/** Why nothing more comes: what this side decided, or that the other side is gone. */
type Fault = CarrierFault | { kind: "gone"; error: Error | undefined };

/** A carrier over a socket, once both sides have said hello. */
export class FramedCarrier implements Carrier {
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #outbox: Outbox;
  readonly #decoder: EventDecoder;
  #hello: SidecarHello | undefined;
  /** While the hellos are exchanged: takes the error that ends it, or nothing where it went well. */
  #greeted: ((error: unknown) => void) | undefined;
  #events: CarrierEvents | undefined;
  #fault: Fault | undefined;
  /** Its process is known to be ending, however that is not yet. */
  #dying = false;
  /** It was asked to end. */
  #asked = false;

  private constructor(socket: Socket, peer: Peer) {
    this.#socket = socket;
    this.#peer = peer;
    this.#outbox = new Outbox(socket);
    this.#decoder = new EventDecoder(
      {
        hello: (hello) => {
          this.#hello = hello;
          this.#greeted?.(undefined);
        },
        refusal: (error) => {
          if (this.#greeted !== undefined) this.#greeted(errorFromInfo(error));
          else this.destroy({ kind: "protocol", error: new ProtocolError(error.message) });
        },
        reply: (id, reply) => this.#open?.reply(id, reply),
        notice: (id, notice) => this.#open?.notice(id, notice),
        output: (guest, stream, bytes) => this.#open?.output(guest, stream, bytes),
        download: (id, bytes, last) => this.#open?.download(id, bytes, last),
      },
      DEFAULT_MAX_FRAME,
    );
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("end", () => this.#stop({ kind: "gone", error: undefined }));
    socket.on("error", (error) => this.#stop({ kind: "gone", error }));
    socket.on("close", () => {
      this.#stop({ kind: "gone", error: undefined });
      void this.#report();
    });
    peer.onDying?.(() => this.#perish());
  }

  /**
   * Exchanges hellos over a socket. Where that fails the socket is closed and the peer ended.
   *
   * @throws StartFailedError, StartTimeoutError, ConnectFailedError, ProtocolVersionError, UnauthorizedError,
   *   ProtocolError; the reason of the signal
   */
  static async open(socket: Socket, peer: Peer, greeting: Greeting, signal: AbortSignal): Promise<FramedCarrier> {
    const carrier = new FramedCarrier(socket, peer);
    try {
      await carrier.#greet(greeting, signal);
    } catch (error) {
      carrier.destroy({ kind: "closed" });
      throw error;
    }
    socket.unref();
    return carrier;
  }

  get hello(): SidecarHello {
    return this.#hello!;
  }

  get exclusive(): boolean {
    return this.#peer.exclusive;
  }

  listen(events: CarrierEvents): void {
    this.#events = events;
    // It may have ended between its hello and now.
    if (this.#fault !== undefined) events.ending();
  }

  request(id: number, request: Request): Promise<void> | undefined {
    if (this.#fault !== undefined) return undefined;
    try {
      return this.#outbox.message(id, request);
    } catch (error) {
      if (!(error instanceof FrameError && error.reason === "messageTooLarge")) throw error;
      throw requestTooLong();
    }
  }

  upload(id: number, request: Request, bytes: Uint8Array): void {
    if (this.#fault === undefined) this.#outbox.upload(id, request, bytes);
  }

  stdin(guest: number, bytes: Uint8Array, last: boolean): void {
    if (this.#fault === undefined) this.#outbox.stdin(guest, bytes, last);
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  expectEnd(): void {
    this.#asked = true;
  }

  destroy(fault: CarrierFault): void {
    if (fault.kind === "closed") this.#asked = true;
    this.#stop(fault);
    this.#socket.destroy();
    this.#peer.kill();
  }

  /** Who takes events, as long as there are any. */
  get #open(): CarrierEvents | undefined {
    return this.#fault === undefined ? this.#events : undefined;
  }

  async #greet({ token, limits, timeoutMs }: Greeting, signal: AbortSignal): Promise<void> {
    const hello: HostHello = {
      protocol: PROTOCOL_VERSION,
      agent: `hotcell-node/${VERSION}`,
      maxFrame: DEFAULT_MAX_FRAME,
    };
    if (token !== undefined) hello.token = token;
    if (Object.keys(limits).length > 0) hello.limits = limits;
    signal.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    let callOff: (() => void) | undefined;
    try {
      const answer = new Promise<void>((resolve, reject) => {
        this.#greeted = (error) => (error === undefined ? resolve() : reject(error));
        callOff = () => reject(signal.reason);
        signal.addEventListener("abort", callOff);
        const late = `${this.#peer.name} did not say hello within ${timeoutMs} ms.`;
        timer = setTimeout(() => reject(new StartTimeoutError(late)), timeoutMs);
      });
      this.#outbox.hello(hello);
      await answer;
      this.#outbox.setMaxFrame(this.hello.maxFrame);
    } finally {
      this.#greeted = undefined;
      clearTimeout(timer);
      signal.removeEventListener("abort", callOff!);
    }
  }

  #read(chunk: Buffer): void {
    if (this.#fault !== undefined) return;
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      const { message } = error as Error;
      const versions = error instanceof FrameError && error.code === "ERR_HOTCELL_PROTOCOL_VERSION";
      const breach = versions ? new ProtocolVersionError(message) : new ProtocolError(message, { cause: error });
      if (this.#greeted !== undefined) this.#greeted(breach);
      else this.destroy({ kind: "protocol", error: breach });
    }
  }

  /** The peer's process is ending. All that it ever sent lies in the socket now, and is read before the connection is given up. */
  #perish(): void {
    if (this.#fault !== undefined) return;
    this.#dying = true;
    setTimeout(() => {
      // Where the event loop was held up, it has not come to the socket yet; then it has.
      setImmediate(() => {
        this.#stop({ kind: "gone", error: undefined });
        this.#socket.destroy();
      });
    }, DYING_PATIENCE_MS);
  }

  /** The first fault counts: what follows comes of it. */
  #stop(fault: Fault): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#outbox.close();
    this.#events?.ending();
  }

  async #report(): Promise<void> {
    const end = await this.#peer.end(this.#asked);
    const fault = this.#fault!;
    const error = "error" in fault ? fault.error : undefined;
    if (this.#greeted !== undefined) {
      const message = this.#endMessage(end, " before it said hello");
      const options = { cause: error };
      this.#greeted(
        this.exclusive ? new StartFailedError(message, end, options) : new ConnectFailedError(message, options),
      );
    }
    this.#events?.ended({ ...end, message: this.#endMessage(end, ""), error, final: false });
  }

  #endMessage({ exitCode, signal, stderr }: ProcessEnd, when: string): string {
    const { name } = this.#peer;
    const fault = this.#fault!;
    if (fault.kind === "protocol") return `${name} broke the protocol and was given up: ${fault.error.message}`;
    let how = this.#dying ? "was ended" : "closed its connection";
    if (signal !== null) how = `was ended by ${signal}`;
    else if (exitCode !== null) how = `ended with exit code ${exitCode}`;
    else if (fault.kind === "gone" && fault.error !== undefined) how = `can't be reached (${fault.error.message})`;
    const last = stderr === "" ? "" : ` The last that it wrote to stderr:\n${stderr}\n`;
    return `${name} ${how}${when}.${last}`;
  }
}
