// The first releases of Node 20 have no such symbols, which what `await using` is compiled to looks for. Imported before
// any class that has a method of that name.
for (const name of ["dispose", "asyncDispose"] as const) {
  if (Symbol[name] === undefined) Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) });
}
