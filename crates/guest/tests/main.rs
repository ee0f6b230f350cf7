//! One binary for all of the crate's integration tests.

mod deadlines;
mod endings;
mod harness;
mod input;
mod output;
mod phases;
