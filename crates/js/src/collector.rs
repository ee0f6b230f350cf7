//! Tells a guest's warden when V8 collects garbage in all of its heap, and its host when that is nearly full.

use hotcell_guest::{Guest, Near};
use std::ffi::c_void;
use std::sync::Arc;

/// While it is installed, the guest is told of every collection of its whole heap.
pub(crate) struct CollectorWatch {
    guest: Arc<Guest>,
}

impl CollectorWatch {
    pub(crate) fn install(isolate: &mut v8::Isolate, guest: &Arc<Guest>) -> Box<Self> {
        let watch = Box::new(Self { guest: Arc::clone(guest) });
        let data = std::ptr::from_ref(&*watch) as *mut c_void;
        isolate.add_gc_prologue_callback(on_begin, data, v8::GCType::kGCTypeMarkSweepCompact);
        isolate.add_gc_epilogue_callback(on_end, data, v8::GCType::kGCTypeMarkSweepCompact);
        watch
    }

    /// Has nothing called any more. To be called while the isolate is still there, before the watch is dropped.
    pub(crate) fn remove(&self, isolate: &mut v8::Isolate) {
        let data = std::ptr::from_ref(self) as *mut c_void;
        isolate.remove_gc_prologue_callback(on_begin, data);
        isolate.remove_gc_epilogue_callback(on_end, data);
    }
}

/// Nothing interrupts a collection, so that a guest which is to end gets more time for it.
unsafe extern "C" fn on_begin(_: v8::UnsafeRawIsolatePtr, _: v8::GCType, _: v8::GCCallbackFlags, data: *mut c_void) {
    // SAFETY: `install` passed a watch that lives until the callback is removed.
    unsafe { &*data.cast::<CollectorWatch>() }.guest.set_collecting(true);
}

unsafe extern "C" fn on_end(raw: v8::UnsafeRawIsolatePtr, _: v8::GCType, _: v8::GCCallbackFlags, data: *mut c_void) {
    // SAFETY: as above.
    let guest = unsafe { &(*data.cast::<CollectorWatch>()).guest };
    guest.set_collecting(false);
    // SAFETY: V8 calls this on the thread that runs the isolate.
    let mut isolate = unsafe { v8::Isolate::from_raw_isolate_ptr(raw) };
    let used = isolate.get_heap_statistics().used_heap_size();
    let limit_mb = guest.limits().heap_mb as usize;
    if used >= (limit_mb << 20) / 5 * 4 {
        guest.report_near(Near::HeapMb, (used >> 20) as u64, limit_mb as u64);
    }
}
