const bytes = new Uint8Array(4096);
console.log(crypto.getRandomValues(bytes) === bytes, new Set(bytes).size > 200);
const words = crypto.getRandomValues(new Uint32Array(64));
console.log(new Set(words).size === 64, words.some((word) => word > 0xffff));
console.log(crypto.getRandomValues(new Uint8Array(0)).length);
const ids = Array.from({ length: 1000 }, () => crypto.randomUUID());
console.log(new Set(ids).size, ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)));
for (const wrong of [new Float32Array(1), new Uint8Array(65_537), [1, 2], new DataView(new ArrayBuffer(8))]) {
  try {
    crypto.getRandomValues(wrong);
  } catch (error) {
    console.log(error.name);
  }
}
