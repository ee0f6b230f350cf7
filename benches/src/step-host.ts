import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Carrier } from "./carriers.js";
import type { Resources } from "./resources.js";
import type { Step, StepResult } from "./steps.js";

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
  const child = fork(fileURLToPath(new URL("step-main.js", import.meta.url)), { execArgv: [] });
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
