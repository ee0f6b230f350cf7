import type { GuestProcess } from "hotcell";

/** Waits until the guest has written something to stdout, and gives it. What follows stays in the stream. */
export async function firstOutput(guest: GuestProcess): Promise<string> {
  const reader = guest.stdout.getReader();
  try {
    const { value } = await reader.read();
    return value === undefined ? "" : Buffer.from(value).toString();
  } finally {
    reader.releaseLock();
  }
}
