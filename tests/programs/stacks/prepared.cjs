Error.prepareStackTrace = (error, sites) => {
  const own = sites.filter((site) => site.getFileName()?.endsWith("prepared.cjs"));
  return own.map((site) => `${site.getFunctionName()}:${site.getLineNumber()}:${site.getColumnNumber()}`).join(" ");
};
function named() {
  return new Error("x").stack;
}
console.log(named());
