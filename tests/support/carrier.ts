import { Sidecar, type StartOptions } from "hotcell";

const named = process.env.HOTCELL_TEST_CARRIER ?? "child";
if (named !== "child" && named !== "in-process") {
  throw new Error(`HOTCELL_TEST_CARRIER must be child or in-process, not ${named}.`);
}

/** The carrier under test. */
export const carrier: "child" | "in-process" = named;

/** Starts a sidecar over the carrier under test. */
export function start(options: Omit<StartOptions, "carrier"> = {}): Promise<Sidecar> {
  return Sidecar.start({ carrier, ...options });
}

/** For the options of a test that goes with one carrier only, and why. */
export function only(needed: typeof carrier, reason: string): { skip: string | false } {
  return { skip: carrier !== needed && reason };
}
