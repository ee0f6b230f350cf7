const log = [];
const target = new EventTarget();
const listener = { handleEvent: (event) => log.push(`object ${event.type}`) };
target.addEventListener("ping", (event) => log.push(`function ${event.type} ${event.target === target} ${event.eventPhase}`));
target.addEventListener("ping", listener);
target.addEventListener("ping", listener);
target.addEventListener("ping", () => log.push("once"), { once: true });
console.log(target.dispatchEvent(new Event("ping")), target.dispatchEvent(new Event("ping")));
target.removeEventListener("ping", listener);
target.addEventListener("ping", (event) => {
  event.preventDefault();
  event.stopImmediatePropagation();
});
target.addEventListener("ping", () => log.push("never"));
console.log(target.dispatchEvent(new Event("ping", { cancelable: true })), target.dispatchEvent(new Event("ping")));
target.addEventListener("custom", ({ detail, cancelable }) => log.push(`custom ${JSON.stringify(detail)} ${cancelable}`));
target.dispatchEvent(new CustomEvent("custom", { detail: { a: 1 } }));
console.log(log.join("; "));

const controller = new AbortController();
const { signal } = controller;
signal.addEventListener("abort", ({ type }) => console.log(type, signal.aborted, signal.reason.name));
signal.onabort = () => console.log("onabort");
console.log(signal.aborted, signal instanceof AbortSignal);
controller.abort();
controller.abort("again, which counts for nothing");
try {
  signal.throwIfAborted();
} catch (error) {
  console.log(error.name, error.code, error instanceof DOMException);
}
console.log(AbortSignal.abort("why").reason);
const any = AbortSignal.any([new AbortController().signal, AbortSignal.timeout(5)]);
// A signal's timeout keeps nothing alive.
const alive = setTimeout(() => {}, 10_000);
await new Promise((resolve) => any.addEventListener("abort", resolve));
clearTimeout(alive);
console.log(any.reason.name);

const removing = new AbortController();
target.addEventListener("pong", () => console.log("never"), { signal: removing.signal });
removing.abort();
target.dispatchEvent(new Event("pong"));
