// Leaves everything behind that a guest can leave behind, and breaks what it can break.
globalThis.left = "global";
Object.prototype.left = "prototype";
Array.prototype.push = () => {
  throw new Error("push was replaced");
};
Array.prototype[Symbol.iterator] = undefined;
Promise.prototype.then = undefined;
JSON.stringify = () => "replaced";
Function.prototype.call = undefined;
String.prototype.split = undefined;
Object.defineProperty(Array.prototype, 0, { set() {}, configurable: true });
process.env.LEFT = "environment";
process.exitCode = 9;
process.title = "left";
require("node:fs").left = "builtin";
require("/lib/state.cjs").count += 100;
require.cache["/lib/poisoned.cjs"] = { exports: "left" };
process.on("exit", () => {});
process.on("SIGTERM", () => {});
setInterval(() => {}, 1);
queueMicrotask(() => {});
process.chdir("/lib");
Error.prepareStackTrace = () => "left";
Error.stackTraceLimit = 0;
console.log = () => {};
process.stdout.write("poisoned\n");
process.exit(0);
