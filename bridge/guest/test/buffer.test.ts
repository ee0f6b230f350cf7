import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assertSameAsNode } from "./compare.ts";
import { Guest } from "./guest.ts";

/** Prints the outcome of each expression, or what it threw. */
const printAll = (expressions: string[]) =>
  `const b = Buffer.from("hello"); const show = (f) => { try { console.log(f()); } catch (e) { console.log(e.name, e.code, e.message); } };\n${expressions.map((e) => `show(() => ${e});`).join("\n")}`;

test("buffer_is_made_as_in_node", () => {
  assertSameAsNode(
    printAll([
      'Buffer.alloc(5, "abc")',
      "Buffer.alloc(5, 1)",
      'Buffer.alloc(4, "zz", "hex")',
      'Buffer.alloc(5, "")',
      'Buffer.alloc(6, Buffer.from("ab"))',
      "Buffer.alloc(2, true)",
      "Buffer.alloc(3, 257)",
      'Buffer.from([256, -1, 1.9, "3"])',
      "Buffer.from({ length: 2, 0: 5 })",
      'Buffer.from({ type: "Buffer", data: [1, 2] })',
      'Buffer.from(new String("x"))',
      'Buffer.from({ valueOf() { return "abc"; } })',
      "Buffer.from(new Uint16Array([1, 257]))",
      "Buffer.from(new ArrayBuffer(3), 1, 5)",
      "Buffer.from(new ArrayBuffer(3), 1, 2)",
      "Buffer.from(new ArrayBuffer(3), 4)",
      "Buffer.from(b)",
      "Buffer.from(b.buffer, b.byteOffset, 2)",
      '({ [Symbol.toPrimitive]() { return "prim"; } })[Symbol.toPrimitive]() && Buffer.from({ [Symbol.toPrimitive]() { return "prim"; } })',
      "Buffer.from([])",
      "Buffer.from({})",
      "Buffer.from(true)",
      "Buffer.from(Symbol())",
      "Buffer.from(() => {})",
      "Buffer.alloc(-1)",
      'Buffer.alloc("5")',
      "Buffer.alloc(NaN)",
      "Buffer.from(5)",
      "Buffer.from(null)",
      "Buffer.from()",
      'Buffer.from("a", "nope")',
      "Buffer.allocUnsafe(3).length",
      "Buffer.concat([b, new Uint8Array([1])])",
      "Buffer.concat([b, b], 7)",
      "Buffer.concat([b], 8)",
      "Buffer.concat([])",
      "Buffer.concat(5)",
      "Buffer.concat([5])",
      "Buffer.of(1, 2, 300)",
      "Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1, 1)",
      'Buffer.byteLength("é€")',
      'Buffer.byteLength("aGk=", "base64")',
      'Buffer.byteLength("abc", "hex")',
      "Buffer.byteLength(new ArrayBuffer(4))",
      "Buffer.byteLength(5)",
      "Buffer.isBuffer(b)",
      "Buffer.isBuffer(new Uint8Array(1))",
      "Buffer.isBuffer(null)",
      "['utf8', 'UTF-8', 'hex', 'nope', '', 5, 'base64url', 'binary', 'ucs2'].map(Buffer.isEncoding)",
      "Buffer.compare(Buffer.from('a'), Buffer.from('b'))",
      "Buffer.compare(b, 5)",
      "b instanceof Uint8Array",
      "Object.prototype.toString.call(b)",
      "b.constructor === Buffer",
      "Buffer.name",
      "b.map((x) => x + 1)",
      "b.filter((x) => x > 104)",
      "class X extends Buffer {} && 1",
      "b.buffer.byteLength >= 5",
      "Buffer.poolSize",
      "structuredClone(b).constructor.name",
    ]),
  );
});

test("buffer_methods_do_as_in_node", () => {
  assertSameAsNode(
    printAll([
      "b.toString()",
      "b.toString('hex')",
      "b.toString('base64', 1, 4)",
      "b.toString('latin1', 2)",
      "b.toString('nope')",
      "b.toString('utf8', -3, 99)",
      "b.toString(undefined, 3, 1)",
      "b + ''",
      "JSON.stringify(b)",
      "b.toJSON()",
      "b.toLocaleString('hex')",
      "b.slice(-3, -1)",
      "b.subarray(1, 3)",
      "b.slice(2)",
      "b.subarray(9)",
      "b.slice(1.7, '3')",
      "b.slice(NaN)",
      "b.subarray(3, 1)",
      "Buffer.isBuffer(b.subarray(1))",
      "b.subarray(1).parent === b.buffer",
      "b.subarray(1, 3).length",
      "b.equals(Buffer.from('hello'))",
      "b.equals(5)",
      "b.compare(Buffer.from('help'))",
      "b.compare(Buffer.from('xhell'), 1, 5, 0, 4)",
      "b.compare(5)",
      "b.compare(b, 0, 9)",
      "b.compare(b, 0, 5, 0, 9)",
      "Buffer.from('abcabc').indexOf('c')",
      "Buffer.from('abcabc').indexOf('c', -2)",
      "Buffer.from('abcabc').indexOf('c', 3)",
      "Buffer.from('abcabc').indexOf('')",
      "Buffer.from('abcabc').indexOf('', 10)",
      "Buffer.from('abc').indexOf(98)",
      "Buffer.from('abc').indexOf(98 + 256)",
      "Buffer.from('abc').indexOf('Yg==', 'base64')",
      "Buffer.from('abc').indexOf(Buffer.from('bc'))",
      "Buffer.from('abc').indexOf('bcd')",
      "b.indexOf({})",
      "b.indexOf(99.9)",
      "Buffer.from('abcabc').lastIndexOf('b')",
      "Buffer.from('abcabc').lastIndexOf('b', 3)",
      "Buffer.from('abcabc').lastIndexOf('b', -4)",
      "Buffer.from('abcabc').lastIndexOf('b', -10)",
      "Buffer.from('abcabc').lastIndexOf('')",
      "Buffer.from('abcabc').lastIndexOf('abc', NaN)",
      "Buffer.from('abc').includes('bc', 1)",
      "Buffer.from('abc').includes('bc', 2)",
      "Buffer.from('a\\0b\\0', 'latin1').indexOf('b', 0, 'utf16le')",
      "Buffer.alloc(4).fill('ab')",
      "Buffer.alloc(4).fill('ab', 1)",
      "Buffer.alloc(4).fill('ab', 1, 3)",
      "Buffer.alloc(4).fill('6162', 'hex')",
      "Buffer.alloc(4).fill(300, 1)",
      "Buffer.alloc(4).fill('é', 1, 3, 'latin1')",
      "Buffer.alloc(4).fill('')",
      "Buffer.alloc(4).fill('a', 5)",
      "Buffer.alloc(4).fill('a', -1)",
      "Buffer.alloc(4).fill('a', 0, 9)",
      "Buffer.alloc(4).fill('a', 'nope')",
      "Buffer.alloc(4).fill(Buffer.alloc(0))",
      "(() => { const t = Buffer.alloc(8); return [b.copy(t, 2), t]; })()",
      "(() => { const t = Buffer.alloc(3); return [b.copy(t, 1, 2, 9), t]; })()",
      "(() => { const t = Buffer.from('abcdef'); return [t.copy(t, 2, 0, 4), t]; })()",
      "b.copy(5)",
      "b.copy(Buffer.alloc(1), -1)",
      "b.copy(Buffer.alloc(1), 0, 9)",
      "b.copy(Buffer.alloc(1), 5)",
      "(() => { const t = Buffer.alloc(6); return [t.write('héllo'), t]; })()",
      "(() => { const t = Buffer.alloc(6); return [t.write('€€€', 1), t]; })()",
      "(() => { const t = Buffer.alloc(6); return [t.write('abc', 1, 2), t]; })()",
      "(() => { const t = Buffer.alloc(6); return [t.write('abc', 1, 'latin1'), t]; })()",
      "(() => { const t = Buffer.alloc(5); return [t.write('abc', 0, 5, 'utf16le'), t]; })()",
      "(() => { const t = Buffer.alloc(3); return [t.write('616263ff', 'hex'), t]; })()",
      "b.write('abc', 10)",
      "b.write(5)",
      "b.write('a', 0, 9)",
      "b.write('x', 'nope')",
      "Buffer.from([1, 2, 3, 4]).swap16()",
      "Buffer.from([1, 2, 3, 4]).swap32()",
      "Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).swap64()",
      "b.swap16()",
      "Buffer.from('616263', 'hex').utf8Slice(1)",
      "b.latin1Slice(0, 2)",
      "b.hexSlice()",
      "b.base64Slice()",
      "(() => { const t = Buffer.alloc(3); return [t.utf8Write('abcd', 1), t.hexWrite('ff'), t]; })()",
      "Object.assign(Buffer.from('a'), { x: 1, y: 'z' })",
      "Buffer.alloc(51)",
      "Buffer.alloc(60)",
      "Buffer.alloc(0)",
      "[Buffer.from('ab')]",
      "require('util').inspect(b)",
      "Object.keys(b)",
      "[...b.entries()].length",
      "require('buffer').transcode(Buffer.from('é'), 'utf8', 'latin1')",
      "require('buffer').isUtf8(Buffer.from([0xff]))",
      "require('buffer').isAscii(b)",
      "require('buffer').constants.MAX_STRING_LENGTH",
      "require('buffer').kMaxLength > 1e9",
      "require('buffer').Buffer === Buffer",
    ]),
  );
});

test("buffer_reads_and_writes_numbers_as_in_node", () => {
  const names = [
    "Int8",
    "UInt8",
    "Uint8",
    "Int16LE",
    "Int16BE",
    "UInt16LE",
    "Uint16BE",
    "Int32LE",
    "Int32BE",
    "UInt32LE",
    "Uint32BE",
    "FloatLE",
    "FloatBE",
    "DoubleLE",
    "DoubleBE",
  ];
  const values = [
    "0",
    "1",
    "-1",
    "127",
    "128",
    "255",
    "256",
    "-129",
    "32767",
    "65535",
    "65536",
    "-32769",
    "2147483647",
    "4294967295",
    "4294967296",
    "1.5",
    "NaN",
    "'7'",
    "1e300",
    "-0",
  ];
  const expressions = names.flatMap((name) => [
    ...values.map((value) => `(() => { const t = Buffer.alloc(9); return [t.write${name}(${value}, 1), t]; })()`),
    `Buffer.from([0xfe, 0x12, 0x80, 0x7f, 0xff, 0x01, 0x99, 0xaa, 0xbb]).read${name}(1)`,
    ...["-1", "9", "1.5", "'a'", "undefined", "null", "NaN"].map((offset) => `Buffer.alloc(9).read${name}(${offset})`),
    `Buffer.alloc(0).read${name}()`,
  ]);
  for (const order of ["LE", "BE"]) {
    for (const type of ["Int", "UInt", "Uint"]) {
      for (const size of [1, 2, 3, 4, 5, 6]) {
        expressions.push(`Buffer.from([0xfe, 0x12, 0x80, 0x7f, 0xff, 0x01, 0x99]).read${type}${order}(1, ${size})`);
        for (const value of ["1", "-1", "2 ** 40", "2 ** 47", "-(2 ** 47)", "70000", "1.9"]) {
          expressions.push(
            `(() => { const t = Buffer.alloc(8); return [t.write${type}${order}(${value}, 1, ${size}), t]; })()`,
          );
        }
      }
      for (const size of ["0", "7", "'x'", "undefined", "1.5"])
        expressions.push(`Buffer.alloc(8).read${type}${order}(0, ${size})`);
      expressions.push(`Buffer.alloc(2).read${type}${order}(0, 6)`, `Buffer.alloc(8).read${type}${order}()`);
    }
    for (const type of ["BigInt64", "BigUInt64", "BigUint64"]) {
      for (const value of ["0n", "-1n", "2n ** 63n", "-(2n ** 63n)", "2n ** 64n", "123456789012345678n"]) {
        expressions.push(
          `(() => { const t = Buffer.alloc(9); return [t.write${type}${order}(${value}, 1), t, t.read${type}${order}(1)]; })()`,
        );
      }
      expressions.push(`Buffer.alloc(9, 0xfe).read${type}${order}(1)`, `Buffer.alloc(7).read${type}${order}()`);
    }
  }
  assertSameAsNode(printAll(expressions));
});

test("buffer_encodes_and_decodes_any_text_and_bytes_as_node", () => {
  const guest = new Guest();
  const roundTrip = guest.evaluate<(bytes: number[], text: string, encoding: string) => string>(
    "(bytes, text, encoding) => JSON.stringify([Buffer.from(bytes).toString(encoding), Buffer.from(text, encoding).toString('hex'), Buffer.byteLength(text, encoding)])",
  );
  const encodings = ["utf8", "utf16le", "latin1", "ascii", "hex", "base64", "base64url"] as const;
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.oneof(fc.string({ unit: "binary", maxLength: 30 }), fc.string({ unit: fc.constantFrom(..."aZ09+/-_= \n*") })),
      fc.constantFrom(...encodings),
      (bytes, text, encoding) => {
        const expected = [
          Buffer.from(bytes).toString(encoding),
          Buffer.from(text, encoding).toString("hex"),
          Buffer.byteLength(text, encoding),
        ];
        assert.deepEqual(JSON.parse(roundTrip([...bytes], text, encoding)), expected);
      },
    ),
    { numRuns: 3000 },
  );
});

test("buffer_of_a_large_text_is_decoded_whole", () => {
  const guest = new Guest();
  for (const encoding of ["latin1", "utf16le", "base64", "hex", "ascii"]) {
    assert.equal(
      guest.evaluate(
        `Buffer.from("x\\u00e9".repeat(100_000), "${encoding === "hex" ? "latin1" : encoding}").toString("${encoding}").length`,
      ),
      Buffer.from("xé".repeat(100_000), (encoding === "hex" ? "latin1" : encoding) as BufferEncoding).toString(
        encoding as BufferEncoding,
      ).length,
    );
  }
});

test("string_decoder_does_as_in_node", () => {
  assertSameAsNode(`
    const { StringDecoder } = require("string_decoder"); const bytes = Buffer.from("a€😀ß z");
    for (const encoding of [undefined, "utf8", "utf16le", "base64", "hex", "latin1", "ascii"]) { const d = new StringDecoder(encoding); let out = ""; for (const byte of bytes) out += d.write(Buffer.from([byte])) + "|"; console.log(d.encoding, JSON.stringify(out + d.end())); }
    const d = new StringDecoder("utf8"); console.log(JSON.stringify([d.write(Buffer.from([0xe2, 0x82])), d.end(), d.end(Buffer.from([0xac])), d.write("text")]));
    for (const f of [() => new StringDecoder("nope"), () => d.write(5)]) try { f(); } catch (e) { console.log(e.name, e.code); }
  `);
});
