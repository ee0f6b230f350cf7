use crate::error::{FsContext, RequestError};
use crate::program::{self, DEFAULT_PATH, Executable, ExecutableKind};
use crate::runtime::RuntimeOptions;
use crate::sandbox::{Sandbox, check_env, join};
use hotcell_guest::{Ending, Guest, GuestProgram, GuestSpec, Userland};
use hotcell_modules::{FileFingerprint, ModuleCache};
use hotcell_protocol::{EngineChoice, Limits, Phase, Program, ReadyOptions, ReadyWhen, SpawnOptions, StdinMode};
use hotcell_vfs::{Base, Vfs};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Programs up to this many bytes are hashed on the thread that asks, since that takes no longer than making another thread
/// would delay it by much; larger ones must not hold up everybody's I/O.
const HASHED_AT_ONCE: usize = 256 << 10;

/// `argv[0]` of a program that was given by its bytes and without a name.
const UNNAMED_WASM: &str = "program.wasm";

/// A guest that can be made: everything about it that could be wrong has been checked.
pub(crate) struct PreparedGuest {
    pub limits: Limits,
    pub stdin: StdinMode,
    pub credit: u32,
    pub fuel: Option<u64>,
    pub ready: Option<ReadyOptions>,
    pub phases: bool,
    engine: ChosenEngine,
    program: PreparedProgram,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    cwd: String,
    preopens: Option<BTreeMap<String, String>>,
    vfs: Arc<Vfs>,
    userland: Option<Arc<Userland>>,
}

enum PreparedProgram {
    Ready(GuestProgram),
    /// A file whose bytes have not been hashed yet.
    Unhashed {
        name: String,
        file: FileFingerprint,
        bytes: Arc<Vec<u8>>,
    },
}

impl PreparedGuest {
    /// Checks the options and finds the program.
    pub fn new(
        sandbox: &Sandbox,
        userland: Option<Arc<Userland>>,
        modules: &ModuleCache,
        options: SpawnOptions,
    ) -> Result<Self, RequestError> {
        let SpawnOptions {
            program,
            args,
            env: overlay,
            cwd,
            limits,
            stdin,
            credit,
            engine,
            preopens,
            fuel,
            ready,
            phases,
        } = options;
        let limits = limits.over(sandbox.limits).map_err(|error| RequestError::InvalidOption(error.to_string()))?;
        check_env(&overlay)?;
        if let Some(index) = args.iter().position(|arg| arg.contains('\0')) {
            let message = format!("Argument {index} has a NUL, which no program can be given.");
            return Err(RequestError::InvalidOption(message));
        }
        let cwd = sandbox.working_directory(cwd.as_deref())?;
        let mut env = sandbox.env.clone();
        env.extend(overlay);
        env.insert("PWD".into(), cwd.clone());
        let path = env.entry("PATH".into()).or_insert_with(|| DEFAULT_PATH.into());
        let program = match program {
            Program::Source { text, format, name } => {
                if let Some(name) = name.as_ref().filter(|name| !name.starts_with('/')) {
                    let message = format!("A source's name must be an absolute path, but {name:?} was given.");
                    return Err(RequestError::InvalidOption(message));
                }
                PreparedProgram::Ready(GuestProgram::Source { text, format, name })
            }
            Program::Wasm { digest, name } => {
                let bytes = modules.get(&digest).ok_or(RequestError::UnknownBlob { digest })?;
                let name = name.unwrap_or_else(|| UNNAMED_WASM.into());
                if !program::is_wasm(&bytes) {
                    let reason = "its bytes do not begin as those of a WebAssembly module.".into();
                    return Err(RequestError::NotExecutable { path: name, reason });
                }
                PreparedProgram::Ready(GuestProgram::Wasm { digest, bytes, name })
            }
            Program::Command { command } => {
                let executable = program::find(&sandbox.vfs, &command, &cwd, path)?;
                load(&sandbox.vfs, modules, command, executable)?
            }
        };
        let engine = choose_engine(engine, &program)?;
        check_ready(ready, engine)?;
        if fuel.is_some() && engine != ChosenEngine::Wasmtime {
            let message = "Only a WASI program on wasmtime can be given fuel: leave it out, or set limits.cpuMs.";
            return Err(RequestError::InvalidOption(message.into()));
        }
        let preopens = preopens.map(|preopens| open_paths(preopens, &cwd)).transpose()?;
        let vfs = Arc::clone(&sandbox.vfs);
        Ok(Self {
            limits,
            stdin,
            credit,
            fuel,
            ready,
            phases,
            engine,
            program,
            args,
            env,
            cwd,
            preopens,
            vfs,
            userland,
        })
    }

    /// Hands the guest to the engine: now, or from another thread once its program is hashed.
    pub fn run(self, guest: Arc<Guest>, runtime: &RuntimeOptions) {
        let Self { engine, program, args, env, cwd, preopens, vfs, userland, .. } = self;
        let run = {
            let (v8, wasmtime) = (Arc::clone(&runtime.v8), Arc::clone(&runtime.wasmtime));
            move |guest, program| {
                let spec = GuestSpec { guest, program, args, env, cwd, preopens, vfs, userland };
                start(spec, |spec| match engine {
                    ChosenEngine::V8 => v8.run(spec),
                    ChosenEngine::Wasmtime => wasmtime.run(spec),
                });
            }
        };
        let modules = &runtime.modules;
        match program {
            PreparedProgram::Ready(program) => run(guest, program),
            PreparedProgram::Unhashed { name, file, bytes } => {
                let at_once = bytes.len() <= HASHED_AT_ONCE;
                let modules = Arc::clone(modules);
                let hash_and_run = move |guest: Arc<Guest>| match modules.put_file(file, bytes) {
                    Ok((digest, bytes)) => run(guest, GuestProgram::Wasm { digest, bytes, name }),
                    Err(error) => {
                        guest.finish(Ending::Crash { message: error.to_string() }, 0);
                    }
                };
                if at_once {
                    return hash_and_run(guest);
                }
                let hashed = Arc::clone(&guest);
                let thread = std::thread::Builder::new().name("hash".into()).spawn(move || hash_and_run(hashed));
                if let Err(error) = thread {
                    let message = format!("The system gave no thread to load the program with: {error}.");
                    guest.finish(Ending::Crash { message }, 0);
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ChosenEngine {
    V8,
    Wasmtime,
}

fn choose_engine(choice: EngineChoice, program: &PreparedProgram) -> Result<ChosenEngine, RequestError> {
    let is_wasm =
        matches!(program, PreparedProgram::Unhashed { .. } | PreparedProgram::Ready(GuestProgram::Wasm { .. }));
    match choice {
        EngineChoice::V8 => Ok(ChosenEngine::V8),
        EngineChoice::Auto if !is_wasm => Ok(ChosenEngine::V8),
        EngineChoice::Wasmtime if !is_wasm => Err(RequestError::InvalidOption(
            "JavaScript can't be run by wasmtime: leave the engine out, or make it \"v8\".".into(),
        )),
        EngineChoice::Auto | EngineChoice::Wasmtime => Ok(ChosenEngine::Wasmtime),
    }
}

/// The directories' absolute paths. Whether they are there is found out when the program starts.
fn open_paths(preopens: BTreeMap<String, String>, cwd: &str) -> Result<BTreeMap<String, String>, RequestError> {
    let absolute = |(name, path): (String, String)| {
        if name.contains('\0') || path.is_empty() {
            let message = format!("The preopened directory {name:?} must have a path, and no NUL in its name.");
            return Err(RequestError::InvalidOption(message));
        }
        Ok((name, join(cwd, &path)))
    };
    preopens.into_iter().map(absolute).collect()
}

fn check_ready(ready: Option<ReadyOptions>, engine: ChosenEngine) -> Result<(), RequestError> {
    let Some(ReadyOptions { when, within_ms }) = ready else { return Ok(()) };
    if !(1..=Limits::MAX_WALL_MS).contains(&within_ms) {
        let max = Limits::MAX_WALL_MS;
        let message = format!("A guest must be ready within 1 to {max} ms, but {within_ms} was asked for.");
        return Err(RequestError::InvalidOption(message));
    }
    if when != ReadyWhen::Start && engine != ChosenEngine::Wasmtime {
        let message =
            "Only a WASI program on wasmtime can say that it is ready: make ready \"start\", or leave it out.";
        return Err(RequestError::InvalidOption(message.into()));
    }
    Ok(())
}

/// An engine that panics takes its guest with it, and nobody else.
fn start(spec: GuestSpec, run: impl FnOnce(GuestSpec)) {
    let guest = Arc::clone(&spec.guest);
    guest.end_phase(Phase::ModuleGet);
    if catch_unwind(AssertUnwindSafe(|| run(spec))).is_err() {
        guest.finish(
            Ending::Crash { message: "The engine failed to start the guest; the sidecar's log says why.".into() },
            0,
        );
    }
}

fn load(
    vfs: &Vfs,
    modules: &ModuleCache,
    command: String,
    executable: Executable,
) -> Result<PreparedProgram, RequestError> {
    let Executable { path, content, kind } = executable;
    match kind {
        ExecutableKind::Script => {
            // As Node does, so that what the script imports is found beside the file and not beside the link.
            let path = vfs.real_path(Base::Root, &path).during("realpath", &path)?;
            let text = String::from_utf8(content.bytes.to_vec()).map_err(|_| RequestError::NotExecutable {
                path: path.clone(),
                reason: "it is not text in UTF-8.".into(),
            })?;
            Ok(PreparedProgram::Ready(GuestProgram::ScriptFile { path, text }))
        }
        ExecutableKind::Wasm => {
            let hotcell_vfs::Fingerprint { file_system, inode, version } = content.fingerprint;
            let file = FileFingerprint { file_system, inode, version };
            Ok(match modules.get_file(&file) {
                Some((digest, bytes)) => PreparedProgram::Ready(GuestProgram::Wasm { digest, bytes, name: command }),
                None => PreparedProgram::Unhashed { name: command, file, bytes: content.bytes },
            })
        }
    }
}
