import { attack } from "../support/attack.js";

attack("P3", "work after the run has ended", {
  "a promise after process.exit": {
    source: "Promise.resolve().then(() => console.log('late')); process.exit(3)",
    ends: "exited",
    stdout: "",
  },
  "a timer that does not keep the guest": {
    source: "setTimeout(() => console.log('late'), 50).unref(); console.log('end')",
    ends: "exited",
    stdout: "end\n",
  },
  "writing in an exit listener, and a timer there": {
    source: "process.on('exit', () => { setTimeout(() => console.log('late'), 0); console.log('last') })",
    ends: "exited",
    stdout: "last\n",
  },
  "an exit listener that exits again": {
    source: "let n = 0; process.on('exit', () => { if (n++ < 5) process.exit(n) }); console.log('end')",
    ends: "exited",
    stdout: "end\n",
  },
});
