//! What a process that runs guests gives up before the first of them: see docs/lockdown.md.
//!
//! In two steps, since the kernel has it so: Landlock confines a thread and those that it makes, so [`confine_files`] comes before
//! there is any other; a seccomp filter can be put on all threads at once, so [`confine_calls`] comes when everything has been
//! started that needs more than guests do. Neither can be undone.
//!
//! Linux only. This crate knows nothing of guests.
#![cfg(target_os = "linux")]

mod calls;
mod error;
mod files;
mod numbers;
mod process;
mod rules;

pub use calls::{Profile, confine_calls};
pub use error::{LockdownError, Part};
pub use files::{FileAccess, confine_files};
pub use process::{close_descriptors_from, drop_privileges};
pub use rules::{Condition, Rule, rules};
