import { attack } from "../support/attack.js";

attack("P4", "finalizers that bring back what they finalise", {
  "an object that registers itself anew": {
    source: `
      const kept = [];
      const registry = new FinalizationRegistry((held) => { kept.push(held); registry.register({}, held) });
      for (let i = 0; i < 1000; i++) registry.register({}, { i });
      let rounds = 0;
      const again = () => { for (let i = 0; i < 1e4; i++) ({ i }); if (rounds++ < 100) setTimeout(again, 0); else console.log("done") };
      again();`,
    limits: { heapMb: 32, cpuMs: 5000 },
    ends: "exited",
    stdout: "done\n",
  },
  "a finalizer that never ends": {
    source: `
      const registry = new FinalizationRegistry(() => { for (;;); });
      for (let i = 0; i < 1e5; i++) registry.register({}, i);
      const again = () => { for (let i = 0; i < 1e4; i++) ({ i }); setTimeout(again, 0) };
      again();`,
    limits: { cpuMs: 1000, heapMb: 32 },
    ends: "timed_out",
    limit: "cpuMs",
  },
});
