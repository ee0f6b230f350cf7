import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { collect, measure } from "../measure.js";
import { residentBytes, settle } from "../resident.js";
import type { Resources } from "../resources.js";
import { installed } from "./installed.js";
import { expectSame, type OpenReference, type Reference, timed, UnavailableError } from "./reference.js";

const CONTROL = 3;
const AT_ONCE = 32;

/** Loads a Worker of its own for each request, and answers with what that one answers. */
const LOADER = `
  const compatibilityDate = "2025-10-01";
  export default {
    async fetch(request, env) {
      const text = await request.text();
      const source = "export default { fetch() { return new Response(" + JSON.stringify(text) + "); } };";
      const code = { compatibilityDate, mainModule: "main.js", modules: { "main.js": source }, globalOutbound: null };
      const worker = env.LOADER.get(crypto.randomUUID(), () => code);
      return worker.getEntrypoint().fetch("http://guest/");
    },
  };`;

function config(socket: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "loader", worker = .loader)],
  sockets = [(name = "http", address = ${JSON.stringify(`unix:${socket}`)}, http = (), service = "loader")],
);
const loader :Workerd.Worker = (
  modules = [(name = "loader.js", esModule = embed "loader.js")],
  compatibilityDate = "2025-10-01",
  bindings = [(name = "LOADER", workerLoader = ())],
);
`;
}

/** The path of workerd's binary. @throws UnavailableError */
function binary(): string {
  const path = installed("workerd");
  if (path === undefined) throw new UnavailableError("workerd is not installed: it has no binary for this platform.");
  return (createRequire(import.meta.url)(path) as { default: string }).default;
}

/** A workerd process that serves dynamic Workers over HTTP on a Unix socket, its connections kept open. */
class Workerd {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #resources: Resources;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(child: ChildProcess, directory: string, resources: Resources) {
    this.#child = child;
    this.#directory = directory;
    this.#resources = resources;
  }

  static async start(resources: Resources): Promise<Workerd> {
    const file = binary();
    const directory = resources.directory();
    writeFileSync(join(directory, "loader.js"), LOADER);
    writeFileSync(join(directory, "config.capnp"), config(join(directory, "http")));
    // The loader of Workers is experimental, and so is what asks for it.
    const args = ["serve", "--experimental", `--control-fd=${CONTROL}`, join(directory, "config.capnp")];
    const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    resources.adoptChild(child);
    const workerd = new Workerd(child, directory, resources);
    await workerd.#listening();
    return workerd;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** What a Worker of its own answers, which was made to answer that. */
  answer(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: join(this.#directory, "http"), agent: this.#agent, method: "POST" };
      const call = request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const body = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(body);
          else reject(new Error(`workerd answered ${response.statusCode}: ${body}`));
        });
      });
      call.on("error", reject);
      call.end(text);
    });
  }

  async end(): Promise<void> {
    this.#agent.destroy();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, "exit");
      this.#child.kill("SIGKILL");
      await exited;
    }
    this.#resources.removeDirectory(this.#directory);
  }

  async #listening(): Promise<void> {
    let stderr = "";
    (this.#child.stderr as Readable).on("data", (chunk: Buffer) => {
      stderr = (stderr + chunk).slice(-2000);
    });
    const control = createInterface({ input: this.#child.stdio[CONTROL] as Readable });
    const ended = new Promise<never>((_, reject) => {
      this.#child.once("error", (error) => reject(new UnavailableError(`workerd can't be started: ${error.message}.`)));
      this.#child.once("close", () =>
        reject(new UnavailableError(`workerd ended when it was started: ${stderr.trim()}`)),
      );
    });
    ended.catch(() => {});
    const line = once(control, "line") as Promise<[string]>;
    const [event] = await Promise.race([line, ended]);
    if (!event.includes('"listen"')) throw new UnavailableError(`workerd said ${event} where it was to listen.`);
  }
}

async function openEmpty(resources: Resources): Promise<OpenReference> {
  const workerd = await Workerd.start(resources);
  const verify = (answer: string) => expectSame(answer, "", "workerd");
  return timed({ run: () => workerd.answer(""), verify }, resources, () => workerd.end());
}

async function openBurst(resources: Resources): Promise<OpenReference> {
  const workerd = await Workerd.start(resources);
  const task = {
    run: () => Promise.all(Array.from({ length: AT_ONCE }, (_, n) => workerd.answer(String(n)))),
    verify: (answers: string[]) => {
      for (const [n, answer] of answers.entries()) expectSame(answer, String(n), "workerd");
    },
  };
  return timed(task, resources, () => workerd.end());
}

async function openCold(resources: Resources): Promise<OpenReference> {
  binary();
  const task = {
    async run() {
      const workerd = await Workerd.start(resources);
      return { workerd, answer: await workerd.answer("hello") };
    },
    async verify({ workerd, answer }: { workerd: Workerd; answer: string }) {
      await workerd.end();
      expectSame(answer, "hello", "workerd");
    },
  };
  return { measure: (effort) => measure(task, effort, resources.signal), close: async () => {} };
}

async function openMemory(resources: Resources): Promise<OpenReference> {
  binary();
  const take = async () => {
    const workerd = await Workerd.start(resources);
    await settle(workerd.pid, resources.signal);
    const bytes = residentBytes(workerd.pid);
    await workerd.end();
    return bytes / 1e6;
  };
  return { measure: (effort) => collect(take, effort, resources.signal), close: async () => {} };
}

export const workerdReferences = [
  {
    name: "workerd_empty",
    what: "a Worker of its own that answers an empty text, loaded by a workerd that runs, over HTTP on a Unix socket",
    unit: "ms",
    cost: "call",
    open: openEmpty,
  },
  {
    name: "workerd_burst_32",
    what: `${AT_ONCE} Workers of their own that answer a number, all at once`,
    unit: "ms",
    batch: { amount: AT_ONCE, unit: "guests" },
    cost: "batch",
    open: openBurst,
  },
  {
    name: "workerd_cold",
    what: "from workerd's start to the answer of its first dynamic Worker",
    unit: "ms",
    cost: "start",
    open: openCold,
  },
  {
    name: "workerd_memory",
    what: "a workerd at rest, before its first request",
    unit: "MB",
    cost: "memory",
    open: openMemory,
  },
] as const satisfies readonly Reference[];
