//! Workers that have a V8 isolate, and run a guest.

use crate::keeper::Bell;
use crate::pool_counters::PoolCounters;
use crate::shelf::{Claimed, Transition, Workers};
use crate::worker::{self, WorkerKey, WorkerKind};
use hotcell_guest::{Ending, Guest, GuestSpec};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

pub(crate) struct IsolateWorkers {
    kind: WorkerKind,
    key: WorkerKey,
    counters: Arc<PoolCounters>,
    bell: Bell,
}

impl IsolateWorkers {
    pub(crate) fn new(key: WorkerKey, counters: Arc<PoolCounters>, bell: Bell) -> Self {
        Self { kind: key.kind(), key, counters, bell }
    }
}

impl Workers for IsolateWorkers {
    type Errand = GuestSpec;

    fn stack_bytes(&self) -> usize {
        self.key.thread_stack_bytes()
    }

    fn work(&self, claim: impl FnOnce() -> Option<Claimed<GuestSpec>>) -> Result<(), String> {
        let mut guest = None;
        let running = Cell::new(None);
        let claim = || {
            let claimed = claim()?;
            guest = Some(Arc::clone(&claimed.errand.guest));
            running.set(Some(self.bell.guest_runs()));
            Some(claimed)
        };
        let on_exit = || drop(running.take());
        let worked = catch_unwind(AssertUnwindSafe(|| worker::work(&self.key, claim, on_exit)));
        let message = match worked {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "The sidecar failed while it ran the guest; its log says where.".into(),
        };
        match guest {
            Some(guest) => {
                crash(&guest, &message);
                Ok(())
            }
            None => Err(message),
        }
    }

    fn refuse(&self, spec: GuestSpec, reason: &str) {
        crash(&spec.guest, reason);
    }

    fn note(&self, transition: Transition) {
        self.counters.note(transition, &self.kind);
    }
}

fn crash(guest: &Arc<Guest>, message: &str) {
    tracing::error!(guest = guest.id(), message, "a guest could not be run");
    guest.clear_interrupt();
    guest.finish(Ending::Crash { message: message.into() }, 0);
}
