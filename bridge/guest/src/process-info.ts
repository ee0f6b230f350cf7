/** What `process` tells about the guest and its time. */
import { native } from "./binding.ts";
import { define } from "./define.ts";
import { invalidArgType } from "./errors.ts";
import { ArrayIsArray, BigInt, MathFloor, MathRound } from "./primordials.ts";
import { member, process } from "./process.ts";
import { createEnvironment } from "./process-env.ts";

/** The version of Node that programs see and choose their ways by. */
const NODE_VERSION = "20.0.0";

member("title", "hotcell");
member("version", `v${NODE_VERSION}`);
member("versions", { node: NODE_VERSION, ...native.versions });
member("arch", "x64");
member("platform", "linux");
member("release", { name: "node" });
member("features", {});
member("config", { target_defaults: {}, variables: {} });
member("execArgv", []);
// What depends on the guest has its place from the start: filling that costs less than making it.
member("argv", []);
member("argv0", native.execPath);
member("execPath", native.execPath);
member("env", {});
member("pid", native.pid);
member("ppid", 0);

/** `Hooks.begin`, as far as it concerns `process`. */
export function beginProcess(argv: string[], env: Record<string, string>): void {
  process.argv = argv;
  process.env = createEnvironment(env);
}

member("cwd", function cwd(): string {
  return native.fs.cwd();
});

member("chdir", function chdir(directory: unknown): void {
  if (typeof directory !== "string") throw invalidArgType("directory", "of type string", directory);
  native.fs.chdir(directory);
});

member("umask", function umask(): number {
  return 0o022;
});

member("uptime", function uptime(): number {
  return native.now() / 1000;
});

/** `process.hrtime`: `[seconds, nanoseconds]`, or what passed since such a pair. */
function hrtime(since?: [number, number]): [number, number] {
  const nanoseconds = MathRound(native.now() * 1e6);
  let seconds = MathFloor(nanoseconds / 1e9);
  let rest = nanoseconds % 1e9;
  if (since !== undefined) {
    if (!ArrayIsArray(since)) throw invalidArgType("time", "an instance of Array", since);
    seconds -= since[0];
    rest -= since[1];
    if (rest < 0) {
      seconds--;
      rest += 1e9;
    }
  }
  return [seconds, rest];
}
define(
  hrtime,
  "bigint",
  function bigint(): bigint {
    return BigInt(MathRound(native.now() * 1e6));
  },
  true,
);
member("hrtime", hrtime);

member("memoryUsage", function memoryUsage(): Record<string, number> {
  const usage = native.memoryUsage();
  const heapTotal = usage[0];
  const external = usage[2];
  // The guest has no process of its own: what it holds is the nearest to a resident set.
  return { rss: heapTotal + external, heapTotal, heapUsed: usage[1], external, arrayBuffers: usage[3] };
});

const userIds = ["getuid", "geteuid", "getgid", "getegid"];
for (let i = 0; i < userIds.length; i++) member(userIds[i]!, { [userIds[i]!]: () => 0 }[userIds[i]!]);
