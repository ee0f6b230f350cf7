import { attack } from "../support/attack.js";

attack("C4", "a regular expression that backtracks for ever", {
  "nested quantifiers": {
    source: "/^(a+)+$/.test('a'.repeat(40) + 'b')",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "alternatives that overlap": {
    source: "/^(a|aa)+$/.test('a'.repeat(60) + 'b')",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "back references": {
    source: "/^(.*)(.*)(.*)(.*)(.*)\\1\\2\\3\\4\\5x$/.test('ab'.repeat(500))",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "quantifiers within each other": {
    source: "/(x+x+)+y/.test('x'.repeat(60))",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
  "replaceAll on a long text": {
    source: "'a'.repeat(1e6).replaceAll(/(a*)*b/g, '')",
    limits: { cpuMs: 200 },
    ends: "timed_out",
    limit: "cpuMs",
  },
});
