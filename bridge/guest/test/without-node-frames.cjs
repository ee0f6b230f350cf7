// Leaves Node's own frames out of stacks, as the userland does with its own.
Error.prepareStackTrace = (error, sites) => {
  const lines = sites.filter((site) => !/^node:/.test(site.getFileName() ?? "")).map((site) => `\n    at ${site}`);
  return `${Error.prototype.toString.call(error)}${lines.join("")}`;
};
