import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { OPTIONS, parseOptions } from "../src/options.js";

describe("options", () => {
  test("ask for everything unless they say otherwise", () => {
    const options = parseOptions([]);
    assert.equal(options.rows, undefined);
    assert.deepEqual(options.snapshots, ["auto", "block", "off"]);
    assert.deepEqual([options.counted, options.references, options.gate], [200, true, false]);
  });

  test("name rows and modes", () => {
    const options = parseOptions(["--rows", "js_empty, wasm_true", "--snapshots=off,auto", "--counted", "1000"]);
    assert.deepEqual([...options.rows!], ["js_empty", "wasm_true"]);
    assert.deepEqual([options.snapshots, options.counted], [["auto", "off"], 1000]);
  });

  const wrong: [args: string[], message: RegExp][] = [
    [["--rows", "js_emtpy"], /"js_emtpy"; there are: js_empty, /],
    [["--rows", ""], /""; there are/],
    [["--snapshots", "on"], /"on"; there are: auto, block, off/],
    [["--carriers", "pigeon"], /"pigeon"; there are: child/],
    [["--counted", "49"], /from 50 to 100000/],
    [["--counted", "1e3"], /whole number/],
    [["--fast"], /--fast.*--help/],
    [["js_empty"], /js_empty.*--help/],
    [["--json"], /--json.*--help/],
    [["--gate", "--json", "x"], /--json can't be used with --gate/],
    [["--gate", "--counted", "60"], /--counted can't be used/],
  ];
  for (const [args, message] of wrong) {
    test(`${args.join(" ")} is refused`, () => {
      assert.throws(() => parseOptions(args), { name: "UsageError", message });
    });
  }

  test("are all told by ./scripts/bench --help", () => {
    const script = readFileSync(new URL("../../scripts/bench", import.meta.url), "utf8");
    const told = [...script.matchAll(/^# {3}--([\w-]+)/gm)].map(([, name]) => name);
    assert.deepEqual(told.sort(), [...Object.keys(OPTIONS), "help"].sort());
  });
});
