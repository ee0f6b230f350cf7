import type { GuestProcess } from "hotcell";

/**
 * Waits until the guest has written something to stdout, and gives it. What follows stays in the stream.
 *
 * @throws where the guest ends without a word.
 */
export async function firstOutput(guest: GuestProcess): Promise<string> {
  const reader = guest.stdout.getReader();
  try {
    const { value } = await reader.read();
    if (value === undefined) throw new Error(`The guest wrote nothing: ${JSON.stringify(await guest.exit)}`);
    return Buffer.from(value).toString();
  } finally {
    reader.releaseLock();
  }
}
