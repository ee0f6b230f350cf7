// Builds the userland's bundle where `crates/js` takes it from. With --check it only says whether the bundle there is the
// one that these sources give, and exits with 1 where it is not.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundle } from "./bundle.mjs";

const target = fileURLToPath(new URL("../../../crates/js/userland/", import.meta.url));
const { script, notice, metafile } = await bundle();
const files = [
  ["userland.js", script],
  ["NOTICE", notice],
];

if (process.argv.includes("--sizes")) {
  const [output] = Object.values(metafile.outputs);
  for (const [input, { bytesInOutput }] of Object.entries(output.inputs).sort(
    ([, a], [, b]) => b.bytesInOutput - a.bytesInOutput,
  )) {
    console.log(`${String(bytesInOutput).padStart(8)} ${input}`);
  }
}
if (process.argv.includes("--check")) {
  for (const [name, expected] of files) {
    const actual = await readFile(target + name, "utf8").catch(() => undefined);
    if (actual !== expected) {
      console.error(
        `crates/js/userland/${name} is not what bridge/guest gives: run \`pnpm --filter @hotcell/guest build\` and commit it.`,
      );
      process.exitCode = 1;
    }
  }
} else {
  await mkdir(target, { recursive: true });
  for (const [name, text] of files) await writeFile(target + name, text);
  console.log(`crates/js/userland/userland.js: ${script.length} characters`);
}
