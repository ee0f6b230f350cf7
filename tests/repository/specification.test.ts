import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root } from "../support/binary.js";
import { read } from "../support/repository.js";

const rows = read("SPECIFICATION.md")
  .split("\n")
  .filter((line) => /^\| [A-Z]+\d+ \|/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()));

describe("SPECIFICATION.md", () => {
  test("numbers each promise once", () => {
    const numbers = rows.map(([, number]) => number);
    assert.ok(numbers.length > 40);
    assert.deepEqual(numbers, [...new Set(numbers)]);
  });

  for (const [, number, promise, , heldBy] of rows) {
    test(`${number} names a test that is there: ${promise}`, () => {
      const references = [...heldBy!.matchAll(/`([^`]+)`/g)].map(([, reference]) => reference!);
      assert.ok(references.length > 0, `${number} names no test`);
      for (const reference of references) {
        const at = reference.indexOf(": ");
        assert.ok(at > 0, `${reference} is not written as "file: test"`);
        const [file, name] = [reference.slice(0, at), reference.slice(at + 2)];
        assert.ok(existsSync(join(root, file)), `${file} is not there`);
        const text = readFileSync(join(root, file), "utf8");
        if (file.endsWith(".rs")) {
          assert.match(text, new RegExp(`#\\[test\\]\\s+(#\\[.*\\]\\s+)*fn ${name}\\(`), `${file} has no test ${name}`);
        } else if (name.includes(" ") || !file.includes("/attacks/")) {
          assert.ok(text.includes(name), `${file} has no test "${name}"`);
        } else {
          assert.match(text, new RegExp(`(attack|test|describe)\\(\\s*[\`"]${name}\\b`), `${file} has no test of ${name}`);
        }
      }
    });
  }

  test("every attack is held to some promise", () => {
    const page = read("SPECIFICATION.md");
    for (const file of readdirNames("tests/attacks")) {
      assert.ok(page.includes(`tests/attacks/${file}`), `no promise names ${file}`);
    }
  });
});

function readdirNames(directory: string): string[] {
  return readdirSync(join(root, directory)).filter((name) => name.endsWith(".test.ts"));
}
