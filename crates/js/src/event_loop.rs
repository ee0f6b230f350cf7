//! What a guest's thread does between the guest's own doings: it sleeps until a timer, mail or the end of the guest.

use crate::mailbox::{Inbox, Mail};
use crate::state::{Claim, IsolateState};
use hotcell_guest::Guest;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// The guest runs no further: it was told to end, or an error that nobody caught ended it with that exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Ending,
    Uncaught,
}

/// Bytes of stdin that reach JavaScript at once.
const STDIN_CHUNK: usize = 64 << 10;

pub(crate) struct EventLoop<'a> {
    state: Rc<IsolateState>,
    guest: &'a Arc<Guest>,
    claim: &'a Claim,
    inbox: &'a Inbox,
    delayed: Vec<(Instant, v8::Task)>,
}

impl<'a> EventLoop<'a> {
    pub(crate) fn new(state: &Rc<IsolateState>, claim: &'a Claim, inbox: &'a Inbox) -> Self {
        Self { state: Rc::clone(state), guest: &claim.guest, claim, inbox, delayed: Vec::new() }
    }

    /// The exit code of a guest that has nothing more to do and listens for nothing that its end brings, which most are after
    /// their first run: this is one call into it, where [`run`](Self::run) and the exit would be seven. `None` where more
    /// is to be done, or may be.
    pub(crate) fn settle(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<Option<u8>, Stop> {
        v8::scope!(let scope, scope);
        let settled =
            guarded(scope, &self.state, |scope| call(scope, &self.state.hooks().settle, &[])?.int32_value(scope))?;
        let nothing_comes = self.inbox.is_empty() && !scope.has_pending_background_tasks();
        Ok(settled.and_then(|code| u8::try_from(code).ok()).filter(|_| nothing_comes))
    }

    /// Runs until nothing is left to do, or the guest stops.
    pub(crate) fn run(&mut self, scope: &mut v8::PinScope<'_, '_>) -> Result<(), Stop> {
        self.drain(scope)?;
        loop {
            let next_timer = self.run_timers(scope)?;
            // Whatever runs may set a timer that is due before those that were there.
            if let Some(mail) = self.inbox.take() {
                self.deliver(scope, mail)?;
                continue;
            }
            if self.run_delayed(scope)? {
                continue;
            }
            let alive = self.is_alive(scope)?;
            if !alive && !scope.has_pending_background_tasks() {
                self.before_exit(scope)?;
                if !self.is_alive(scope)? {
                    return Ok(());
                }
                continue;
            }
            let deadline = [next_timer.filter(|_| alive), self.delayed.iter().map(|(due, _)| *due).min()];
            let deadline = deadline.into_iter().flatten().min();
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                continue;
            }
            let mail = {
                let _wait = self.guest.wait();
                self.inbox.wait(deadline)
            };
            if let Some(mail) = mail {
                self.deliver(scope, mail)?;
            }
        }
    }

    fn deliver(&mut self, scope: &mut v8::PinScope<'_, '_>, mail: Mail) -> Result<(), Stop> {
        match mail {
            Mail::Task(task) => {
                v8::scope!(let scope, scope);
                task.run();
                self.drain(scope)
            }
            Mail::DelayedTask(due, task) => {
                self.delayed.push((due, task));
                Ok(())
            }
            Mail::StdinReady => self.read_stdin(scope),
            Mail::Signal(signal) => {
                v8::scope!(let scope, scope);
                let number = v8::Integer::new(scope, signal as i32).into();
                guarded(scope, &self.state, |scope| call(scope, &self.state.hooks().signal, &[number]).map(|_| ()))?;
                self.drain(scope)
            }
            Mail::Interrupt => Err(Stop::Ending),
        }
    }

    fn read_stdin(&mut self, scope: &mut v8::PinScope<'_, '_>) -> Result<(), Stop> {
        if !self.state.stdin_wanted.get() {
            return Ok(());
        }
        let waker = self.state.mailbox.stdin_waker();
        let chunk = match self.guest.poll_read(&mut Context::from_waker(&waker), STDIN_CHUNK) {
            Poll::Pending => return Ok(()),
            Poll::Ready(Err(_)) => return Err(Stop::Ending),
            Poll::Ready(Ok(chunk)) => chunk,
        };
        self.state.stdin_wanted.set(false);
        v8::scope!(let scope, scope);
        guarded(scope, &self.state, |scope| {
            let chunk = match chunk {
                Some(chunk) => crate::native::uint8_array(scope, &chunk)?.into(),
                None => v8::null(scope).into(),
            };
            call(scope, &self.state.hooks().stdin, &[chunk]).map(|_| ())
        })?;
        self.drain(scope)
    }

    /// Runs a delayed task that is due; whether there was one.
    fn run_delayed(&mut self, scope: &mut v8::PinScope<'_, '_>) -> Result<bool, Stop> {
        let now = Instant::now();
        let Some(index) = self.delayed.iter().position(|(due, _)| *due <= now) else { return Ok(false) };
        v8::scope!(let scope, scope);
        self.delayed.swap_remove(index).1.run();
        self.drain(scope)?;
        Ok(true)
    }

    fn drain(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<(), Stop> {
        self.until_quiet(scope, |scope| call(scope, &self.state.hooks().drain, &[])).map(|_| ())
    }

    fn before_exit(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<(), Stop> {
        guarded(scope, &self.state, |scope| call(scope, &self.state.hooks().before_exit, &[]).map(|_| ()))?;
        self.drain(scope)
    }

    /// When the next timer is due.
    fn run_timers(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<Option<Instant>, Stop> {
        v8::scope!(let scope, scope);
        let next = self.until_quiet(scope, |scope| call(scope, &self.state.hooks().run_timers, &[]))?;
        let milliseconds = next.number_value(scope).unwrap_or(-1.0);
        let after_start = Duration::try_from_secs_f64(milliseconds / 1e3).ok();
        Ok(after_start.and_then(|after_start| self.claim.started.checked_add(after_start)))
    }

    fn is_alive(&self, scope: &mut v8::PinScope<'_, '_>) -> Result<bool, Stop> {
        v8::scope!(let scope, scope);
        let alive = self.until_quiet(scope, |scope| call(scope, &self.state.hooks().alive, &[]))?;
        Ok(alive.boolean_value(scope))
    }

    /// Calls a hook again where an exception that a listener took kept it from finishing.
    fn until_quiet<'s, 'i>(
        &self,
        scope: &mut v8::PinScope<'s, 'i>,
        mut hook: impl for<'t> FnMut(&mut v8::PinScope<'t, 'i>) -> Option<v8::Local<'t, v8::Value>>,
    ) -> Result<v8::Local<'s, v8::Value>, Stop> {
        loop {
            if let Some(value) = guarded(scope, &self.state, |scope| {
                let value = hook(scope)?;
                Some(v8::Global::new(scope, value))
            })? {
                return Ok(v8::Local::new(scope, value));
            }
        }
    }
}

/// Calls a function of the userland.
pub(crate) fn call<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    hook: &v8::Global<v8::Function>,
    args: &[v8::Local<'_, v8::Value>],
) -> Option<v8::Local<'s, v8::Value>> {
    let receiver = v8::undefined(scope).into();
    v8::Local::new(scope, hook).call(scope, receiver, args)
}

/// Runs code that may throw. `None` where it threw and a listener of the guest's took the error.
pub(crate) fn guarded<'s, 'i, R>(
    scope: &mut v8::PinScope<'s, 'i>,
    state: &IsolateState,
    body: impl for<'t> FnOnce(&mut v8::PinScope<'t, 'i>) -> Option<R>,
) -> Result<Option<R>, Stop> {
    v8::tc_scope!(let scope, scope);
    let value = body(scope);
    if scope.has_terminated() || scope.is_execution_terminating() {
        return Err(Stop::Ending);
    }
    let Some(error) = scope.exception() else { return Ok(value) };
    let message = scope.message();
    scope.reset();
    uncaught(scope, state, error, message)?;
    Ok(None)
}

/// Hands an error that nobody caught to the guest's listeners, or prints it.
pub(crate) fn uncaught<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &IsolateState,
    error: v8::Local<'s, v8::Value>,
    message: Option<v8::Local<'s, v8::Message>>,
) -> Result<(), Stop> {
    v8::tc_scope!(let scope, scope);
    let place = match message.and_then(|message| place(scope, message)) {
        Some(place) => place.into(),
        None => v8::undefined(scope).into(),
    };
    let taken = call(scope, &state.hooks().uncaught, &[error, place]).map(|taken| taken.boolean_value(scope));
    if scope.has_terminated() || scope.is_execution_terminating() {
        return Err(Stop::Ending);
    }
    if let Some(failure) = scope.stack_trace().or_else(|| scope.exception()) {
        let failure = failure.to_rust_string_lossy(scope);
        tracing::error!(failure, "the userland failed to report an error");
    }
    // A listener that threw itself counts as none.
    if taken == Some(true) { Ok(()) } else { Err(Stop::Uncaught) }
}

/// `UncaughtWhere` in native.ts.
pub(crate) fn place<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    message: v8::Local<'s, v8::Message>,
) -> Option<v8::Local<'s, v8::Object>> {
    let file = message.get_script_resource_name(scope).filter(|name| name.is_string())?;
    if file.to_rust_string_lossy(scope) == crate::userland::NAME {
        return None;
    }
    let line = v8::Number::new(scope, message.get_line_number(scope)? as f64).into();
    let source_line = message.get_source_line(scope)?.into();
    let start = v8::Number::new(scope, message.get_start_column() as f64).into();
    let end = v8::Number::new(scope, message.get_end_column() as f64).into();
    let place = v8::Object::new(scope);
    let fields =
        [("file", file), ("line", line), ("startColumn", start), ("endColumn", end), ("sourceLine", source_line)];
    for (name, value) in fields {
        crate::native::set(scope, place, name, value);
    }
    Some(place)
}
