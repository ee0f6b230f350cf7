import { Guest, type GuestHome } from "./guest.js";
import type { Encoding, GuestSpec } from "./guest-options.js";
import { CollectedOutput } from "./output.js";
import type { RunResult } from "./result.js";

/** Runs a guest to its end and collects all that it writes. */
export function runGuest(home: GuestHome, spec: GuestSpec, encoding: Encoding): Promise<RunResult<string | Buffer>> {
  return new Promise((resolve, reject) => {
    const output = (sink: CollectedOutput) => (encoding === "buffer" ? sink.bytes() : sink.text());
    const guest = new Guest(home, spec, CollectedOutput, {
      ended(exit) {
        try {
          const { outcome, exitCode, signal, ...rest } = exit;
          resolve({ outcome, exitCode, signal, stdout: output(guest.stdout), stderr: output(guest.stderr), ...rest });
        } catch (failure) {
          reject(failure);
        }
      },
      failed: reject,
    });
    guest.start();
  });
}
