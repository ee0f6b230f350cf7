//! The `hotcell` program: the carriers that bring the protocol to the runtime, and the command line.

mod child;
mod cli;
mod connection;
mod engine;
mod error;
mod logging;
mod os;
mod outbox;
mod run;
mod serve;
mod settings;
mod sidecar;
mod token;

use clap::Parser;
use cli::{Cli, Task};
use error::SidecarError;
use settings::Settings;
use std::process::ExitCode;

/// The exit code where a task failed for a reason of its own, as `env` and `timeout` have it.
const EXIT_FAILED: u8 = 125;

fn main() -> ExitCode {
    let task = Cli::parse().task;
    perform(task).unwrap_or_else(|error| {
        eprintln!("hotcell: {error}");
        ExitCode::from(EXIT_FAILED)
    })
}

fn perform(task: Task) -> Result<ExitCode, SidecarError> {
    let settings = Settings::from_env()?;
    if let Task::Settings { json } = task {
        if json {
            println!("{}", settings.to_json());
        } else {
            print!("{}", settings.to_text());
        }
        return Ok(ExitCode::SUCCESS);
    }
    logging::start(&settings)?;
    match task {
        Task::Child => match child::run(&settings)? {},
        Task::Serve(options) => match serve::run(&settings, options)? {},
        Task::Run(options) => run::run(&settings, options).map(ExitCode::from),
        Task::Settings { .. } => Ok(ExitCode::SUCCESS),
    }
}
