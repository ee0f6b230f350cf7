//! Tests of the calls as an engine makes them.

mod commands;
mod harness;
mod interpreter;
