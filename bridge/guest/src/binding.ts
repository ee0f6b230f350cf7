import type { Native } from "./native.ts";

/** The parameter of the function that the bundle evaluates to; see `scripts/bundle.mjs`. */
declare const hotcellNative: Native;

export const native = hotcellNative;
