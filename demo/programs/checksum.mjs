/** Adler-32, as RFC 1950 defines it, of the text's UTF-8 bytes. */
export function checksum(text) {
  let low = 1;
  let high = 0;
  for (const byte of new TextEncoder().encode(text)) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return (((high << 16) | low) >>> 0).toString(16);
}
