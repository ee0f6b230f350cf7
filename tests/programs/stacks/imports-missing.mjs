import { missing, there } from "./imported.mjs";

console.log(there, missing);
