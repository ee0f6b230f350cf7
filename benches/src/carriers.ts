import { Sidecar, type StartOptions } from "hotcell";

/** A way to the runtime. Whatever is measured over one carrier is measured over each of them. */
export interface Carrier {
  readonly name: string;
  start(options: StartOptions): Promise<Sidecar>;
}

/** All carriers that there are; the first is the one that the gate measures unless its line says otherwise. */
export const carriers: readonly Carrier[] = [{ name: "child", start: (options) => Sidecar.start(options) }];
