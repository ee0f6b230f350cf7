const state = require("/lib/state.cjs");
const found = [];
if (typeof left !== "undefined") found.push("global");
if ("left" in {}) found.push("prototype");
if ([1].push(2) !== 2 || [...[1, 2]].length !== 2 || [3][0] !== 3) found.push("Array");
if (JSON.stringify({}) !== "{}") found.push("JSON");
if ("a b".split(" ").length !== 2) found.push("String");
if (process.env.LEFT !== undefined) found.push("environment");
if (process.exitCode !== undefined) found.push("exitCode");
if (process.title === "left") found.push("title");
if (require("node:fs").left !== undefined) found.push("builtin");
if (state.count !== 0) found.push("module");
if (Object.keys(require.cache).includes("/lib/poisoned.cjs")) found.push("require.cache");
if (process.listenerCount("exit") + process.listenerCount("SIGTERM") !== 0) found.push("listeners");
if (process.cwd() !== "/work") found.push("cwd");
if (Error.prepareStackTrace !== undefined || Error.stackTraceLimit === 0) found.push("Error");
let stdin = "";
process.stdin.on("data", (piece) => {
  stdin += piece;
});
process.stdin.on("end", () => {
  if (stdin !== "") found.push("stdin");
  console.log(found.length === 0 ? "nothing" : found.join());
});
