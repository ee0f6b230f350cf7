import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Guest } from "./guest.ts";

const guest = new Guest();
guest.evaluate('globalThis.path = require("path")');
const call = (name: string, args: unknown[]): unknown =>
  JSON.parse(
    guest.evaluate<(name: string, args: string) => string>(
      "(name, args) => JSON.stringify({ result: path[name](...JSON.parse(args)) })",
    )(name, JSON.stringify(args)),
  ).result;

const path = fc.string({ unit: fc.constantFrom("/", "/", ".", "..", "a", "b.c", ".d", "e f", "é"), maxLength: 8 });

test("path_functions_of_any_path_give_what_nodes_give", () => {
  fc.assert(
    fc.property(path, path, path, (a, b, c) => {
      // Node takes the second dot of `/..` for an extension, and of nothing else.
      fc.pre(!/^\/+\.\.\/*$/.test(a));
      for (const name of [
        "normalize",
        "dirname",
        "basename",
        "extname",
        "isAbsolute",
        "parse",
        "toNamespacedPath",
      ] as const) {
        assert.deepEqual(call(name, [a]), posix[name](a), `${name}(${JSON.stringify(a)})`);
      }
      assert.equal(call("join", [a, b, c]), posix.join(a, b, c), `join(${JSON.stringify([a, b, c])})`);
      assert.equal(
        call("resolve", ["/", a, b, c]),
        posix.resolve("/", a, b, c),
        `resolve(${JSON.stringify([a, b, c])})`,
      );
      assert.equal(call("resolve", [a, b]), posix.resolve("/", a, b));
      assert.equal(
        call("relative", [`/${a}`, `/${b}`]),
        posix.relative(`/${a}`, `/${b}`),
        `relative(${JSON.stringify([a, b])})`,
      );
      assert.equal(call("basename", [a, b]), posix.basename(a, b), `basename(${JSON.stringify([a, b])})`);
      assert.equal(call("format", [posix.parse(a)]), posix.format(posix.parse(a)));
    }),
    { numRuns: 5000 },
  );
});

test("path_format_and_arguments_as_in_node", () => {
  for (const parts of [
    {},
    { dir: "/a" },
    { root: "/", name: "x", ext: "y" },
    { dir: "/", root: "/", base: "f" },
    { base: "f", name: "n", ext: ".e" },
    { name: "n", ext: "" },
  ]) {
    assert.equal(call("format", [parts]), posix.format(parts));
  }
  assert.equal(call("join", []), posix.join());
  assert.equal(call("resolve", []), "/");
  for (const name of ["join", "dirname", "resolve", "normalize", "parse"]) {
    assert.throws(() => call(name, [5]), { code: "ERR_INVALID_ARG_TYPE" });
  }
  assert.equal(guest.evaluate("path.sep + path.delimiter + (path.posix === path)"), "/:true");
});
