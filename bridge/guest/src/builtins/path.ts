import { define, defineAll } from "../define.ts";
import * as functions from "../path.ts";

export const path: Record<string, unknown> = {};
defineAll(path, { ...functions });
define(path, "posix", path, true);
