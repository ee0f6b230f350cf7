import { attack } from "../support/attack.js";

attack("C9", "a million timers", {
  setTimeout: {
    source: "for (;;) setTimeout(() => {}, 1e9)",
    ends: "limit_exceeded",
    limit: "timers",
  },
  "setInterval of many durations": {
    source: "for (let i = 0; ; i++) setInterval(() => {}, 1e6 + i)",
    ends: "limit_exceeded",
    limit: "timers",
  },
  "as many as a limit allows, and one more": {
    source: "for (let i = 0; i < 100; i++) setTimeout(() => {}, 1e9); console.log('all'); setTimeout(() => {}, 1)",
    limits: { timers: 100 },
    ends: "limit_exceeded",
    limit: "timers",
    stdout: "all\n",
  },
  "timers that were cleared do not count": {
    source: "for (let i = 0; i < 1e5; i++) clearTimeout(setTimeout(() => {}, 1e9)); console.log('done')",
    limits: { timers: 10 },
    ends: "exited",
    stdout: "done\n",
  },
  "timers that set timers": {
    source: "const more = () => { setTimeout(more, 0); setTimeout(more, 0) }; more()",
    limits: { wallMs: 5000 },
    ends: ["limit_exceeded", "timed_out"],
  },
  "immediates without an end": {
    source: "const again = () => setImmediate(again); again()",
    limits: { cpuMs: 200 },
    ends: "timed_out",
  },
});
