/** UTF-8 that comes in pieces. */

/**
 * How many bytes at the end begin a character that the next piece may complete: 0 to 3. The ranges are those of the
 * Unicode standard's table of well-formed byte sequences.
 */
export function incompleteTail(bytes: Uint8Array, length: number): number {
  for (let size = 1; size <= 3 && size <= length; size++) {
    const lead = bytes[length - size]!;
    if (lead < 0x80) return 0;
    if (lead < 0xc0) continue;
    const needed = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 1;
    if (size >= needed) return 0;
    return size === 1 || isSecond(lead, bytes[length - size + 1]!) ? size : 0;
  }
  return 0;
}

function isSecond(lead: number, second: number): boolean {
  switch (lead) {
    case 0xe0:
      return second >= 0xa0 && second <= 0xbf;
    case 0xed:
      return second >= 0x80 && second <= 0x9f;
    case 0xf0:
      return second >= 0x90 && second <= 0xbf;
    case 0xf4:
      return second >= 0x80 && second <= 0x8f;
    default:
      return second >= 0x80 && second <= 0xbf;
  }
}
