//! What threads hand each other things with. The tests compile [`crate::shelf`] with shuttle's in place of these.

pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc};
pub(crate) use std::thread;
