//! `hotcell run`: one program in a sandbox of its own, with the terminal's stdin, stdout and stderr.

mod load;
mod outcome;
mod phases;
mod session;
mod stdio;
mod trace;

use crate::cli::RunOptions;
use crate::error::SidecarError;
use crate::settings::{Settings, Snapshot};
use crate::sidecar::{EngineSource, event_loop, start_runtime};
use phases::PhaseReport;
use session::Session;
use tokio::sync::mpsc;

/// Runs the program to its end; the exit code that a shell expects.
///
/// # Errors
/// Where the engine or the event loop can't start.
pub fn run(engine: &EngineSource, settings: &Settings, options: RunOptions) -> Result<u8, SidecarError> {
    // The exit of the guest that made the engine give up has been sent: the main thread ends the process with it. Not to
    // return, since the engine would abort.
    let on_retire = |_reason| {
        loop {
            std::thread::park();
        }
    };
    // One guest alone would compete with the making of a snapshot that it does not use.
    let snapshot = settings.snapshot.unwrap_or(Snapshot::Off);
    let report = match PhaseReport::new(&options, settings.phases) {
        Ok(report) => report,
        Err(failure) => return Ok(failure.report()),
    };
    let runtime = start_runtime(engine, settings, snapshot, on_retire, || ())?;
    let files = match load::collect(&options) {
        Ok(files) => files,
        Err(failure) => return Ok(failure.report()),
    };
    let code = event_loop()?.block_on(async {
        let (happenings, happened) = mpsc::unbounded_channel();
        match Session::start(&runtime, happenings, happened, files, &options, report).await {
            Ok(session) => session.finish().await,
            Err(failure) => failure.report(),
        }
    });
    // Threads may be anywhere in the engine, and the one that reads stdin never ends by itself.
    crate::os::exit_now(code.into())
}
