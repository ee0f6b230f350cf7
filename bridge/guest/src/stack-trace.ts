/** `Hooks.prepareStackTrace`: the text of `stack`, without the userland's frames. */
import { append } from "./define.ts";
import { USERLAND } from "./native.ts";
import { Error, ErrorPrototypeToString, ReflectApply, ReflectGetPrototypeOf, uncurryThis } from "./primordials.ts";

type CallSite = object;

interface CallSitePrototype {
  getFileName(): string | undefined;
  toString(): string;
}

let fileNameOf: ((site: CallSite) => string | undefined) | undefined;
let textOf: ((site: CallSite) => string) | undefined;

/** Takes the methods from the first call sites that there are, which the guest can't have seen before. */
function capture(site: CallSite): void {
  const prototype = ReflectGetPrototypeOf(site) as CallSitePrototype;
  fileNameOf = uncurryThis(prototype.getFileName);
  textOf = uncurryThis(prototype.toString);
}

export function prepareStackTrace(error: unknown, sites: CallSite[]): unknown {
  const visible: CallSite[] = [];
  for (let i = 0; i < sites.length; i++) {
    const site = sites[i]!;
    if (fileNameOf === undefined) capture(site);
    if (fileNameOf!(site) !== USERLAND) append(visible, site);
  }
  const prepare = (Error as unknown as { prepareStackTrace?: unknown }).prepareStackTrace;
  if (typeof prepare === "function") return ReflectApply(prepare as never, Error, [error, visible]);
  let text = headingOf(error);
  for (let i = 0; i < visible.length; i++) text += `\n    at ${textOf!(visible[i]!)}`;
  return text;
}

function headingOf(error: unknown): string {
  try {
    return ErrorPrototypeToString(error);
  } catch {
    return "<error>";
  }
}
