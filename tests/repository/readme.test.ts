import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { root } from "../support/binary.js";
import { read, trackedFiles } from "../support/repository.js";

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
