//! What happens where V8 can't go on: an allocation that failed for good, or its own state broken. The guest that caused
//! it gets its outcome, its thread is parked, and the process is replaced: after the other guests have had time to end in the
//! first case, at once in the second.

use hotcell_guest::{Ending, Guest};
use hotcell_protocol::RetireReason;
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;

/// How the line begins that a process without a guest leaves on stderr.
pub(crate) const LAST_WORDS: &str = "JavaScript";

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

/// V8's callback for an allocation that failed for good.
///
/// # Safety
/// `location` is null or a C string.
pub(crate) unsafe extern "C" fn on_out_of_memory(location: *const c_char, details: &v8::OomDetails) {
    // SAFETY: as the caller promises.
    out_of_memory(&unsafe { text(location) }, details.is_heap_oom)
}

/// V8's callback for everything else that it does not survive.
pub(crate) fn on_fatal_error(file: &str, line: i32, message: &str) {
    // Programs cause these by asking for an object or a list beyond V8's bounds (crbug.com/1201626).
    if message.contains("invalid size error") {
        beyond_bounds(message.to_owned());
    }
    tracing::error!(file, line, message, "V8 gave up");
    end_cell(Cause::Broken, &format!("brought V8 to give up: {message}"));
}

/// An allocation failed for good.
pub(crate) fn out_of_memory(location: &str, heap: bool) -> ! {
    tracing::error!(%location, heap, "V8 is out of memory");
    let message = format!("needed more memory at once than V8 survives the lack of ({location})");
    // V8 names the buffer's function where its interface has no way to throw.
    let external = !heap && location.contains("ArrayBuffer");
    end_cell(if external { Cause::External } else { Cause::Heap }, &message)
}

/// A program asked for more elements than V8 can count. To V8 that is no sign of anything broken.
pub(crate) fn beyond_bounds(what: String) -> ! {
    tracing::error!(what, "V8 was asked for more than it can hold");
    end_cell(Cause::Heap, "asked for an array or a table beyond V8's bounds")
}

/// What V8 did not survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// The lack of memory in its heap.
    Heap,
    /// The lack of memory outside of it.
    External,
    /// Its own state.
    Broken,
}

/// Puts the error down to the guest of this thread: it gets its outcome, and the process is replaced. V8 aborts when its
/// callback returns, so this does not: the thread is parked as long as the process lives, with all that V8 holds on it. That is
/// what an isolate alone has; what threads share, V8 has let go of when it comes here, or the neighbours would not go on.
fn end_cell(cause: Cause, message: &str) -> ! {
    let Some(guest) = CURRENT.take() else {
        // A thread of V8's own, or the helper process that makes a snapshot, whose parent reads this. Both end here.
        eprintln!("{LAST_WORDS} {message}.");
        std::process::abort()
    };
    let (reason, ending) = match cause {
        Cause::Heap => (RetireReason::EngineOutOfMemory, Ending::Heap { limit_mb: guest.limits().heap_mb }),
        Cause::External => (RetireReason::EngineOutOfMemory, Ending::External { limit_mb: guest.limits().external_mb }),
        Cause::Broken => (RetireReason::EngineFatal, Ending::Crash { message: format!("The guest {message}.") }),
    };
    guest.retire_cell(reason, format!("Guest {} {message}.", guest.id()), ending);
    loop {
        std::thread::park();
    }
}

/// # Safety
/// `pointer` is null or a C string.
pub(crate) unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return "unknown".into();
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// Tells of a heap that is full, and leaves just enough room for what is then terminated to unwind.
pub(crate) struct HeapGuard<F> {
    on_full: F,
    isolate: v8::UnsafeRawIsolatePtr,
    granted: Cell<bool>,
}

/// What a program gets beyond its limit to unwind. Granted once: a loop that does not look at the interrupt would go on growing.
const ROOM_TO_UNWIND: usize = 16 << 20;

impl<F: Fn()> HeapGuard<F> {
    /// Has `on_full` called when the heap is full. It is to terminate what runs, and may be called again while that unwinds.
    pub(crate) fn install(isolate: &mut v8::Isolate, on_full: F) -> Box<Self> {
        // SAFETY: the guard is removed, in `remove`, by whoever owns the isolate.
        let raw = unsafe { isolate.as_raw_isolate_ptr() };
        let guard = Box::new(Self { on_full, isolate: raw, granted: Cell::new(false) });
        isolate.add_near_heap_limit_callback(near_heap_limit::<F>, std::ptr::from_ref(&*guard) as *mut c_void);
        guard
    }

    /// Has nothing called any more. To be called while the isolate is still there, before the guard is dropped.
    pub(crate) fn remove(&self, isolate: &mut v8::Isolate) {
        isolate.remove_near_heap_limit_callback(near_heap_limit::<F>, 0);
    }
}

unsafe extern "C" fn near_heap_limit<F: Fn()>(data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: `install` passed a guard that lives until the callback is removed.
    let guard = unsafe { &*data.cast::<HeapGuard<F>>() };
    // SAFETY: V8 calls this on the thread that runs the isolate.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(guard.isolate) };
    // V8 calls this, too, as the last resort before it gives up on memory outside of the heap; that fails with a RangeError.
    if isolate.get_heap_statistics().used_heap_size() < current / 2 {
        return current;
    }
    (guard.on_full)();
    if guard.granted.replace(true) { current } else { current + ROOM_TO_UNWIND }
}
