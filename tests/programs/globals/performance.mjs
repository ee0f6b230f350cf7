const first = performance.now();
const second = performance.now();
console.log(first > 0, second >= first, Math.abs(performance.timeOrigin + first - Date.now()) < 5000);
const mark = performance.mark("start", { detail: { step: 1 } });
performance.mark("end");
const measure = performance.measure("took", "start", "end");
console.log(mark.name, mark.entryType, mark.detail, measure.name, measure.duration >= 0);
console.log(
  performance.getEntriesByName("took").length,
  performance.getEntriesByType("mark").map(({ name }) => name),
);
performance.clearMarks();
performance.clearMeasures();
console.log(performance.getEntries().filter(({ entryType }) => entryType === "mark").length);
const [seconds, nanoseconds] = process.hrtime();
const later = process.hrtime([seconds, nanoseconds]);
console.log(later.length, later[0] === 0, process.hrtime.bigint() > BigInt(seconds) * 1_000_000_000n);
