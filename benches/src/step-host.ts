import { fork } from "node:child_process";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Carrier } from "./carriers.js";
import type { Resources } from "./resources.js";
import type { Step, StepResult } from "./steps.js";

// Compiled, or as it is written: whatever this file is run as.
const here = fileURLToPath(import.meta.url);
const MAIN = join(dirname(here), `step-main${extname(here)}`);

/** What the process that takes a step is sent. */
export interface StepMessage {
  carrier: string;
  env: Record<string, string>;
  step: Step;
}

/** What it answers. */
export type StepAnswer = { result: StepResult } | { error: string };

/** Takes a step in a Node process of its own. @throws Error with what went wrong there. */
export function takeElsewhere(
  carrier: Carrier,
  env: Record<string, string>,
  step: Step,
  resources: Resources,
): Promise<StepResult> {
  const child = fork(MAIN);
  resources.adoptChild(child);
  return new Promise((resolve, reject) => {
    let answer: StepAnswer | undefined;
    child.once("message", (message) => {
      answer = message as StepAnswer;
    });
    child.once("error", reject);
    // Only then: the next one starts when nothing of this one is left.
    child.once("exit", (code, signal) => {
      if (answer === undefined)
        reject(new Error(`The process that took a step ended with ${signal ?? `exit code ${code}`}.`));
      else if ("error" in answer) reject(new Error(answer.error));
      else resolve(answer.result);
    });
    child.send({ carrier: carrier.name, env, step } satisfies StepMessage);
  });
}
