import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameAsNode } from "./compare.ts";
import { Guest } from "./guest.ts";

const pack = (fields: object) => JSON.stringify(fields);

test("require_finds_files_as_node", () => {
  assertSameAsNode(
    `
    const path = require("path"); const up = path.dirname(__dirname); const root = up === "/" ? "\\0" : up; const clean = (x) => JSON.parse(JSON.stringify(x).replaceAll(root, ""));
    const show = (s) => { try { console.log(s, clean(require(s))); } catch (e) { console.log(s, e.code, e.message.replaceAll(root, ""), e.requireStack && clean(e.requireStack)); } };
    for (const s of ["./lib", "./lib/", "./lib/index", "./lib/index.js", "./data", "./data.json", "./x.cjs", "./x", "./both", "./both/", "./withmain", "./nomain", "./empty", "..", ".", "./", "./lib/..", "/nope", "./nope", "nope", "@s/p", "@s/p/sub", "pkg", "pkg/lib/y", "pkg/lib/y.js", "pkg/package.json", "single", "outer", "./broken.json", "node:nope"]) show(s);
    for (const s of ["ex", "ex/sub", "ex/pattern/a", "ex/pattern/a.js", "ex/pattern/deep/b", "ex/hidden", "ex/private/x", "ex/nope", "ex/package.json", "ex/array", "ex/null", "ex/bad", "ex/climb", "sugar", "cond", "mixed", "self"]) show(s);
    console.log(clean(require.resolve("./lib")), require.resolve("fs"), require.resolve("node:fs"), clean(require.resolve.paths("x")).slice(0, 2), require.resolve.paths("fs"), clean(require.resolve.paths("./x")), clean(require.resolve("y", { paths: [path.join(__dirname, "elsewhere")] })));
    for (const s of [5, "", undefined]) try { require(s); } catch (e) { console.log(e.code); } try { require.resolve("zz"); } catch (e) { console.log(e.code); }
    console.log(clean(module.paths).slice(0, 2), require.main === module, module.id, module.loaded, clean(module.filename), clean(__dirname), clean(Object.keys(require.cache)).includes("/app/lib/index.js"), module.children.length > 5, module.parent === undefined || module.parent === null);
    console.log(require("./lib") === require("./lib/index.js"), this === module.exports, exports === module.exports, typeof require("module").createRequire, require("module").isBuiltin("fs"), arguments.length, require("./link") === require("./lib"));
  `,
    {
      files: {
        "/app/lib/index.js":
          "module.exports = { lib: 1, dirname: __dirname, parent: module.parent && module.parent.id };",
        "/app/data.json": '\ufeff{"x":[1]}',
        "/app/x.cjs": "exports.cjs = true;",
        "/app/both.js": "exports.file = 1;",
        "/app/both/index.js": "exports.folder = 1;",
        "/app/withmain/package.json": pack({ main: "./m" }),
        "/app/withmain/m.js": "exports.main = 1;",
        "/app/nomain/index.json": '{"json":1}',
        "/app/empty/readme": "",
        "/app/broken.json": "{nope",
        "/app/link.js": 'module.exports = require("./lib");',
        "/app/node_modules/@s/p/package.json": pack({ main: "main.js" }),
        "/app/node_modules/@s/p/main.js": "exports.scoped = 1;",
        "/app/node_modules/@s/p/sub.js": "exports.sub = 1;",
        "/app/node_modules/pkg/package.json": pack({ name: "pkg", main: "lib" }),
        "/app/node_modules/pkg/lib/index.js": "exports.pkg = require('single');",
        "/app/node_modules/pkg/lib/y.js": "exports.y = 1;",
        "/app/node_modules/single.js": "exports.single = 1;",
        "/node_modules/outer/index.js": "exports.outer = 1;",
        "/app/elsewhere/node_modules/y.js": "",
        "/app/node_modules/ex/package.json": pack({
          name: "ex",
          exports: {
            ".": { import: "./no.mjs", require: { node: "./main.js" }, default: "./no.js" },
            "./sub": "./lib/sub.js",
            "./pattern/*.js": "./lib/*.js",
            "./pattern/*": "./lib/*.js",
            "./private/*": null,
            "./array": [{ browser: "./no.js" }, "./lib/a.js"],
            "./null": null,
            "./bad": "outside.js",
            "./climb": "./../../x.js",
          },
        }),
        "/app/node_modules/ex/main.js": "exports.ex = 1;",
        "/app/node_modules/ex/lib/sub.js": "exports.sub = 1;",
        "/app/node_modules/ex/lib/a.js": "exports.a = 1;",
        "/app/node_modules/ex/lib/deep/b.js": "exports.b = 1;",
        "/app/node_modules/ex/hidden.js": "exports.hidden = 1;",
        "/app/node_modules/sugar/package.json": pack({ exports: "./s.js" }),
        "/app/node_modules/sugar/s.js": "exports.sugar = 1;",
        "/app/node_modules/cond/package.json": pack({ exports: { require: "./c.js" } }),
        "/app/node_modules/cond/c.js": "exports.cond = 1;",
        "/app/node_modules/mixed/package.json": pack({ exports: { ".": "./x.js", require: "./y.js" } }),
        "/app/package.json": pack({ name: "self", exports: { ".": "./lib/index.js" } }),
      },
    },
  );
});

test("require_runs_modules_as_node", () => {
  assertSameAsNode(
    `
    console.log(require("./a")); console.log(require("./count").n, require("./count").n); delete require.cache[require.resolve("./count")]; console.log(require("./count").n);
    for (let i = 0; i < 2; i++) try { require("./throws"); } catch (e) { console.log(e.message, globalThis.runs); }
    try { require("./syntax"); } catch (e) { console.log(e.name); }
    console.log(require("./shebang"), require("./returns"), require("./this"), require("./strict").strict, require("./early").value);
    require.cache[require.resolve("./count")].exports = "replaced"; console.log(require("./count")); console.log(require("imports-user"));
    const m = require("module"); const r = m.createRequire(__filename); console.log(r("./count"), m.builtinModules.includes("fs"), require("node:path") === require("path")); try { m.createRequire("relative"); } catch (e) { console.log(e.code); }
    process.on("exit", () => console.log("exit")); setTimeout(() => console.log(require("./late")), 1);
  `,
    {
      files: {
        "/app/a.js": "exports.early = 1; const b = require('./b'); exports.fromB = b; exports.late = 2;",
        "/app/b.js": "const a = require('./a'); exports.sawEarly = a.early;",
        "/app/count.js": "globalThis.n = (globalThis.n || 0) + 1; exports.n = globalThis.n;",
        "/app/throws.js": "globalThis.runs = (globalThis.runs || 0) + 1; throw new Error('from module');",
        "/app/syntax.js": "let x = ;",
        "/app/shebang.js":
          "#!/usr/bin/env node\nmodule.exports = new Error().stack.split('\\n')[1].match(/:\\d+:\\d+/)[0];",
        "/app/returns.js": "exports.a = 1; return; exports.b = 2;",
        "/app/this.js": "module.exports = this === exports && arguments.length === 5 && typeof __filename;",
        "/app/strict.js": "'use strict'; exports.strict = (function () { return this === undefined; })();",
        "/app/early.js": "module.exports = { value: 'set' }; exports.value = 'not this';",
        "/app/late.js": "module.exports = 'late'",
        "/app/node_modules/imports-user/package.json": pack({
          name: "imports-user",
          imports: { "#dep": "./dep.js", "#other": "other", "#c/*": { require: "./c/*.js" } },
        }),
        "/app/node_modules/imports-user/index.js":
          "const r = (s) => { try { return require(s); } catch (e) { return e.code; } }; module.exports = [r('#dep'), r('#other'), r('#c/x'), r('#nope'), r('#'), r('#/x')];",
        "/app/node_modules/imports-user/dep.js": "exports.dep = 1;",
        "/app/node_modules/imports-user/c/x.js": "exports.x = 1;",
        "/app/node_modules/other/index.js": "exports.other = 1;",
      },
    },
  );
});

test("require_of_a_folder_whose_main_is_missing_takes_its_index", () => {
  const files = {
    "/app/badmain/package.json": pack({ main: "./gone.js" }),
    "/app/badmain/index.js": "exports.fallback = 1;",
  };
  const guest = new Guest({ files });
  guest.run("console.log(require('./badmain'))");
  assert.equal(guest.stdout, "{ fallback: 1 }\n");
});

test("require_of_an_es_module_says_what_to_do", () => {
  const files = {
    "/app/esm.mjs": "export default 1;",
    "/app/typed/package.json": pack({ type: "module" }),
    "/app/typed/x.js": "export default 1;",
    "/app/typed/y.cjs": "module.exports = 'cjs';",
  };
  const guest = new Guest({ files });
  guest.run(`
    for (const file of ["./esm.mjs", "./typed/x.js"]) try { require(file); } catch (e) { console.log(e.code, e.message); }
    console.log(require("./typed/y.cjs"));
  `);
  assert.equal(
    guest.stdout,
    "ERR_REQUIRE_ESM require() of ES Module /app/esm.mjs is not supported. Use a dynamic import() in its place.\n" +
      "ERR_REQUIRE_ESM require() of ES Module /app/typed/x.js is not supported. Use a dynamic import() in its place.\ncjs\n",
  );
});

test("main_module_that_is_missing_fails_clearly", () => {
  const guest = new Guest();
  assert.equal(guest.runCommonJs("/app/nope.js"), 1);
  assert.match(guest.stderr, /ENOENT/);
});

test("import_of_a_package_is_resolved_by_its_exports", () => {
  const guest = new Guest({
    files: {
      "/app/node_modules/lib/package.json": pack({
        exports: { ".": { import: "./m.mjs", require: "./c.cjs" }, "./p/*": "./parts/*.js" },
      }),
      "/app/node_modules/lib/m.mjs": "",
      "/app/node_modules/lib/parts/a.js": "",
      "/app/node_modules/old/package.json": pack({ main: "./main" }),
      "/app/node_modules/old/main.js": "",
      "/app/node_modules/old/part.js": "",
      "/app/package.json": pack({ imports: { "#x": "./x.js" } }),
      "/app/x.js": "module.exports = { value: 7 };",
    },
  });
  const resolve = (specifier: string) => guest.hooks.resolveImport(specifier, "/app/src/deep/main.js");
  assert.equal(resolve("lib"), "/app/node_modules/lib/m.mjs");
  assert.equal(resolve("lib/p/a"), "/app/node_modules/lib/parts/a.js");
  assert.throws(() => resolve("lib/q"), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
  assert.equal(resolve("old"), "/app/node_modules/old/main.js");
  assert.equal(resolve("old/part.js"), "/app/node_modules/old/part.js");
  assert.equal(resolve("old/part"), undefined);
  assert.equal(resolve("#x"), "/app/x.js");
  assert.equal(resolve("nope"), undefined);
  assert.deepEqual((guest.hooks.requireFile("/app/x.js") as { value: number }).value, 7);
});

test("source_text_has_a_require_of_the_guests_directory", () => {
  const guest = new Guest({ files: { "/app/lib.js": "exports.lib = 1;" } });
  guest.run(
    "console.log(require('./lib'), typeof module, exports === module.exports, __filename, __dirname, require.main);",
  );
  assert.equal(guest.stdout, "{ lib: 1 } object true /app/main.js /app undefined\n");
  const module = new Guest({ kind: "module" });
  assert.equal(module.evaluate("typeof require + typeof module + typeof __filename"), "undefinedundefinedundefined");
});

test("builtins_are_the_same_for_require_and_import", () => {
  const guest = new Guest();
  const names = guest.evaluate<string[]>('require("module").builtinModules');
  assert.deepEqual([...names].sort(), [
    "assert",
    "assert/strict",
    "buffer",
    "console",
    "crypto",
    "events",
    "fs",
    "fs/promises",
    "module",
    "os",
    "path",
    "path/posix",
    "perf_hooks",
    "process",
    "string_decoder",
    "timers",
    "timers/promises",
    "url",
    "util",
    "util/types",
  ]);
  guest.context.hooks = guest.hooks;
  for (const name of names) {
    assert.equal(
      guest.evaluate(
        `require("${name}") === hooks.builtin("${name}") && require("node:${name}") === hooks.builtin("node:${name}")`,
      ),
      true,
      name,
    );
  }
  for (const name of ["nope", "", "constructor", "__proto__", "toString"])
    assert.equal(guest.hooks.builtin(name), undefined, name);
});
