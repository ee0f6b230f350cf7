import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Sidecar, type SidecarEvent } from "hotcell";
import { hotcell, root } from "../support/binary.js";
import { start } from "../support/carrier.js";
import { eventually } from "../support/eventually.js";
import { privateDirectory, serve } from "../support/serve.js";
import { fileSidecar } from "../support/sidecar.js";
import { assemble } from "../support/wasm.js";

const programs = join(root, "tests/programs/components");
const program = (name: string) => readFileSync(join(programs, `${name}.wasm`));
const scratch = mkdtempSync(join(root, "tests/.components-"));
after(() => rmSync(scratch, { recursive: true }));

/** A directory with those programs as components. */
function directory(name: string, ...components: string[]): string {
  const path = join(scratch, name);
  mkdirSync(path);
  for (const component of components)
    copyFileSync(join(programs, `${component}.wasm`), join(path, `${component}.wasm`));
  return path;
}

const code = (expected: string) => (error: Error & { code?: string }) => error.code === expected;

const sidecar = await fileSidecar();
const { components } = sidecar;
await components.add(program("tools"), { id: "tools" });
await components.add(join(programs, "counter.wasm"), { id: "counter" });
await components.add(program("bytes"), { id: "bytes" });

describe("components", () => {
  test("are called with arguments by name or in order", async () => {
    assert.equal(await components.call("tools", "add", { a: 40, b: 2 }), 42);
    assert.equal(await components.call("tools", "add", [-1, 1]), 0);
    assert.equal(await components.call("tools", "add", new Int32Array([3, 4])), 7);
    assert.equal(await components.call("tools", "greet", { name: "Wörld 🌍" }), "Hello, Wörld 🌍");
  });

  test("are listed with their functions, and described by JSON Schema", async () => {
    const listed = await components.list();
    assert.deepEqual(
      listed.map(({ id }) => id),
      ["bytes", "counter", "tools"],
    );
    const tools = await components.get("tools");
    assert.equal(tools.kind, "component");
    const add = tools.functions.find(({ name }) => name === "add");
    const integer = { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
    assert.deepEqual(add, {
      name: "add",
      parameters: {
        type: "object",
        properties: { a: integer, b: integer },
        required: ["a", "b"],
        additionalProperties: false,
      },
      result: integer,
    });
    assert.equal((await components.get("bytes")).kind, "module");
  });

  test("say what is wrong with a call", async () => {
    await assert.rejects(components.call("none", "f"), code("ERR_HOTCELL_UNKNOWN_COMPONENT"));
    await assert.rejects(components.get("none"), code("ERR_HOTCELL_UNKNOWN_COMPONENT"));
    await assert.rejects(components.call("tools", "none"), code("ERR_HOTCELL_UNKNOWN_FUNCTION"));
    await assert.rejects(components.call("tools", "add", { a: 1, b: "2" }), (error: Error & { code?: string }) => {
      assert.match(error.message, /\$\.b must be an integer from -2147483648 to 2147483647, but is "2"/);
      return error.code === "ERR_HOTCELL_INVALID_ARGUMENT";
    });
    await assert.rejects(components.call("tools", "add", { a: () => 1, b: 2 }), code("ERR_HOTCELL_INVALID_ARGUMENT"));
    const circle: Record<string, unknown> = {};
    circle.a = circle;
    await assert.rejects(components.call("tools", "add", circle), code("ERR_HOTCELL_INVALID_ARGUMENT"));
    await assert.rejects(components.add(program("tools"), { id: "no id" }), code("ERR_HOTCELL_INVALID_OPTION"));
  });

  test("end a call at its limits and when its signal is aborted, and go on", async () => {
    const limited = components.call("tools", "spin", {}, { limits: { wallMs: 50 } });
    await assert.rejects(limited, code("ERR_HOTCELL_CALL_LIMIT"));
    const controller = new AbortController();
    const aborted = components.call("tools", "spin", {}, { signal: controller.signal });
    controller.abort();
    await assert.rejects(aborted, code("ERR_HOTCELL_CALL_CANCELLED"));
    await assert.rejects(components.call("tools", "trap"), (error: Error & { code?: string }) => {
      assert.match(error.message, /unreachable/);
      return error.code === "ERR_HOTCELL_CALL_FAILED";
    });
    assert.equal(await components.call("tools", "count"), 1);
    assert.equal(await components.call("tools", "count"), 2);
  });

  test("hand out resources as handles", async () => {
    const handle = await components.call("counter", "make", { start: 7 });
    assert.equal(await components.call("counter", "value", { it: handle }), 7);
    assert.equal(await components.call("counter", "[resource-drop]counter", { handle }), null);
    await assert.rejects(components.call("counter", "value", { it: handle }), code("ERR_HOTCELL_INVALID_ARGUMENT"));
  });

  test("as plain modules take and return bytes", async () => {
    const input = Buffer.alloc(3 << 20, "0123456789");
    const output = await components.call("bytes", "copy", input);
    assert.ok(output.equals(input));
    assert.equal((await components.call("bytes", "copy", new Uint8Array())).length, 0);
    await assert.rejects(components.call("bytes", "boasts", new Uint8Array(1)), code("ERR_HOTCELL_CALL_FAILED"));
    await assert.rejects(
      components.call("bytes", "copy", Buffer.alloc((16 << 20) + 1)),
      code("ERR_HOTCELL_INVALID_OPTION"),
    );
    await assert.rejects(components.call("bytes", "copy", {}), code("ERR_HOTCELL_INVALID_ARGUMENT"));
  });

  test("are forgotten when they are removed", async () => {
    await components.add(program("tools"), { id: "gone" });
    assert.equal(await components.call("gone", "add", [1, 1]), 2);
    await components.remove("gone");
    await assert.rejects(components.call("gone", "add", [1, 1]), code("ERR_HOTCELL_UNKNOWN_COMPONENT"));
    await assert.rejects(components.remove("gone"), code("ERR_HOTCELL_UNKNOWN_COMPONENT"));
  });

  test("that can't be loaded fail their calls with the reason", async () => {
    await components.add(assemble("(module)"), { id: "empty" });
    await assert.rejects(components.call("empty", "f"), code("ERR_HOTCELL_COMPONENT_FAILED"));
    await components.remove("empty");
  });
});

describe("a directory of components", {
  skip: process.env.HOTCELL_TEST_CARRIER === "in-process" && "its settings are those of the process",
}, () => {
  test("is registered at the start and watched", async () => {
    const path = directory("watched", "tools");
    const events: SidecarEvent[] = [];
    await using watching = await start({ components: path, onEvent: (event) => events.push(event) });
    assert.equal(await watching.components.call("tools", "add", [1, 2]), 3);
    const told = (component: string, change: string) =>
      eventually(`${component} is ${change}`, () =>
        events.some((event) => event.type === "component" && event.component === component && event.change === change),
      );
    copyFileSync(join(programs, "counter.wasm"), join(path, ".new"));
    renameSync(join(path, ".new"), join(path, "counter.wasm"));
    await told("counter", "loaded");
    assert.deepEqual(
      (await watching.components.list()).map(({ id }) => id),
      ["counter", "tools"],
    );
    copyFileSync(join(programs, "bytes.wasm"), join(path, ".new"));
    renameSync(join(path, ".new"), join(path, "tools.wasm"));
    // Whether the watcher was first or this call is: the new code runs.
    assert.deepEqual(await watching.components.call("tools", "copy", Buffer.from("new")), Buffer.from("new"));
    await told("tools", "changed");
    rmSync(join(path, "counter.wasm"));
    await told("counter", "removed");
  });

  test("that can't be read fails the start", async () => {
    await assert.rejects(start({ components: join(scratch, "nowhere") }), /nowhere/);
  });
});

test("every host of a sidecar sees the components, and each has instances of its own", async () => {
  const { announced } = await serve(["--socket", join(privateDirectory(), "socket")]);
  const { socket, token } = announced as { socket: string; token: string };
  const events: SidecarEvent[] = [];
  await using one = await Sidecar.connect({ socket, token });
  await using other = await Sidecar.connect({ socket, token, onEvent: (event) => events.push(event) });
  await other.stats();
  await one.components.add(program("tools"), { id: "tools" });
  assert.equal(await other.components.call("tools", "count"), 1);
  assert.equal(await one.components.call("tools", "count"), 1);
  await eventually("both changes are told", () => events.length >= 2);
  assert.deepEqual(
    events.map((event) => event.type === "component" && `${event.component} ${event.change}`),
    ["tools loading", "tools loaded"],
  );
});

test("components that were added are there again after the sidecar was lost", async () => {
  await using lost = await start();
  await lost.components.add(program("tools"), { id: "tools" });
  assert.equal(await lost.components.call("tools", "count"), 1);
  if (lost.pid === process.pid) return;
  process.kill(lost.pid, "SIGKILL");
  // The first call after the loss may still go to the sidecar that is gone.
  await eventually("another sidecar has the component", () =>
    lost.components.call("tools", "count").then(
      (count) => count === 1,
      () => false,
    ),
  );
});

describe("hotcell components", () => {
  const run = async (...args: string[]) => {
    const { stdout, stderr, exitCode } = await hotcell(["components", ...args], { env: { PATH: process.env.PATH } });
    return { stdout: stdout.toString(), stderr: stderr.toString(), exitCode };
  };

  test("lists, inspects and calls what is in a directory", async () => {
    const path = directory("listed", "tools", "bytes");
    writeFileSync(join(path, "broken.wasm"), "no program");
    const listed = JSON.parse((await run("list", "--components", path, "--json")).stdout);
    assert.deepEqual(
      listed.map(({ id, state }: { id: string; state: string }) => [id, state === "failed"]),
      [
        ["broken", true],
        ["bytes", false],
        ["tools", false],
      ],
    );
    const text = await run("list", "--components", path);
    assert.match(text.stdout, /^tools +component +add, trap, spin, grow, count, greet, bomb$/m);
    const inspected = JSON.parse((await run("inspect", "tools", "--components", path, "--json")).stdout);
    assert.equal(inspected.functions[0].name, "add");
    const called = await run("call", "tools", "greet", '{"name": "shell"}', "--components", path);
    assert.deepEqual(called, { stdout: '"Hello, shell"\n', stderr: "", exitCode: 0 });
  });

  test("calls functions of files, with JSON or bytes", async () => {
    const tools = join(programs, "tools.wasm");
    assert.equal((await run("call", tools, "add", "[1, 2]", "--json")).stdout, '{"result":3}\n');
    const input = join(scratch, "input");
    writeFileSync(input, "some bytes");
    assert.equal((await run("call", join(programs, "bytes.wasm"), "copy", "--input", input)).stdout, "some bytes");
    const failed = await run("call", tools, "add", "[1]");
    assert.equal(failed.exitCode, 1);
    assert.match(failed.stderr, /an array of length 2/);
    const trapped = await run("call", tools, "trap", "--json");
    assert.equal(JSON.parse(trapped.stdout).error.code, "ERR_HOTCELL_CALL_FAILED");
  });

  test("adds what loads to the directory, and nothing else", async () => {
    const path = join(scratch, "added");
    const added = await run("add", join(programs, "tools.wasm"), "--id", "mine", "--components", path);
    assert.equal(added.stdout, `${join(path, "mine.wasm")}\n`);
    assert.deepEqual(readFileSync(join(path, "mine.wasm")), program("tools"));
    const broken = join(scratch, "broken.wasm");
    writeFileSync(broken, "no program");
    const refused = await run("add", broken, "--components", path);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /can't be loaded/);
  });
});
