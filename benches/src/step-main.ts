// The process that takes one step and ends.
import { once } from "node:events";
import { carriers } from "./carriers.js";
import { Resources } from "./resources.js";
import type { StepAnswer, StepMessage } from "./step-host.js";
import { takeStep } from "./steps.js";

const resources = new Resources();
const [message] = (await once(process, "message")) as [StepMessage];
// Whoever asked is gone, and nobody waits for the answer.
process.once("disconnect", () => process.exit(1));
const carrier = carriers.find(({ name }) => name === message.carrier)!;
let answer: StepAnswer;
try {
  answer = { result: await takeStep(carrier, message.env, message.step, resources) };
} catch (error) {
  answer = { error: error instanceof Error ? error.message : String(error) };
}
process.send!(answer, () => {
  process.removeAllListeners("disconnect");
  process.disconnect();
});
