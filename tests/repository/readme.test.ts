import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { LIMITS } from "../../bridge/host/src/protocol/generated.js";
import { root } from "../support/binary.js";
import { read, table, trackedFiles } from "../support/repository.js";

const readme = read("README.md");

describe("README", () => {
  test("has every limit with its default and range", () => {
    assert.deepEqual(
      table(readme, "Limits").map(([name, , ...figures]) => [name, ...figures.map(Number)]),
      Object.entries(LIMITS).map(([name, limit]) => [name, limit.default, limit.min, limit.max]),
    );
  });
});

describe("documents", () => {
  const documents = trackedFiles().filter((path) => path.endsWith(".md"));

  for (const document of documents) {
    test(`${document} links to files that are there`, () => {
      for (const [, target] of read(document).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
        assert.ok(existsSync(join(root, dirname(document), target!)), `${document} links to ${target}`);
      }
    });
  }
});
