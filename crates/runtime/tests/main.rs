//! One binary for all of the crate's integration tests.

mod admission;
mod commands;
mod connections;
mod files;
mod guests;
mod harness;
mod phases;
mod sandboxes;
mod uploads;
mod userlands;
