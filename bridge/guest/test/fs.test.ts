import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameAsNode } from "./compare.ts";
import { Guest } from "./guest.ts";

/** What runs first: functions to print outcomes, and paths relative to the program. */
const HEAD = `
  const fs = require("fs"), path = require("path"); const at = (...p) => path.join(__dirname, ...p);
  const root = path.dirname(__dirname); const clean = (text) => String(text).replaceAll(root === "/" ? "\\0" : root, "").replace(/\\/tmp\\/hotcell-guest-\\w+/g, "");
  const show = (f) => { try { const r = f(); console.log(typeof r === "string" ? clean(r) : r); } catch (e) { console.log(e.name, e.code, clean(e.message), e.syscall, e.errno, e.path && clean(e.path)); } };
`;
const FILES = {
  "/app/a.txt": "héllo",
  "/app/dir/b.json": '{"x":1}',
  "/app/dir/sub/c.txt": "c",
  "/app/bytes": "\x00\x01",
};

test("fs_reads_and_writes_as_in_node", () => {
  assertSameAsNode(
    `${HEAD}
    show(() => fs.readFileSync(at("a.txt"), "utf8")); show(() => fs.readFileSync(at("a.txt"))); for (const e of ["hex", "base64", "latin1", "ascii", "utf16le", "base64url"]) show(() => fs.readFileSync(at("a.txt"), { encoding: e }));
    show(() => fs.readFileSync(at("nope"))); show(() => fs.readFileSync(at("a.txt"), "nope")); show(() => fs.readFileSync(5.5)); show(() => fs.readFileSync("a\\0b")); show(() => fs.readFileSync(null)); show(() => fs.readFileSync(new URL("http://x")));
    show(() => fs.readFileSync(new URL("file://" + at("a.txt")), "utf8")); show(() => fs.readFileSync(Buffer.from(at("a.txt")), "utf8")); show(() => fs.readFileSync(at("a.txt"), { encoding: null }).length); show(() => fs.readFileSync(at("a.txt"), 5));
    show(() => fs.writeFileSync(at("w"), "text é")); show(() => fs.readFileSync(at("w"), "utf8")); show(() => fs.writeFileSync(at("w"), "6162", "hex")); show(() => fs.readFileSync(at("w"), "utf8")); show(() => fs.writeFileSync(at("w"), new Uint16Array([1, 2]))); show(() => fs.readFileSync(at("w")));
    show(() => fs.appendFileSync(at("w"), "more")); show(() => fs.appendFileSync(at("new"), "x")); show(() => fs.readFileSync(at("w")).length); show(() => fs.writeFileSync(at("w"), "a", { flag: "a" })); show(() => fs.readFileSync(at("w")).length); show(() => fs.writeFileSync(at("w"), "a", { flag: "wx" })); show(() => fs.writeFileSync(at("w"), "a", { flag: "q" }));
    show(() => fs.writeFileSync(at("w"), 5)); show(() => fs.writeFileSync(at("w"), {})); show(() => fs.writeFileSync(at("w"), null)); show(() => fs.writeFileSync(at("w"), new DataView(new ArrayBuffer(2)))); show(() => fs.writeFileSync(at("nodir/x"), "x"));
    show(() => fs.existsSync(at("a.txt"))); show(() => fs.existsSync(at("zz"))); show(() => fs.existsSync(5)); show(() => fs.accessSync(at("a.txt"))); show(() => fs.accessSync(at("zz"))); show(() => fs.accessSync(at("a.txt"), fs.constants.R_OK));
    show(() => fs.copyFileSync(at("a.txt"), at("copy"))); show(() => fs.readFileSync(at("copy"), "utf8")); show(() => fs.copyFileSync(at("a.txt"), at("copy"), fs.constants.COPYFILE_EXCL)); show(() => fs.copyFileSync(at("zz"), at("copy")));
    show(() => fs.truncateSync(at("copy"), 2)); show(() => fs.readFileSync(at("copy"), "latin1")); show(() => fs.truncateSync(at("copy"))); show(() => fs.readFileSync(at("copy"), "utf8")); show(() => fs.unlinkSync(at("copy"))); show(() => fs.unlinkSync(at("copy")));
    show(() => fs.renameSync(at("w"), at("w2"))); show(() => fs.existsSync(at("w"))); show(() => fs.renameSync(at("w"), at("w3")));
  `,
    { files: FILES },
  );
});

test("fs_directories_links_and_stats_as_in_node", () => {
  assertSameAsNode(
    `${HEAD}
    show(() => fs.readdirSync(at(".")).sort()); show(() => fs.readdirSync(at("dir"), { recursive: true }).sort()); show(() => fs.readdirSync(at("dir"), { withFileTypes: true }).map((d) => [d.name, d.isFile(), d.isDirectory(), d.isSymbolicLink(), clean(d.parentPath)])); show(() => fs.readdirSync(at("zz"))); show(() => fs.readdirSync(at("a.txt"))); show(() => fs.readdirSync(at("dir"), "buffer"));
    show(() => fs.mkdirSync(at("m"))); show(() => fs.mkdirSync(at("m"))); show(() => fs.mkdirSync(at("m/n/o"))); show(() => fs.mkdirSync(at("m/n/o"), { recursive: true })); show(() => fs.mkdirSync(at("m/n/o"), { recursive: true })); show(() => fs.mkdirSync(at("m2"), 0o700)); show(() => fs.mkdirSync(at("m3"), "x"));
    show(() => fs.rmdirSync(at("m"))); show(() => fs.rmSync(at("m"), { recursive: true })); show(() => fs.existsSync(at("m"))); show(() => fs.rmSync(at("zz"), { force: true })); show(() => fs.rmdirSync(at("m2"))); show(() => /m4\\w{6}$/.test(fs.mkdtempSync(at("m4")))); show(() => fs.mkdtempSync(at("zz/m")).length > 0);
    const s = fs.statSync(at("a.txt")); console.log(s.isFile(), s.isDirectory(), s.size, s.mode.toString(8), s.nlink, s.mtime instanceof Date, s.mtimeMs === s.mtime.getTime(), Object.keys(s).sort(), s.constructor.name, s.isFIFO(), s.isSocket(), s.isBlockDevice(), s.isCharacterDevice());
    console.log(typeof fs.statSync(at("a.txt"), { bigint: true }).size, fs.statSync(at("zz"), { throwIfNoEntry: false }), fs.statSync(at("dir")).isDirectory()); show(() => fs.statSync(at("zz"))); show(() => fs.lstatSync(at("zz")));
    show(() => fs.symlinkSync("a.txt", at("link"))); show(() => fs.readlinkSync(at("link"))); show(() => fs.lstatSync(at("link")).isSymbolicLink()); show(() => fs.statSync(at("link")).isFile()); show(() => fs.realpathSync(at("link"))); show(() => fs.readlinkSync(at("a.txt"))); show(() => fs.readlinkSync(at("link"), "buffer")); show(() => fs.realpathSync(at("zz")));
    show(() => fs.linkSync(at("a.txt"), at("hard"))); show(() => fs.statSync(at("hard")).nlink); show(() => fs.chmodSync(at("hard"), "600")); show(() => (fs.statSync(at("hard")).mode & 0o777).toString(8)); show(() => fs.chmodSync(at("hard"), "9")); show(() => fs.chmodSync(at("hard"))); show(() => fs.chmodSync(at("zz"), 0o600));
    show(() => fs.utimesSync(at("hard"), 1.5, new Date(2500))); show(() => [fs.statSync(at("hard")).atimeMs, fs.statSync(at("hard")).mtimeMs]);
    show(() => fs.cpSync(at("dir"), at("dir2"), { recursive: true })); show(() => fs.readFileSync(at("dir2/sub/c.txt"), "utf8")); show(() => { try { fs.cpSync(at("dir"), at("dir3")); } catch (e) { return e.code; } });
  `,
    { files: FILES },
  );
});

test("fs_callbacks_and_promises_as_in_node", () => {
  assertSameAsNode(
    `${HEAD}
    (async () => {
      const p = fs.promises; console.log(require("fs/promises") === p, await p.readFile(at("a.txt"), "utf8"), await p.writeFile(at("w"), "x"), (await p.stat(at("w"))).size, await p.mkdir(at("d")), await p.readdir(at("d")), await p.rm(at("w")));
      for (const f of [() => p.readFile(at("zz")), () => p.stat(5), () => p.rename(at("zz"), at("y")), () => p.readFile(at("a.txt"), { signal: AbortSignal.abort() })]) await f().catch((e) => console.log(e.name, e.code, clean(e.message)));
      await new Promise((r) => fs.readFile(at("a.txt"), "utf8", (...a) => { console.log(...a); r(); })); await new Promise((r) => fs.readFile(at("zz"), (e) => { console.log(e.code, clean(e.message)); r(); })); await new Promise((r) => fs.writeFile(at("w"), "y", (...a) => { console.log(a); r(); })); await new Promise((r) => fs.exists(at("w"), (x) => { console.log(x); r(); }));
      await new Promise((r) => fs.mkdir(at("e"), { recursive: true }, (...a) => { console.log(a.length, a[0]); r(); })); await new Promise((r) => fs.readdir(at("dir"), { withFileTypes: true }, (e, l) => { console.log(l.map((d) => d.name)); r(); })); console.log(await require("util").promisify(fs.readFile)(at("a.txt"), "latin1"));
      for (const f of [() => fs.readFile(at("a.txt")), () => fs.readFile(at("a.txt"), "utf8"), () => fs.stat(5, () => {}), () => fs.exists(at("x"))]) try { f(); } catch (e) { console.log(e.name, e.code); }
      let order = []; fs.stat(at("a.txt"), () => order.push("stat")); process.nextTick(() => order.push("tick")); await null; order.push("microtask"); await new Promise((r) => setTimeout(r, 50)); console.log(order);
    })();
  `,
    { files: FILES },
  );
});

test("fs_names_its_functions", () => {
  const guest = new Guest();
  guest.run(`
    const fs = require("fs"); console.log(Object.keys(fs).filter((k) => typeof fs[k] === "function" && fs[k].name !== k), Object.keys(fs.promises).filter((k) => typeof fs.promises[k] === "function" && fs.promises[k].name !== k));
    console.log(Object.keys(fs).sort().join(" "));
  `);
  assert.equal(
    guest.stdout,
    "[] []\nDirent F_OK R_OK Stats W_OK X_OK access accessSync appendFile appendFileSync chmod chmodSync chown chownSync closeSync constants copyFile copyFileSync cp cpSync exists existsSync link linkSync lstat lstatSync mkdir mkdirSync mkdtemp mkdtempSync promises readFile readFileSync readSync readdir readdirSync readlink readlinkSync realpath realpathSync rename renameSync rm rmSync rmdir rmdirSync stat statSync symlink symlinkSync truncate truncateSync unlink unlinkSync utimes utimesSync writeFile writeFileSync writeSync\n",
  );
});

test("fs_descriptors_are_the_standard_ones", () => {
  const guest = new Guest({ stdin: ["abcdef", "gh"] });
  const code = guest.run(`
    const fs = require("fs"); fs.writeSync(1, "out\\n"); fs.writeSync(2, Buffer.from("xerrx"), 1, 3); fs.writeFileSync("/dev/stdout", "dev\\n"); fs.appendFileSync(1, "fd\\n"); console.log(fs.writeSync(1, "é"), fs.writeSync(1, "6161", null, "hex"));
    const b = Buffer.alloc(4); console.log(fs.readSync(0, b), String(b), fs.readSync(0, b, 1, 2), String(b), fs.readSync(0, b, { offset: 0 }), fs.readSync(0, b), fs.readSync(0, b)); fs.closeSync(1);
    for (const f of [() => fs.writeSync(3, "x"), () => fs.readSync(1, b), () => fs.readSync(0, "x"), () => fs.writeSync("1", "x"), () => fs.closeSync(9), () => fs.readFileSync(7), () => fs.writeFileSync(7, "x"), () => fs.readSync(0, b, 9), () => fs.readSync(0, b, 0, 9)]) try { f(); } catch (e) { console.log(e.code); }
  `);
  assert.equal(code, 0, guest.stderr);
  assert.equal(
    guest.stdout,
    "out\ndev\nfd\néaa2 2\n4 abcd 2 aefd 2 0 0\nEBADF\nEBADF\nERR_INVALID_ARG_TYPE\nERR_INVALID_ARG_TYPE\nEBADF\nEBADF\nEBADF\nERR_OUT_OF_RANGE\nERR_OUT_OF_RANGE\n",
  );
  assert.equal(guest.stderr, "err");
});
