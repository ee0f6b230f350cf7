import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { collect } from "../measure.js";
import type { Row } from "./row.js";

/** Components that are registered at the start. */
export const COMPONENTS = 1000;

/** A directory with that many components, no two of which are the same bytes. */
function fill(directory: string): string {
  const tools = readFileSync(new URL("../../../tests/programs/components/tools.wasm", import.meta.url));
  for (let n = 0; n < COMPONENTS; n++) {
    // A custom section of four bytes: a name of none, and the number.
    const section = Buffer.from([0, 5, 0, n & 0xff, n >> 8, 0, 0]);
    writeFileSync(join(directory, `c${n}.wasm`), Buffer.concat([tools, section]));
  }
  return directory;
}

function components(name: string, what: string, until: "listed" | "loaded", target?: Row["target"]): Row {
  return {
    name,
    what,
    ...(target === undefined ? {} : { target }),
    section: "cold",
    unit: "ms",
    cost: "start",
    snapshots: ["auto"],
    reference: "spawn_node",
    beside: ["spawn_node"],
    async measure(subject, effort) {
      const { resources } = subject;
      const directory = fill(resources.directory());
      const env = { HOTCELL_CACHE_DIR: resources.directory(), HOTCELL_COMPONENTS: directory };
      // Leaves metadata and compiled code on disk.
      await subject.step({ kind: "components", until: "loaded" }, env);
      const take = async () => (await subject.step({ kind: "components", until }, env)).value;
      const samples = await collect(take, effort, resources.signal);
      resources.removeDirectory(directory);
      resources.removeDirectory(env.HOTCELL_CACHE_DIR);
      return samples;
    },
  };
}

export const componentRows: readonly Row[] = [
  components(
    "components_listed",
    `from the sidecar's start until its list has ${COMPONENTS} components with their functions, with metadata on disk`,
    "listed",
    { child: 100 },
  ),
  components(
    "components_loaded",
    `from the sidecar's start until ${COMPONENTS} components are loaded, with their compiled code on disk`,
    "loaded",
  ),
];
