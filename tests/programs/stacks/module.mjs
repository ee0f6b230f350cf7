import { later } from "./imported.mjs";

const value = await Promise.resolve(1);

async function run() {
  await later(value);
}

await run();
