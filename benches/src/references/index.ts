import { isolatedVmReferences } from "./isolated-vm.js";
import { nodeContext } from "./node-context.js";
import { pipeReferences } from "./pipe.js";
import { processReferences } from "./processes.js";
import type { Reference } from "./reference.js";
import { workerdReferences } from "./workerd.js";

const all = [
  ...pipeReferences,
  ...processReferences,
  nodeContext,
  ...isolatedVmReferences,
  ...workerdReferences,
] as const;

export type ReferenceName = (typeof all)[number]["name"];

/** Everything that the product is compared with. */
export const references: readonly (Reference & { readonly name: ReferenceName })[] = all;
