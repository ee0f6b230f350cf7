// What many programs do. It matters which of the userland's functions are called, not what comes of it.

class Shown {
  field = 1;
}
console.log("text", 1, 1n, true, null, undefined, Symbol("symbol"), () => {});
console.log([1, "a"], { a: 1, b: { c: [] } }, new Map([[1, { a: 2 }]]), new Set(["a"]), new Shown(), new Date(0));
console.log("%s, %d, %o", "text", 1, {}, new Error("text"));
console.error("text");
process.stdout.write("text");

process.nextTick(() => Promise.resolve(1).then(() => queueMicrotask(() => {})));
setTimeout(() => {}, 0);
clearTimeout(setTimeout(() => {}, 1000));
setImmediate(() => {});
new Error("text").stack;
process.argv.slice(2);
process.env.PATH;
process.on("exit", () => {});

const fs = require("node:fs");
fs.mkdirSync("/rehearsal");
fs.writeFileSync("/rehearsal/file", "text");
fs.readFileSync("/rehearsal/file");
fs.readFileSync("/rehearsal/file", "utf8");
fs.existsSync("/rehearsal/file");
fs.readdirSync("/rehearsal");
fs.statSync("/rehearsal/file").isFile();
try {
  fs.readFileSync("/missing");
} catch {}

const path = require("node:path");
path.basename(path.join(path.dirname("/a/b"), "..", "b.c"), path.extname("b.c"));
path.resolve("a");
Buffer.concat([Buffer.from("text"), Buffer.alloc(1)]).toString("base64");
new TextDecoder().decode(new TextEncoder().encode("text"));
new URL("https://host/path?query=1").searchParams.get("query");
const { EventEmitter } = require("node:events");
new EventEmitter().on("event", () => {}).emit("event");
