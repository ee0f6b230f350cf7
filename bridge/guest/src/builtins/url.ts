import { define, defineAll } from "../define.ts";
import { invalidArgType } from "../errors.ts";
import { fileURLToPath, pathToFileURL } from "../file-url.ts";
import { isUrl, URL } from "../web/url.ts";
import { URLSearchParams } from "../web/url-search-params.ts";

/** A WHATWG URL as text, with parts left out. */
function format(url: unknown, options?: { auth?: boolean; fragment?: boolean; search?: boolean }): string {
  if (typeof url === "string") return new URL(url).href;
  if (!isUrl(url)) throw invalidArgType("urlObject", "of type string or an instance of URL", url);
  const copy = new URL(url.href);
  if (options?.auth === false) copy.username = copy.password = "";
  if (options?.fragment === false) copy.hash = "";
  if (options?.search === false) copy.search = "";
  return copy.href;
}

export const url: Record<string, unknown> = {};
defineAll(url, { fileURLToPath, pathToFileURL, format });
define(url, "URL", URL, true);
define(url, "URLSearchParams", URLSearchParams, true);
