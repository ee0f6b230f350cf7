//! A guest's budget for memory outside of the heap, and the array-buffer allocator of its isolate, which stays within it.

use hotcell_guest::{Guest, Near};
use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

/// What an isolate has allocated outside of its heap, and how much it may.
#[derive(Debug)]
pub(crate) struct ExternalMemory {
    used: AtomicUsize,
    peak: AtomicUsize,
    limit: AtomicUsize,
    /// Address ranges that V8 reserved without memory behind them, and their length.
    reservations: AtomicUsize,
    reserved: AtomicUsize,
    /// Told where the guest has used four fifths of its limit.
    guest: OnceLock<Weak<Guest>>,
}

impl ExternalMemory {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            limit: AtomicUsize::new(limit),
            reservations: AtomicUsize::new(0),
            reserved: AtomicUsize::new(0),
            guest: OnceLock::new(),
        })
    }

    /// Holds the isolate to the limit of the guest that it was claimed for.
    pub(crate) fn claim(&self, guest: &Arc<Guest>) {
        self.limit.store((guest.limits().external_mb as usize) << 20, Ordering::Relaxed);
        let _ = self.guest.set(Arc::downgrade(guest));
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

    /// Takes that many bytes more, where they stay within the limit.
    pub(crate) fn charge(&self, bytes: usize) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        let charged = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|used| *used <= limit)
        });
        if let Ok(before) = charged {
            let now = before + bytes;
            self.peak.fetch_max(now, Ordering::Relaxed);
            if now >= limit - limit / 5
                && let Some(guest) = self.guest.get().and_then(Weak::upgrade)
            {
                guest.report_near(Near::ExternalMb, (now >> 20) as u64, (limit >> 20) as u64);
            }
        }
        charged.is_ok()
    }

    pub(crate) fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Takes a range of addresses of that length, where there are fewer than so many, with fewer bytes together.
    pub(crate) fn reserve(&self, bytes: usize, max_reservations: usize, max_bytes: usize) -> bool {
        let one_more = |count: usize| (count < max_reservations).then_some(count + 1);
        if self.reservations.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_err() {
            return false;
        }
        let more = |reserved: usize| reserved.checked_add(bytes).filter(|reserved| *reserved <= max_bytes);
        let reserved = self.reserved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if !reserved {
            self.reservations.fetch_sub(1, Ordering::Relaxed);
        }
        reserved
    }

    pub(crate) fn unreserve(&self, bytes: usize) {
        self.reservations.fetch_sub(1, Ordering::Relaxed);
        self.reserved.fetch_sub(bytes, Ordering::Relaxed);
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
