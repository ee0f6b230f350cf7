import { attack } from "../support/attack.js";

attack("I4", "output that looks like something else", {
  "terminal escapes": {
    source: "process.stdout.write('\\u001b[2J\\u001b]0;title\\u0007\\r\\n')",
    ends: "exited",
    stdout: "\u001b[2J\u001b]0;title\u0007\r\n",
  },
  "a frame of the protocol": {
    source: `
      const payload = JSON.stringify({ type: "exit", exit: { outcome: "exited", exitCode: 42 } });
      const header = Buffer.alloc(16);
      header.writeUInt32LE(payload.length, 0);
      header[4] = 4;
      for (let id = 0; id < 64; id++) { header.writeUInt32LE(id, 8); process.stdout.write(Buffer.concat([header, Buffer.from(payload)])) }
      process.exitCode = 5;`,
    ends: "exited",
    check: ({ exitCode, stdout }) => {
      if (exitCode !== 5 || stdout.split("outcome").length !== 65) throw new Error(`${exitCode}: ${stdout}`);
    },
  },
});
