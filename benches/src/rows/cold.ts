import { collect } from "../measure.js";
import { SNAPSHOT_MODES } from "../subject.js";
import type { Row } from "./row.js";

interface ColdRow extends Pick<Row, "name" | "what" | "target"> {
  program: "js" | "wasm";
  /** Whether what sidecars before it left on disk is there. */
  cached: boolean;
}

/** A row whose samples are sidecars, each from its start to its first guest's result. */
function cold({ program, cached, ...row }: ColdRow): Row {
  return {
    ...row,
    section: "cold",
    unit: "ms",
    cost: "start",
    // Without a snapshot nothing is left on disk.
    snapshots: cached ? SNAPSHOT_MODES : ["auto", "block"],
    reference: "spawn_node",
    beside: ["spawn_node", "workerd_cold"],
    measure(subject, effort) {
      const { resources } = subject;
      const step = { kind: "first", program } as const;
      const take = async () => {
        if (cached) return (await subject.step(step)).value;
        const empty = resources.directory();
        const { value } = await subject.step(step, { HOTCELL_CACHE_DIR: empty });
        resources.removeDirectory(empty);
        return value;
      };
      return collect(take, effort, resources.signal);
    },
  };
}

export const coldRows: readonly Row[] = [
  cold({
    name: "cold_first_js",
    what: "from the sidecar's start to the result of its first JavaScript guest, with what earlier ones left on disk",
    target: { child: 60 },
    program: "js",
    cached: true,
  }),
  cold({
    name: "cold_first_js_no_cache",
    what: "from the sidecar's start to the result of its first JavaScript guest, with nothing on disk",
    target: { child: 150 },
    program: "js",
    cached: false,
  }),
  cold({
    name: "cold_first_wasm",
    what: "from the sidecar's start to the result of its first guest, the WASI command true, with what earlier ones left on disk",
    program: "wasm",
    cached: true,
  }),
  cold({
    name: "cold_first_wasm_no_cache",
    what: "from the sidecar's start to the result of its first guest, the WASI command true, with nothing on disk",
    program: "wasm",
    cached: false,
  }),
];
