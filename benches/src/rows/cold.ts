import type { RunResult, Sandbox, SandboxOptions, Sidecar } from "hotcell";
import { measure } from "../measure.js";
import { SNAPSHOT_MODES } from "../subject.js";
import { expectRun } from "./expect.js";
import { commands } from "./programs.js";
import type { Row } from "./row.js";

interface ColdRow extends Pick<Row, "name" | "what" | "snapshots" | "target"> {
  /** Whether what sidecars before it left on disk is there. */
  cached: boolean;
  sandbox?: () => SandboxOptions;
  run(sandbox: Sandbox): Promise<RunResult>;
  stdout: string;
}

/** A row whose samples are sidecars: from the start of the process to the first guest's result. */
function cold({ cached, sandbox = () => ({}), run, stdout, ...row }: ColdRow): Row {
  return {
    ...row,
    section: "cold",
    unit: "ms",
    cost: "start",
    reference: "spawn_node",
    beside: ["spawn_node", "workerd_cold"],
    async measure(subject, effort) {
      const { resources } = subject;
      if (cached) await subject.fillCache();
      const options = sandbox();
      let empty: string | undefined;
      const task = {
        async run() {
          const sidecar = await subject.start(empty === undefined ? {} : { HOTCELL_CACHE_DIR: empty });
          return { sidecar, result: await run(await sidecar.createSandbox(options)) };
        },
        async verify({ sidecar, result }: { sidecar: Sidecar; result: RunResult }) {
          expectRun(result, stdout);
          await subject.end(sidecar);
          if (empty === undefined) return;
          resources.removeDirectory(empty);
          empty = resources.directory();
        },
      };
      if (!cached) empty = resources.directory();
      try {
        return await measure(task, effort, resources.signal);
      } finally {
        if (empty !== undefined) resources.removeDirectory(empty);
      }
    },
  };
}

const HELLO = 'console.log("hello")';

export const coldRows: readonly Row[] = [
  cold({
    name: "cold_first_js",
    what: "from the sidecar's start to the result of its first JavaScript guest, with what earlier ones left on disk",
    snapshots: SNAPSHOT_MODES,
    target: { child: 60 },
    cached: true,
    run: (sandbox) => sandbox.run(HELLO),
    stdout: "hello\n",
  }),
  cold({
    name: "cold_first_js_no_cache",
    what: "the same with nothing on disk",
    snapshots: ["auto", "block"],
    target: { child: 150 },
    cached: false,
    run: (sandbox) => sandbox.run(HELLO),
    stdout: "hello\n",
  }),
  cold({
    name: "cold_first_wasm",
    what: "from the sidecar's start to the result of its first guest, the WASI command true, with what earlier ones left on disk",
    snapshots: SNAPSHOT_MODES,
    cached: true,
    sandbox: () => ({ files: commands("true") }),
    run: (sandbox) => sandbox.exec("true"),
    stdout: "",
  }),
  cold({
    name: "cold_first_wasm_no_cache",
    what: "the same with nothing on disk",
    snapshots: ["auto", "block"],
    cached: false,
    sandbox: () => ({ files: commands("true") }),
    run: (sandbox) => sandbox.exec("true"),
    stdout: "",
  }),
];
