import { connect, type Socket } from "node:net";
import type { Carrier } from "./carrier.js";
import { ConnectFailedError, type ProcessEnd } from "./errors.js";
import { FramedCarrier, type Peer } from "./framed-carrier.js";
import type { CheckedConnectOptions } from "./sidecar-options.js";

/**
 * Connects to a sidecar that others may use too.
 *
 * @throws ConnectFailedError, and as `FramedCarrier.open`
 */
export async function connectSocket(options: CheckedConnectOptions, signal: AbortSignal): Promise<Carrier> {
  const socket = await connected(options.socket, signal);
  const greeting = { token: options.token, limits: options.limits, timeoutMs: options.startTimeoutMs };
  return FramedCarrier.open(socket, new SocketPeer(options.socket), greeting, signal);
}

function connected(path: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect(path);
    const callOff = () => socket.destroy(signal.reason);
    signal.addEventListener("abort", callOff);
    socket.once("error", (error) => {
      signal.removeEventListener("abort", callOff);
      const advice = "Check that `hotcell serve` runs there, and that this user may open its socket.";
      reject(new ConnectFailedError(`There is no way to ${path} (${error.message}). ${advice}`, { cause: error }));
    });
    socket.once("connect", () => {
      signal.removeEventListener("abort", callOff);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

/** A sidecar of whose process nothing is known. */
class SocketPeer implements Peer {
  readonly name: string;
  readonly exclusive = false;

  constructor(path: string) {
    this.name = `The sidecar at ${path}`;
  }

  async end(): Promise<ProcessEnd> {
    return { exitCode: null, signal: null, stderr: "" };
  }

  kill(): void {}
}
