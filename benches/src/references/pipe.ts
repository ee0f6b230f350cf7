import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Resources } from "../resources.js";
import { type OpenReference, type Reference, timed, UnavailableError } from "./reference.js";

/** As long as a small request of the protocol's. */
const MESSAGE = Buffer.alloc(200, 0x2e);
const MIB_16 = Buffer.alloc(
  16 << 20,
  Uint8Array.from({ length: 256 }, (_, i) => i),
);

/** `cat` writes back what it is given, and nothing else. */
class Cat {
  readonly #child: ChildProcess;
  readonly #in: Writable;
  readonly #out: Readable;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#in = child.stdin!;
    this.#out = child.stdout!;
  }

  static async start(resources: Resources): Promise<Cat> {
    const child = spawn("cat", { stdio: ["pipe", "pipe", "inherit"] });
    if (child.pid === undefined) {
      const [error] = (await once(child, "error")) as [Error];
      throw new UnavailableError(`cat could not be started: ${error.message}.`);
    }
    resources.adoptChild(child);
    return new Cat(child);
  }

  /** Sends bytes, and gives them as they come back. */
  echo(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let missing = bytes.length;
      const settle = () => {
        this.#out.off("data", onData);
        this.#child.off("close", onClose);
      };
      const onData = (chunk: Buffer) => {
        chunks.push(chunk);
        missing -= chunk.length;
        if (missing > 0) return;
        settle();
        resolve(chunks.length === 1 ? chunk : Buffer.concat(chunks));
      };
      const onClose = () => {
        settle();
        reject(new Error("cat ended before it had written everything back."));
      };
      this.#child.on("close", onClose);
      this.#out.on("data", onData);
      this.#in.write(bytes);
    });
  }

  async end(): Promise<void> {
    const closed = once(this.#child, "close");
    this.#in.end();
    this.#out.resume();
    await closed;
  }
}

async function open(bytes: Buffer, resources: Resources): Promise<OpenReference> {
  const cat = await Cat.start(resources);
  const verify = (echo: Buffer) => {
    if (!echo.equals(bytes)) throw new Error("cat wrote back other bytes than it was given.");
  };
  return timed({ run: () => cat.echo(bytes), verify }, resources, () => cat.end());
}

export const pipeReferences = [
  {
    name: "pipe_round_trip",
    what: `${MESSAGE.length} bytes to a native process (cat) and back`,
    unit: "ms",
    cost: "call",
    open: (resources: Resources) => open(MESSAGE, resources),
  },
  {
    name: "pipe_16m",
    what: "16 MiB to a native process (cat) and back",
    unit: "ms",
    batch: { amount: 16, unit: "MiB" },
    cost: "batch",
    open: (resources: Resources) => open(MIB_16, resources),
  },
] as const satisfies readonly Reference[];
