//! How guests end that do not end by themselves.

use crate::imports::CalledTooEarly;
use crate::limiter::MemoryLimiter;
use hotcell_guest::{Ending, Guest, ending_of};
use wasmtime::{Error, PoolConcurrencyLimitError, WasmBacktrace};

/// The program could not be started: a shell's exit code for a file that can't be executed.
pub(crate) const CANNOT_START: u8 = 126;

/// A shell's exit code for a program that SIGABRT ended: what a trap is on a machine.
const TRAPPED: u8 = 134;

/// The most of a line that a trap's report takes: names of functions come from the program, and have no bound.
const MAX_LINE: usize = 256;

pub(crate) enum Failure {
    /// The guest has its ending already.
    Ending,
    Ended(Ending),
    /// The program's own fault, which its stderr says too.
    Told {
        text: String,
        ending: Ending,
    },
}

impl Failure {
    /// A program that can't be run.
    pub(crate) fn exit(code: u8, reason: &str) -> Self {
        let ending = Ending::Exit { code, message: Some(reason.into()) };
        Self::Told { text: format!("wasm: {reason}\n"), ending }
    }

    pub(crate) fn crash(message: String) -> Self {
        Self::Ended(Ending::Crash { message })
    }
}

/// What it means that the program did not return.
pub(crate) fn ending_of_error(error: &Error, limiter: &MemoryLimiter, guest: &Guest) -> Failure {
    if let Some(trap) = error.downcast_ref::<hotcell_wasi::Trap>() {
        return ending_of(*trap).map_or(Failure::Ending, Failure::Ended);
    }
    if guest.is_ending() {
        return Failure::Ending;
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return Failure::crash(format!("The pool of WebAssembly instances has no room left: {error:#}."));
    }
    if error.is::<CalledTooEarly>() {
        return Failure::exit(CANNOT_START, &format!("the program could not be linked: {}", error.root_cause()));
    }
    let trap = error.downcast_ref::<wasmtime::Trap>();
    if trap == Some(&wasmtime::Trap::OutOfFuel)
        && let Some(limit) = guest.fuel()
    {
        return Failure::Ended(Ending::Fuel { limit });
    }
    if limiter.refused() {
        return Failure::Ended(Ending::Memory { limit_mb: guest.limits().external_mb });
    }
    let Report { reason, text } = trap_report(error);
    Failure::Told { text, ending: Ending::Exit { code: TRAPPED, message: Some(reason) } }
}

/// What there is to say of a trap.
pub(crate) struct Report {
    /// In a line.
    pub reason: String,
    /// With the backtrace; ends with a newline.
    pub text: String,
}

pub(crate) fn trap_report(error: &Error) -> Report {
    let reason = match error.downcast_ref::<wasmtime::Trap>() {
        Some(trap) => trap.to_string(),
        None => format!("wasm trap: {}", error.root_cause()),
    };
    let mut text = reason.clone();
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        // The first line only says what follows.
        for line in backtrace.to_string().lines().skip(1) {
            text.push('\n');
            text.extend(line.chars().take(MAX_LINE));
        }
    }
    text.push('\n');
    Report { reason, text }
}
