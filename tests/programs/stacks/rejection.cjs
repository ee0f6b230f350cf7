function reject() {
  return Promise.reject(new RangeError("nobody caught it"));
}

reject();
setTimeout(() => console.log("never reached"), 1000);
