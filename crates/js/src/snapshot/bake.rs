//! Makes a snapshot in this process.

use crate::error::JsError;
use crate::external_memory::ExternalMemory;
use crate::fatal::HeapGuard;
use crate::hooks::Hooks;
use crate::mailbox::Mailbox;
use crate::sandbox_userland::{self, Failure};
use crate::state::IsolateState;
use crate::{isolate, native, rehearsal, userland};
use crossbeam_channel::{RecvTimeoutError, bounded};
use hotcell_guest::ThreadCpuClock;
use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

/// MB of heap that there are for making a snapshot: one that is larger would be no help to a guest.
const HEAP_MB: u32 = 256;

/// MB that there are outside of the heap.
const EXTERNAL_MB: u32 = 64;

/// CPU time after which a sandbox's userland is terminated.
const CPU_TIME: Duration = Duration::from_secs(5);

/// Makes the snapshot with that sandbox's userland, or with none.
///
/// A sandbox's userland that makes what a snapshot can't hold, or memory that V8 does not survive the lack of, ends the process.
///
/// # Errors
/// [`JsError`] with what is wrong with the userland, and [`JsError::Snapshot`] where V8 gives none.
pub(super) fn bake(sandbox_userland: Option<&str>) -> Result<v8::StartupData, JsError> {
    let external = ExternalMemory::new((EXTERNAL_MB as usize) << 20);
    let params = v8::CreateParams::default()
        .heap_limits(0, (HEAP_MB as usize) << 20)
        .array_buffer_allocator(external.allocator().make_shared())
        .allow_atomics_wait(false);
    let mut isolate = v8::Isolate::snapshot_creator(Some(native::external_references()), Some(params));
    isolate::configure(&mut isolate);
    let state = IsolateState::new(Mailbox::new().0, external);
    isolate.set_slot(Rc::clone(&state));
    let made = fill(&mut isolate, &state, sandbox_userland);
    // What they hold must be gone before the snapshot is taken.
    isolate.remove_slot::<Rc<IsolateState>>();
    drop(state);
    let made = made.and_then(|index| rehearsal::run(&mut isolate).map(|()| index));
    // V8 wants the isolate of a failed attempt to be made a snapshot of, too.
    let blob = isolate.create_blob(v8::FunctionCodeHandling::Keep);
    let index = made?;
    if index != userland::HOOKS_INDEX {
        return Err(JsError::Snapshot(format!(
            "the userland's hooks lie at {index}, not at {}",
            userland::HOOKS_INDEX
        )));
    }
    let blob = blob.ok_or_else(|| JsError::Snapshot("V8 gave no blob".into()))?;
    if sandbox_userland.is_some() {
        restore(&blob);
    }
    Ok(blob)
}

/// Starts from a snapshot as guests do. V8 does not survive it where a userland has frozen what V8 adds to, so that this is to
/// happen here first.
fn restore(blob: &v8::StartupData) {
    let params = v8::CreateParams::default()
        .array_buffer_allocator(ExternalMemory::new(usize::MAX).allocator().make_shared())
        .external_references(native::external_references())
        .snapshot_blob(blob.clone());
    let mut isolate = v8::Isolate::new(params);
    v8::scope!(let scope, &mut isolate);
    v8::Context::new(scope, v8::ContextOptions::default());
}

/// Makes the context that the snapshot is to hold. Where that fails the snapshot holds an empty one, since what was made may be
/// nothing that it could hold.
fn fill(
    isolate: &mut v8::OwnedIsolate,
    state: &Rc<IsolateState>,
    sandbox_userland: Option<&str>,
) -> Result<usize, JsError> {
    v8::scope!(let scope, isolate);
    let filled = {
        v8::scope!(let scope, scope);
        let context = v8::Context::new(scope, v8::ContextOptions::default());
        let installed = install(&mut v8::ContextScope::new(scope, context), state, sandbox_userland);
        installed.map(|hooks| {
            scope.set_default_context(context);
            scope.add_context_data(context, hooks)
        })
    };
    if filled.is_err() {
        let empty = v8::Context::new(scope, v8::ContextOptions::default());
        scope.set_default_context(empty);
    }
    filled
}

fn install<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &Rc<IsolateState>,
    sandbox_userland: Option<&str>,
) -> Result<v8::Local<'s, v8::Object>, JsError> {
    let object = userland::install(scope)?;
    let _ = state.hooks.set(Hooks::from_object(scope, object)?);
    if let Some(source) = sandbox_userland {
        run_guarded(scope, state, source)?;
    }
    Ok(object)
}

fn run_guarded(scope: &mut v8::PinScope<'_, '_>, state: &Rc<IsolateState>, source: &str) -> Result<(), JsError> {
    let is_full = Rc::new(Cell::new(false));
    let handle = scope.thread_safe_handle();
    let heap_guard = HeapGuard::install(scope, {
        let (is_full, handle) = (Rc::clone(&is_full), handle.clone());
        move || {
            is_full.set(true);
            handle.terminate_execution();
        }
    });
    let (end, ended) = bounded::<Infallible>(0);
    let clock = ThreadCpuClock::of_this_thread();
    let begun_at = clock.elapsed().unwrap_or_default();
    let ran = thread::scope(|threads| {
        let watch = move || {
            while let Some(left) = time_left(&clock, begun_at) {
                if ended.recv_timeout(left) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
            handle.terminate_execution();
        };
        let watch = thread::Builder::new().name("bake-watch".into()).spawn_scoped(threads, watch)?;
        let ran = sandbox_userland::run(scope, state, source);
        // Else the stacks of errors that it made, but has not looked at, would lose their lines and columns in the snapshot.
        scope.use_detailed_source_positions_for_profiling();
        drop(end);
        let _ = watch.join();
        Ok::<_, JsError>(ran)
    });
    heap_guard.remove(scope);
    scope.cancel_terminate_execution();
    match ran? {
        Err(Failure::Terminated) if is_full.get() => Err(JsError::SandboxUserlandMemory { limit_mb: HEAP_MB }),
        Err(Failure::Terminated) => Err(JsError::SandboxUserlandTime { seconds: CPU_TIME.as_secs() }),
        Err(failure) => Err(failure.into_error()),
        Ok(()) => Ok(()),
    }
}

/// `None` once the thread has used up its CPU time since then. It can't do so sooner than in the time that is left.
fn time_left(clock: &ThreadCpuClock, since: Duration) -> Option<Duration> {
    let used = clock.elapsed().unwrap_or(Duration::MAX).saturating_sub(since);
    CPU_TIME.checked_sub(used).filter(|left| !left.is_zero())
}
