import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import coreutils from "@rivet-dev/agent-os-coreutils";
import { type RunResult, Sidecar } from "hotcell";
import { Presenter } from "./presenter.js";

const programs = fileURLToPath(new URL("../programs/", import.meta.url));
const commands = ["echo", "ls", "sha256sum", "base64", "date"];

const files: Record<string, Uint8Array> = {};
for (const name of await readdir(programs)) files[`/app/${name}`] = await readFile(join(programs, name));
for (const name of commands) files[`/bin/${name}`] = await readFile(join(coreutils.commandDir, name));

const show = new Presenter(process.stdout);
const started = performance.now();
await using sidecar = await Sidecar.start();
const startedMs = performance.now() - started;
const { version, v8Version } = await sidecar.stats();
show.heading(
  `Hotcell ${version} with V8 ${v8Version}, started in ${startedMs.toFixed(0)} ms. Every program gets a new cell.`,
);

await using sandbox = await sidecar.createSandbox({ env: { PATH: "/bin", TZ: "UTC" }, cwd: "/app", files });

/** Runs one guest, shows how it went, and ends the demo where that is not what was to be expected. */
async function demonstrate(title: string, run: () => Promise<RunResult>, expected: RunResult["outcome"] = "exited") {
  const asked = performance.now();
  const result = await run();
  show.guest(title, result, performance.now() - asked);
  if (result.outcome !== expected || (expected === "exited" && result.exitCode !== 0)) {
    throw new Error(`${title} was expected to end as ${expected}.`);
  }
}

show.section("JavaScript");
await demonstrate("source text", () =>
  sandbox.run("console.log([3, 1, 2].toSorted(), new Intl.NumberFormat('de').format(1e6))"),
);
const poem = await readFile(join(programs, "poem.txt"));
await demonstrate("/app/words.js < poem.txt", () => sandbox.exec("/app/words.js", [], { stdin: poem }));
await demonstrate("/app/digest.mjs", () => sandbox.exec("/app/digest.mjs"));

show.section("WASI commands, from the npm package @rivet-dev/agent-os-coreutils");
await demonstrate('echo "hello from a cell"', () => sandbox.exec("echo", ["hello from a cell"]));
await demonstrate("ls -l /app", () => sandbox.exec("ls", ["-l", "/app"]));
await demonstrate("sha256sum poem.txt", () => sandbox.exec("sha256sum", ["poem.txt"]));
await demonstrate("base64 -d < dGhlIGNlbGw=", () => sandbox.exec("base64", ["-d"], { stdin: "dGhlIGNlbGw=" }));
await demonstrate("date -u", () => sandbox.exec("date", ["-u"]));
await demonstrate("date -u, again", () => sandbox.exec("date", ["-u"]));

show.section("A guest that would run for ever, and one after it");
await demonstrate("while (true) {}", () => sandbox.run("while (true) {}", { limits: { wallMs: 200 } }), "timed_out");
await demonstrate("source text", () => sandbox.run('console.log("nothing happened here")'));
