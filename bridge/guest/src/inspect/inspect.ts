/** `util.inspect` and `util.format` as Node 20 has them. */
import * as inspectExtracted from "node-inspect-extracted";

// `scripts/bundle.mjs` makes a module with a default export of the package's file.
const library = (inspectExtracted as unknown as { default: Record<string, never> }).default;

export interface InspectOptions {
  showHidden?: boolean;
  depth?: number | null;
  colors?: boolean;
  customInspect?: boolean;
  showProxy?: boolean;
  maxArrayLength?: number | null;
  maxStringLength?: number | null;
  breakLength?: number;
  compact?: boolean | number;
  sorted?: boolean | ((a: string, b: string) => number);
  getters?: boolean | "get" | "set";
  numericSeparator?: boolean;
}

interface Inspect {
  (value: unknown, options?: InspectOptions): string;
  custom: symbol;
  defaultOptions: InspectOptions;
  colors: Record<string, [number, number]>;
  styles: Record<string, string>;
}

export const inspect: Inspect = library.inspect as never;
export const format: (...args: unknown[]) => string = library.format as never;
export const formatWithOptions: (options: InspectOptions, ...args: unknown[]) => string =
  library.formatWithOptions as never;
export const stripVTControlCharacters: (text: string) => string = library.stripVTControlCharacters as never;
/** The columns that a text takes in a terminal. */
export const stringWidth: (text: string) => number = library.getStringWidth as never;
