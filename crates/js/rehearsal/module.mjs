import { join } from "node:path";

await 1;
export default join("a", "b");
