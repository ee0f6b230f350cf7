//! One binary for all of the crate's integration tests. They run the built program, and link no engine themselves.

mod child;
mod command_line;
mod harness;
mod run;
mod serve;
