use hotcell_protocol::{ErrorCode, ErrorInfo, GuestExit, Outcome};
use serde::Serialize;

/// The exit codes of `hotcell run` where the program has none of its own. `hotcell run --help` lists them.
const LIMIT_EXCEEDED: u8 = 120;
const OUT_OF_MEMORY: u8 = 121;
const CRASHED: u8 = 122;
const CANCELLED: u8 = 123;
const TIMED_OUT: u8 = 124;
const FAILED: u8 = crate::EXIT_FAILED;
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;
const SIGNALED: u8 = 128;

/// The exit code that a shell expects of a program that ended so.
pub fn exit_code(exit: &GuestExit) -> u8 {
    match exit.outcome {
        Outcome::Exited => exit.exit_code.unwrap_or(CRASHED),
        Outcome::Signaled => exit.signal.map_or(CRASHED, |signal| SIGNALED + signal as u8),
        Outcome::TimedOut => TIMED_OUT,
        Outcome::OutOfMemory => OUT_OF_MEMORY,
        Outcome::LimitExceeded => LIMIT_EXCEEDED,
        Outcome::Cancelled => CANCELLED,
        Outcome::Crashed => CRASHED,
    }
}

/// What `--json` prints: the exit, and the output as text. What is not UTF-8 in it is replaced, over the whole output.
#[derive(Serialize)]
pub struct Report<'a> {
    #[serde(flatten)]
    pub exit: &'a GuestExit,
    pub stdout: std::borrow::Cow<'a, str>,
    pub stderr: std::borrow::Cow<'a, str>,
}

/// Why a program was not run.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// There is no such file.
    pub fn not_found(message: String) -> Self {
        Self { code: NOT_FOUND, message }
    }

    /// Anything else.
    pub fn other(message: String) -> Self {
        Self { code: FAILED, message }
    }

    /// Says it on stderr; the exit code.
    pub fn report(&self) -> u8 {
        eprintln!("hotcell: {}", self.message);
        self.code
    }
}

impl From<ErrorInfo> for Failure {
    fn from(error: ErrorInfo) -> Self {
        let code = match error.code {
            ErrorCode::NotExecutable => NOT_EXECUTABLE,
            ErrorCode::CommandNotFound => NOT_FOUND,
            _ => FAILED,
        };
        Self { code, message: error.message }
    }
}
