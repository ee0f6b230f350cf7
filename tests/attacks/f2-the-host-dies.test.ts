import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { root } from "../support/binary.js";
import { only } from "../support/carrier.js";
import { eventually } from "../support/eventually.js";
import { HostPrograms } from "../support/host.js";

const hosts = new HostPrograms();

test("F2 the host dies: its sidecar and its guests do", only("child", "in process they are one"), async () => {
  const program = hosts.write(
    "dies.mjs",
    `import { Sidecar } from "hotcell";
     const sidecar = await Sidecar.start();
     const sandbox = await sidecar.createSandbox();
     for (let i = 0; i < 3; i++) sandbox.run("for (;;);", { limits: { cpuMs: 60_000 } });
     console.log((await sidecar.stats()).pid);`,
  );
  const host = spawn(process.execPath, [program], { cwd: join(root, "tests"), stdio: ["ignore", "pipe", "inherit"] });
  let pid = 0;
  for await (const line of createInterface({ input: host.stdout })) {
    pid = Number(line);
    break;
  }
  assert.ok(pid > 0 && pid !== host.pid);
  host.kill("SIGKILL");
  await eventually("the sidecar is gone", () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
});
