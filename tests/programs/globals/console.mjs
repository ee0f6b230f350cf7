console.log("%s is %d years and %i days, %f, %j %o %O %% %c", "Ada", 36.5, 7.9, 0.5, { a: [1] }, [1], { b: new Map() }, "");
console.log({ nested: { deep: { deeper: { deepest: 1 } } }, list: Array.from({ length: 120 }, (_, i) => i) });
console.log([undefined, null, -0, 1n, Symbol("s"), () => {}, class A {}, new Date(0), /x/g, new Error("e").message]);
console.log(new Set([1, "a"]), new Map([[{}, []]]), new Uint8Array(3), Promise.resolve(4), new WeakMap(), "it's");
console.info("info");
console.debug("debug");
console.error("error", new TypeError("typed").message);
console.warn("warn");
console.assert(1 === 1, "not printed");
console.assert(false, "printed %s", "with reason");
console.group("outer");
console.log("one\ntwo");
console.group();
console.warn("deeper");
console.groupEnd();
console.groupEnd();
console.count();
console.count("named");
console.count();
console.countReset();
console.count();
console.table([
  { name: "Ada", born: 1815 },
  { name: "Grace", died: 1992 },
]);
console.table(new Map([["key", "value"]]));
console.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
const circular = { name: "loop" };
circular.self = circular;
console.log(circular, "%s", "rest");
