/**
 * Looks for programs that V8 does not end soon after their limit. Prints a line of JSON for each; the last line counts.
 *
 *   HOTCELL_BINARY=... node --import tsx search/search.ts [--match TEXT] [--every N]
 */

import { parseArgs } from "node:util";
import { type Sandbox, Sidecar } from "hotcell";
import { type Candidate, candidates, listMethods } from "./programs.js";

const { values } = parseArgs({
  options: { match: { type: "string", default: "" }, every: { type: "string", default: "1" } },
});

const CPU_MS = 150;
/** Milliseconds of CPU past the limit from which a program is a finding. */
const FINDING_MS = 100;
const limits = { cpuMs: CPU_MS, wallMs: 60_000, heapMb: 256, externalMb: 512 };

interface Finding {
  name: string;
  outcome: string;
  pastMs: number;
  replaced: boolean;
  source: string;
}

async function look({ name, source }: Candidate, sandbox: Sandbox, sidecar: Sidecar): Promise<Finding | undefined> {
  const { pid } = sidecar;
  const result = await sandbox.run(source, { limits });
  const pastMs = result.usage.cpuMs - CPU_MS;
  // The exit is there before the sidecar is known to be on its way out.
  await sidecar.stats().catch(() => undefined);
  const replaced = sidecar.pid !== pid || result.outcome === "crashed";
  if (pastMs < FINDING_MS && !replaced) return undefined;
  return { name, outcome: result.outcome, pastMs: Math.round(pastMs), replaced, source };
}

await using sidecar = await Sidecar.start({ log: "ignore" });
const sandbox = await sidecar.createSandbox({ onLost: "recreate" });
const listed = await sandbox.run(listMethods);
if (listed.exitCode !== 0) throw new Error(listed.stderr);
const all = candidates(JSON.parse(listed.stdout))
  .filter(({ name }) => name.includes(values.match))
  .filter((_, i) => i % Number(values.every) === 0);
let findings = 0;
for (const [i, candidate] of all.entries()) {
  const finding = await look(candidate, sandbox, sidecar);
  if (finding !== undefined) {
    findings += 1;
    console.log(JSON.stringify(finding));
  }
  if (i % 100 === 99) console.error(`${i + 1} of ${all.length}`);
}
console.log(JSON.stringify({ tried: all.length, findings }));
