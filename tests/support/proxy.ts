import { connect, createServer } from "node:net";
import { after } from "node:test";

/** A Unix socket that leads to another, and counts the bytes on the way. */
export interface CountingProxy {
  /** Bytes that went to the other socket. */
  sent: number;
  /** Bytes that came back. */
  received: number;
}

/** Listens at `path` until the tests of this file are over. */
export async function countingProxy(path: string, target: string): Promise<CountingProxy> {
  const counts = { sent: 0, received: 0 };
  const server = createServer((client) => {
    const upstream = connect(target);
    client.on("data", (chunk) => {
      counts.sent += chunk.length;
    });
    upstream.on("data", (chunk) => {
      counts.received += chunk.length;
    });
    client.pipe(upstream).pipe(client);
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  after(() => server.close());
  return counts;
}
