import { findBinaryIfAny } from "../binary.js";
import { type Carrier, type CarrierEvents, type CarrierFault, requestTooLong } from "../carrier.js";
import { errorFromInfo } from "../error-from-info.js";
import { EngineRetiredError, HotcellError, ProtocolError, StartFailedError } from "../errors.js";
import {
  DEFAULT_MAX_FRAME,
  type ErrorInfo,
  FRAME_KINDS,
  type HostHello,
  type LimitOverrides,
  PROTOCOL_VERSION,
  type Request,
  type SidecarHello,
} from "../protocol/generated.js";
import type { CheckedStartOptions } from "../sidecar-options.js";
import { VERSION } from "../version.js";
import { type Addon, loadAddon, type NativeConnection } from "./addon.js";

/** The kind of a message that is a line of the engine's log. The others are those of the protocol's frames. */
export const LOG_LINE = 128;

/** The kind of the last message, where the engine gave itself up. */
export const END = 129;

/** Elements of the array per message. */
const FIELDS = 4;

/** Bytes of an upload that are handed over at once. */
const UPLOAD_PART = 1 << 20;

/** Bytes of an upload that are handed over before the event loop gets a turn: the engine hashes what it gets. */
const UPLOAD_TURN = 4 << 20;

/**
 * Connects to the engine in this process, and starts it where nobody has.
 *
 * @throws AddonNotFoundError, AddonNotLoadableError, BinaryNotFoundError where one was named, StartFailedError,
 *   InvalidOptionError, EngineRetiredError, ProtocolVersionError
 */
export async function connectInProcess(options: CheckedStartOptions): Promise<Carrier> {
  return new InProcessCarrier(loadAddon(options.addon), { ...options, binary: findBinaryIfAny(options.binary) });
}

/** A carrier over a connection that the addon gives. */
export class InProcessCarrier implements Carrier {
  readonly hello: SidecarHello;
  /** The engine is there for every thread of this process. */
  readonly exclusive = false;
  readonly #native: NativeConnection;
  readonly #log: (line: string) => void;
  #events: CarrierEvents | undefined;
  #fault: CarrierFault | undefined;

  /** @throws StartFailedError, InvalidOptionError, EngineRetiredError, ProtocolVersionError */
  constructor(
    addon: Addon,
    { env, limits, log, binary }: Pick<CheckedStartOptions, "env" | "limits" | "log" | "binary">,
  ) {
    this.#log = typeof log === "function" ? log : () => {};
    const mode = typeof log === "function" ? "lines" : log;
    try {
      this.#native = addon.connect(JSON.stringify(hostHello(limits)), env, mode, binary, () => this.#deliver());
    } catch (error) {
      throw fromNative(error);
    }
    this.hello = JSON.parse(this.#native.hello);
  }

  listen(events: CarrierEvents): void {
    this.#events = events;
  }

  request(id: number, request: Request): undefined {
    const json = JSON.stringify(request);
    this.#hand(() => this.#native.request(id, json));
  }

  upload(id: number, request: Request, bytes: Uint8Array): void {
    this.request(id, request);
    this.#uploadFrom(0, id, bytes);
  }

  stdin(guest: number, bytes: Uint8Array, last: boolean): void {
    this.#hand(() => this.#native.stdin(guest, bytes, last));
  }

  ref(): void {
    this.#native.ref();
  }

  unref(): void {
    this.#native.unref();
  }

  expectEnd(): void {}

  destroy(fault: CarrierFault): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#native.close();
    this.#events?.ending();
    setImmediate(() => {
      this.#events?.ended({
        exitCode: null,
        signal: null,
        stderr: "",
        message: endMessage(fault),
        error: fault.kind === "protocol" ? fault.error : undefined,
        final: fault.kind === "retired",
      });
    });
  }

  #uploadFrom(start: number, id: number, bytes: Uint8Array): void {
    for (let sent = start; this.#fault === undefined; ) {
      const part = bytes.subarray(sent, sent + UPLOAD_PART);
      sent += part.length;
      const last = sent === bytes.length;
      this.#hand(() => this.#native.upload(id, part, last));
      if (last) return;
      if (sent - start >= UPLOAD_TURN) {
        setImmediate(() => this.#uploadFrom(sent, id, bytes));
        return;
      }
    }
  }

  /** Hands something to the engine, as long as there is a connection to it. */
  #hand(act: () => void): void {
    if (this.#fault !== undefined) return;
    try {
      act();
    } catch (error) {
      const reason = fromNative(error);
      if (reason.code === "ERR_HOTCELL_INVALID_ARGUMENT") throw requestTooLong();
      this.destroy({ kind: "protocol", error: new ProtocolError(reason.message, { cause: error }) });
    }
  }

  #deliver(): void {
    const mail = this.#native.take();
    for (let at = 0; at < mail.length; at += FIELDS) {
      const kind = mail[at] as number;
      const id = mail[at + 1] as number;
      const last = mail[at + 2] as boolean;
      const content = mail[at + 3] as never;
      if (kind === LOG_LINE) {
        // In a turn of its own: what it throws is its program's.
        queueMicrotask(() => this.#log(content));
        continue;
      }
      // Whatever comes before may have been the end.
      const events = this.#fault === undefined ? this.#events : undefined;
      switch (kind) {
        case FRAME_KINDS.reply:
          events?.reply(id, JSON.parse(content));
          break;
        case FRAME_KINDS.notice:
          events?.notice(id, JSON.parse(content));
          break;
        case FRAME_KINDS.stdout:
          events?.output(id, "stdout", content);
          break;
        case FRAME_KINDS.stderr:
          events?.output(id, "stderr", content);
          break;
        case FRAME_KINDS.download:
          events?.download(id, content, last);
          break;
        case END:
          this.destroy({ kind: "retired" });
          break;
      }
    }
  }
}

function hostHello(limits: LimitOverrides): HostHello {
  const hello: HostHello = {
    protocol: PROTOCOL_VERSION,
    agent: `hotcell-node/${VERSION}`,
    maxFrame: DEFAULT_MAX_FRAME,
  };
  if (Object.keys(limits).length > 0) hello.limits = limits;
  return hello;
}

/** The error of this package's that one of the addon's stands for. */
function fromNative(error: unknown): HotcellError {
  if (error instanceof HotcellError) return error;
  const { code, message } = error as { code: string; message: string };
  switch (code) {
    case "ERR_HOTCELL_ENGINE_RETIRED":
      return new EngineRetiredError(message);
    case "ERR_HOTCELL_START_FAILED":
      return new StartFailedError(message, { exitCode: null, signal: null, stderr: "" });
    default:
      return errorFromInfo({ code: code as ErrorInfo["code"], message });
  }
}

function endMessage(fault: CarrierFault): string {
  switch (fault.kind) {
    case "closed":
      return "The connection to the engine in this process was closed.";
    case "retired":
      return "The engine in this process gave itself up.";
    case "protocol":
      return `The connection to the engine in this process was given up: ${fault.error.message}`;
  }
}
