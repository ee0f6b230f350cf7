//! Where snapshots are made.

use super::frame::{Answer, MAX_ANSWER_BYTES, Request};
use super::helper_limits::{CPU_SECONDS, DEADLINE};
use super::server::BakeServer;
use super::{bake, key};
use crate::error::JsError;
use crate::fatal;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Instant;

/// Where snapshots are made.
#[derive(Clone, Debug, Default)]
pub enum Baker {
    /// In this process. Not with a sandbox's userland, which could end it.
    #[default]
    Here,
    /// In a process of its own for each, whose program calls [`crate::run_bake_helper`].
    Process { program: PathBuf, arguments: Vec<OsString> },
    /// As [`Baker::Process`], by a server that was started while this process could start others.
    Server(Arc<BakeServer>),
}

impl Baker {
    pub(super) fn bake(&self, sandbox_userland: Option<&str>) -> Result<Box<[u8]>, JsError> {
        match self {
            Self::Here if sandbox_userland.is_some() => Err(JsError::NoHelper),
            Self::Here => bake_here(),
            Self::Process { program, arguments } => {
                let mut command = Command::new(program);
                command.args(arguments).env_clear();
                or_here(bake_in(command, sandbox_userland), sandbox_userland)
            }
            Self::Server(server) => or_here(server.bake(sandbox_userland), sandbox_userland),
        }
    }
}

/// What a helper made, or else, where no sandbox's userland is to be run, what is made here.
fn or_here(baked: Result<Box<[u8]>, JsError>, sandbox_userland: Option<&str>) -> Result<Box<[u8]>, JsError> {
    match baked {
        Err(error @ JsError::Helper(_)) if sandbox_userland.is_none() => {
            tracing::warn!(%error, "the snapshot is made in this process");
            bake_here()
        }
        baked => baked,
    }
}

fn bake_here() -> Result<Box<[u8]>, JsError> {
    bake::bake(None).map(|snapshot| Box::from(&*snapshot))
}

pub(super) fn bake_in(mut command: Command, sandbox_userland: Option<&str>) -> Result<Box<[u8]>, JsError> {
    let request = Request::encode(key::BUILD.0, sandbox_userland);
    let output = run(&mut command, &request).map_err(|error| {
        let program = command.get_program().display();
        JsError::Helper(format!("{program} can't be run ({error})."))
    })?;
    match Answer::read(&mut &output.answer[..]) {
        Ok(Answer::Snapshot(bytes)) => Ok(bytes.into_boxed_slice()),
        Ok(Answer::Failed(error)) => Err(error),
        Ok(Answer::OtherBuild) => {
            Err(JsError::Helper("It is another build than this one, and makes other snapshots. Use the same.".into()))
        }
        // A helper that ends of its own accord has answered, whatever the userland does.
        Err(_) if sandbox_userland.is_some() && output.status.code().is_none() => Err(output.userland_failure()),
        Err(_) => Err(JsError::Helper(output.failure())),
    }
}

/// What a helper left when it had ended.
struct HelperOutput {
    answer: Vec<u8>,
    log: Vec<u8>,
    status: ExitStatus,
    is_late: bool,
}

/// Bytes of the helper's stderr that are looked at.
const MAX_LOG_BYTES: usize = 64 << 10;

/// Characters of it that an error shows.
const MAX_SHOWN: usize = 500;

impl HelperOutput {
    /// Why there is no answer, where a sandbox's userland was run.
    fn userland_failure(&self) -> JsError {
        if self.is_late {
            JsError::SandboxUserlandLate { seconds: DEADLINE.as_secs() }
        } else if self.status.signal() == Some(libc::SIGXCPU) {
            JsError::SandboxUserlandTime { seconds: CPU_SECONDS }
        } else {
            JsError::SandboxUserlandFatal(self.failure())
        }
    }

    /// Why there is no answer.
    fn failure(&self) -> String {
        if self.is_late {
            return format!("It did not come to its end within {} s.", DEADLINE.as_secs());
        }
        let end = match (self.status.signal(), self.status.code()) {
            (Some(signal), _) => format!("Signal {signal} ended it"),
            (None, code) => format!("It ended with code {}", code.unwrap_or_default()),
        };
        let log = String::from_utf8_lossy(&self.log);
        let reason = last_words(&log);
        match reason {
            Some(reason) => {
                let shown = reason.chars().filter(|character| !character.is_control()).take(MAX_SHOWN);
                format!("{end}: {}", shown.collect::<String>())
            }
            None => format!("{end}."),
        }
    }
}

/// The line that says why a process ended: ours where there is one, else the first that V8 wrote, which it frames with number
/// signs.
fn last_words(log: &str) -> Option<&str> {
    let ours = log.lines().find(|line| line.starts_with(fatal::LAST_WORDS));
    let lines = log.lines().map(|line| line.trim_matches(['#', ' ', '.']));
    ours.or_else(|| lines.filter(|line| !line.starts_with("Fatal error")).find(|line| !line.is_empty()))
}

/// Ends the process and takes notice of its end, whatever happens.
struct Helper(Child);

impl Helper {
    /// Waits for its end, which is near once it has closed its pipes. Past the deadline it is ended.
    fn end(&mut self, deadline: Instant) -> io::Result<ExitStatus> {
        let process = rustix::process::pidfd_open(Pid::from_child(&self.0), PidfdFlags::empty())?;
        let mut ready = [PollFd::new(&process, PollFlags::IN)];
        while let Some(timeout) = until(deadline) {
            match poll(&mut ready, Some(&timeout)) {
                Err(Errno::INTR) => {}
                Ok(_) => break,
                Err(error) => return Err(error.into()),
            }
        }
        // Does nothing to one that has ended.
        let _ = self.0.kill();
        self.0.wait()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `None` once the deadline has passed.
fn until(deadline: Instant) -> Option<Timespec> {
    let left = deadline.checked_duration_since(Instant::now())?;
    Some(Timespec { tv_sec: left.as_secs() as i64, tv_nsec: left.subsec_nanos().into() })
}

fn run(command: &mut Command, request: &[u8]) -> io::Result<HelperOutput> {
    let deadline = Instant::now() + DEADLINE;
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut helper = Helper(child);
    let (stdin, stdout, stderr) = (helper.0.stdin.take(), helper.0.stdout.take(), helper.0.stderr.take());
    let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
        return Err(io::Error::other("it has no pipes"));
    };
    let mut pipes = Pipes::new(stdin, stdout, stderr, request)?;
    let is_late = !pipes.exchange(deadline)?;
    let Pipes { answer, log, .. } = pipes;
    Ok(HelperOutput { answer, log, status: helper.end(deadline)?, is_late })
}

/// The helper's ends, none of which is waited for alone.
struct Pipes<'a> {
    stdin: Option<ChildStdin>,
    unsent: &'a [u8],
    stdout: Option<ChildStdout>,
    answer: Vec<u8>,
    stderr: Option<ChildStderr>,
    log: Vec<u8>,
}

impl<'a> Pipes<'a> {
    fn new(stdin: ChildStdin, stdout: ChildStdout, stderr: ChildStderr, request: &'a [u8]) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&stdin, true)?;
        rustix::io::ioctl_fionbio(&stdout, true)?;
        rustix::io::ioctl_fionbio(&stderr, true)?;
        let (stdin, stdout, stderr) = (Some(stdin), Some(stdout), Some(stderr));
        Ok(Self { stdin, unsent: request, stdout, answer: Vec::new(), stderr, log: Vec::new() })
    }

    /// Writes and reads until the helper has closed its output. False where the deadline came first.
    fn exchange(&mut self, deadline: Instant) -> io::Result<bool> {
        while self.stdout.is_some() || self.stderr.is_some() {
            let Some(timeout) = until(deadline) else { return Ok(false) };
            self.wait(timeout)?;
            self.send()?;
            receive(&mut self.stdout, &mut self.answer, MAX_ANSWER_BYTES as usize)?;
            receive(&mut self.stderr, &mut self.log, MAX_LOG_BYTES)?;
        }
        Ok(true)
    }

    fn wait(&self, timeout: Timespec) -> io::Result<()> {
        let stdin = self.stdin.iter().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::OUT));
        let stdout = self.stdout.iter().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN));
        let stderr = self.stderr.iter().map(|pipe| PollFd::from_borrowed_fd(pipe.as_fd(), PollFlags::IN));
        let mut ready: Vec<_> = stdin.chain(stdout).chain(stderr).collect();
        match poll(&mut ready, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn send(&mut self) -> io::Result<()> {
        while let Some(stdin) = &mut self.stdin {
            match stdin.write(self.unsent) {
                Ok(sent) => self.unsent = &self.unsent[sent..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // It has ended; what it left says why.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.unsent = &[],
                Err(error) => return Err(error),
            }
            if self.unsent.is_empty() {
                self.stdin = None;
            }
        }
        Ok(())
    }
}

/// Takes what there is to read, and closes the pipe at its end. What is more than `max` bytes is lost.
fn receive(pipe: &mut Option<impl Read>, bytes: &mut Vec<u8>, max: usize) -> io::Result<()> {
    let mut chunk = [0; 64 << 10];
    while let Some(open) = pipe {
        match open.read(&mut chunk) {
            Ok(0) => *pipe = None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read.min(max - bytes.len())]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
