use hotcell_protocol::Phases;
use parking_lot::Mutex;
use std::time::{Duration, Instant};

/// Where a guest's time goes, in the order in which it goes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// From the request's arrival until the engine has it.
    Queue,
    /// Finding the program.
    ModuleGet,
    /// Finding the snapshot.
    SnapshotGet,
    /// Making the isolate. Nothing where the worker was parked.
    IsolateNew,
    /// Making the context and the userland in it. Nothing where the worker was parked.
    Context,
    /// Waiting for a worker, and its waking up.
    Claim,
    /// Handing the guest its particulars.
    Inject,
    /// Compiling the program.
    Compile,
    /// The program's first run, to its last synchronous statement.
    UserCode,
    /// The event loop, until nothing is left to do.
    Drain,
    /// From there to the exit.
    Exit,
}

/// How long a worker's making took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Making {
    pub isolate: Duration,
    pub context: Duration,
}

/// Adds up a guest's time by phase.
#[derive(Debug)]
pub(crate) struct PhaseClock(Mutex<Running>);

#[derive(Debug)]
struct Running {
    since: Instant,
    so_far: Phases,
}

impl PhaseClock {
    pub(crate) fn start(at: Instant) -> Self {
        Self(Mutex::new(Running { since: at, so_far: Phases::default() }))
    }

    /// Puts the time since the last call down to `phase`.
    pub(crate) fn end(&self, phase: Phase) {
        let mut running = self.0.lock();
        let now = Instant::now();
        let microseconds = (now - std::mem::replace(&mut running.since, now)).as_secs_f64() * 1e6;
        let phases = &mut running.so_far;
        let field = match phase {
            Phase::Queue => &mut phases.queue_us,
            Phase::ModuleGet => &mut phases.module_get_us,
            Phase::SnapshotGet => &mut phases.snapshot_get_us,
            Phase::IsolateNew => &mut phases.isolate_new_us,
            Phase::Context => &mut phases.context_us,
            Phase::Claim => &mut phases.claim_us,
            Phase::Inject => &mut phases.inject_us,
            Phase::Compile => &mut phases.compile_us,
            Phase::UserCode => &mut phases.user_code_us,
            Phase::Drain => &mut phases.drain_us,
            Phase::Exit => &mut phases.exit_us,
        };
        *field += microseconds;
    }

    /// Ends [`Phase::Claim`]. Where the worker was not parked but being made, its making is taken out of the wait.
    pub(crate) fn claimed(&self, making: Option<Making>) {
        self.end(Phase::Claim);
        let phases = &mut self.0.lock().so_far;
        phases.warm_worker = making.is_none();
        if let Some(making) = making {
            // Only what of it fell into the wait: it may have begun before.
            phases.context_us = (making.context.as_secs_f64() * 1e6).min(phases.claim_us);
            phases.claim_us -= phases.context_us;
            phases.isolate_new_us = (making.isolate.as_secs_f64() * 1e6).min(phases.claim_us);
            phases.claim_us -= phases.isolate_new_us;
        }
    }

    pub(crate) fn so_far(&self) -> Phases {
        self.0.lock().so_far
    }
}
