import { after } from "node:test";
import { Sidecar } from "hotcell";

/** A sidecar for all tests of a file, closed after them. */
export async function fileSidecar(): Promise<Sidecar> {
  const sidecar = await Sidecar.start();
  after(() => sidecar.close());
  return sidecar;
}
