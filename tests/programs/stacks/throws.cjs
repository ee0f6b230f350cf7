const { thrower } = require("./required.cjs");

class Caller {
  static call(value) {
    return new Caller().method(value);
  }
  method(value) {
    return [value].map((each) => thrower(each));
  }
}

Caller.call("€ 🔥");
