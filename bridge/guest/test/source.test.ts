/** What keeps the sources out of the guest's reach, as far as a look at them can tell; `poison.test.ts` tries it. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { transform } from "esbuild";
import { bundle } from "../scripts/bundle.mjs";

const folder = join(import.meta.dirname, "../src");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /(?<!\.d)\.ts$/.test(file));

/** A file as JavaScript, with its types gone; names that are nowhere declared are marked. */
async function compile(file: string, free: readonly string[]): Promise<string> {
  const define = Object.fromEntries(free.map((name) => [name, `FREE_${name}`]));
  const { code } = await transform(readFileSync(join(folder, file), "utf8"), {
    loader: "ts",
    target: "esnext",
    define,
  });
  return code;
}

const INTRINSICS = Object.getOwnPropertyNames(globalThis).filter(
  (name) => /^([A-Z]|parse|is[FN]|escape|unescape|encodeURI|decodeURI)/.test(name) && name !== "WebAssembly",
);

test("sources_name_no_intrinsic_that_they_did_not_capture", async () => {
  for (const file of files) {
    if (file === "primordials.ts") continue;
    const code = await compile(file, INTRINSICS);
    assert.deepEqual(code.match(/FREE_\w+/g) ?? [], [], file);
  }
});

/** Methods of intrinsics; the userland's own lists have `push`, `pop`, `at`, `set` and `shift`, which are not among them. */
const METHODS =
  /\.(map|filter|forEach|reduce|slice|splice|concat|join|reverse|sort|indexOf|lastIndexOf|includes|find|findIndex|some|every|flat|fill|unshift|keys|values|entries|split|replace|replaceAll|match|matchAll|test|exec|startsWith|endsWith|charCodeAt|codePointAt|charAt|substring|substr|trim|padStart|padEnd|repeat|toLowerCase|toUpperCase|toFixed|then|catch|finally|call|apply|bind|hasOwnProperty|subarray|getTime|toISOString)\(/g;

test("sources_call_no_method_of_an_intrinsic", async () => {
  for (const file of files) {
    if (file === "primordials.ts" || file === "inspect/library-primordials.ts") continue;
    const code = await compile(file, []);
    const withoutTexts = code.replace(/"(?:[^"\\\n]|\\.)*"|`[^`]*`/g, '""');
    assert.deepEqual(withoutTexts.match(METHODS) ?? [], [], file);
  }
});

/** Loops over what the guest gave, where a standard iterates. */
const LOOPS = new Map([
  ["web/structured-clone.ts", 1],
  ["web/url-search-params.ts", 2],
]);

test("sources_iterate_and_spread_by_index_only", async () => {
  for (const file of files) {
    if (file === "primordials.ts" || file === "inspect/library-primordials.ts") continue;
    const code = await compile(file, []);
    assert.equal((code.match(/\bfor (await )?\(.* of /g) ?? []).length, LOOPS.get(file) ?? 0, `${file}: for of`);
    assert.deepEqual(code.match(/(const|let|var) \[.*\] = /g) ?? [], [], `${file}: array pattern`);
    const spreads = code.match(/[\w)]\((?:[^(){}]*, )?\.\.\.\w[^(){}]*\)(?! (=>|\{))|\[(?:[^\][{}]*, )?\.\.\./g) ?? [];
    assert.deepEqual(spreads, [], `${file}: spread`);
  }
});

test("bundle_is_the_same_each_time", async () => {
  const [first, second] = await Promise.all([bundle(), bundle()]);
  assert.equal(first.script, second.script);
  assert.equal(first.notice, second.notice);
  assert.match(first.notice, /node-inspect-extracted 3\.3\.3 \(MIT\)/);
});

test("bundle_names_no_path_and_is_one_byte_per_character", async () => {
  const { script } = await bundle();
  assert.equal(Buffer.from(script, "latin1").toString("latin1"), script);
  assert.equal(script.includes(join(import.meta.dirname, "..")), false);
  assert.match(script, /^\(function \(hotcellNative\) \{"use strict";/);
});

test("bundle_that_crates_js_takes_is_built_from_these_sources", async () => {
  const { script, notice } = await bundle();
  const committed = (name: string) =>
    readFileSync(join(import.meta.dirname, "../../../crates/js/userland", name), "utf8");
  assert.ok(committed("userland.js") === script, "Run `pnpm --filter @hotcell/guest build` and commit what it writes.");
  assert.equal(committed("NOTICE"), notice);
});
