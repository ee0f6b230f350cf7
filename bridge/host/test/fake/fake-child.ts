// What the fake binary runs: a fake sidecar on descriptor 3. HOTCELL_FAKE says how it differs from a good one.
import { readFileSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { type Behaviour, FakeSidecar } from "./fake-sidecar.js";

/** The value of HOTCELL_FAKE, as JSON. */
export interface FakeChild extends Omit<Behaviour, "onRequest"> {
  /** Ends at once, with that on stderr. */
  exitAtOnce?: { code: number; stderr: string };
  /** A file with the number of starts that are to fail yet. */
  failing?: string;
  /** A file to which the environment and the arguments are written as JSON. */
  report?: string;
  /** Written to stderr at the start. */
  log?: string;
  /** Writes what is no frame instead of a hello. */
  garbage?: boolean;
  /** Doesn't end when its connection does. */
  stubborn?: boolean;
  /** Takes no notice of shutdown. */
  deaf?: boolean;
}

const fake: FakeChild = JSON.parse(process.env.HOTCELL_FAKE ?? "{}");
if (fake.report !== undefined) {
  writeFileSync(fake.report, JSON.stringify({ env: process.env, args: process.argv.slice(2), pid: process.pid }));
}
if (fake.log !== undefined) process.stderr.write(fake.log);
if (fake.failing !== undefined) {
  const left = Number(readFileSync(fake.failing, "utf8"));
  writeFileSync(fake.failing, String(left - 1));
  if (left > 0) process.exit(1);
}
if (fake.exitAtOnce !== undefined) {
  process.stderr.write(fake.exitAtOnce.stderr);
  process.exit(fake.exitAtOnce.code);
}
const socket = new Socket({ fd: 3, readable: true, writable: true });
if (fake.stubborn) {
  setInterval(() => {}, 1000);
} else {
  socket.on("close", () => process.exit(0));
}
const sidecar = new FakeSidecar(socket, {
  ...fake,
  onRequest: (_id, request) => fake.deaf && request.type === "shutdown",
});
if (fake.garbage) sidecar.garbage();
