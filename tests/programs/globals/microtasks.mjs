const order = [];
await new Promise((resolve) => {
  setTimeout(() => {
    order.push("timeout");
    process.nextTick(() => order.push("tick"));
    queueMicrotask(() => {
      order.push("microtask");
      queueMicrotask(() => order.push("microtask of a microtask"));
      process.nextTick(() => order.push("tick of a microtask"));
    });
    setImmediate(() => {
      order.push("immediate");
      resolve();
    });
  }, 0);
});
console.log(order.join(", "));
for (const wrong of [undefined, 1, {}]) {
  try {
    queueMicrotask(wrong);
  } catch (error) {
    console.log(error.name, error.code);
  }
}
