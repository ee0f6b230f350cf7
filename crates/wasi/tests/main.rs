//! Tests of the calls as an engine makes them.

mod args;
mod clocks;
mod command_fs;
mod command_process;
mod commands;
mod cwd;
mod descriptors;
mod directories;
mod embedder;
mod files;
mod harness;
mod imports;
mod interpreter;
mod paths;
mod poll;
mod process;
mod programs;
mod rights;
mod standard;
mod streams;
