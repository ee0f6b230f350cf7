import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { binFiles } from "../support/commands.js";
import { firstOutput } from "../support/guest.js";
import { fileSidecar } from "../support/sidecar.js";

const sidecar = await fileSidecar();
const sandbox = await sidecar.createSandbox({ env: { PATH: "/bin" }, files: binFiles("cat") });

const numbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGUSR1: 10, SIGUSR2: 12, SIGTERM: 15 } as const;
type Catchable = keyof typeof numbers;
const catchable = Object.keys(numbers) as Catchable[];

describe("signals are events of a JavaScript guest's process", () => {
  test("each with its name and number, in the order in which they were sent", async () => {
    const guest = sandbox.spawn({
      source: `
        for (const name of ${JSON.stringify(catchable)}) process.on(name, (...args) => console.log(...args));
        console.log("ready");
        const alive = setInterval(() => {}, 1000);
        process.on("SIGTERM", () => clearInterval(alive));`,
    });
    assert.equal(await firstOutput(guest), "ready\n");
    const expected = catchable.map((name) => `${name} ${numbers[name]}\n`).join("");
    for (const name of catchable) guest.kill(name);
    let told = "";
    for await (const chunk of guest.stdout) told += Buffer.from(chunk).toString();
    assert.equal(told, expected);
    assert.deepEqual([(await guest.exit).outcome, (await guest.exit).exitCode], ["exited", 0]);
  });

  test("a listener alone does not keep a guest alive, as in Node", async () => {
    assert.equal((await sandbox.run("process.on('SIGTERM', () => {}); console.log('end')")).stdout, "end\n");
  });

  test("a listener may clean up and exit when it is done", async () => {
    const guest = sandbox.spawn({
      source: `
        const alive = setInterval(() => {}, 1000);
        process.once("SIGINT", async () => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          console.log("cleaned up");
          clearInterval(alive);
          process.exitCode = 130;
        });
        console.log("ready");`,
    });
    await firstOutput(guest);
    guest.kill("SIGINT");
    assert.equal(await firstOutput(guest), "cleaned up\n");
    assert.equal((await guest.exit).exitCode, 130);
  });

  test("where the last listener is taken away, the signal ends the guest again", async () => {
    const guest = sandbox.spawn({
      source: `
        const heard = () => { console.log("heard"); process.off("SIGHUP", heard); console.log("off") };
        process.on("SIGHUP", heard);
        console.log("ready");
        setInterval(() => {}, 1000);`,
    });
    await firstOutput(guest);
    guest.kill("SIGHUP");
    let told = "";
    while (!told.endsWith("off\n")) told += await firstOutput(guest);
    guest.kill("SIGHUP");
    assert.deepEqual([(await guest.exit).outcome, (await guest.exit).signal], ["signaled", "SIGHUP"]);
  });

  test("a guest that computes hears of it when it comes to rest", async () => {
    const guest = sandbox.spawn({
      source: `
        process.on("SIGUSR1", (name) => console.log(name, "after", done));
        let done = false;
        console.log("ready");
        const until = performance.now() + 300;
        while (performance.now() < until);
        done = true;
        setTimeout(() => {}, 50);`,
    });
    await firstOutput(guest);
    guest.kill("SIGUSR1");
    assert.equal(await firstOutput(guest), "SIGUSR1 after true\n");
  });

  test("a guest can signal itself", async () => {
    for (const name of [...catchable, "SIGKILL"] as const) {
      const result = await sandbox.run(`process.kill(process.pid, "${name}"); while (true) {}`);
      assert.deepEqual([result.outcome, result.signal, result.exitCode], ["signaled", name, null]);
    }
    const others = await sandbox.run(`
      for (const [pid, signal] of [[99, "SIGTERM"], [process.pid, "SIGNOPE"], [process.pid, 0]])
        try { console.log(process.kill(pid, signal)) } catch (error) { console.log(error.code) }`);
    assert.equal(others.stdout, "ESRCH\nERR_UNKNOWN_SIGNAL\ntrue\n");
  });
});

describe("a signal that nobody listens for ends the guest", () => {
  test("whatever it does: computing, waiting, writing, reading, as JavaScript and as WASI", async () => {
    const programs = {
      computing: { source: "console.log('ready'); while (true) {}" },
      waiting: { source: "console.log('ready'); setTimeout(() => {}, 50_000)" },
      writing: { source: "while (true) process.stdout.write('ready'.repeat(10_000))" },
      awaiting: { source: "console.log('ready'); await new Promise((resolve) => setTimeout(resolve, 50_000))" },
      reading: { command: "cat" },
    };
    for (const [what, program] of Object.entries(programs)) {
      for (const name of [...catchable, "SIGKILL"] as const) {
        const guest = sandbox.spawn(program, { stdin: "pipe" });
        if ("command" in program) await guest.stdin.getWriter().write("ready\n");
        await firstOutput(guest);
        const started = performance.now();
        guest.kill(name);
        const exit = await guest.exit;
        assert.deepEqual([exit.outcome, exit.signal, exit.exitCode], ["signaled", name, null], what);
        assert.ok(performance.now() - started < 2000, what);
      }
    }
  });

  test("even one that has not begun", async () => {
    for (let round = 0; round < 10; round++) {
      const guest = sandbox.spawn({ source: "while (true) {}" });
      guest.kill("SIGTERM");
      assert.deepEqual([(await guest.exit).outcome, (await guest.exit).signal], ["signaled", "SIGTERM"]);
    }
  });

  test("one that has ended takes no notice, and there is no signal of another name", async () => {
    const guest = sandbox.spawn({ source: "1" });
    const exit = await guest.exit;
    guest.kill("SIGKILL");
    assert.equal(await guest.exit, exit);
    assert.equal(exit.outcome, "exited");
    assert.throws(() => guest.kill("SIGSTOP" as never), { code: "ERR_HOTCELL_INVALID_OPTION" });
  });
});
