process.on("exit", (code) => console.log("exit", code));
setTimeout(function onTimeout() {
  null.property;
}, 1);
