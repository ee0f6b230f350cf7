import { native } from "../binding.ts";
import { define, webInterface } from "../define.ts";
import { missingArgs } from "../errors.ts";
import { type InspectOptions, inspect } from "../inspect/inspect.ts";
import type { UrlPart } from "../native.ts";
import { StringPrototypeToWellFormed, TypeError } from "../primordials.ts";
import { linkedParams, resetParams, type URLSearchParams } from "./url-search-params.ts";

const HREF = 0;
const ORIGIN = 1;
const PROTOCOL = 2;
const USERNAME = 3;
const PASSWORD = 4;
const HOST = 5;
const HOSTNAME = 6;
const PORT = 7;
const PATHNAME = 8;
const SEARCH = 9;
const HASH = 10;

const toText = (value: unknown): string => StringPrototypeToWellFormed(`${value}`);

const parse = (input: unknown, base: unknown): string[] | undefined =>
  native.urlParse(toText(input), base === undefined ? undefined : toText(base));

/** Given to the constructor with parts that are parsed already. */
const parsed = {};

export class URL {
  #parts: string[];
  #params: URLSearchParams | undefined = undefined;

  constructor(input: unknown, base: unknown = undefined) {
    if (arguments.length === 0) throw missingArgs('The "url" argument must be specified');
    if (input === parsed) {
      this.#parts = base as string[];
      return;
    }
    const parts = parse(input, base);
    if (parts === undefined) throw invalidUrl(input, base);
    this.#parts = parts;
  }

  static canParse(input: unknown, base?: unknown): boolean {
    if (arguments.length === 0) throw missingArgs('The "url" argument must be specified');
    return parse(input, base) !== undefined;
  }

  static parse(input: unknown, base?: unknown): URL | null {
    if (arguments.length === 0) throw missingArgs('The "url" argument must be specified');
    const parts = parse(input, base);
    return parts === undefined ? null : new URL(parsed, parts);
  }

  /** Not reachable from the guest's code. */
  static isUrl(value: unknown): value is URL {
    return value !== null && typeof value === "object" && #parts in value;
  }

  #set(part: UrlPart, value: unknown): void {
    this.#parts = native.urlSet(this.#parts[HREF]!, part, toText(value));
  }

  #resetParams(): void {
    if (this.#params !== undefined) resetParams(this.#params, this.#parts[SEARCH]!);
  }

  toString(): string {
    return this.#parts[HREF]!;
  }

  get href(): string {
    return this.#parts[HREF]!;
  }

  set href(value: unknown) {
    void this.#parts;
    const parts = parse(value, undefined);
    if (parts === undefined) throw invalidUrl(value, undefined);
    this.#parts = parts;
    this.#resetParams();
  }

  get origin(): string {
    return this.#parts[ORIGIN]!;
  }

  get protocol(): string {
    return this.#parts[PROTOCOL]!;
  }

  set protocol(value: unknown) {
    this.#set(PROTOCOL, value);
  }

  get username(): string {
    return this.#parts[USERNAME]!;
  }

  set username(value: unknown) {
    this.#set(USERNAME, value);
  }

  get password(): string {
    return this.#parts[PASSWORD]!;
  }

  set password(value: unknown) {
    this.#set(PASSWORD, value);
  }

  get host(): string {
    return this.#parts[HOST]!;
  }

  set host(value: unknown) {
    this.#set(HOST, value);
  }

  get hostname(): string {
    return this.#parts[HOSTNAME]!;
  }

  set hostname(value: unknown) {
    this.#set(HOSTNAME, value);
  }

  get port(): string {
    return this.#parts[PORT]!;
  }

  set port(value: unknown) {
    this.#set(PORT, value);
  }

  get pathname(): string {
    return this.#parts[PATHNAME]!;
  }

  set pathname(value: unknown) {
    this.#set(PATHNAME, value);
  }

  get search(): string {
    return this.#parts[SEARCH]!;
  }

  set search(value: unknown) {
    this.#set(SEARCH, value);
    this.#resetParams();
  }

  get searchParams(): URLSearchParams {
    this.#params ??= linkedParams(this.#parts[SEARCH]!, (query) => this.#set(SEARCH, query));
    return this.#params;
  }

  get hash(): string {
    return this.#parts[HASH]!;
  }

  set hash(value: unknown) {
    this.#set(HASH, value);
  }

  toJSON(): string {
    return this.#parts[HREF]!;
  }

  [inspect.custom](depth: number, options: InspectOptions): unknown {
    if (typeof depth === "number" && depth < 0) return this;
    const { href, origin, protocol, username, password, host, hostname, port, pathname, search, searchParams, hash } =
      this;
    const shown = {
      href,
      origin,
      protocol,
      username,
      password,
      host,
      hostname,
      port,
      pathname,
      search,
      searchParams,
      hash,
    };
    return `${this.constructor.name} ${inspect(shown, options)}`;
  }
}

export const { isUrl } = URL;
delete (URL as { isUrl?: unknown }).isUrl;
webInterface(URL, "URL");

function invalidUrl(input: unknown, base: unknown): TypeError {
  const error = new TypeError("Invalid URL");
  define(error, "code", "ERR_INVALID_URL", true);
  define(error, "input", `${input}`, true);
  if (base !== undefined) define(error, "base", `${base}`, true);
  return error;
}
