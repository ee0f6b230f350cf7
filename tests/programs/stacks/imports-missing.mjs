import { there, missing } from "./imported.mjs";
console.log(there, missing);
