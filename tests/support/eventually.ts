import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

/** Waits for what nothing tells of: looks again and again, for 5 s at most. */
export async function eventually(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!(await look())) {
    assert.ok(performance.now() < deadline, `${what} within 5 s`);
    await delay(5);
  }
}
