/** `os`, of a machine that tells nothing about the one that it runs on. */
import { native } from "../binding.ts";
import { process } from "../process.ts";
import { signals } from "../signals.ts";

const environment = (name: string, fallback: string): string =>
  (process.env as Record<string, string | undefined>)[name] ?? fallback;

export const os = {
  EOL: "\n",
  devNull: "/dev/null",
  constants: { signals },
  arch: () => "x64",
  availableParallelism: () => 1,
  cpus: () => [{ model: "hotcell", speed: 0, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } }],
  endianness: () => "LE",
  freemem: () => native.memoryUsage()[0] - native.memoryUsage()[1],
  homedir: () => environment("HOME", "/"),
  hostname: () => "hotcell",
  loadavg: () => [0, 0, 0],
  machine: () => "x86_64",
  networkInterfaces: () => ({}),
  platform: () => "linux",
  release: () => "0.0.0",
  tmpdir: () => environment("TMPDIR", "/tmp"),
  totalmem: () => native.memoryUsage()[0],
  type: () => "Linux",
  uptime: () => native.now() / 1000,
  userInfo: () => ({
    uid: 0,
    gid: 0,
    username: environment("USER", "root"),
    homedir: environment("HOME", "/"),
    shell: null,
  }),
  version: () => `hotcell ${native.versions.hotcell ?? ""}`,
};
