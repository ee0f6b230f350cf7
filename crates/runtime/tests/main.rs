//! One binary for all of the crate's integration tests.

mod commands;
mod components;
mod connections;
mod engines;
mod files;
mod guests;
mod harness;
mod phases;
mod sandboxes;
mod uploads;
mod userlands;
