/** The main program's path in the sandbox; blank in a snapshot. */
export let mainFilename = "";

export function setMainFilename(filename: string): void {
  mainFilename = filename;
}
