import { createContext, runInContext } from "node:vm";
import type { Resources } from "../resources.js";
import { expectSame, type Reference, timed } from "./reference.js";

/**
 * Work of V8's on this thread, with no other process and no wake-up in it: what a faster or slower machine does to the
 * product's own work in V8 it does to this.
 */
export const nodeContext = {
  name: "node_context",
  what: "a new context in this process's own isolate (node:vm), with one expression run in it; no isolation",
  unit: "ms",
  cost: "call",
  open: async (resources: Resources) =>
    timed(
      {
        run: async () => runInContext("1 + 1", createContext({})) as unknown,
        verify: (result) => expectSame(result, 2, "A context of node:vm"),
      },
      resources,
    ),
} as const satisfies Reference;
