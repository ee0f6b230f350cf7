use crate::engine::IsolateThreads;
use crate::mailbox::{Mail, Mailbox};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{LazyLock, Once};
use std::time::{Duration, Instant};

/// V8 flags that every isolate runs with.
///
/// `--no-turboshaft-loop-unrolling`: V8 15.2's TurboFan removes, together with an unrolled inner loop's interrupt check, that of
/// the loop around it; `for(;;){new Array(1000).fill(1.5)}` then ignores termination for ever. To be looked at again with
/// each new V8 (test `interrupts_end_an_unrolled_loop`).
///
/// `--no-extensible-ro-snapshot`: all isolates of a process share one read-only heap, that of the first. An isolate that makes a
/// snapshot otherwise extends it and leaves it unfinished meanwhile, so that isolates made on other threads find it empty,
/// and those made from another snapshot find it different: either crashes (`ReadOnlyHeap::DeserializeIntoIsolate` in V8's
/// heap/read-only-heap.cc). With the flag every snapshot has the read-only heap that V8 comes with.
///
/// `--wasm-max-module-size`: 256 MiB, the most that the limit `moduleBytes` may be, for what a guest's own JavaScript compiles.
pub(crate) const V8_FLAGS: &str =
    "--no-turboshaft-loop-unrolling --no-extensible-ro-snapshot --wasm-max-module-size=268435456";

/// The most threads that V8 gets for concurrent compilation and garbage collection, for all isolates together.
const MAX_V8_THREADS: usize = 4;

static INITIALIZE: Once = Once::new();

/// Initialises V8, once per process: the first call counts. Where V8 protects its code with memory protection keys, every thread
/// that enters an isolate must descend from the thread that does this, which is then to be the main thread, early.
pub(crate) fn initialize(isolates: IsolateThreads) {
    INITIALIZE.call_once(|| {
        v8::V8::set_flags_from_string(V8_FLAGS);
        v8::V8::set_fatal_error_handler(crate::fatal::on_fatal_error);
        crate::last_words::listen();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_V8_THREADS);
        let unprotected = isolates == IsolateThreads::Any;
        let platform = v8::Platform::new_custom(threads as u32, false, unprotected, TaskRouter).make_shared();
        v8::V8::initialize_platform(platform);
        v8::V8::initialize();
        crate::page_budget::install();
    });
}

/// Brings the tasks that V8 posts for an isolate to the thread that the isolate lives on, and wakes it.
struct TaskRouter;

/// The mailbox of each isolate, by its address. Looked up when V8 posts a task, which no run of a short program makes it do.
static MAILBOXES: LazyLock<RwLock<HashMap<usize, Mailbox>>> = LazyLock::new(RwLock::default);

/// While it lives, V8's tasks for the isolate go to that mailbox. Tasks of isolates that have none are dropped.
pub(crate) struct TaskRoute(usize);

impl TaskRoute {
    pub(crate) fn new(isolate: &v8::Isolate, mailbox: Mailbox) -> Self {
        let key = address(isolate);
        MAILBOXES.write().insert(key, mailbox);
        Self(key)
    }
}

impl Drop for TaskRoute {
    fn drop(&mut self) {
        MAILBOXES.write().remove(&self.0);
    }
}

fn address(isolate: &v8::Isolate) -> usize {
    // SAFETY: the one is a plain pointer to the isolate in a struct of its own; it serves as a key and is never followed.
    unsafe { std::mem::transmute::<v8::UnsafeRawIsolatePtr, usize>(isolate.as_raw_isolate_ptr()) }
}

fn route(isolate: *mut c_void, mail: Mail) {
    if let Some(mailbox) = MAILBOXES.read().get(&(isolate as usize)) {
        mailbox.post(mail);
    }
}

impl v8::PlatformImpl for TaskRouter {
    fn post_task(&self, isolate: *mut c_void, task: v8::Task) {
        route(isolate, Mail::Task(task));
    }

    fn post_non_nestable_task(&self, isolate: *mut c_void, task: v8::Task) {
        route(isolate, Mail::Task(task));
    }

    fn post_delayed_task(&self, isolate: *mut c_void, task: v8::Task, delay_in_seconds: f64) {
        let due = Instant::now() + Duration::try_from_secs_f64(delay_in_seconds).unwrap_or_default();
        route(isolate, Mail::DelayedTask(due, task));
    }

    fn post_non_nestable_delayed_task(&self, isolate: *mut c_void, task: v8::Task, delay_in_seconds: f64) {
        self.post_delayed_task(isolate, task, delay_in_seconds);
    }

    fn post_idle_task(&self, _isolate: *mut c_void, _task: v8::IdleTask) {}
}
