//! The helper process that makes a snapshot, as seen from inside.

use super::frame::{Answer, Request};
use super::{bake, helper_limits, key};
use crate::engine::IsolateThreads;
use crate::platform;
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// What the program does that [`super::Baker::Process`] names, and nothing else: limits itself, makes the snapshot that its
/// stdin asks for, and writes it to stdout. To be called first of all: it closes every descriptor beyond stderr. `confine` takes from
/// the process what making a snapshot does not need, before the engine is started.
pub fn run_bake_helper<E: std::fmt::Display>(confine: impl FnOnce() -> Result<(), E>) -> ExitCode {
    if let Err(error) = helper_limits::set() {
        eprintln!("The limits of the process could not be set: {error}.");
        return ExitCode::FAILURE;
    }
    if let Err(error) = confine() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    match bake_to(&mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The request for a snapshot could not be answered: {error}.");
            ExitCode::FAILURE
        }
    }
}

/// Reads a request for a snapshot, makes it in this process, and writes it, or why it can't be made. A userland that is hostile
/// can end the process.
///
/// # Errors
/// Where there is no whole request, or the answer can't be written.
pub fn bake_to(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    let request = Request::read(input)?;
    let answer = if request.build != key::BUILD.0 {
        Answer::OtherBuild
    } else {
        platform::initialize(IsolateThreads::Descendants);
        match bake::bake(request.sandbox_userland.as_deref()) {
            Ok(snapshot) => Answer::Snapshot(snapshot.to_vec()),
            Err(error) => Answer::Failed(error),
        }
    };
    answer.write(output)
}
