const encoder = new TextEncoder();
console.log(encoder.encoding, [...encoder.encode("a€🔥\ud800")].join(" "));
const target = new Uint8Array(5);
console.log(encoder.encodeInto("ab€🔥", target), [...target].join(" "));

const decode = (label, options, ...chunks) => {
  const decoder = new TextDecoder(label, options);
  let text = "";
  for (const [i, chunk] of chunks.entries()) {
    text += decoder.decode(Uint8Array.from(chunk), { stream: i + 1 < chunks.length });
  }
  return JSON.stringify(text);
};
console.log(decode("utf-8", {}, [0xf0, 0x9f], [0x94], [0xa5, 0x21]));
console.log(decode("utf8", {}, [0xef, 0xbb, 0xbf, 0x61]), decode("utf8", { ignoreBOM: true }, [0xef, 0xbb, 0xbf, 0x61]));
console.log(decode("utf-8", {}, [0x61, 0xff, 0xc3], [0x28, 0xe2, 0x82]));
console.log(decode("utf-16le", {}, [0x3d], [0xd8, 0x25, 0xdd]));
console.log(decode("latin1", {}, [0x61, 0xe9]));
try {
  decode("utf-8", { fatal: true }, [0xff]);
} catch (error) {
  console.log(error instanceof TypeError, error.code);
}
try {
  new TextDecoder("no-such-encoding");
} catch (error) {
  console.log(error instanceof RangeError, error.code);
}
