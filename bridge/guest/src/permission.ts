/** For classes that the guest can reach and may not construct. */
import { codedError } from "./errors.ts";
import { TypeError } from "./primordials.ts";

/** What the userland gives to the constructors of such classes, and the guest has not. */
export const permission = {};

export function demandPermission(given: unknown, constructor: unknown): void {
  if (given !== permission) throw codedError(TypeError, "ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor", constructor);
}
