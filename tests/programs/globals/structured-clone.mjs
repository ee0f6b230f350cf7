const source = {
  text: "€",
  big: 2n ** 70n,
  when: new Date(86_400_000),
  pattern: /a+/gi,
  map: new Map([[{ key: 1 }, new Set([1, "2"])]]),
  bytes: new Uint8Array([1, 2, 3]),
  list: [, undefined, null, NaN, -0],
  error: new RangeError("out of it"),
};
source.self = source;
const copy = structuredClone(source);
console.log(copy !== source && copy.self === copy, copy.map !== source.map, copy.bytes.buffer !== source.bytes.buffer);
console.log(copy.text, copy.big, copy.when.getTime(), copy.pattern.flags, copy.map, copy.bytes, copy.list);
console.log(copy.error instanceof RangeError, copy.error.message, 0 in copy.list, Object.is(copy.list[4], -0));

const buffer = new ArrayBuffer(8);
const moved = structuredClone({ buffer }, { transfer: [buffer] });
console.log(buffer.byteLength, moved.buffer.byteLength);

class Point {
  x = 1;
  get y() {
    return 2;
  }
}
const plain = structuredClone(new Point());
console.log(plain.constructor === Object, Object.keys(plain).join());
for (const what of [() => {}, Symbol("s"), { deep: [new WeakMap()] }]) {
  try {
    structuredClone(what);
  } catch (error) {
    console.log(error instanceof DOMException, error.name, error.code);
  }
}
