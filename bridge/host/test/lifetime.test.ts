import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import type { StartOptions } from "../src/index.js";
import { steps } from "./fake/fake-guest.js";
import { fakeStart, gone } from "./fake/harness.js";

const index = new URL("../src/index.ts", import.meta.url).href;

/** Runs a host program of its own, which has `sidecar` and `sandbox`. */
function host(body: string, options: StartOptions = {}): ChildProcess {
  const source = `
    import { Sidecar } from ${JSON.stringify(index)};
    const sidecar = await Sidecar.start(${JSON.stringify({ ...fakeStart(), ...options })});
    const sandbox = await sidecar.createSandbox();
    console.log(sidecar.pid);
    ${body}`;
  const cwd = new URL("..", import.meta.url);
  return spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", source], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

async function end(child: ChildProcess): Promise<{ code: number | null; lines: string[] }> {
  const watchdog = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const chunks: Buffer[] = [];
  child.stdout!.on("data", (chunk) => chunks.push(chunk));
  const [code] = await once(child, "close");
  clearTimeout(watchdog);
  return { code, lines: Buffer.concat(chunks).toString().trimEnd().split("\n") };
}

test("an idle sidecar does not keep Node alive, and ends with it", async () => {
  const { code, lines } = await end(
    host(`
      console.log((await sandbox.run("x")).stdout);
      const guest = sandbox.spawn({ command: "cat" }, { stdin: "pipe" });
      const writer = guest.stdin.getWriter();
      await writer.write("y");
      await writer.close();
      for await (const chunk of guest.stdout) console.log(Buffer.from(chunk).toString());
      console.log((await guest.exit).outcome);
    `),
  );
  assert.deepEqual([code, lines.slice(1)], [0, ["ran x", "y", "exited"]]);
  await gone(Number(lines[0]));
});

test("what is under way keeps Node alive until it is done", async () => {
  const guest = steps({ awaitSignal: "SIGUSR1" }, { out: "late" });
  const { code, lines } = await end(
    host(`
      const guest = sandbox.spawn({ source: ${JSON.stringify(guest)} });
      guest.exit.then(({ outcome }) => console.log(outcome));
      // A timer that does not keep Node alive itself: only the guest does.
      setTimeout(() => guest.kill("SIGUSR1"), 300).unref();
    `),
  );
  assert.deepEqual([code, lines.slice(1)], [0, ["exited"]]);
});

test("a lost sidecar leaves nothing that keeps Node alive", async () => {
  const { code, lines } = await end(
    host(`console.log((await sandbox.run(${JSON.stringify(steps({ die: { signal: "SIGKILL" } }))})).outcome);`),
  );
  assert.deepEqual([code, lines.slice(1)], [0, ["crashed"]]);
});

for (const [title, body] of [
  ["process.exit", "process.exit(0);"],
  ["SIGINT", 'process.kill(process.pid, "SIGINT");'],
  ["SIGTERM", 'process.kill(process.pid, "SIGTERM");'],
  ["SIGKILL", 'process.kill(process.pid, "SIGKILL");'],
  ["an uncaught error", "process.on('uncaughtException', () => process.exit(0)); throw new Error('on purpose');"],
] as const) {
  test(`a host that ends by ${title} leaves no process, whatever it was there for`, async () => {
    const busy = JSON.stringify(steps({ hang: true }));
    const { lines } = await end(
      host(
        `const own = await sidecar.createSandbox({ cell: "own" });
         for (const each of [sandbox, own]) each.run(${busy});
         for (const { pid } of (await sidecar.stats()).cells) console.log(pid);
         // One that is still being started when the end comes.
         void sidecar.createSandbox({ cell: "own" });
         ${body}`,
        { cells: 2, spareCells: 2 },
      ),
    );
    const pids = lines.map(Number);
    assert.ok(pids.length >= 5 && pids.every((pid) => pid > 0), lines.join());
    await Promise.all(pids.map(gone));
  });
}

test("closing while cells are being started leaves no process, and does not keep Node alive", async () => {
  const { code, lines } = await end(
    host(
      `const own = await sidecar.createSandbox({ cell: "own" });
       for (const { pid } of (await sidecar.stats()).cells) console.log(pid);
       const starting = Array.from({ length: 3 }, () => sidecar.createSandbox({ cell: "own" }).catch(({ code }) => code));
       await sidecar.close();
       console.log(JSON.stringify(await Promise.all(starting)));`,
      { spareCells: 1 },
    ),
  );
  assert.equal(code, 0);
  const codes: unknown[] = JSON.parse(lines.pop()!);
  assert.deepEqual(new Set(codes), new Set(["ERR_HOTCELL_CLOSED"]));
  await Promise.all(lines.map(Number).map(gone));
});
