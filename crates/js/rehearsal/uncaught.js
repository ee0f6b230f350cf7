function fail() {
  throw new TypeError("text");
}
fail();
