//! A guest's thread: isolate, context, the one guest, and the end of all three.

use crate::collector::CollectorWatch;
use crate::error::JsError;
use crate::event_loop::{EventLoop, Stop, call, guarded, uncaught};
use crate::external_memory::ExternalMemory;
use crate::fatal::{Blame, HeapGuard};
use crate::isolate::{new_isolate, set_up};
use crate::mailbox::{Inbox, IsolateInterrupt, Mailbox};
use crate::page_budget::PageBudget;
use crate::platform::TaskRoute;
use crate::shelf::Claimed;
use crate::snapshot::Snapshot;
use crate::state::{Claim, IsolateState};
use crate::{program, sandbox_userland};
use hotcell_guest::{Ending, Guest, GuestSpec, Making, Userland};
use hotcell_modules::BlobDigest;
use hotcell_protocol::Phase;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// What native calls may need where JavaScript has filled its own part of the stack.
const NATIVE_STACK_BYTES: usize = 3 << 20;

/// Exit code of a guest that an error ended that nobody caught, as in Node.
const UNCAUGHT: u8 = 1;
/// Exit code of a guest whose top-level await never settled, as in Node.
const UNSETTLED_AWAIT: u8 = 13;

/// What an isolate is made from. Two workers with the same key are the same but for the guest they get.
#[derive(Clone)]
pub(crate) struct WorkerKey {
    pub snapshot: Option<Arc<Snapshot>>,
    /// The sandbox's userland, where it is not in the snapshot.
    pub userland: Option<Arc<Userland>>,
    pub heap_mb: u32,
    pub stack_kb: u32,
}

/// What tells worker keys apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WorkerKind {
    snapshot: Option<BlobDigest>,
    userland: Option<BlobDigest>,
    heap_mb: u32,
    stack_kb: u32,
}

impl fmt::Display for WorkerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.snapshot, &self.userland) {
            (Some(BlobDigest([a, b, c, d, ..])), _) => write!(f, "snapshot {a:02x}{b:02x}{c:02x}{d:02x}")?,
            (None, Some(_)) => f.write_str("no snapshot, a userland")?,
            (None, None) => f.write_str("no snapshot")?,
        }
        write!(f, ", heap of {} MiB, stack of {} KiB", self.heap_mb, self.stack_kb)
    }
}

impl WorkerKey {
    pub(crate) fn kind(&self) -> WorkerKind {
        WorkerKind {
            snapshot: self.snapshot.as_ref().map(|snapshot| snapshot.key),
            userland: self.userland.as_ref().map(|userland| userland.digest),
            heap_mb: self.heap_mb,
            stack_kb: self.stack_kb,
        }
    }

    /// Virtual memory for the worker's thread: the guest's stack, and what native calls need on top of it.
    pub(crate) fn thread_stack_bytes(&self) -> usize {
        ((self.stack_kb as usize) << 10) + NATIVE_STACK_BYTES
    }
}

/// Makes an isolate with its context, waits in `claim` for its guest, runs it, calls `on_exit` once its exit was sent, and takes
/// everything down.
///
/// # Errors
/// Where the userland can't be brought into a context. `claim` was not called then.
pub(crate) fn work(
    key: &WorkerKey,
    claim: impl FnOnce() -> Option<Claimed<GuestSpec>>,
    on_exit: impl FnOnce(),
) -> Result<(), JsError> {
    let external = ExternalMemory::new(usize::MAX);
    let _pages = PageBudget::on(&external);
    let (mailbox, inbox) = Mailbox::new();
    let began = Instant::now();
    // SAFETY: the isolate is gone when this function returns, and the key with its snapshot is borrowed for longer.
    let (mut isolate, state) = unsafe { new_isolate(key, &external, mailbox.clone()) };
    let _route = TaskRoute::new(&isolate, mailbox);
    let handle = isolate.thread_safe_handle();
    let isolate_made = Instant::now();
    {
        v8::scope!(let scope, &mut isolate);
        let context = v8::Context::new(scope, v8::ContextOptions::default());
        let scope = &mut v8::ContextScope::new(scope, context);
        set_up(scope, &state, key.snapshot.is_some())?;
        let parked = Instant::now();
        if let Some(Claimed { errand: spec, hit }) = claim() {
            let guest = Arc::clone(&spec.guest);
            guest.claimed((!hit).then_some(Making { began, isolate: isolate_made, context: parked }));
            external.claim(&guest);
            guest.attach_thread();
            guest.on_interrupt(Box::new(IsolateInterrupt { isolate: handle, mailbox: state.mailbox.clone() }));
            let blame = Blame::on(&guest);
            let heap_guard = HeapGuard::install(scope, {
                let guest = Arc::clone(&guest);
                move || {
                    guest.end(Ending::Heap { limit_mb: guest.limits().heap_mb });
                }
            });
            let collector = CollectorWatch::install(scope, &guest);
            let ending = match key.userland.as_ref().map(|userland| run_userland(scope, &state, &guest, userland)) {
                Some(Err(ending)) => ending,
                None | Some(Ok(())) => run(scope, &state, &inbox, spec),
            };
            guest.clear_interrupt();
            guest.set_external_peak(external.peak() as u64);
            let heap_bytes = scope.get_heap_statistics().used_heap_size() as u64;
            guest.finish(ending, heap_bytes);
            heap_guard.remove(scope);
            collector.remove(scope);
            drop(blame);
            on_exit();
            yield_to_others();
        }
    }
    drop(state);
    Ok(())
}

/// Runs the sandbox's userland within the guest's limits, but as if there were no guest yet.
fn run_userland(
    scope: &mut v8::PinScope<'_, '_>,
    state: &IsolateState,
    guest: &Guest,
    userland: &Userland,
) -> Result<(), Ending> {
    let ran = sandbox_userland::run(scope, state, &userland.source);
    // Where the guest was ended meanwhile, its own reason counts.
    guest.end_phase(Phase::Context);
    ran.map_err(|failure| Ending::Crash { message: failure.into_error().to_string() })
}

fn run(scope: &mut v8::PinScope<'_, '_>, state: &Rc<IsolateState>, inbox: &Inbox, spec: GuestSpec) -> Ending {
    let _ = state.claim.set(Claim::new(spec));
    let Some(claim) = state.claim() else {
        return Ending::Crash { message: "The isolate had a guest before.".into() };
    };
    match run_program(scope, state, claim, inbox) {
        Ok(code) => Ending::exit(code),
        Err(Stop::Uncaught) => Ending::exit(exit_hook(scope, state, Some(UNCAUGHT))),
        // The guest knows why; this counts only where nobody gave a reason.
        Err(Stop::Ending) => Ending::Crash { message: "The guest's execution was terminated without a reason.".into() },
    }
}

/// Runs the program and its event loop to their end; the exit code.
fn run_program(
    scope: &mut v8::PinScope<'_, '_>,
    state: &Rc<IsolateState>,
    claim: &Claim,
    inbox: &Inbox,
) -> Result<u8, Stop> {
    let begun = program::begin(scope, state, claim);
    claim.guest.end_phase(Phase::UserCode);
    let evaluated = begun?;
    let mut events = EventLoop::new(state, claim, inbox);
    let settled = events.settle(scope);
    let state_of = |evaluated: Option<v8::Local<'_, v8::Promise>>| {
        evaluated.map_or(v8::PromiseState::Fulfilled, |evaluated| evaluated.state())
    };
    if let Ok(Some(code)) = settled
        && state_of(evaluated) == v8::PromiseState::Fulfilled
    {
        claim.guest.end_phase(Phase::Drain);
        return Ok(code);
    }
    let dry = settled.and_then(|_| events.run(scope));
    claim.guest.end_phase(Phase::Drain);
    dry?;
    let code = match (evaluated, state_of(evaluated)) {
        (Some(evaluated), v8::PromiseState::Rejected) => {
            let error = evaluated.result(scope);
            let message = v8::Exception::create_message(scope, error);
            uncaught(scope, state, error, Some(message))?;
            events.run(scope)?;
            None
        }
        (_, v8::PromiseState::Pending) => {
            let warning = "Warning: Detected unsettled top-level await\n";
            let _ = claim.guest.write_all(hotcell_protocol::Stream::Stderr, warning.as_bytes());
            Some(UNSETTLED_AWAIT)
        }
        _ => None,
    };
    Ok(exit_hook(scope, state, code))
}

/// Runs the guest's `exit` listeners; the exit code that results.
pub(crate) fn exit_hook(scope: &mut v8::PinScope<'_, '_>, state: &IsolateState, code: Option<u8>) -> u8 {
    let result = guarded(scope, state, |scope| {
        let code = match code {
            Some(code) => v8::Integer::new(scope, code.into()).into(),
            None => v8::undefined(scope).into(),
        };
        call(scope, &state.hooks().exit, &[code])?.int32_value(scope)
    });
    // Exit codes are a byte, as POSIX has it. A listener that threw makes it an error.
    result.ok().flatten().map_or(UNCAUGHT, |code| code as u8)
}

/// How much nicer a worker is once its guest has ended.
const NICER: libc::c_int = 5;

/// Lets others run first: what is left is to take the isolate down, for which nobody waits. Not by much: that is done under locks
/// that guests need too (V8's, the allocator's, the kernel's for the address space), and who gets no CPU while it holds one
/// holds up everybody. As SCHED_IDLE, on a machine that was busy with something else, bursts of guests took six times as
/// long, and threads piled up. The thread ends after this, so that it need not be able to get its priority back.
fn yield_to_others() {
    // SAFETY: takes a number, and changes the calling thread only (nice(2), "C library/kernel differences").
    unsafe { libc::nice(NICER) };
}
