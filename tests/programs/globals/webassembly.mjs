// (module
//   (import "host" "report" (func $report (param i32)))
//   (memory (export "memory") 1 2)
//   (global (export "count") (mut i32) (i32.const 0))
//   (func (export "add") (param i32 i32) (result i32)
//     (local.set 0 (i32.add (local.get 0) (local.get 1))) (call $report (local.get 0)) (local.get 0))
//   (func (export "fail") (unreachable)))
const bytes = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 14, 3, 96, 1, 127, 0, 96, 2, 127, 127, 1, 127, 96, 0, 0, 2, 15, 1, 4, 104, 111, 115, 116,
  6, 114, 101, 112, 111, 114, 116, 0, 0, 3, 3, 2, 1, 2, 5, 4, 1, 1, 1, 2, 6, 6, 1, 127, 1, 65, 0, 11, 7, 31, 4, 6, 109, 101,
  109, 111, 114, 121, 2, 0, 5, 99, 111, 117, 110, 116, 3, 0, 3, 97, 100, 100, 0, 1, 4, 102, 97, 105, 108, 0, 2, 10, 21, 2,
  15, 0, 32, 0, 32, 1, 106, 33, 0, 32, 0, 16, 0, 32, 0, 11, 3, 0, 0, 11,
]);
console.log(WebAssembly.validate(bytes), WebAssembly.validate(bytes.subarray(0, 20)));
const reported = [];
const imports = { host: { report: (value) => reported.push(value) } };
const module = new WebAssembly.Module(bytes);
console.log(WebAssembly.Module.imports(module), WebAssembly.Module.exports(module).map(({ name, kind }) => `${name} ${kind}`));
const { exports } = new WebAssembly.Instance(module, imports);
console.log(exports.add(40, 2), exports.add(2 ** 31 - 1, 1), reported);
console.log(exports.memory.buffer.byteLength, exports.memory.grow(1), exports.memory.buffer.byteLength);
try {
  exports.memory.grow(1);
} catch (error) {
  console.log(error instanceof RangeError);
}
exports.count.value = 7;
console.log(exports.count.value, exports.count instanceof WebAssembly.Global);
try {
  exports.fail();
} catch (error) {
  console.log(error instanceof WebAssembly.RuntimeError, error.message);
}
try {
  new WebAssembly.Instance(module, {});
} catch (error) {
  console.log(error.name);
}
const compiled = await WebAssembly.compile(bytes);
const { instance } = await WebAssembly.instantiate(bytes, imports);
console.log((await WebAssembly.instantiate(compiled, imports)).exports.add(1, 1), instance.exports.add(2, 2));
await WebAssembly.compile(bytes.subarray(0, 10)).catch((error) => console.log(error instanceof WebAssembly.CompileError));
const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 });
new Uint8Array(memory.buffer)[65_535] = 9;
memory.grow(1);
console.log(new Uint8Array(memory.buffer)[65_535], memory.buffer.byteLength);
const table = new WebAssembly.Table({ initial: 2, element: "anyfunc" });
table.set(0, exports.add);
console.log(table.get(0)(3, 4), table.get(1), table.length);
