import type { GuestStart } from "./native.ts";

/** What `Hooks.begin` told; blank in a snapshot. */
export const guest: GuestStart = {
  argv: [],
  env: {},
  pid: 0,
  program: "script",
  filename: "",
};
