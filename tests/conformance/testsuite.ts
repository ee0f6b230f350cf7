// Runs the official WASI test suite: see scripts/wasi-testsuite.
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { type EngineChoice, type FileData, type RunResult, Sidecar } from "hotcell";

/** What a program's JSON file says; the suite's own doc/specification.md has it. */
interface Specification {
  args?: string[];
  dirs?: string[];
  root?: string;
  env?: Record<string, string>;
  stdin?: string;
  exit_code?: number;
  stdout?: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: "string", default: "wasmtime" }, only: { type: "string", default: "" } },
});
const root = resolve(process.env.INIT_CWD ?? ".", positionals[0] ?? ".");
const engine = values.engine as EngineChoice;

function programs(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith(".") || entry.name === "wasm32-wasip3" ? [] : programs(path);
    return entry.name.endsWith(".wasm") ? [path] : [];
  });
}

/** The files below a directory, as they are to lie in the sandbox. */
function filesBelow(directory: string, at: string): { files: Record<string, FileData>; directories: string[] } {
  const files: Record<string, FileData> = {};
  const directories = [at];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      const below = filesBelow(path, `${at}/${entry.name}`);
      Object.assign(files, below.files);
      directories.push(...below.directories);
    } else {
      files[`${at}/${entry.name}`] = readFileSync(path);
    }
  }
  return { files, directories };
}

function specification(program: string): Specification {
  try {
    return JSON.parse(readFileSync(program.replace(/\.wasm$/, ".json"), "utf8")) as Specification;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/** Why the result is not what was to come; undefined where it is. */
function fault(result: RunResult, { exit_code: exitCode = 0, stdout }: Specification): string | undefined {
  const stderr = result.stderr.trim().split("\n").slice(0, 3).join(" | ");
  if (result.outcome !== "exited") return `${result.outcome}: ${result.error?.message ?? ""} ${stderr}`;
  if (result.exitCode !== exitCode) return `exit code ${result.exitCode} instead of ${exitCode}: ${stderr}`;
  if (stdout !== undefined && result.stdout !== stdout) {
    return `stdout ${JSON.stringify(result.stdout)} instead of ${JSON.stringify(stdout)}`;
  }
  return undefined;
}

async function run(sidecar: Sidecar, program: string): Promise<string | undefined> {
  const spec = specification(program);
  const directories = spec.dirs ?? (spec.root === undefined ? [] : [spec.root]);
  const preopens: Record<string, string> = {};
  const sandbox = await sidecar.createSandbox({ ...(spec.env && { env: spec.env }), limits: { wallMs: 60_000 } });
  try {
    for (const name of directories) {
      const at = `/${basename(name)}`;
      const below = filesBelow(join(dirname(program), name), at);
      for (const directory of below.directories) await sandbox.fs.mkdir(directory, { recursive: true });
      for (const [path, bytes] of Object.entries(below.files)) await sandbox.fs.writeFile(path, bytes);
      preopens[spec.root === name ? "/" : name] = at;
    }
    const options = { engine, preopens, name: basename(program), ...(spec.stdin && { stdin: spec.stdin }) };
    return fault(await sandbox.runWasm(readFileSync(program), spec.args ?? [], options), spec);
  } catch (error) {
    return String(error);
  } finally {
    await sandbox.close();
  }
}

const found = programs(root).filter((path) => path.includes(values.only));
if (found.length === 0) {
  console.error(`There are no programs below ${root}: name a checkout that has the compiled ones.`);
  process.exit(2);
}
const sidecar = await Sidecar.start();
let failed = 0;
for (const program of found.sort()) {
  const reason = await run(sidecar, program);
  console.log(
    `${reason === undefined ? "pass" : "FAIL"}  ${relative(root, program)}${reason === undefined ? "" : `: ${reason}`}`,
  );
  if (reason !== undefined) failed++;
}
await sidecar.close();
console.log(`\n${found.length - failed} passed, ${failed} failed, on ${engine}.`);
process.exit(failed === 0 ? 0 : 1);
