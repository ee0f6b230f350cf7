import { after } from "node:test";
import type { Sidecar } from "hotcell";
import { start } from "./carrier.js";

/** A sidecar for all tests of a file, closed after them. */
export async function fileSidecar(): Promise<Sidecar> {
  const sidecar = await start();
  after(() => sidecar.close());
  return sidecar;
}
