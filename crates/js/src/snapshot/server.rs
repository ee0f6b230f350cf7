//! A process that has snapshots made for another, which can't start processes any more.

use super::baker::bake_in;
use super::frame::{Answer, Request};
use super::key;
use crate::error::JsError;
use parking_lot::Mutex;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

/// The server, as seen by the process that it serves. It ends when that process does, or this is dropped.
#[derive(Debug)]
pub struct BakeServer {
    /// One request at a time.
    pipes: Mutex<(ChildStdin, ChildStdout)>,
    _process: Child,
}

impl BakeServer {
    /// Starts the program, which must call [`run_bake_server`].
    ///
    /// # Errors
    /// Where the system can't start it.
    pub fn start(mut command: Command) -> io::Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        match (process.stdin.take(), process.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok(Self { pipes: Mutex::new((stdin, stdout)), _process: process }),
            _ => Err(io::Error::other("it has no pipes")),
        }
    }

    pub(super) fn bake(&self, sandbox_userland: Option<&str>) -> Result<Box<[u8]>, JsError> {
        let mut pipes = self.pipes.lock();
        let (stdin, stdout) = &mut *pipes;
        let request = Request::encode(key::BUILD.0, sandbox_userland);
        let answer = stdin.write_all(&request).and_then(|()| stdin.flush()).and_then(|()| Answer::read(stdout));
        match answer {
            Ok(Answer::Snapshot(bytes)) => Ok(bytes.into_boxed_slice()),
            Ok(Answer::Failed(error)) => Err(error),
            Ok(Answer::OtherBuild) => Err(JsError::Helper("It is another build than this one.".into())),
            Err(error) => Err(JsError::Helper(format!("The process that starts it has ended ({error})."))),
        }
    }
}

/// What the program does that is a server: has a helper of its own made for each request that stdin brings, one after the other,
/// and writes the answers to stdout, until stdin ends. `helper` gives the command, whose program calls
/// [`super::run_bake_helper`].
pub fn run_bake_server(helper: impl Fn() -> Command) -> ExitCode {
    match serve(&mut io::stdin().lock(), &mut io::stdout().lock(), helper) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(input: &mut impl Read, output: &mut impl Write, helper: impl Fn() -> Command) -> io::Result<()> {
    loop {
        let request = match Request::read(input) {
            Ok(request) => request,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        let answer = if request.build != key::BUILD.0 {
            Answer::OtherBuild
        } else {
            match bake_in(helper(), request.sandbox_userland.as_deref()) {
                Ok(snapshot) => Answer::Snapshot(snapshot.into_vec()),
                Err(error) => Answer::Failed(error),
            }
        };
        answer.write(output)?;
    }
}
