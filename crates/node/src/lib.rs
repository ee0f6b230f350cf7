//! The N-API carrier: brings the protocol to a runtime in Node's own process.
//!
//! [`connect`](connection::connect) starts the engine of the process, once, and gives a host a [`Connection`] to it. The
//! connection takes the protocol's commands as they are made, without frames, and has its events fetched in batches.
//!
//! # Threads
//! Every thread of Node's that loads the addon has connections of its own, used from that thread only; they share one engine.
//! A connection ends when its host closes it or its thread's environment is torn down, and its guests are cancelled with it.

// In a test build napi's macros export nothing, so that nothing is called.
#![cfg_attr(test, allow(dead_code))]

mod batch;
mod connection;
mod engine;
mod environment;
mod error;
mod hosts;
mod mailbox;
mod wake;
