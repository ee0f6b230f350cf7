import { Sidecar, type StartOptions } from "hotcell";

/** A way to the runtime. Whatever is measured over one carrier is measured over each of them. */
export interface Carrier {
  readonly name: string;
  /**
   * Whether the engine lives in the host's own process: it is then there once, with the settings that it was first started
   * with, and a cold start or a figure of memory takes a process of its own.
   */
  readonly sharesProcess: boolean;
  start(options: StartOptions): Promise<Sidecar>;
}

/** All carriers that there are; the first is the one that the gate measures unless its line says otherwise. */
export const carriers: readonly Carrier[] = [
  { name: "child", sharesProcess: false, start: (options) => Sidecar.start(options) },
  {
    name: "in-process",
    sharesProcess: true,
    start: (options) => Sidecar.start({ ...options, carrier: "in-process" }),
  },
];
