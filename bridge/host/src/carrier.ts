import { InvalidArgumentError, type ProcessEnd, type ProtocolError } from "./errors.js";
import type { Notice, Reply, Request, SidecarHello, Stream } from "./protocol/generated.js";

/**
 * What brings the protocol to a runtime and its events back. The framed carriers speak over a socket; one that has the
 * runtime in its own process hands the same values over as they are.
 *
 * Nothing here throws for a runtime that is gone: `CarrierEvents.ended` tells.
 */
export interface Carrier {
  /** What the runtime said of itself. */
  readonly hello: SidecarHello;

  /** Whether the runtime is there for this host alone, so that `shutdown` may be asked of it. */
  readonly exclusive: boolean;

  /** Where events go from now on. Called once, before anything else. */
  listen(events: CarrierEvents): void;

  /**
   * Sends a request. Where it is too long to go at once, the result resolves when all of it has gone: what depends on
   * its having arrived must wait.
   *
   * @throws InvalidArgumentError where it is longer than a message may be. Nothing was sent then.
   */
  request(id: number, request: Request): Promise<void> | undefined;

  /** Sends a request that announces bytes, and then these. They must not change until the reply is there. */
  upload(id: number, request: Request, bytes: Uint8Array): void;

  /** Sends input to a guest; its bytes may change afterwards. */
  stdin(guest: number, bytes: Uint8Array, last: boolean): void;

  /** While it is referenced it keeps Node alive. It starts unreferenced. */
  ref(): void;
  unref(): void;

  /** The runtime was asked to end. From now on `ended` waits for its process to be gone, as far as there is hope of that. */
  expectEnd(): void;

  /** Ends the connection, and the runtime with it where it is there for this host alone. */
  destroy(reason: CarrierFault): void;
}

/** Why this side gave a carrier up. */
export type CarrierFault = { kind: "closed" } | { kind: "protocol"; error: ProtocolError } | { kind: "retired" };

/** What a carrier reports, from its own turn of the event loop. */
export interface CarrierEvents {
  reply(id: number, reply: Reply): void;
  notice(id: number, notice: Notice): void;
  /** The bytes lie in memory that other messages share. */
  output(guest: number, stream: Stream, bytes: Buffer): void;
  /** The same. */
  download(id: number, bytes: Buffer, last: boolean): void;
  /** The first sign that the runtime is going: nothing that is sent from now on has an effect. Once. */
  ending(): void;
  /** The runtime is gone, once, after `ending`; no event follows. */
  ended(end: CarrierEnd): void;
}

/** How a runtime was lost. */
export interface CarrierEnd extends ProcessEnd {
  /** A full sentence. */
  message: string;
  error: Error | undefined;
  /** Whether nothing can take its place in this process. */
  final: boolean;
}

/** What a carrier throws for a request that is longer than a message may be. */
export function requestTooLong(): InvalidArgumentError {
  const advice = "Write the program to a file with sandbox.fs and run that.";
  return new InvalidArgumentError(`What was to be sent is longer than the 16 MiB of a message. ${advice}`, "source");
}
