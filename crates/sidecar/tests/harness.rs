//! The program under test, and the host's side of a connection with it.

use bytes::{Buf, Bytes};
use hotcell_protocol::frame::{EventDecoder, SidecarMessage, WriteQueue};
use hotcell_protocol::{
    Command as HostCommand, ErrorInfo, Event, GuestExit, HostHello, KillReason, LimitOverrides, Notice,
    PROTOCOL_VERSION, Program, Reply, Request, RequestId, SandboxId, SandboxOptions, SidecarHello, SourceFormat,
    SpawnOptions, StdinMode, Stream,
};
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Far longer than anything here takes: a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn hotcell() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotcell"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HOTCELL_")) {
        command.env_remove(name);
    }
    command.env("HOTCELL_CACHE_DIR", "");
    command
}

/// A directory of a test's own, which goes with it.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("hotcell-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process that is killed with its test.
pub struct Process(pub Child);

impl Process {
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: takes numbers; the process has not been waited for, so that its id is its own.
        assert_eq!(unsafe { libc::kill(self.0.id() as i32, signal) }, 0);
    }

    /// Waits for the end of the process.
    pub fn wait(&mut self) -> ExitStatus {
        let (done, is_done) = std::sync::mpsc::channel::<()>();
        let id = self.0.id() as i32;
        let guard = std::thread::spawn(move || {
            if is_done.recv_timeout(PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                // SAFETY: takes numbers; the process is being waited for, so that its id is its own still.
                unsafe { libc::kill(id, libc::SIGKILL) };
                panic!("the process did not end");
            }
        });
        let status = self.0.wait().unwrap();
        drop(done);
        guard.join().unwrap();
        status
    }

    pub fn stderr(&mut self) -> String {
        let mut text = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Has the process find a descriptor of this one as its descriptor 3. This one has it until the command is dropped.
pub fn pass_as_3(command: &mut Command, descriptor: OwnedFd) -> &mut Command {
    let redirect = move || {
        // By way of another number: the descriptor may be 3 already, and would then stay one that is closed on exec.
        // SAFETY: takes numbers and touches no memory, as is demanded between fork and exec.
        let passed = unsafe { libc::dup2(libc::fcntl(descriptor.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 10), 3) };
        if passed == 3 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
    };
    // SAFETY: the closure makes two system calls and allocates nothing.
    unsafe { command.pre_exec(redirect) }
}

/// `hotcell child` with its host's end of the socket.
pub fn child() -> (Process, Host) {
    child_with(hotcell())
}

pub fn child_with(mut command: Command) -> (Process, Host) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    command.arg("child").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    (Process::start(pass_as_3(&mut command, theirs.into())), Host::new(ours))
}

/// `hotcell child` that has been said hello to.
pub fn ready_child() -> (Process, Host) {
    let (process, mut host) = child();
    host.hello(None);
    (process, host)
}

/// The host's side of a connection.
pub struct Host {
    pub socket: UnixStream,
    decoder: EventDecoder,
    unread: Bytes,
    pub queue: WriteQueue,
    next_id: RequestId,
}

impl Host {
    pub fn new(socket: UnixStream) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let decoder = EventDecoder::new(1 << 20);
        Self { socket, decoder, unread: Bytes::new(), queue: WriteQueue::new(), next_id: 1 }
    }

    pub fn connect(path: &Path) -> Self {
        Self::new(UnixStream::connect(path).unwrap())
    }

    /// Writes what is queued.
    pub fn flush(&mut self) {
        let bytes = self.queue.copy_to_bytes(self.queue.remaining());
        self.socket.write_all(&bytes).unwrap();
    }

    pub fn say_hello(&mut self, token: Option<&str>) {
        let (agent, token) = ("test/1".into(), token.map(String::from));
        let hello = HostHello { protocol: PROTOCOL_VERSION, agent, max_frame: 1 << 20, token, limits: None };
        self.queue.push_host_hello(&hello).unwrap();
        self.queue.set_max_frame(1 << 20);
        self.flush();
    }

    pub fn hello(&mut self, token: Option<&str>) -> SidecarHello {
        self.say_hello(token);
        match self.message() {
            Some(SidecarMessage::Hello(hello)) => hello,
            message => panic!("expected a hello, but {message:?} came"),
        }
    }

    /// The next message; `None` at the connection's end.
    pub fn message(&mut self) -> Option<SidecarMessage> {
        loop {
            if let Some(message) = self.decoder.next_message().unwrap() {
                return Some(message);
            }
            if self.unread.is_empty() {
                let mut buffer = vec![0; 64 << 10];
                let count = match self.socket.read(&mut buffer) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
                    count => count.unwrap(),
                };
                self.unread = Bytes::from(buffer).slice(..count);
            }
            if self.unread.is_empty() {
                return None;
            }
            self.decoder.push(&mut self.unread);
        }
    }

    pub fn event(&mut self) -> Event {
        match self.message() {
            Some(SidecarMessage::Event(event)) => event,
            message => panic!("expected an event, but {message:?} came"),
        }
    }

    pub fn refusal(&mut self) -> ErrorInfo {
        match self.message() {
            Some(SidecarMessage::Refusal(error)) => error,
            message => panic!("expected a refusal, but {message:?} came"),
        }
    }

    pub fn queue(&mut self, request: Request) -> RequestId {
        let id = self.next_id;
        self.next_id += 1;
        self.queue.push_command(&HostCommand::Request { id, request }).unwrap();
        id
    }

    pub fn post(&mut self, request: Request) -> RequestId {
        let id = self.queue(request);
        self.flush();
        id
    }

    pub fn send(&mut self, command: HostCommand) {
        self.queue.push_command(&command).unwrap();
        self.flush();
    }

    pub fn ask(&mut self, request: Request) -> Reply {
        let asked = self.post(request);
        match self.event() {
            Event::Reply { id, reply } if id == asked => reply,
            event => panic!("expected the reply to {asked}, but {event:?} came"),
        }
    }

    pub fn sandbox(&mut self) -> SandboxId {
        let id = self.post(Request::CreateSandbox { options: SandboxOptions::default() });
        assert_eq!(self.event(), Event::Reply { id, reply: Reply::Done });
        id
    }

    pub fn cancel(&mut self, guest: RequestId) {
        self.post(Request::Kill { guest, reason: KillReason::Cancel });
    }

    /// Everything of a guest until its exit, of which nothing else may come in between.
    pub fn finish(&mut self, guest: RequestId) -> (String, String, GuestExit) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let exit = loop {
            match self.event() {
                Event::Output { guest: of, stream, bytes } if of == guest => match stream {
                    Stream::Stdout => stdout.extend_from_slice(&bytes),
                    Stream::Stderr => stderr.extend_from_slice(&bytes),
                },
                Event::Notice { id, notice: Notice::Exit { exit } } if id == guest => break *exit,
                event => panic!("expected an event of guest {guest}, but {event:?} came"),
            }
        };
        (String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap(), exit)
    }
}

/// JavaScript with enough credit for anything.
pub fn source(text: &str) -> SpawnOptions {
    SpawnOptions {
        program: Program::Source { text: text.into(), format: SourceFormat::Auto, name: None },
        args: Vec::new(),
        env: Default::default(),
        cwd: None,
        limits: LimitOverrides::default(),
        stdin: StdinMode::Empty,
        credit: u32::MAX,
        phases: false,
    }
}

/// Runs a command to its end, with that stdin.
pub fn run(command: &mut Command, stdin: &[u8]) -> Output {
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = process.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // The program need not read it all.
            let _ = pipe.write_all(stdin);
        });
        process.wait_with_output().unwrap()
    })
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Asks again and again, where nothing tells when an answer is to be had.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::yield_now();
    }
}
