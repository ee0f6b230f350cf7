import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameAsNode } from "./compare.ts";
import { Guest } from "./guest.ts";

test("stdin_flows_as_in_node", () => {
  const stdin = ["hello\nworld"];
  assertSameAsNode(
    `process.stdin.setEncoding("utf8"); console.log(process.stdin.readableFlowing, process.stdin.fd, process.stdin.isTTY, process.stdin.readable, process.stdin.readableEncoding);
    process.stdin.on("data", (d) => console.log("data", JSON.stringify(d))); process.stdin.on("end", () => console.log("end", process.stdin.readableEnded)); process.stdin.on("close", () => console.log("close"));`,
    { stdin },
  );
  assertSameAsNode(`process.stdin.on("data", (d) => console.log(d, String(d), Buffer.isBuffer(d)));`, { stdin });
  assertSameAsNode(
    `(async () => { for await (const c of process.stdin) console.log(c); console.log("done", process.stdin.destroyed); for await (const c of process.stdin) console.log("again", c); })();`,
    { stdin },
  );
  assertSameAsNode(`process.stdin.pipe(process.stdout); process.stdin.on("end", () => console.log("E"));`, { stdin });
  assertSameAsNode(
    `process.stdin.once("data", (d) => { console.log(d); process.stdin.pause(); console.log(process.stdin.isPaused()); }); setTimeout(() => console.log("later"), 50);`,
    { stdin },
  );
  assertSameAsNode(
    `process.stdin.once("readable", () => { console.log(process.stdin.read(2), process.stdin.read(100), process.stdin.read()); console.log(process.stdin.read()); }); process.stdin.on("end", () => console.log("end"));`,
    { stdin },
  );
  assertSameAsNode(
    `(async () => { for await (const c of process.stdin) { console.log(c.length); break; } console.log(process.stdin.destroyed); })();`,
    { stdin },
  );
  assertSameAsNode(`console.log(require("fs").readFileSync(0, "utf8"));`, { stdin });
  assertSameAsNode(`process.stdin.resume(); process.stdin.on("end", () => console.log("end"));`, { stdin: [] });
});

test("stdin_is_read_whole_as_a_file", () => {
  const guest = new Guest({ stdin: ["a€".slice(0, 1), Buffer.from("€").subarray(0, 1), Buffer.from("€").subarray(1)] });
  guest.run('console.log(require("fs").readFileSync("/dev/stdin", "utf8"), require("fs").readFileSync(0).length);');
  assert.equal(guest.stdout, "a€ 0\n");
});

test("stdin_decodes_characters_that_pieces_cut", () => {
  const bytes = Buffer.from("a€😀ß\u{10FFFF}");
  for (const encoding of ["utf8", "utf16le", "base64", "hex", "latin1"]) {
    const guest = new Guest({ stdin: [...bytes].map((byte) => Buffer.from([byte])) });
    guest.run(
      `let all = ""; process.stdin.setEncoding("${encoding}"); process.stdin.on("data", (d) => all += d).on("end", () => console.log(all));`,
    );
    assert.equal(guest.stdout, `${bytes.toString(encoding as BufferEncoding)}\n`, encoding);
  }
});

test("stdin_asks_for_no_more_than_somebody_wants", () => {
  const guest = new Guest({ stdin: ["one", "two", "three"] });
  guest.run(
    `process.stdin.once("data", (d) => { console.log(String(d)); process.stdin.pause(); setTimeout(() => process.stdin.once("data", (d) => { console.log(String(d)); process.exit(); }).resume(), 10); });`,
  );
  assert.equal(guest.stdout, "one\ntwo\n");
});

test("stdout_writes_text_bytes_and_encodings_as_node", () => {
  assertSameAsNode(`
    process.stdout.write("a\\n"); process.stdout.write(new Uint8Array([98, 10])); process.stdout.write("Y2MK", "base64"); process.stdout.write("640a", "hex", () => console.log("written"));
    process.stdout.write("é\\n", "utf8"); process.stdout.write("é\\n", "latin1"); process.stderr.write("err\\n");
    for (const chunk of [5, null, {}, undefined]) try { process.stdout.write(chunk); } catch (e) { console.log(e.code, e.message); }
    try { process.stdout.write("x", "nope"); } catch (e) { console.log(e.code, e.message); }
    console.log(process.stdout.isTTY, process.stdout.columns, process.stdout.fd, process.stderr.fd, process.stdout.writable, process.stdout.writableLength);
    process.stdout.write("last\\n", () => console.log("callback"));
  `);
});

test("stdout_after_its_end_gives_an_error", () => {
  const guest = new Guest();
  guest.run(`
    process.stdout.on("error", (e) => process.stderr.write(e.code + "\\n")); process.stdout.on("finish", () => process.stderr.write("finish\\n"));
    process.stdout.end("bye\\n", () => process.stderr.write("callback\\n")); process.stdout.write("never");
  `);
  assert.equal(guest.stdout, "bye\n");
  assert.equal(guest.stderr, "finish\ncallback\nERR_STREAM_WRITE_AFTER_END\n");
});

test("streams_of_the_process_can_not_be_made_anew", () => {
  const guest = new Guest();
  guest.run(`
    for (const stream of ["stdin", "stdout", "stderr"]) try { new process[stream].constructor({}, 9); } catch (e) { console.log(e.code); }
  `);
  assert.equal(guest.stdout, "ERR_ILLEGAL_CONSTRUCTOR\n".repeat(3));
});

test("binary_output_keeps_every_byte", () => {
  const guest = new Guest();
  guest.run(
    "process.stdout.write(Uint8Array.from({ length: 256 }, (_, i) => i)); require('fs').writeSync(1, Buffer.from([0, 255]));",
  );
  assert.deepEqual(guest.stdoutBytes, Buffer.from([...Array(256).keys(), 0, 255]));
});
