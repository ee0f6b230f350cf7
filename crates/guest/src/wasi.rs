//! A guest's stdio and waits as WASI wants them.

use crate::{Ending, Guest, GuestSpec, StreamError};
use hotcell_protocol::{Signal, Stream};
use hotcell_wasi::stdio::{InputStream, OutputStream, Readiness};
use hotcell_wasi::{BuildError, Clocks, SystemClocks, Timers, Trap, WasiCtx, WasiCtxBuilder};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// The step of a guest's clocks: finer ones help attacks on caches more than programs.
pub const CLOCK_RESOLUTION: Duration = Duration::from_micros(10);

type Result<T> = std::result::Result<T, hotcell_wasi::stdio::StreamError>;

impl From<StreamError> for hotcell_wasi::stdio::StreamError {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Ending => Self::Killed,
        }
    }
}

struct Input(Arc<Guest>);

impl InputStream for Input {
    fn poll_read(&mut self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize>> {
        self.0.poll_read(context, buffer.len()).map(|read| {
            let chunk = read?.unwrap_or_default();
            buffer[..chunk.len()].copy_from_slice(&chunk);
            Ok(chunk.len())
        })
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<Readiness>> {
        self.0.poll_readable(context).map(|ready| {
            let (bytes, hangup) = ready?;
            Ok(Readiness { bytes, hangup })
        })
    }
}

struct Output(Arc<Guest>, Stream);

impl OutputStream for Output {
    fn poll_write(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.0.poll_write(context, self.1, bytes).map_err(Into::into)
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<Readiness>> {
        self.0.poll_writable(context, self.1).map(|ready| Ok(Readiness { bytes: ready?, hangup: false }))
    }
}

/// Waits of a guest that has a thread of its own: [`Guest::block_on`] parks it until the moment.
pub struct ThreadTimers(pub Arc<Guest>);

impl Timers for ThreadTimers {
    fn poll_wait_until(&mut self, context: &mut Context<'_>, moment: Instant) -> Poll<Result<()>> {
        self.0.poll_sleep(context, moment).map_err(Into::into)
    }
}

/// The system's clocks, and the CPU time that the guest itself has used.
struct GuestClocks {
    guest: Arc<Guest>,
    system: SystemClocks,
}

impl Clocks for GuestClocks {
    fn realtime(&self) -> Duration {
        self.system.realtime()
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic()
    }

    fn cpu_time(&self) -> Option<Duration> {
        Some(self.system.floor(self.guest.cpu_used()))
    }

    fn resolution(&self) -> Duration {
        self.system.resolution()
    }
}

/// The WASI context of a guest, which waits for moments by `timers`.
///
/// # Errors
/// What of the arguments or the environment no WASI program can be given.
pub fn wasi_ctx(
    spec: &GuestSpec,
    program: &str,
    timers: impl Timers + 'static,
) -> std::result::Result<WasiCtx, BuildError> {
    let guest = &spec.guest;
    let arguments = std::iter::once(program).chain(spec.args.iter().map(String::as_str));
    let builder = WasiCtxBuilder::new(
        Arc::clone(&spec.vfs),
        Box::new(Input(Arc::clone(guest))),
        Box::new(Output(Arc::clone(guest), Stream::Stdout)),
        Box::new(Output(Arc::clone(guest), Stream::Stderr)),
        Box::new(GuestClocks { guest: Arc::clone(guest), system: SystemClocks::new(CLOCK_RESOLUTION) }),
        Box::new(timers),
    )
    .args(arguments)
    .env(spec.env.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    .cwd(spec.cwd.as_str());
    match &spec.preopens {
        Some(preopens) => builder.preopens(preopens.clone()).build(),
        None => builder.build(),
    }
}

/// How a guest ends that a call of its own ends; `None` where it is being ended from outside, by whoever knows why.
pub fn ending_of(trap: Trap) -> Option<Ending> {
    match trap {
        // As a shell sees it: exit codes are a byte.
        Trap::Exit(code) => Some(Ending::exit(code as u8)),
        Trap::Raised(name) => Some(raised(name)),
        Trap::Killed => None,
    }
}

/// How a program ends that raises a signal against itself: by the signal where guests can be sent it, else with the exit code
/// that a shell gives for it.
fn raised(name: &'static str) -> Ending {
    match Signal::from_name(name) {
        Some(signal) => Ending::Signal(signal),
        None => Ending::Exit { code: ABORTED, message: Some(format!("The program ended itself with {name}.")) },
    }
}

/// What a shell reports for a program that SIGABRT ended: 128 + 6.
const ABORTED: u8 = 134;
