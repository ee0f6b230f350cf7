//! Budgets what V8 takes from its page allocator on a guest's behalf: the memory of resizable ArrayBuffers and of WebAssembly,
//! which never passes the isolate's array-buffer allocator.
//!
//! V8 reserves such memory without access (`BackingStore::TryAllocateAndPartiallyCommitMemory` in objects/backing-store.cc) and
//! makes it accessible as far as it has grown (`GrowWasmMemoryInPlace`, `ResizeInPlace`, `GrowInPlace`), all of it through the
//! one page allocator of the process, for which V8's interface has no hook without its own sandbox. So four entries of that
//! allocator's table of virtual functions are replaced, at the start, before V8 makes any memory with it. Heap pages are
//! reserved with access and so never looked at; a reservation counts for the isolate whose thread makes it.

use crate::external_memory::ExternalMemory;
use parking_lot::Mutex;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Reservations that an isolate may hold at once: each takes one or two of the mappings that the system gives a process.
const MAX_RESERVATIONS: usize = 1024;

/// Bytes of addresses that these may have together. A WebAssembly memory without a maximum reserves 4 GiB, or 16.
const MAX_RESERVED_BYTES: usize = 1 << 40;

/// `v8::PageAllocator::Permission` (v8-platform.h).
const NO_ACCESS: i32 = 0;
const READ_WRITE: i32 = 2;

/// Places in the table of `v8::PageAllocator`, in the order of its declaration in v8-platform.h; the two destructors come first
/// (Itanium C++ ABI, 2.5.2).
const ALLOCATE_PAGES: usize = 6;
const FREE_PAGES: usize = 9;
const SET_PERMISSIONS: usize = 11;
const DECOMMIT_PAGES: usize = 14;
const ENTRIES: usize = 19;
/// Offset to the top and type information, which lie before the table's address.
const BEFORE_TABLE: usize = 2;

type This = *mut c_void;
type AllocatePages = unsafe extern "C" fn(This, *mut c_void, usize, usize, i32) -> *mut c_void;
type FreePages = unsafe extern "C" fn(This, *mut c_void, usize) -> bool;
type SetPermissions = unsafe extern "C" fn(This, *mut c_void, usize, i32) -> bool;
type DecommitPages = FreePages;

unsafe extern "C" {
    /// `v8::internal::GetPlatformPageAllocator()` (utils/allocation.h).
    #[link_name = "_ZN2v88internal24GetPlatformPageAllocatorEv"]
    fn platform_page_allocator() -> This;
}

/// The functions that were there before.
struct Original {
    allocate_pages: AllocatePages,
    free_pages: FreePages,
    set_permissions: SetPermissions,
    decommit_pages: DecommitPages,
}

static ORIGINAL: OnceLock<Original> = OnceLock::new();

/// What was reserved without access on a guest's behalf, by its address.
static RESERVATIONS: Mutex<BTreeMap<usize, Reservation>> = Mutex::new(BTreeMap::new());
/// How many there are, so that nobody takes the lock where there are none.
static COUNT: AtomicUsize = AtomicUsize::new(0);

struct Reservation {
    length: usize,
    /// Accessible bytes, from the start on.
    committed: usize,
    memory: Arc<ExternalMemory>,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<ExternalMemory>>> = const { RefCell::new(None) };
}

/// While it lives, what V8 reserves on this thread counts against that budget.
pub(crate) struct PageBudget;

impl PageBudget {
    pub(crate) fn on(memory: &Arc<ExternalMemory>) -> Self {
        CURRENT.set(Some(Arc::clone(memory)));
        Self
    }
}

impl Drop for PageBudget {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

/// Puts the budget before V8's page allocator. To be called once, after V8 got its platform and before it makes an isolate.
pub(crate) fn install() {
    // SAFETY: V8 has a platform, and thus an allocator, which lives as long as the process. It is an object of a class without
    // multiple inheritance, so that its first word is the address of a table of the layout above. Copied are that table and the
    // two words before it; the copy has its entries replaced by functions of the same signatures, and is never freed. No other
    // thread uses the allocator yet.
    unsafe {
        let object = platform_page_allocator().cast::<*const usize>();
        let table = *object;
        let mut copy = [0; BEFORE_TABLE + ENTRIES];
        std::ptr::copy_nonoverlapping(table.sub(BEFORE_TABLE), copy.as_mut_ptr(), copy.len());
        let original = Original {
            allocate_pages: std::mem::transmute::<usize, AllocatePages>(copy[BEFORE_TABLE + ALLOCATE_PAGES]),
            free_pages: std::mem::transmute::<usize, FreePages>(copy[BEFORE_TABLE + FREE_PAGES]),
            set_permissions: std::mem::transmute::<usize, SetPermissions>(copy[BEFORE_TABLE + SET_PERMISSIONS]),
            decommit_pages: std::mem::transmute::<usize, DecommitPages>(copy[BEFORE_TABLE + DECOMMIT_PAGES]),
        };
        if ORIGINAL.set(original).is_err() {
            return;
        }
        copy[BEFORE_TABLE + ALLOCATE_PAGES] = allocate_pages as AllocatePages as usize;
        copy[BEFORE_TABLE + FREE_PAGES] = free_pages as FreePages as usize;
        copy[BEFORE_TABLE + SET_PERMISSIONS] = set_permissions as SetPermissions as usize;
        copy[BEFORE_TABLE + DECOMMIT_PAGES] = decommit_pages as DecommitPages as usize;
        *object = Box::leak(Box::new(copy)).as_ptr().add(BEFORE_TABLE);
    }
}

fn original() -> &'static Original {
    // Set before the functions below can be called.
    ORIGINAL.get().unwrap_or_else(|| std::process::abort())
}

unsafe extern "C" fn allocate_pages(
    this: This,
    hint: *mut c_void,
    size: usize,
    alignment: usize,
    access: i32,
) -> *mut c_void {
    let memory = if access == NO_ACCESS { CURRENT.with_borrow(Option::clone) } else { None };
    let Some(memory) = memory else {
        // SAFETY: V8's own call, passed on.
        return unsafe { (original().allocate_pages)(this, hint, size, alignment, access) };
    };
    if !memory.reserve(size, MAX_RESERVATIONS, MAX_RESERVED_BYTES) {
        return std::ptr::null_mut();
    }
    // SAFETY: V8's own call, passed on.
    let data = unsafe { (original().allocate_pages)(this, hint, size, alignment, access) };
    if data.is_null() {
        memory.unreserve(size);
    } else {
        RESERVATIONS.lock().insert(data as usize, Reservation { length: size, committed: 0, memory });
        COUNT.fetch_add(1, Ordering::SeqCst);
    }
    data
}

unsafe extern "C" fn free_pages(this: This, address: *mut c_void, size: usize) -> bool {
    let reservation =
        if COUNT.load(Ordering::SeqCst) == 0 { None } else { RESERVATIONS.lock().remove(&(address as usize)) };
    if let Some(Reservation { length, committed, memory }) = reservation {
        COUNT.fetch_sub(1, Ordering::SeqCst);
        memory.release(committed);
        memory.unreserve(length);
    }
    // SAFETY: V8's own call, passed on.
    unsafe { (original().free_pages)(this, address, size) }
}

unsafe extern "C" fn set_permissions(this: This, address: *mut c_void, size: usize, access: i32) -> bool {
    // SAFETY: V8's own call, passed on.
    let perform = || unsafe { (original().set_permissions)(this, address, size, access) };
    if COUNT.load(Ordering::SeqCst) == 0 {
        return perform();
    }
    let mut reservations = RESERVATIONS.lock();
    let found = reservations.range_mut(..=address as usize).next_back();
    let Some((start, reservation)) =
        found.filter(|(start, reservation)| address as usize - **start < reservation.length)
    else {
        drop(reservations);
        return perform();
    };
    let begin = address as usize - start;
    let committed = match access {
        READ_WRITE => reservation.committed.max(begin + size),
        NO_ACCESS if begin + size >= reservation.committed => reservation.committed.min(begin),
        _ => reservation.committed,
    };
    let before = std::mem::replace(&mut reservation.committed, committed);
    if committed > before && !reservation.memory.charge(committed - before) {
        reservation.committed = before;
        return false;
    }
    // Under the lock, so that what is counted and what is accessible stay the same where several threads grow one memory.
    let done = perform();
    if done {
        reservation.memory.release(before.saturating_sub(committed));
    } else {
        reservation.memory.release(committed.saturating_sub(before));
        reservation.committed = before;
    }
    done
}

unsafe extern "C" fn decommit_pages(this: This, address: *mut c_void, size: usize) -> bool {
    // SAFETY: V8's own call, passed on.
    let done = unsafe { (original().decommit_pages)(this, address, size) };
    if done && COUNT.load(Ordering::SeqCst) > 0 {
        let mut reservations = RESERVATIONS.lock();
        if let Some((start, reservation)) = reservations.range_mut(..=address as usize).next_back() {
            let begin = address as usize - start;
            if begin < reservation.committed && begin + size >= reservation.committed {
                let before = std::mem::replace(&mut reservation.committed, begin);
                reservation.memory.release(before - begin);
            }
        }
    }
    done
}
