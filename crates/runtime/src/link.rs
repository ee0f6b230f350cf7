use crate::connection::MAX_GUESTS;
use crate::error::RequestError;
use crate::runtime::Shared;
use hotcell_guest::{Ending, EventSink, Guest, Lifecycle};
use hotcell_protocol::{Event, GuestId, Notice, RetireReason, SandboxId};
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What a connection shares with its guests: the way to its host, and the table of those that live. Guests hold it, so that it
/// outlives the connection until the last of them has ended.
pub(crate) struct Link {
    sink: Arc<dyn EventSink>,
    runtime: Arc<Shared>,
    guests: Mutex<GuestTable>,
}

#[derive(Default)]
struct GuestTable {
    by_id: HashMap<GuestId, (SandboxId, Arc<Guest>)>,
    by_sandbox: BTreeSet<(SandboxId, GuestId)>,
    /// How many live in each sandbox that has had any.
    counts: HashMap<SandboxId, u32>,
}

impl Link {
    pub fn new(sink: Arc<dyn EventSink>, runtime: Arc<Shared>) -> Self {
        Self { sink, runtime, guests: Mutex::default() }
    }

    pub fn guest(&self, id: GuestId) -> Option<Arc<Guest>> {
        self.guests.lock().by_id.get(&id).map(|(_, guest)| Arc::clone(guest))
    }

    /// Whether another guest may be made, with that id, in a sandbox that takes so many at once.
    pub fn check_new_guest(&self, id: GuestId, sandbox: SandboxId, processes: u32) -> Result<(), RequestError> {
        let guests = self.guests.lock();
        if guests.by_id.contains_key(&id) {
            return Err(RequestError::IdInUse { what: "guest", id });
        }
        if guests.by_id.len() >= MAX_GUESTS {
            return Err(RequestError::TooManyGuests { max: MAX_GUESTS });
        }
        if guests.counts.get(&sandbox).is_some_and(|count| *count >= processes) || processes == 0 {
            return Err(RequestError::TooManyProcesses { max: processes });
        }
        Ok(())
    }

    /// Enters a guest that is about to run. It leaves the table by itself when it ends.
    pub fn enter(&self, sandbox: SandboxId, guest: &Arc<Guest>) {
        self.runtime.guest_enters();
        let mut guests = self.guests.lock();
        guests.by_sandbox.insert((sandbox, guest.id()));
        *guests.counts.entry(sandbox).or_default() += 1;
        guests.by_id.insert(guest.id(), (sandbox, Arc::clone(guest)));
    }

    pub fn cancel_sandbox(&self, sandbox: SandboxId) {
        let guests = self.guests.lock();
        let members = guests.by_sandbox.range((sandbox, GuestId::MIN)..=(sandbox, GuestId::MAX));
        let members: Vec<_> = members.filter_map(|(_, id)| Some(Arc::clone(&guests.by_id.get(id)?.1))).collect();
        drop(guests);
        cancel(&members);
        // Its id is never used again.
        let mut guests = self.guests.lock();
        if guests.counts.get(&sandbox) == Some(&0) {
            guests.counts.remove(&sandbox);
        }
    }

    pub fn cancel_all(&self) {
        let members: Vec<_> = self.guests.lock().by_id.values().map(|(_, guest)| Arc::clone(guest)).collect();
        cancel(&members);
    }
}

/// Not under the table's lock: a guest that ends takes it.
fn cancel(guests: &[Arc<Guest>]) {
    for guest in guests {
        guest.end(Ending::Cancelled);
    }
}

impl EventSink for Link {
    fn send(&self, event: Event) {
        let is_exit = matches!(event, Event::Notice { notice: Notice::Exit { .. }, .. });
        if is_exit {
            self.runtime.guest_ends();
        }
        self.sink.send(event);
        if is_exit {
            self.runtime.guest_left();
        }
    }
}

impl Lifecycle for Link {
    fn ended(&self, guest: GuestId) {
        let entry = {
            let mut guests = self.guests.lock();
            let entry = guests.by_id.remove(&guest);
            if let Some((sandbox, _)) = &entry {
                guests.by_sandbox.remove(&(*sandbox, guest));
                if let Some(count) = guests.counts.get_mut(sandbox) {
                    *count -= 1;
                }
            }
            entry
        };
        drop(entry);
    }

    fn retire(&self, reason: RetireReason, message: String, finish: &mut dyn FnMut()) {
        self.runtime.retire(reason, message, finish);
    }
}
