console.log(process.argv.slice(2));
console.log(process.env.GREETING, process.env.MISSING, "GREETING" in process.env);
process.env.SET = 5;
console.log(process.env.SET, typeof process.env.SET, delete process.env.SET, process.env.SET);
console.log(typeof process.pid, process.platform, typeof process.version, typeof process.uptime());
console.log(process.stdout.write("written\n"), process.stdout.isTTY, process.stdout.fd, process.stderr.fd);
process.stderr.write(new Uint8Array([111, 110, 32, 115, 116, 100, 101, 114, 114, 10]));
await new Promise((resolve) => process.stdout.write("with a callback\n", resolve));

let text = "";
process.stdin.setEncoding("utf8");
for await (const piece of process.stdin) text += piece;
console.log(JSON.stringify(text));

const directory = process.cwd();
process.chdir("/");
console.log(process.cwd(), directory !== process.cwd());

await new Promise((resolve) => {
  process.nextTick((...args) => {
    console.log("tick", ...args);
    resolve();
  }, 1, 2);
});

process.once("SIGUSR2", (name, number) => console.log(name, number));
process.kill(process.pid, "SIGUSR2");
await new Promise((resolve) => setTimeout(resolve, 50));
console.log(process.listenerCount("SIGUSR2"));
process.on("warning", ({ name, message }) => console.log(name, message));
process.emitWarning("careful", "TestWarning");
await new Promise((resolve) => setImmediate(resolve));
process.on("beforeExit", (code) => console.log("beforeExit", code));
process.on("exit", (code) => {
  console.log("exit", code, process.exitCode);
  process.exitCode = 7;
  setTimeout(() => console.log("never"), 0);
});
process.exitCode = 3;
