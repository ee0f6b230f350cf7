use crate::StreamError;
use crate::block_on::block_on;
use crate::cpu_clock::ThreadCpuClock;
use crate::deadlines::near;
use crate::ending::Ending;
use crate::input::{InputPipe, Push};
use crate::output::{MAX_OUTPUT_CHUNK, OutputPipe};
use crate::phases::{Making, PhaseClock};
use crate::warden::{GRACE, Warden};
use bytes::Bytes;
use hotcell_protocol::{
    Event, GuestExit, GuestId, Limits, Notice, Phase, RetireReason, Signal, StdinMode, Stream, Usage,
};
use parking_lot::Mutex;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Where a runtime's events go. Never blocks: what can be under way is bounded by the credit that the host granted.
pub trait EventSink: Send + Sync {
    fn send(&self, event: Event);
}

/// How an engine's execution of one guest is reached from other threads.
pub trait Interrupt: Send + Sync {
    /// The guest has been given a reason to end: stop executing it, and wake it where it waits.
    fn interrupt(&self);
    /// A signal came that the guest listens for.
    fn signal(&self, signal: Signal);
}

/// What the runtime wants to hear of its guests. Called from guests' threads and from the warden's.
pub trait Lifecycle: Send + Sync {
    /// The guest has ended; its exit is sent right after this returns.
    fn ended(&self, guest: GuestId);
    /// The process that the guest lives in is not to be trusted any more: it is to tell its hosts, to call `finish`, which
    /// sends the exit of the guest that caused it, and to end, at once or when the other guests have ended. In this order, so
    /// that a host that has the exit knows that it must not ask this process for more. May return: whoever calls it from a
    /// thread that can't go on must park that.
    fn retire(&self, reason: RetireReason, message: String, finish: &mut dyn FnMut());
}

/// A limit whose nearness the host is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Near {
    WallMs,
    CpuMs,
    HeapMb,
    ExternalMb,
    OutputBytes,
}

impl Near {
    fn name(self) -> &'static str {
        match self {
            Self::WallMs => "wallMs",
            Self::CpuMs => "cpuMs",
            Self::HeapMb => "heapMb",
            Self::ExternalMb => "externalMb",
            Self::OutputBytes => "outputBytes",
        }
    }
}

/// What a guest is made with.
pub struct GuestOptions {
    pub id: GuestId,
    pub limits: Limits,
    pub stdin: StdinMode,
    /// Bytes of each output stream that the host takes before it grants more.
    pub credit: u32,
    pub sink: Arc<dyn EventSink>,
    pub lifecycle: Arc<dyn Lifecycle>,
    pub warden: Arc<Warden>,
    /// When the request for the guest came: its wall time counts from then.
    pub received: Instant,
    /// Whether the exit is to say where the guest's time went.
    pub phases: bool,
}

/// One running program, as everybody but its engine sees it. Shared between the guest's thread, the runtime and the
/// warden; every method may be called from any thread.
pub struct Guest {
    id: GuestId,
    /// Tells guests apart over all connections; orders the warden's book.
    pub(crate) serial: u64,
    limits: Limits,
    created: Instant,
    phases: Option<PhaseClock>,
    stdin: InputPipe,
    stdout: OutputPipe,
    stderr: OutputPipe,
    sink: Arc<dyn EventSink>,
    pub(crate) lifecycle: Arc<dyn Lifecycle>,
    pub(crate) warden: Arc<Warden>,
    ending: OnceLock<Ending>,
    /// Set after `ending`, so that the hot paths need not look into it.
    is_ending: AtomicBool,
    pub(crate) grace_ends: OnceLock<Instant>,
    pub(crate) finished: AtomicBool,
    interrupt: Mutex<Option<Box<dyn Interrupt>>>,
    listened_signals: AtomicU32,
    cpu: OnceLock<(ThreadCpuClock, Duration)>,
    /// The guest's thread waits, so its CPU clock stands still.
    pub(crate) waiting: AtomicBool,
    /// The guest's thread collects garbage.
    pub(crate) collecting: AtomicBool,
    /// Microseconds of CPU time that the guest had used when it was told to end.
    pub(crate) cpu_us_at_end: AtomicU64,
    /// The limits whose nearness was reported: a bit for each [`Near`].
    reported_near: AtomicU32,
    /// The warden saw the guest wait and looks at its CPU clock no more until it is told to.
    pub(crate) cpu_unwatched: AtomicBool,
    started_us: AtomicU64,
    external_peak: AtomicU64,
    /// Until when the guest's thread sleeps in [`Guest::block_on`], and how it is woken where the guest is to end.
    sleeps_until: Mutex<Option<Instant>>,
    sleeper: Mutex<Option<Waker>>,
    /// When the warden looks at this guest next.
    pub(crate) next_look: Mutex<Option<Instant>>,
}

static NEXT_SERIAL: AtomicU64 = AtomicU64::new(0);

impl Guest {
    /// A guest that the warden watches from now on. A piped stdin is granted its window at once.
    pub fn new(options: GuestOptions) -> Arc<Self> {
        let GuestOptions { id, limits, stdin, credit, sink, lifecycle, warden, received: created, phases } = options;
        let stdin_window = (stdin == StdinMode::Pipe).then_some(limits.stdin_buffer_bytes);
        if let Some(bytes) = stdin_window {
            sink.send(Event::Notice { id, notice: Notice::StdinCredit { bytes } });
        }
        let guest = Arc::new(Self {
            id,
            serial: NEXT_SERIAL.fetch_add(1, Ordering::Relaxed),
            limits,
            created,
            phases: phases.then(|| PhaseClock::start(created)),
            stdin: InputPipe::new(stdin_window),
            stdout: OutputPipe::new(Stream::Stdout, credit.into()),
            stderr: OutputPipe::new(Stream::Stderr, credit.into()),
            sink,
            lifecycle,
            warden,
            ending: OnceLock::new(),
            is_ending: AtomicBool::new(false),
            grace_ends: OnceLock::new(),
            finished: AtomicBool::new(false),
            interrupt: Mutex::new(None),
            listened_signals: AtomicU32::new(0),
            cpu: OnceLock::new(),
            waiting: AtomicBool::new(false),
            collecting: AtomicBool::new(false),
            cpu_us_at_end: AtomicU64::new(0),
            reported_near: AtomicU32::new(0),
            cpu_unwatched: AtomicBool::new(false),
            started_us: AtomicU64::new(0),
            external_peak: AtomicU64::new(0),
            sleeps_until: Mutex::new(None),
            sleeper: Mutex::new(None),
            next_look: Mutex::new(None),
        });
        guest.warden.look_at(&guest, guest.first_look());
        guest
    }

    pub fn id(&self) -> GuestId {
        self.id
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When the request for this guest came.
    pub fn created(&self) -> Instant {
        self.created
    }

    /// Counts the calling thread's CPU time against the guest's limit from now on. For the guest's own thread, once.
    pub fn attach_thread(&self) {
        let clock = ThreadCpuClock::of_this_thread();
        let baseline = clock.elapsed().unwrap_or_default();
        let _ = self.cpu.set((clock, baseline));
    }

    /// The guest's own code begins now.
    pub fn mark_started(&self) {
        self.started_us.store(self.created.elapsed().as_micros() as u64, Ordering::Relaxed);
    }

    /// Puts the time since the last phase's end down to this one. Costs a branch where phases were not asked for.
    pub fn end_phase(&self, phase: Phase) {
        if self.phases.is_some() {
            self.end_phase_at(phase, Instant::now());
        }
    }

    /// The same for a phase that ended at that moment.
    pub fn end_phase_at(&self, phase: Phase, at: Instant) {
        if let Some(clock) = &self.phases {
            clock.end(phase, at);
        }
    }

    /// A worker took the guest: one that was parked, or that was made then.
    pub fn claimed(&self, making: Option<Making>) {
        if let Some(clock) = &self.phases {
            clock.claimed(making, Instant::now());
        }
    }

    /// Remembers the most bytes outside of the heap that the guest held at any time.
    pub fn set_external_peak(&self, bytes: u64) {
        self.external_peak.store(bytes, Ordering::Relaxed);
    }

    /// Registers how the engine is interrupted. Where the guest is ending already, it is interrupted at once.
    pub fn on_interrupt(&self, interrupt: Box<dyn Interrupt>) {
        let mut slot = self.interrupt.lock();
        let interrupt = slot.insert(interrupt);
        if self.is_ending() {
            interrupt.interrupt();
        }
    }

    /// Forgets how the engine is interrupted: it executes nothing of the guest any more.
    pub fn clear_interrupt(&self) {
        *self.interrupt.lock() = None;
    }

    /// Whether a reason to end has been given. One load.
    pub fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::SeqCst)
    }

    /// Why the guest ends, once that is known.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.get()
    }

    /// Gives the guest a reason to end and interrupts it. Only the first reason counts; whether this was it. A guest that no
    /// engine has begun with is finished here.
    pub fn end(self: &Arc<Self>, ending: Ending) -> bool {
        if self.ending.set(ending).is_err() {
            return false;
        }
        self.cpu_us_at_end.store(self.cpu_used().as_micros() as u64, Ordering::Relaxed);
        self.is_ending.store(true, Ordering::SeqCst);
        self.warden.look_at(self, *self.grace_ends.get_or_init(|| Instant::now() + GRACE));
        let begun = match &*self.interrupt.lock() {
            Some(interrupt) => {
                interrupt.interrupt();
                true
            }
            None => self.cpu.get().is_some(),
        };
        self.stdin.wake();
        self.stdout.wake();
        self.stderr.wake();
        if let Some(sleeper) = self.sleeper.lock().take() {
            sleeper.wake();
        }
        if !begun {
            // It waits for a thread, which may take its time to come: nobody has to yield for it, and it will find nothing to do.
            self.finish(Ending::Cancelled, 0);
        }
        true
    }

    /// Sends the guest a signal: to its listener where it has one, else it ends the guest.
    pub fn signal(self: &Arc<Self>, signal: Signal) {
        let listens = self.listened_signals.load(Ordering::SeqCst) & (1 << signal as u32) != 0;
        if signal == Signal::Sigkill || !listens {
            self.end(Ending::Signal(signal));
        } else if let Some(interrupt) = &*self.interrupt.lock() {
            interrupt.signal(signal);
        }
    }

    /// Says which signals the guest listens for: bit `n` for signal number `n`.
    pub fn listen_signals(&self, mask: u32) {
        self.listened_signals.store(mask, Ordering::SeqCst);
    }

    fn output(&self, stream: Stream) -> &OutputPipe {
        match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        }
    }

    /// Sends as much of `bytes` as the host's credit and the output limit allow; pending while there is no credit.
    /// Costs one copy of what is sent and one push onto the sink.
    pub fn poll_write(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        stream: Stream,
        bytes: &[u8],
    ) -> Poll<Result<usize, StreamError>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let pipe = self.output(stream);
        let mut state = pipe.state.lock();
        if state.closed || self.is_ending() {
            return Poll::Ready(Err(StreamError::Ending));
        }
        let allowed = self.limits.output_bytes - state.written;
        if allowed == 0 {
            drop(state);
            self.end(Ending::Output { stream: pipe.stream, limit_bytes: self.limits.output_bytes });
            return Poll::Ready(Err(StreamError::Ending));
        }
        let sendable = state.credit.min(allowed).min(MAX_OUTPUT_CHUNK as u64).min(bytes.len() as u64) as usize;
        let (within_line, line) = state.within_line(&bytes[..sendable], self.limits.output_line_bytes);
        if within_line == 0 && sendable > 0 {
            drop(state);
            self.end(Ending::OutputLine { stream, limit_bytes: self.limits.output_line_bytes });
            return Poll::Ready(Err(StreamError::Ending));
        }
        let sendable = within_line;
        if sendable == 0 {
            // `end` sets its flag before it takes this waker, and the flag was not set under this lock: no wake is lost.
            state.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        state.credit -= sendable as u64;
        state.written += sendable as u64;
        state.line = line;
        if state.written >= near(self.limits.output_bytes) {
            self.send_near(Near::OutputBytes, state.written, self.limits.output_bytes);
        }
        // Sent under the pipe's lock, so that nothing can follow the exit, which closes the pipe first.
        let bytes = Bytes::copy_from_slice(&bytes[..sendable]);
        self.sink.send(Event::Output { guest: self.id, stream: pipe.stream, bytes });
        Poll::Ready(Ok(sendable))
    }

    /// Pending while a write would wait for credit; then the bytes that could be written at once.
    pub fn poll_writable(&self, context: &mut Context<'_>, stream: Stream) -> Poll<Result<u64, StreamError>> {
        let mut state = self.output(stream).state.lock();
        if state.closed || self.is_ending() {
            return Poll::Ready(Err(StreamError::Ending));
        }
        if state.credit == 0 {
            state.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(state.credit))
    }

    /// Sends all of `bytes`, blocking the calling thread while there is no credit. For the guest's own thread.
    ///
    /// # Errors
    /// [`StreamError::Ending`] where the guest is being ended, its output limit included.
    pub fn write_all(self: &Arc<Self>, stream: Stream, mut bytes: &[u8]) -> Result<(), StreamError> {
        while !bytes.is_empty() {
            let sent = self.block_on(std::future::poll_fn(|context| self.poll_write(context, stream, bytes)))?;
            bytes = &bytes[sent..];
        }
        Ok(())
    }

    /// The next input, at most `max` bytes; `None` at the end of stdin. Pending while there is nothing.
    pub fn poll_read(&self, context: &mut Context<'_>, max: usize) -> Poll<Result<Option<Bytes>, StreamError>> {
        let mut state = self.stdin.state.lock();
        if self.is_ending() {
            return Poll::Ready(Err(StreamError::Ending));
        }
        if let Some((chunk, grant)) = state.take(max) {
            // Sent under the pipe's lock, so that nothing can follow the exit, which closes the pipe first.
            if let Some(bytes) = grant {
                self.sink.send(Event::Notice { id: self.id, notice: Notice::StdinCredit { bytes } });
            }
            return Poll::Ready(Ok(Some(chunk)));
        }
        if state.ended || state.closed {
            return Poll::Ready(Ok(None));
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Pending while a read would wait; then the bytes that are there, and whether the host sends no more.
    pub fn poll_readable(&self, context: &mut Context<'_>) -> Poll<Result<(u64, bool), StreamError>> {
        let mut state = self.stdin.state.lock();
        if self.is_ending() {
            return Poll::Ready(Err(StreamError::Ending));
        }
        let bytes = state.chunks.iter().map(|chunk| chunk.len() as u64).sum();
        let ended = state.ended || state.closed;
        if bytes > 0 || ended {
            return Poll::Ready(Ok((bytes, ended)));
        }
        state.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Lets the guest send more of a stream.
    pub fn grant(&self, stream: Stream, bytes: u32) {
        self.output(stream).grant(bytes);
    }

    /// Input from the host. False where it is more than was granted, or comes after the end of stdin.
    #[must_use]
    pub fn push_stdin(&self, bytes: Bytes, last: bool) -> bool {
        self.stdin.push(bytes, last) == Push::Taken
    }

    /// Runs a future to its end on the guest's thread. Where it has to wait, the guest counts as waiting meanwhile.
    pub fn block_on<F: Future>(self: &Arc<Self>, future: F) -> F::Output {
        let mut future = pin!(future);
        *self.sleeps_until.lock() = None;
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
        let _wait = self.wait();
        block_on(future.as_mut(), || *self.sleeps_until.lock())
    }

    /// Pending until the moment has come. For a future that [`Guest::block_on`] runs, which parks its thread so long.
    pub fn poll_sleep(&self, context: &mut Context<'_>, moment: Instant) -> Poll<Result<(), StreamError>> {
        // The waker comes first: whoever ends the guest sets the flag and then wakes.
        *self.sleeper.lock() = Some(context.waker().clone());
        if self.is_ending() {
            return Poll::Ready(Err(StreamError::Ending));
        }
        let over = Instant::now() >= moment;
        *self.sleeps_until.lock() = (!over).then_some(moment);
        if over { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    /// Marks the guest as waiting until the guard is dropped, so that the warden need not look at its CPU clock.
    pub fn wait(self: &Arc<Self>) -> WaitGuard<'_> {
        self.waiting.store(true, Ordering::SeqCst);
        WaitGuard(self)
    }

    pub(crate) fn cpu_used(&self) -> Duration {
        self.cpu
            .get()
            .and_then(|(clock, baseline)| Some(clock.elapsed()?.saturating_sub(*baseline)))
            .unwrap_or_default()
    }

    /// Ends the guest's life: closes its streams and sends its exit, after which nothing of it follows. `ending` counts where
    /// no other reason was given before. Whether this call did it: only the first does.
    pub fn finish(self: &Arc<Self>, ending: Ending, heap_bytes: u64) -> bool {
        let first = !self.finished.swap(true, Ordering::SeqCst);
        if first {
            self.send_exit(ending, heap_bytes);
        }
        first
    }

    /// For whoever set `finished`, once.
    pub(crate) fn send_exit(&self, ending: Ending, heap_bytes: u64) {
        let ending = self.ending.get_or_init(|| ending);
        self.is_ending.store(true, Ordering::SeqCst);
        self.warden.forget(self);
        self.stdin.close();
        let stdout_bytes = self.stdout.close();
        let stderr_bytes = self.stderr.close();
        let ended = Instant::now();
        self.end_phase_at(Phase::Exit, ended);
        let exit = GuestExit {
            outcome: ending.outcome(),
            exit_code: ending.exit_code(),
            signal: ending.signal(),
            error: ending.error(),
            usage: Usage {
                wall_us: (ended - self.created).as_micros() as u64,
                start_us: self.started_us.load(Ordering::Relaxed),
                cpu_us: self.cpu_used().as_micros() as u64,
                heap_bytes,
                external_peak_bytes: self.external_peak.load(Ordering::Relaxed),
                stdout_bytes,
                stderr_bytes,
            },
            phases: self.phases.as_ref().map(PhaseClock::report),
        };
        self.lifecycle.ended(self.id);
        self.sink.send(Event::Notice { id: self.id, notice: Notice::Exit { exit: Box::new(exit) } });
    }

    /// The guest's thread begins to collect garbage, or has done so. While it does it can't yield, for which it gets more time.
    pub fn set_collecting(&self, collecting: bool) {
        self.collecting.store(collecting, Ordering::Relaxed);
    }

    /// Tells the host that the guest has used four fifths of a limit, once for each.
    pub fn report_near(&self, limit: Near, used: u64, max: u64) {
        // Under a pipe's lock, so that nothing can follow the exit, which closes the pipe first.
        let state = self.stdout.state.lock();
        if !state.closed {
            self.send_near(limit, used, max);
        }
    }

    fn send_near(&self, limit: Near, used: u64, max: u64) {
        let bit = 1 << limit as u32;
        if self.reported_near.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            let notice = Notice::LimitNear { limit: limit.name().into(), used, max };
            self.sink.send(Event::Notice { id: self.id, notice });
        }
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").field("id", &self.id).field("ending", &self.ending).finish_non_exhaustive()
    }
}

/// While it lives, its guest counts as waiting.
pub struct WaitGuard<'a>(&'a Arc<Guest>);

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        self.0.waiting.store(false, Ordering::SeqCst);
        self.0.watch_cpu_again();
    }
}
