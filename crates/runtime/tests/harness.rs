//! A runtime with an engine whose guests are Rust functions, and the host's side of one connection.

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, unbounded};
use hotcell_guest::{Ending, EventSink, Guest, GuestProgram, GuestSpec, Interrupt, Userland};
use hotcell_modules::{CacheBounds, ModuleCache};
use hotcell_protocol::{
    Command, ErrorCode, ErrorInfo, Event, FileContent, FsRequest, GuestExit, GuestId, KillReason, LimitOverrides,
    Notice, Program, Reply, Request, RequestId, RetireReason, SandboxId, SandboxOptions, Signal, SourceFormat,
    SpawnOptions, Stats, StdinMode, Stream,
};
use hotcell_runtime::{AdmissionLimits, Connection, Engine, Runtime, RuntimeOptions, Violation};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Far longer than anything here takes: a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What guests were given, for tests to look at.
pub struct Started {
    pub guest: Arc<Guest>,
    pub program: GuestProgram,
    pub args: Vec<String>,
    pub env: BTreeMap<String, String>,
    pub cwd: String,
    /// The source of its sandbox's userland.
    pub userland: Option<Arc<str>>,
}

/// Runs each guest on a thread. The first word of a source says what it does; every other program ends at once.
struct ScriptedEngine {
    started: Sender<Started>,
    gate: Receiver<()>,
}

impl Engine for ScriptedEngine {
    fn run(&self, spec: GuestSpec) {
        match &spec.program {
            GuestProgram::Source { text, .. } if text == "panic" => panic!("a panic that the test asked for"),
            // Lives without a thread until it is ended.
            GuestProgram::Source { text, .. } if text == "idle" => {
                let finish = FinishWhenEnded(Arc::downgrade(&spec.guest));
                return spec.guest.on_interrupt(Box::new(finish));
            }
            _ => {}
        }
        let started = self.started.clone();
        std::thread::spawn(move || {
            let GuestSpec { guest, program, args, env, cwd, userland, .. } = spec;
            let userland = userland.map(|userland| Arc::clone(&userland.source));
            guest.attach_thread();
            guest.mark_started();
            let script = match &program {
                GuestProgram::Source { text, .. } => text.clone(),
                _ => "exit 0".into(),
            };
            let _ = started.send(Started { guest: Arc::clone(&guest), program, args, env, cwd, userland });
            let ending = perform(&guest, &script).unwrap_or(Ending::Cancelled);
            guest.clear_interrupt();
            guest.finish(ending, 0);
        });
    }

    /// The first word of the source says what becomes of it; "wait" waits until the test opens the gate.
    fn prepare_userland(&self, source: Arc<str>) -> Result<Arc<Userland>, ErrorInfo> {
        match source.split_once(' ').unwrap_or((&source, "")) {
            ("refuse", why) => return Err(ErrorInfo::new(ErrorCode::InvalidOption, why)),
            ("panic", why) => panic!("{why}"),
            ("wait", _) => self.gate.recv().expect("the test opens the gate"),
            _ => {}
        }
        Ok(Arc::new(Userland { digest: hotcell_modules::digest_of(source.as_bytes()), source, prepared: None }))
    }
}

/// `None` where the guest was ended under it.
fn perform(guest: &Arc<Guest>, script: &str) -> Option<Ending> {
    let (verb, argument) = script.split_once(' ').unwrap_or((script, ""));
    match verb {
        "exit" => {}
        // Writes that many bytes to stdout: 0, 1, 2 ... 250, 0 ...
        "write" => guest.write_all(Stream::Stdout, &pattern(argument.parse().unwrap())).ok()?,
        "both" => {
            for index in 0..argument.parse().unwrap() {
                guest.write_all(Stream::Stdout, format!("out {index}\n").as_bytes()).ok()?;
                guest.write_all(Stream::Stderr, format!("err {index}\n").as_bytes()).ok()?;
            }
        }
        // Copies stdin to stdout.
        "cat" => {
            while let Some(chunk) = guest.block_on(poll_fn(|context| guest.poll_read(context, 4096))).ok()? {
                guest.write_all(Stream::Stdout, &chunk).ok()?;
            }
        }
        // Runs until it is ended.
        "hang" => {
            let (sender, ended) = unbounded();
            guest.on_interrupt(Box::new(Waker(sender)));
            let _wait = guest.wait();
            let _ = ended.recv();
            return None;
        }
        // Does not yield when it is told to end.
        "stuck" => {
            let (sender, ended) = unbounded();
            guest.on_interrupt(Box::new(Waker(sender)));
            let _ = ended.recv();
            std::thread::park();
        }
        verb => panic!("no script {verb}"),
    }
    let code = if verb == "exit" { argument.parse().unwrap() } else { 0 };
    Some(Ending::exit(code))
}

pub fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

struct Waker(Sender<()>);

impl Interrupt for Waker {
    fn interrupt(&self) {
        let _ = self.0.send(());
    }

    fn signal(&self, _signal: Signal) {}
}

struct FinishWhenEnded(Weak<Guest>);

impl Interrupt for FinishWhenEnded {
    fn interrupt(&self) {
        if let Some(guest) = self.0.upgrade() {
            guest.finish(Ending::Cancelled, 0);
        }
    }

    fn signal(&self, _signal: Signal) {}
}

pub struct ChannelSink(pub Sender<Event>);

impl EventSink for ChannelSink {
    fn send(&self, event: Event) {
        let _ = self.0.send(event);
    }
}

/// A runtime, and what it calls back with.
pub struct House {
    pub runtime: Runtime,
    pub modules: Arc<ModuleCache>,
    pub started: Receiver<Started>,
    pub retired: Receiver<RetireReason>,
    pub shut_down: Receiver<()>,
    /// Lets one userland that waits become ready.
    pub gate: Sender<()>,
}

impl House {
    pub fn new() -> Self {
        // So many that tests of other bounds come to those.
        Self::admitting(AdmissionLimits { guests: 20_000, ..AdmissionLimits::default() })
    }

    pub fn admitting(admission: AdmissionLimits) -> Self {
        Self::with(admission, false, Duration::ZERO)
    }

    /// With the phases of every guest, or of those that ask for them.
    pub fn with_phases(phases: bool) -> Self {
        Self::with(AdmissionLimits::default(), phases, Duration::ZERO)
    }

    /// A runtime whose guests have that long to end when it retires.
    pub fn draining(drain: Duration) -> Self {
        Self::with(AdmissionLimits::default(), false, drain)
    }

    fn with(admission: AdmissionLimits, phases: bool, drain: Duration) -> Self {
        let (started_sender, started) = unbounded();
        let (retire_sender, retired) = unbounded();
        let (shutdown_sender, shut_down) = unbounded();
        let (gate, gate_opened) = unbounded();
        let modules = Arc::new(ModuleCache::new(CacheBounds::default()));
        let runtime = Runtime::new(RuntimeOptions {
            mount_roots: hotcell_vfs::MountRoots::default(),
            engine: Arc::new(ScriptedEngine { started: started_sender, gate: gate_opened }),
            modules: Arc::clone(&modules),
            admission,
            version: "1.2.3".into(),
            v8_version: "4.5.6".into(),
            phases,
            drain,
            on_retire: Box::new(move |reason| retire_sender.send(reason).unwrap()),
            on_shutdown: Box::new(move || shutdown_sender.send(()).unwrap()),
        });
        Self { runtime: runtime.unwrap(), modules, started, retired, shut_down, gate }
    }

    pub fn connect(&self) -> Host {
        let (sender, events) = unbounded();
        let connection = self.runtime.connect(Arc::new(ChannelSink(sender)), LimitOverrides::default()).unwrap();
        Host { connection, events, next_id: 1 }
    }

    pub fn started(&self) -> Started {
        self.started.recv_timeout(PATIENCE).expect("no guest was started")
    }
}

/// The host's side of a connection.
pub struct Host {
    pub connection: Connection,
    pub events: Receiver<Event>,
    next_id: u64,
}

impl Host {
    pub fn next_id(&mut self) -> RequestId {
        self.next_id += 1;
        self.next_id - 1
    }

    pub fn handle(&mut self, command: Command) -> Result<(), Violation> {
        self.connection.handle(command)
    }

    pub fn post(&mut self, request: Request) -> RequestId {
        let id = self.next_id();
        self.handle(Command::Request { id, request }).unwrap();
        id
    }

    /// The next event, warnings of limits left out.
    pub fn event(&self) -> Event {
        loop {
            match self.events.recv_timeout(PATIENCE).expect("no event came") {
                Event::Notice { notice: Notice::LimitNear { .. }, .. } => {}
                event => return event,
            }
        }
    }

    /// The reply to `id`, which must be the next event.
    pub fn reply(&self, id: RequestId) -> Reply {
        match self.event() {
            Event::Reply { id: of, reply } if of == id => reply,
            event => panic!("expected the reply to {id}, but {event:?} came"),
        }
    }

    pub fn ask(&mut self, request: Request) -> Reply {
        let id = self.post(request);
        self.reply(id)
    }

    pub fn fail(&mut self, request: Request) -> ErrorInfo {
        let id = self.post(request);
        self.failure(id)
    }

    pub fn failure(&self, id: RequestId) -> ErrorInfo {
        match self.reply(id) {
            Reply::Failed { error } => error,
            reply => panic!("expected {id} to fail, but {reply:?} came"),
        }
    }

    pub fn stats(&mut self) -> Box<Stats> {
        match self.ask(Request::Stats) {
            Reply::Stats { stats } => stats,
            reply => panic!("{reply:?}"),
        }
    }

    pub fn sandbox(&mut self, options: SandboxOptions) -> SandboxId {
        let id = self.post(Request::CreateSandbox { options });
        assert_eq!(self.reply(id), Reply::Done);
        id
    }

    pub fn spawn(&mut self, sandbox: SandboxId, options: SpawnOptions) -> GuestId {
        self.post(Request::Spawn { sandbox, options })
    }

    pub fn cancel(&mut self, guest: GuestId) {
        self.post(Request::Kill { guest, reason: KillReason::Cancel });
    }

    pub fn fs(&mut self, sandbox: SandboxId, request: FsRequest) -> Reply {
        self.ask(Request::Fs { sandbox, request })
    }

    pub fn fs_errno(&mut self, sandbox: SandboxId, request: FsRequest) -> String {
        let error = self.fail(Request::Fs { sandbox, request });
        assert_eq!(error.code, ErrorCode::Fs, "{error:?}");
        error.errno.unwrap()
    }

    /// Announces an upload of `length` bytes for a file; nothing is answered yet.
    pub fn announce_file(&mut self, sandbox: SandboxId, path: &str, length: u64, mode: u32) -> RequestId {
        let content = FileContent::Upload { length };
        let request = FsRequest::WriteFile { path: path.into(), content, parents: true, mode };
        self.post(Request::Fs { sandbox, request })
    }

    pub fn upload(&mut self, id: RequestId, bytes: &[u8], last: bool) -> Result<(), Violation> {
        self.handle(Command::Upload { id, bytes: Bytes::copy_from_slice(bytes), last })
    }

    pub fn write_file(&mut self, sandbox: SandboxId, path: &str, bytes: &[u8], mode: u32) {
        let id = self.announce_file(sandbox, path, bytes.len() as u64, mode);
        self.upload(id, bytes, true).unwrap();
        assert_eq!(self.reply(id), Reply::Done);
    }

    pub fn read_file(&mut self, sandbox: SandboxId, path: &str) -> Vec<u8> {
        let id = self.post(Request::Fs { sandbox, request: FsRequest::ReadFile { path: path.into() } });
        self.download(id)
    }

    /// The file that `id` reads, whose parts must be the next events.
    pub fn download(&self, id: RequestId) -> Vec<u8> {
        let mut content = Vec::new();
        loop {
            match self.event() {
                Event::Download { id: of, bytes, last } if of == id => {
                    content.extend_from_slice(&bytes);
                    if last {
                        return content;
                    }
                }
                event => panic!("expected a part of {id}, but {event:?} came"),
            }
        }
    }

    /// Everything of a guest until its exit: the output of both streams as it came, joined per stream. No other event may come.
    pub fn finish(&self, guest: GuestId) -> (Vec<u8>, Vec<u8>, GuestExit) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        loop {
            match self.event() {
                Event::Output { guest: of, stream, bytes } if of == guest => match stream {
                    Stream::Stdout => stdout.extend_from_slice(&bytes),
                    Stream::Stderr => stderr.extend_from_slice(&bytes),
                },
                Event::Notice { id, notice: Notice::Exit { exit } } if id == guest => return (stdout, stderr, *exit),
                Event::Notice { id, notice: Notice::StdinCredit { .. } } if id == guest => {}
                event => panic!("expected an event of guest {guest}, but {event:?} came"),
            }
        }
    }
}

/// A source with enough credit for anything.
pub fn source(text: &str) -> SpawnOptions {
    spawn_options(Program::Source { text: text.into(), format: SourceFormat::Auto, name: None })
}

pub fn command(command: &str) -> SpawnOptions {
    spawn_options(Program::Command { command: command.into() })
}

pub fn spawn_options(program: Program) -> SpawnOptions {
    SpawnOptions {
        program,
        args: Vec::new(),
        env: BTreeMap::new(),
        cwd: None,
        limits: LimitOverrides::default(),
        stdin: StdinMode::Empty,
        credit: u32::MAX,
        phases: false,
    }
}

pub fn env<const N: usize>(variables: [(&str, &str); N]) -> BTreeMap<String, String> {
    variables.map(|(name, value)| (name.into(), value.into())).into()
}
