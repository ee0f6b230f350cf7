//! The array-buffer allocator of an isolate: it stays within the guest's budget for memory outside of the heap.

use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What an isolate has allocated outside of its heap, and how much it may.
#[derive(Debug)]
pub(crate) struct ExternalMemory {
    used: AtomicUsize,
    peak: AtomicUsize,
    limit: AtomicUsize,
}

impl ExternalMemory {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), peak: AtomicUsize::new(0), limit: AtomicUsize::new(limit) })
    }

    pub(crate) fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// The most bytes at any time.
    pub(crate) fn peak(&self) -> usize {
        self.peak.load(Ordering::Relaxed)
    }

    /// Whether that many bytes more would stay within the limit.
    pub(crate) fn has_room_for(&self, bytes: usize) -> bool {
        let used = self.used.load(Ordering::Relaxed);
        used.checked_add(bytes).is_some_and(|used| used <= self.limit.load(Ordering::Relaxed))
    }

    fn charge(&self, bytes: usize) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        let charged = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|used| *used <= limit)
        });
        if let Ok(before) = charged {
            self.peak.fetch_max(before + bytes, Ordering::Relaxed);
        }
        charged.is_ok()
    }

    fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The allocator for `CreateParams`. Past the limit it has nothing to give, which V8 turns into a `RangeError`.
    pub(crate) fn allocator(self: &Arc<Self>) -> v8::UniqueRef<v8::Allocator> {
        // SAFETY: the handle is a counted reference that `drop_handle` gives back, of the type that the table expects.
        unsafe { v8::new_rust_allocator(Arc::into_raw(Arc::clone(self)), &VTABLE) }
    }
}

static VTABLE: v8::RustAllocatorVtable<ExternalMemory> =
    v8::RustAllocatorVtable { allocate, allocate_uninitialized, free, drop: drop_handle };

fn layout(len: usize) -> Option<Layout> {
    Layout::from_size_align(len.max(1), 16).ok()
}

unsafe extern "C" fn allocate(memory: &ExternalMemory, len: usize) -> *mut c_void {
    // SAFETY: the layout's size is not zero.
    charged(memory, len, |layout| unsafe { std::alloc::alloc_zeroed(layout) })
}

unsafe extern "C" fn allocate_uninitialized(memory: &ExternalMemory, len: usize) -> *mut c_void {
    // SAFETY: the layout's size is not zero.
    charged(memory, len, |layout| unsafe { std::alloc::alloc(layout) })
}

fn charged(memory: &ExternalMemory, len: usize, allocate: impl FnOnce(Layout) -> *mut u8) -> *mut c_void {
    let Some(layout) = layout(len).filter(|_| memory.charge(len)) else { return null_mut() };
    let data = allocate(layout);
    if data.is_null() {
        memory.release(len);
    }
    data.cast()
}

unsafe extern "C" fn free(memory: &ExternalMemory, data: *mut c_void, len: usize) {
    if let Some(layout) = layout(len).filter(|_| !data.is_null()) {
        // SAFETY: V8 frees what `allocate` gave it, with the length that it asked for.
        unsafe { std::alloc::dealloc(data.cast(), layout) };
        memory.release(len);
    }
}

unsafe extern "C" fn drop_handle(memory: *const ExternalMemory) {
    // SAFETY: the reference that `allocator` leaked; V8 drops its allocator once.
    drop(unsafe { Arc::from_raw(memory) });
}
