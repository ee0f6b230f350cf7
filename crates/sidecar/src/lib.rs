//! What the `hotcell` program does: the carriers that bring the protocol to the runtime, and the command line. The engine comes
//! from the program itself ([`EngineSource`]).
//!
//! How a process that runs guests is set up (settings, the log, the runtime with its engine) is here for the Node addon too.

mod allocator;
mod beacon;
mod child;
mod cli;
mod components;
mod connection;
mod error;
mod events;
mod logging;
mod os;
mod outbox;
mod run;
mod serve;
mod settings;
mod sidecar;
mod token;
mod wasmtime;

use cli::{DirectoryOptions, Task};
use std::io::Write;
use std::process::ExitCode;

pub use cli::BAKE_SNAPSHOT;
pub use error::SidecarError;
pub use logging::start as start_log;
pub use settings::{DEFAULT_WARM_ISOLATES, Settings, Snapshot};
pub use sidecar::{EngineError, EngineOptions, EngineSource, VERSION, start_runtime};

/// The exit code where a task failed for a reason of its own, as `env` and `timeout` have it.
const EXIT_FAILED: u8 = 125;

/// Does what the command line says. To be called on the process's main thread, before it makes any other. With the subcommand
/// [`BAKE_SNAPSHOT`] the process is the helper of another, and does nothing but `bake_snapshot`.
pub fn main(engine: EngineSource, bake_snapshot: fn() -> ExitCode) -> ExitCode {
    allocator::share_arenas();
    let task = cli::parse(engine.v8_version);
    perform(&engine, bake_snapshot, task).unwrap_or_else(|error| {
        complain(&error.to_string());
        ExitCode::from(EXIT_FAILED)
    })
}

fn perform(engine: &EngineSource, bake_snapshot: fn() -> ExitCode, task: Task) -> Result<ExitCode, SidecarError> {
    match task {
        Task::Child(DirectoryOptions { path }) => match child::run(engine, &set_up()?.with_components(path))? {},
        Task::Serve(options) => {
            let settings = set_up()?.with_components(options.components.path.clone());
            match serve::run(engine, &settings, options)? {}
        }
        Task::Components(task) => components::run(engine, &set_up()?, task).map(ExitCode::from),
        Task::Run(options) => run::run(engine, &set_up()?, options).map(ExitCode::from),
        // Neither settings nor logs: the process that started this one has them.
        Task::BakeSnapshot => Ok(bake_snapshot()),
        Task::Settings { json } => {
            let settings = Settings::from_env()?;
            print(&if json { settings.to_json() + "\n" } else { settings.to_text() });
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The settings, with the log that they ask for begun.
fn set_up() -> Result<Settings, SidecarError> {
    let settings = Settings::from_env()?;
    logging::start(&settings, std::io::stderr)?;
    Ok(settings)
}

/// Says on stderr what is wrong.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "hotcell: {message}");
}

/// Prints to stdout. Where nobody reads that any more, nobody misses the text.
fn print(text: &str) {
    print_bytes(text.as_bytes());
}

/// The same with what need not be text.
fn print_bytes(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}
