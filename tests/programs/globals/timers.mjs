const order = [];
const note = (what) => () => order.push(what);
const until = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

setTimeout(note("timeout 0"), 0);
setTimeout(note("timeout 20"), 20);
setTimeout(note("timeout 10"), 10);
setTimeout((...args) => order.push(args.join("+")), 12, "a", "b");
clearTimeout(setTimeout(note("never"), 5));
clearImmediate(setImmediate(note("never")));
let ticks = 0;
const interval = setInterval(() => {
  ticks += 1;
  if (ticks === 3) clearInterval(interval);
}, 1);
order.push("now");
await until(60);
console.log(order.join(", "));
console.log(ticks);

const started = performance.now();
await until(30);
const waited = performance.now() - started;
console.log(waited >= 29 && waited < 2000);

const unreferenced = setTimeout(() => console.log("never: it keeps nothing alive"), 60_000);
console.log(unreferenced.unref() === unreferenced, unreferenced.hasRef(), typeof unreferenced[Symbol.toPrimitive]());
console.log(await new Promise((resolve) => setImmediate(resolve, "immediate")));
