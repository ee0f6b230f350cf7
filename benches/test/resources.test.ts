import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("support/interrupted.ts", import.meta.url));

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("an interrupted bench", () => {
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    test(`leaves neither processes nor directories behind (${signal})`, async () => {
      const bench = spawn(process.execPath, ["--import", "tsx", program], { stdio: ["ignore", "pipe", "inherit"] });
      const exited = once(bench, "exit");
      const [line] = (await once(createInterface({ input: bench.stdout }), "line")) as [string];
      const { pid, directory } = JSON.parse(line) as { pid: number; directory: string };
      assert.ok(alive(pid) && existsSync(directory));
      bench.kill(signal);
      assert.deepEqual(await exited, [exitCode, null]);
      assert.ok(!existsSync(directory));
      // It is not a child of this process, so there is nothing to wait on but to look.
      const deadline = performance.now() + 5000;
      while (alive(pid)) {
        assert.ok(performance.now() < deadline, `process ${pid} still lives`);
        await delay(10);
      }
    });
  }
});
