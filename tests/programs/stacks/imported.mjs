export async function later(value) {
  await null;
  throw new Error(`after ${value} await`);
}
