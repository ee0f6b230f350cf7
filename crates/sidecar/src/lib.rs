//! What the `hotcell` program does: the carriers that bring the protocol to the runtime, and the command line. The engine comes
//! from the program itself ([`EngineSource`]).
//!
//! How a process that runs guests is set up (settings, the log, the runtime with its engine) is here for the Node addon too.

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

pub use error::SidecarError;
pub use logging::start as start_log;
pub use settings::{DEFAULT_WARM_ISOLATES, Settings, Snapshot};
pub use sidecar::{EngineError, EngineSource, VERSION, start_runtime};

/// The exit code where a task failed for a reason of its own, as `env` and `timeout` have it.
const EXIT_FAILED: u8 = 125;

/// Does what the command line says. To be called on the process's main thread, before it makes any other.
pub fn main(engine: EngineSource) -> ExitCode {
    let task = cli::parse(engine.v8_version);
    perform(&engine, task).unwrap_or_else(|error| {
        complain(&error.to_string());
        ExitCode::from(EXIT_FAILED)
    })
}

fn perform(engine: &EngineSource, task: Task) -> Result<ExitCode, SidecarError> {
    let settings = Settings::from_env()?;
    match task {
        Task::Child => lockdown::close_strays(&settings, child::CHANNEL as u32 + 1)?,
        Task::Serve(_) => lockdown::close_strays(&settings, 3)?,
        Task::Run(_) | Task::Settings { .. } => {}
    }
    if !matches!(task, Task::Settings { .. }) {
        logging::start(&settings, std::io::stderr)?;
    }
    match task {
        Task::Child => match child::run(engine, &settings)? {},
        Task::Serve(options) => match serve::run(engine, &settings, options)? {},
        Task::Run(options) => run::run(engine, &settings, options).map(ExitCode::from),
        Task::Settings { json } => {
            print(&if json { settings.to_json() + "\n" } else { settings.to_text() });
            Ok(ExitCode::SUCCESS)
        }
    }
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
