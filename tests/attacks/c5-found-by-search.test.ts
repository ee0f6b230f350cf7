import { type Attempt, attack } from "../support/attack.js";

/** What `scripts/search-builtins` has found that V8 15.2 does not interrupt: each seizes its process until that is replaced. */
const calls = [
  "sort()",
  "copyWithin(1, 0)",
  "fill(1)",
  "indexOf(1)",
  "lastIndexOf(1)",
  "reverse()",
  "shift()",
  "unshift(1)",
  "flat()",
];

attack(
  "C5",
  "a builtin on an array of 4,294,967,294 holes, found by search",
  Object.fromEntries(
    calls.map((call): [string, Attempt] => [
      call,
      {
        source: `const a = []; a.length = 2 ** 32 - 2; a.${call}`,
        limits: { wallMs: 400, heapMb: 64 },
        ends: ["timed_out", "out_of_memory", "exited"],
        mayTakeTheProcess: true,
      },
    ]),
  ),
);
