function parse() {
  throw new SyntaxError("not what was expected");
}

try {
  parse();
} catch (error) {
  throw new Error("could not read the settings", { cause: error });
}
