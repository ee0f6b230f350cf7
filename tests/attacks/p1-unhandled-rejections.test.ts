import { attack } from "../support/attack.js";

attack("P1", "a million unhandled rejections", {
  "at once": {
    source: "for (let i = 0; i < 1e6; i++) Promise.reject(i)",
    limits: { cpuMs: 10_000 },
    ends: ["exited", "out_of_memory"],
    check: ({ exitCode, outcome }) => {
      if (outcome === "exited" && exitCode !== 1) throw new Error(`exit code ${exitCode}`);
    },
  },
  "with a listener that counts them": {
    source:
      "let n = 0; process.on('unhandledRejection', () => n++); for (let i = 0; i < 1e5; i++) Promise.reject(i); setTimeout(() => console.log(n), 10)",
    limits: { heapMb: 256 },
    ends: "exited",
    stdout: "100000\n",
  },
  "a listener that rejects": {
    source: "process.on('unhandledRejection', () => Promise.reject(1)); Promise.reject(0)",
    limits: { cpuMs: 300 },
    ends: ["timed_out", "exited", "out_of_memory"],
  },
});
