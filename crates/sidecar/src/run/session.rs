use super::load::{APP, Entry, Files};
use super::outcome::{Failure, Report, exit_code};
use super::phases::PhaseReport;
use super::stdio::{read_stdin, write_output};
use crate::cli::RunOptions;
use bytes::Bytes;
use hotcell_guest::EventSink;
use hotcell_protocol::{
    Command, ErrorInfo, Event, FileContent, FsRequest, GuestExit, KillReason, LimitOverrides, Notice, Program, Reply,
    Request, RequestId, SandboxOptions, Signal, SpawnOptions, StdinMode, Stream,
};
use hotcell_runtime::{Connection, Runtime};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

/// Bytes of each output stream that are on their way to the terminal at most.
const OUTPUT_WINDOW: u32 = 1 << 20;

/// The exit code of a program whose reader has gone, as if SIGPIPE had ended it.
const BROKEN_PIPE: u8 = 128 + 13;

/// What the main thread waits for.
pub enum Happening {
    Event(Event),
    Input {
        bytes: Bytes,
        last: bool,
    },
    Written {
        stream: Stream,
        bytes: u32,
    },
    /// All of a stream is written, or no more of it can be.
    OutputClosed {
        result: io::Result<()>,
    },
    Signal(Signal),
}

struct Sink(UnboundedSender<Happening>);

impl EventSink for Sink {
    fn send(&self, event: Event) {
        let _ = self.0.send(Happening::Event(event));
    }
}

/// One program, from its start to its exit code.
pub struct Session {
    connection: Connection,
    happened: UnboundedReceiver<Happening>,
    guest: RequestId,
    next_id: RequestId,
    stdin: Sender<u32>,
    output: Output,
    phases: PhaseReport,
}

/// Where output goes.
enum Output {
    Terminal { stdout: Sender<Bytes>, stderr: Sender<Bytes> },
    Report { stdout: Vec<u8>, stderr: Vec<u8> },
}

impl Session {
    /// Makes the sandbox, copies the files in, and starts the program.
    pub async fn start(
        runtime: &Runtime,
        happenings: UnboundedSender<Happening>,
        mut happened: UnboundedReceiver<Happening>,
        files: Files,
        options: &RunOptions,
        phases: PhaseReport,
    ) -> Result<Self, Failure> {
        let no_thread = |error: io::Error| Failure::other(format!("The system gave no thread ({error})."));
        forward_signals(&happenings)
            .map_err(|error| Failure::other(format!("Signals can't be listened for ({error}).")))?;
        let mut connection = runtime.connect(Arc::new(Sink(happenings.clone())), LimitOverrides::default())?;
        let mut next_id = 1;
        let mut ask = |request: Request, upload: Option<Bytes>| {
            let id = next_id;
            next_id += 1;
            let mut handle = |command| {
                let violation = |error: hotcell_runtime::Violation| Failure::other(error.to_string());
                connection.handle(command).map_err(violation)
            };
            handle(Command::Request { id, request })?;
            upload.map_or(Ok(()), |bytes| handle(Command::Upload { id, bytes, last: true }))?;
            Ok::<_, Failure>(id)
        };
        let sandbox = SandboxOptions { cwd: Some(APP.into()), limits: options.limits(), ..SandboxOptions::default() };
        let sandbox = ask(Request::CreateSandbox { options: sandbox }, None)?;
        expect_done(&mut happened).await?;
        for (path, entry) in files.entries {
            let (request, upload) = match entry {
                Entry::Directory => (FsRequest::Mkdir { path, recursive: true }, None),
                Entry::Symlink { target } => (FsRequest::Symlink { target, path }, None),
                Entry::File { bytes, mode } => {
                    let content = FileContent::Upload { length: bytes.len() as u64 };
                    (FsRequest::WriteFile { path, content, parents: true, mode }, Some(bytes.into()))
                }
            };
            ask(Request::Fs { sandbox, request }, upload)?;
            expect_done(&mut happened).await?;
        }
        let output = if options.json {
            // The output limit bounds what is kept.
            Output::Report { stdout: Vec::new(), stderr: Vec::new() }
        } else {
            let stdout = write_output(Stream::Stdout, happenings.clone()).map_err(no_thread)?;
            let stderr = write_output(Stream::Stderr, happenings.clone()).map_err(no_thread)?;
            Output::Terminal { stdout, stderr }
        };
        let stdin = read_stdin(happenings).map_err(no_thread)?;
        let spawn = SpawnOptions {
            program: Program::Command { command: files.program },
            args: options.args.clone(),
            env: options.env.iter().cloned().collect(),
            cwd: None,
            limits: LimitOverrides::default(),
            stdin: StdinMode::Pipe,
            credit: OUTPUT_WINDOW,
            phases: phases.is_wanted(),
        };
        let guest = ask(Request::Spawn { sandbox, options: spawn }, None)?;
        Ok(Self { connection, happened, guest, next_id, stdin, output, phases })
    }

    /// Passes everything on until the program has ended; the exit code.
    pub async fn finish(mut self) -> u8 {
        loop {
            let Some(happening) = self.happened.recv().await else { return crate::EXIT_FAILED };
            match happening {
                Happening::Event(Event::Notice { notice: Notice::Exit { exit }, .. }) => return self.exit(&exit).await,
                Happening::Event(Event::Reply { reply: Reply::Failed { error }, .. }) => {
                    return Failure::from(error).report();
                }
                Happening::Event(Event::Notice { notice: Notice::StdinCredit { bytes }, .. }) => {
                    // Nobody reads any more where stdin has ended.
                    let _ = self.stdin.send(bytes);
                }
                Happening::Event(Event::Output { stream, bytes, .. }) => self.put(stream, bytes),
                Happening::Event(_) => {}
                Happening::Input { bytes, last } => {
                    if let Err(error) = self.connection.handle(Command::Stdin { guest: self.guest, bytes, last }) {
                        return Failure::other(error.to_string()).report();
                    }
                }
                Happening::Written { stream, bytes } => self.post(Request::Credit { guest: self.guest, stream, bytes }),
                Happening::OutputClosed { result } => return output_failed(result),
                Happening::Signal(signal) => {
                    self.post(Request::Kill { guest: self.guest, reason: KillReason::Signal { signal } });
                }
            }
        }
    }

    fn post(&mut self, request: Request) {
        let id = self.next_id;
        self.next_id += 1;
        // None of what is posted here can be a violation.
        let _ = self.connection.handle(Command::Request { id, request });
    }

    fn put(&mut self, stream: Stream, bytes: Bytes) {
        match &mut self.output {
            Output::Terminal { stdout, stderr } => {
                let writer = if stream == Stream::Stdout { stdout } else { stderr };
                // Where the writer has ended, it said why.
                let _ = writer.send(bytes);
            }
            Output::Report { stdout, stderr } => {
                let kept = if stream == Stream::Stdout { stdout } else { stderr };
                kept.extend_from_slice(&bytes);
                self.post(Request::Credit { guest: self.guest, stream, bytes: bytes.len() as u32 });
            }
        }
    }

    async fn exit(mut self, exit: &GuestExit) -> u8 {
        match self.output {
            Output::Report { stdout, stderr } => {
                let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
                match serde_json::to_string(&Report { exit, stdout, stderr }) {
                    Ok(report) => crate::print(&(report + "\n")),
                    Err(error) => return Failure::other(format!("The result can't be written ({error}).")).report(),
                }
            }
            Output::Terminal { stdout, stderr } => {
                drop((stdout, stderr));
                let mut open = 2;
                while open > 0 {
                    match self.happened.recv().await {
                        Some(Happening::OutputClosed { result: Ok(()) }) => open -= 1,
                        Some(Happening::OutputClosed { result }) => return output_failed(result),
                        // The program is gone: the signal is for hotcell, which only waits for its output's reader.
                        Some(Happening::Signal(signal)) => return 128 + signal as u8,
                        Some(_) => {}
                        None => return crate::EXIT_FAILED,
                    }
                }
                if let Some(error) = &exit.error {
                    crate::complain(&error.message);
                }
            }
        }
        let told = exit.phases.as_ref().map_or(Ok(()), |phases| self.phases.tell(phases));
        told.map_or_else(|failure| failure.report(), |()| exit_code(exit))
    }
}

async fn expect_done(happened: &mut UnboundedReceiver<Happening>) -> Result<(), ErrorInfo> {
    loop {
        match happened.recv().await {
            Some(Happening::Event(Event::Reply { reply: Reply::Failed { error }, .. })) => return Err(error),
            Some(Happening::Event(Event::Reply { .. })) | None => return Ok(()),
            Some(_) => {}
        }
    }
}

/// The exit code where the program's output has nowhere to go any more.
fn output_failed(result: io::Result<()>) -> u8 {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Failure::other(format!("The output can't be written ({error}).")).report()
        }
        _ => BROKEN_PIPE,
    }
}

/// Passes on what a terminal or another process sends.
fn forward_signals(happenings: &UnboundedSender<Happening>) -> io::Result<()> {
    for (kind, number) in [
        (SignalKind::hangup(), Signal::Sighup),
        (SignalKind::interrupt(), Signal::Sigint),
        (SignalKind::quit(), Signal::Sigquit),
        (SignalKind::terminate(), Signal::Sigterm),
        (SignalKind::user_defined1(), Signal::Sigusr1),
        (SignalKind::user_defined2(), Signal::Sigusr2),
    ] {
        let mut signals = signal(kind)?;
        let happenings = happenings.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() && happenings.send(Happening::Signal(number)).is_ok() {}
        });
    }
    Ok(())
}
