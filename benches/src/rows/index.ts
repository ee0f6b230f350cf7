import { coldRows } from "./cold.js";
import { componentRows } from "./components.js";
import { manyRows } from "./many.js";
import { memoryRows } from "./memory.js";
import type { Row } from "./row.js";
import { singleRows } from "./single.js";

/** Everything of the product that is measured. */
export const rows: readonly Row[] = [...singleRows, ...manyRows, ...coldRows, ...componentRows, ...memoryRows];
