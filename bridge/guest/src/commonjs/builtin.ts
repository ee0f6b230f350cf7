/** The module `module`. */
import { addBuiltin, builtinNames } from "../builtins/registry.ts";
import { define } from "../define.ts";
import { Module } from "./module.ts";

addBuiltin("module", Module);
define(Module, "builtinModules", builtinNames(), true);
