//! How a host learns at once that this process is being killed.
//!
//! The kernel takes a process's memory down before it closes its descriptors, which takes some tenths of a second for each GB:
//! a host that waits for its connection to end waits for that. It does so thread by thread, however, and only the last one has
//! the memory to take down. So a thread with a table of descriptors of its own closes what is in there while another takes the
//! memory down; and where it is the last one itself, the others have closed the connection before.

use crate::os::keep_only;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};
use std::sync::mpsc;
use std::thread;

/// Has a descriptor closed as soon as the process is killed or ends, and not before.
pub fn light(descriptor: OwnedFd) {
    let raw = descriptor.as_raw_fd();
    let (sender, lit) = mpsc::sync_channel(1);
    let beacon = thread::Builder::new().name("beacon".into()).stack_size(64 << 10).spawn(move || {
        let alone = keep_only(raw);
        if alone.is_err() {
            let _ = sender.send(alone);
            return;
        }
        let _ = sender.send(alone);
        loop {
            thread::park();
        }
    });
    match beacon.map(|_| lit.recv()) {
        // The thread has it; the host is to hear of that one's end.
        Ok(Ok(Ok(()))) => drop(descriptor),
        failure => {
            tracing::debug!(?failure, "the host learns of this process's end only when its memory has been taken down");
            let _ = descriptor.into_raw_fd();
        }
    }
}
