//! What the `hotcell` program does: the carriers that bring the protocol to the runtime, and the command line. The engine comes
//! from the program itself ([`EngineSource`]).
//!
//! How a process that runs guests is set up (settings, the log, the runtime with its engine) is here for the Node addon too.

mod allocator;
mod beacon;
mod child;
mod cli;
mod connection;
mod error;
mod events;
mod lockdown;
mod logging;
mod os;
mod outbox;
mod run;
mod serve;
mod settings;
mod sidecar;
mod token;

use cli::Task;
use std::io::Write;
use std::process::ExitCode;

pub use cli::{BAKE_SNAPSHOT, LOCK_DOWN, SERVE_SNAPSHOTS};
pub use error::SidecarError;
pub use lockdown::LockdownError;
pub use logging::start as start_log;
pub use settings::{DEFAULT_WARM_ISOLATES, Settings, Snapshot};
pub use sidecar::{EngineError, EngineOptions, EngineSource, StartEngine, VERSION, start_runtime};

/// The exit code where a task failed for a reason of its own, as `env` and `timeout` have it.
const EXIT_FAILED: u8 = 125;

/// What the process does where it is the helper of another: nothing else.
pub struct Helpers {
    /// With the subcommand [`BAKE_SNAPSHOT`]: makes one snapshot. It is given what locks the process down.
    pub bake_snapshot: fn(&dyn Fn() -> Result<(), LockdownError>) -> ExitCode,
    /// With the subcommand [`SERVE_SNAPSHOTS`]: has helpers of the first kind make them, until its stdin ends.
    pub serve_snapshots: fn() -> ExitCode,
}

/// Does what the command line says. To be called on the process's main thread, before it makes any other.
pub fn main(engine: EngineSource, helpers: Helpers) -> ExitCode {
    allocator::share_arenas();
    let task = cli::parse(engine.v8_version);
    perform(&engine, &helpers, task).unwrap_or_else(|error| {
        complain(&error.to_string());
        ExitCode::from(EXIT_FAILED)
    })
}

fn perform(engine: &EngineSource, helpers: &Helpers, task: Task) -> Result<ExitCode, SidecarError> {
    match task {
        Task::Child => match child::run(engine, &set_up(Some(child::BEACON as u32 + 1))?)? {},
        Task::Serve(options) => match serve::run(engine, &set_up(Some(3))?, options)? {},
        Task::Run(options) => run::run(engine, &set_up(None)?, options).map(ExitCode::from),
        // Neither settings nor logs: the process that started this one has them.
        Task::BakeSnapshot { lock_down } => {
            Ok((helpers.bake_snapshot)(&|| if lock_down { lockdown::as_helper() } else { Ok(()) }))
        }
        Task::ServeSnapshots => {
            lockdown::as_server_of_helpers()?;
            Ok((helpers.serve_snapshots)())
        }
        Task::Settings { json } => {
            let settings = Settings::from_env()?;
            print(&if json { settings.to_json() + "\n" } else { settings.to_text() });
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The settings, with the log that they ask for begun. Descriptors from `strays` on are closed, which whoever started this may have
/// left open.
fn set_up(strays: Option<u32>) -> Result<Settings, SidecarError> {
    let settings = Settings::from_env()?;
    if let Some(first) = strays {
        lockdown::close_strays(&settings, first)?;
    }
    logging::start(&settings, std::io::stderr)?;
    Ok(settings)
}

/// Says on stderr what is wrong.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "hotcell: {message}");
}

/// Prints to stdout. Where nobody reads that any more, nobody misses the text.
fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
