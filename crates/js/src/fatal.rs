//! What happens where V8 can't go on: an allocation that failed for good, or its own state broken. The guest that caused
//! it gets its outcome, the process tells its hosts and ends.

use hotcell_guest::{Ending, Guest};
use hotcell_protocol::RetireReason;
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Guest>>> = const { RefCell::new(None) };
}

/// While it lives, a fatal error on this thread is put down to that guest.
pub(crate) struct Blame;

impl Blame {
    pub(crate) fn on(guest: &Arc<Guest>) -> Self {
        CURRENT.set(Some(Arc::clone(guest)));
        Self
    }
}

impl Drop for Blame {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

/// V8's callback for an allocation that failed for good. V8 aborts when it returns, so it does not: the thread is parked,
/// and the process ends when its hosts have been told.
pub(crate) unsafe extern "C" fn on_out_of_memory(location: *const c_char, details: &v8::OomDetails) {
    // SAFETY: V8 passes a C string that outlives the call, or null.
    let location = unsafe { location.as_ref().map(|location| CStr::from_ptr(location).to_string_lossy()) };
    let location = location.as_deref().unwrap_or("an unknown place");
    let Some(guest) = CURRENT.take() else {
        tracing::error!(location, heap = details.is_heap_oom, "V8 is out of memory outside of any guest");
        std::process::abort();
    };
    tracing::error!(guest = guest.id(), location, heap = details.is_heap_oom, "V8 is out of memory");
    guest.finish(Ending::Heap { limit_mb: guest.limits().heap_mb }, 0);
    guest.retire_cell(
        RetireReason::EngineOutOfMemory,
        format!("Guest {} needed more memory at once than V8 survives the lack of ({location}).", guest.id()),
    );
    loop {
        std::thread::park();
    }
}

/// Ends a guest whose heap is full, with just enough room left for it to unwind.
pub(crate) struct HeapGuard {
    guest: Arc<Guest>,
    isolate: v8::UnsafeRawIsolatePtr,
    granted: Cell<bool>,
}

/// What a guest gets beyond its limit to unwind. Granted once: a loop that does not look at the interrupt would go on growing.
const ROOM_TO_UNWIND: usize = 16 << 20;

impl HeapGuard {
    /// Registers a guard for the guest that the isolate was claimed for.
    pub(crate) fn install(isolate: &mut v8::Isolate, guest: &Arc<Guest>) -> Box<Self> {
        // SAFETY: the guard is removed, in `remove`, by whoever owns the isolate.
        let raw = unsafe { isolate.as_raw_isolate_ptr() };
        let guard = Box::new(Self { guest: Arc::clone(guest), isolate: raw, granted: Cell::new(false) });
        isolate.add_near_heap_limit_callback(near_heap_limit, std::ptr::from_ref(&*guard) as *mut c_void);
        guard
    }

    /// Ends the guard; the isolate must still be there.
    pub(crate) fn remove(self: Box<Self>, isolate: &mut v8::Isolate) {
        isolate.remove_near_heap_limit_callback(near_heap_limit, 0);
    }
}

unsafe extern "C" fn near_heap_limit(data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: `install` passed a guard that lives until the callback is removed.
    let guard = unsafe { &*data.cast::<HeapGuard>() };
    // SAFETY: V8 calls this on the thread that runs the isolate.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(guard.isolate) };
    // V8 calls this, too, as the last resort before it gives up on memory outside of the heap; that fails with a RangeError.
    if isolate.get_heap_statistics().used_heap_size() < current / 2 {
        return current;
    }
    guard.guest.end(Ending::Heap { limit_mb: guard.guest.limits().heap_mb });
    if guard.granted.replace(true) { current } else { current + ROOM_TO_UNWIND }
}
