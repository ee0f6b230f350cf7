//! What every store has, whatever runs in it.

use crate::preview2::ComponentState;
use crate::state::GuestState;
use hotcell_guest::Guest;
use hotcell_wasi::Trap;
use std::sync::Arc;
use wasmtime::{Store, UpdateDeadline};

/// The data of a store, on behalf of a guest.
pub(crate) trait HasGuest: 'static {
    fn guest(&self) -> &Arc<Guest>;
}

impl HasGuest for GuestState {
    fn guest(&self) -> &Arc<Guest> {
        &self.guest
    }
}

impl HasGuest for ComponentState {
    fn guest(&self) -> &Arc<Guest> {
        &self.guest
    }
}

/// Has what runs in the store let others run after each slice, and end when its guest is to.
pub(crate) fn prepare<T: HasGuest>(store: &mut Store<T>) {
    store.epoch_deadline_callback(|store| match store.data().guest().is_ending() {
        true => Err(Trap::Killed.into()),
        false => Ok(UpdateDeadline::Yield(1)),
    });
    // wasmtime adds this to the current epoch, unchecked; what it starts with, 0, would interrupt at once.
    store.set_epoch_deadline(1);
}
