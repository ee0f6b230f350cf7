import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { Sidecar } from "../../src/index.js";
import type { ConnectOptions } from "../../src/sidecar-options.js";
import type { FakeChild } from "./fake-child.js";
import { type Behaviour, FakeSidecar } from "./fake-sidecar.js";

let directory: string | undefined;

/** A directory of this test file's own, removed at its end. */
export function temporaryDirectory(): string {
  if (directory === undefined) {
    const made = mkdtempSync(join(tmpdir(), "hotcell-test-"));
    directory = made;
    process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  }
  return directory;
}

let binary: string | undefined;

/** The path of an executable that is a fake sidecar. */
export function fakeBinary(): string {
  if (binary === undefined) {
    const path = join(temporaryDirectory(), "hotcell");
    const entryPoint = fileURLToPath(new URL("fake-child.ts", import.meta.url));
    const { outputFiles } = buildSync({ entryPoints: [entryPoint], bundle: true, platform: "node", write: false });
    writeFileSync(path, `#!${process.execPath}\n${outputFiles[0]!.text}`);
    chmodSync(path, 0o755);
    binary = path;
  }
  return binary;
}

/** Start options for a fake sidecar that is a child process. */
export function fakeStart(fake: FakeChild = {}): { binary: string; env: Record<string, string> } {
  return { binary: fakeBinary(), env: { HOTCELL_FAKE: JSON.stringify(fake) } };
}

/** Fake sidecars in this process, behind a socket. */
export interface FakeServer {
  path: string;
  /** One per connection, in order. */
  sidecars: FakeSidecar[];
  close(): void;
}

let servers = 0;

export async function fakeServer(behaviour: Behaviour = {}): Promise<FakeServer> {
  servers += 1;
  const path = join(temporaryDirectory(), `${servers}.sock`);
  const sidecars: FakeSidecar[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    sidecars.push(new FakeSidecar(socket, behaviour));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    sidecars,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A host that is connected to a fake sidecar in this process. */
export interface Connected {
  sidecar: Sidecar;
  /** The other end. */
  fake: FakeSidecar;
  server: FakeServer;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function connected(
  behaviour: Behaviour = {},
  options: Omit<ConnectOptions, "socket"> = {},
): Promise<Connected> {
  const server = await fakeServer(behaviour);
  const sidecar = await Sidecar.connect({ socket: server.path, ...options });
  return {
    sidecar,
    server,
    get fake() {
      return server.sidecars.at(-1)!;
    },
    async [Symbol.asyncDispose]() {
      await sidecar.close();
      server.close();
    },
  };
}

/** Whether a process of that id lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** All that a stream yields. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Waits until a process is gone that may be no child of ours: there is nothing to wait on but to look. */
export async function gone(pid: number): Promise<void> {
  const deadline = performance.now() + 5000;
  while (isAlive(pid)) {
    if (performance.now() > deadline) throw new Error(`Process ${pid} still lives.`);
    await delay(10);
  }
}
