import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { root } from "../support/binary.js";
import { read, table, trackedFiles } from "../support/repository.js";

const page = read("docs/dependencies.md");

/** The names that a table must have are those that the manifests have, each with a reason. */
function compare(rows: string[][], names: Iterable<string>): void {
  assert.deepEqual(
    rows.map(([name]) => name),
    [...new Set(names)].sort(),
  );
  for (const [name, reason] of rows) assert.ok(reason !== undefined && reason.length > 10, `${name} has no reason`);
}

describe("docs/dependencies.md", () => {
  test("names every crate that the workspace asks for", () => {
    const metadata = JSON.parse(
      execFileSync("cargo", ["metadata", "--no-deps", "--locked", "--format-version", "1"], {
        cwd: root,
        encoding: "utf8",
      }),
    ) as { packages: { dependencies: { name: string; path?: string }[] }[] };
    const dependencies = metadata.packages.flatMap((crate) => crate.dependencies);
    compare(
      table(page, "Rust"),
      dependencies.filter(({ path }) => path === undefined).map(({ name }) => name),
    );
  });

  test("names every npm package that the workspace asks for", () => {
    const manifests = trackedFiles().filter((path) => /(^|\/)package\.json$/.test(path));
    const names = manifests.flatMap((path) => {
      const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
      return Object.entries({
        ...manifest.dependencies,
        ...manifest.devDependencies,
        ...manifest.optionalDependencies,
      });
    });
    for (const [name, version] of names)
      assert.match(version, /^((npm:[\w-]+@)?\d+\.\d+\.\d+|workspace:\*)$/, `${name} is not pinned`);
    compare(
      table(page, "npm"),
      names.filter(([, version]) => version !== "workspace:*").map(([name]) => name),
    );
  });
});

describe("npm packages", () => {
  test("have permissive licences", () => {
    const allowed = /^\(?(MIT|Apache-2\.0|ISC|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0|CC0-1\.0)( (OR|AND) [\w.-]+)*\)?$/;
    const listed = JSON.parse(
      execFileSync("npx", ["--yes", "pnpm@10", "licenses", "list", "--json"], { cwd: root, encoding: "utf8" }),
    ) as Record<string, { name: string }[]>;
    assert.ok(Object.keys(listed).length > 0);
    for (const [licence, packages] of Object.entries(listed)) {
      assert.match(licence, allowed, packages.map(({ name }) => name).join(", "));
    }
  });

  test("come from whatever registry is configured: the lockfile names none", () => {
    assert.doesNotMatch(read("pnpm-lock.yaml"), /https?:|tarball:/);
  });

  test("run no scripts when they are installed", () => {
    assert.match(read("pnpm-workspace.yaml"), /^onlyBuiltDependencies: \[\]$/m);
  });
});
