import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findAddon } from "../src/carriers/addon.js";
import { AddonNotFoundError, Sidecar } from "../src/index.js";
import { temporaryDirectory } from "./fake/harness.js";

const inProcess = (options: object = {}) => Sidecar.start({ carrier: "in-process", ...options });

test("an addon that was named and is not there is an error that names it", async () => {
  const path = "/no/such/hotcell.node";
  const expected = { name: "AddonNotFoundError", code: "ERR_HOTCELL_ADDON_NOT_FOUND", searched: [path] };
  await assert.rejects(inProcess({ addon: path }), { ...expected, message: /hotcell\.node.*the option addon names/ });
  const before = process.env.HOTCELL_ADDON;
  process.env.HOTCELL_ADDON = path;
  try {
    await assert.rejects(inProcess(), { ...expected, message: /HOTCELL_ADDON/ });
  } finally {
    if (before === undefined) delete process.env.HOTCELL_ADDON;
    else process.env.HOTCELL_ADDON = before;
  }
});

test("the addon is looked for where the binary is", () => {
  const root = join(temporaryDirectory(), "with-addon");
  const from = join(root, "deep", "dist");
  mkdirSync(from, { recursive: true });
  writeFileSync(join(root, "Cargo.toml"), "");
  const find = () => findAddon(undefined, {}, from);
  assert.throws(find, (error) => {
    assert.ok(error instanceof AddonNotFoundError);
    assert.equal(error.searched[0], `@hotcell/${process.platform}-${process.arch}/bin/hotcell.node`);
    assert.match(error.message, /cargo build --release -p hotcell-node/);
    return true;
  });
  const built = { darwin: "libhotcell_node.dylib", win32: "hotcell_node.dll" }[process.platform as string];
  const put = (path: string) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), "");
    return join(root, path);
  };
  const addon = put(`target/release/${built ?? "libhotcell_node.so"}`);
  assert.equal(find(), addon);
  const packaged = put(`node_modules/@hotcell/${process.platform}-${process.arch}/bin/hotcell.node`);
  assert.equal(find(), packaged);
  assert.equal(findAddon(addon, { HOTCELL_ADDON: packaged }, from), addon);
  assert.equal(findAddon(undefined, { HOTCELL_ADDON: addon }, from), addon);
});

test("a file that is no addon is an error that says why", async () => {
  const path = join(temporaryDirectory(), "text.node");
  writeFileSync(path, "this is no library");
  await assert.rejects(inProcess({ addon: path }), {
    name: "AddonNotLoadableError",
    code: "ERR_HOTCELL_ADDON_NOT_LOADABLE",
    path,
    message: /^The addon .*text\.node can't be loaded: /,
  });
});
