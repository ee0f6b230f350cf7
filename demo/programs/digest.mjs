#!/usr/bin/env node
// An ES module with an import and a top-level await.
import { readFile } from "node:fs/promises";
import { checksum } from "./checksum.mjs";

const text = await readFile("/app/poem.txt", "utf8");
await new Promise((resolve) => setTimeout(resolve, 5));
console.log(`${text.length} characters, Adler-32 ${checksum(text)}`);
