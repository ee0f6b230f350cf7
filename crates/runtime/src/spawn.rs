use crate::engine::Engine;
use crate::error::{FsContext, RequestError};
use crate::program::{self, DEFAULT_PATH, Executable, ExecutableKind};
use crate::sandbox::{Sandbox, check_env};
use hotcell_guest::{Ending, Guest, GuestProgram, GuestSpec, Userland};
use hotcell_modules::{FileFingerprint, ModuleCache};
use hotcell_protocol::{Limits, Phase, Program, SpawnOptions, StdinMode};
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
    pub phases: bool,
    program: PreparedProgram,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    cwd: String,
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
        let SpawnOptions { program, args, env: overlay, cwd, limits, stdin, credit, phases } = options;
        let limits = limits.over(sandbox.limits).map_err(|error| RequestError::InvalidOption(error.to_string()))?;
        check_env(&overlay)?;
        // As programs get them: each with its NUL, and variables with their `=`.
        let args_bytes = args.iter().map(|arg| arg.len() as u64 + 1).sum();
        check_limit("arguments", "argsBytes", args_bytes, limits.args_bytes)?;
        if let Some(index) = args.iter().position(|arg| arg.contains('\0')) {
            let message = format!("Argument {index} has a NUL, which no program can be given.");
            return Err(RequestError::InvalidOption(message));
        }
        let cwd = sandbox.working_directory(cwd.as_deref())?;
        let mut env = sandbox.env.clone();
        env.extend(overlay);
        let env_bytes = env.iter().map(|(name, value)| (name.len() + value.len()) as u64 + 2).sum();
        check_limit("environment", "envBytes", env_bytes, limits.env_bytes)?;
        env.insert("PWD".into(), cwd.clone());
        let path = env.entry("PATH".into()).or_insert_with(|| DEFAULT_PATH.into());
        let program = match program {
            Program::Source { text, format, name } => {
                if let Some(name) = name.as_ref().filter(|name| !name.starts_with('/')) {
                    let message = format!("A source's name must be an absolute path, but {name:?} was given.");
                    return Err(RequestError::InvalidOption(message));
                }
                check_limit("source", "sourceBytes", text.len() as u64, limits.source_bytes)?;
                PreparedProgram::Ready(GuestProgram::Source { text, format, name })
            }
            Program::Wasm { digest, name } => {
                let bytes = modules.get(&digest).ok_or(RequestError::UnknownBlob { digest })?;
                let name = name.unwrap_or_else(|| UNNAMED_WASM.into());
                if !program::is_wasm(&bytes) {
                    let reason = "its bytes do not begin as those of a WebAssembly module.".into();
                    return Err(RequestError::NotExecutable { path: name, reason });
                }
                check_limit("program", "moduleBytes", bytes.len() as u64, limits.module_bytes)?;
                PreparedProgram::Ready(GuestProgram::Wasm { digest, bytes, name })
            }
            Program::Command { command } => {
                let executable = program::find(&sandbox.vfs, &command, &cwd, path)?;
                load(&sandbox.vfs, modules, command, executable, &limits)?
            }
        };
        let vfs = Arc::clone(&sandbox.vfs);
        Ok(Self { limits, stdin, credit, phases, program, args, env, cwd, vfs, userland })
    }

    /// Hands the guest to the engine: now, or from another thread once its program is hashed.
    pub fn run(self, guest: Arc<Guest>, modules: &Arc<ModuleCache>, engine: &Arc<dyn Engine>) {
        let Self { program, args, env, cwd, vfs, userland, .. } = self;
        let run = {
            let engine = Arc::clone(engine);
            move |guest, program| start(&*engine, GuestSpec { guest, program, args, env, cwd, vfs, userland })
        };
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

fn check_limit(what: &'static str, limit: &'static str, bytes: u64, max: u64) -> Result<(), RequestError> {
    if bytes <= max { Ok(()) } else { Err(RequestError::LimitExceeded { what, limit, bytes, max }) }
}

/// An engine that panics takes its guest with it, and nobody else.
fn start(engine: &dyn Engine, spec: GuestSpec) {
    let guest = Arc::clone(&spec.guest);
    guest.end_phase(Phase::ModuleGet);
    if catch_unwind(AssertUnwindSafe(|| engine.run(spec))).is_err() {
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
    limits: &Limits,
) -> Result<PreparedProgram, RequestError> {
    let Executable { path, content, kind } = executable;
    match kind {
        ExecutableKind::Script => {
            check_limit("source", "sourceBytes", content.bytes.len() as u64, limits.source_bytes)?;
            // As Node does, so that what the script imports is found beside the file and not beside the link.
            let path = vfs.real_path(Base::Root, &path).during("realpath", &path)?;
            let text = String::from_utf8(content.bytes.to_vec()).map_err(|_| RequestError::NotExecutable {
                path: path.clone(),
                reason: "it is not text in UTF-8.".into(),
            })?;
            Ok(PreparedProgram::Ready(GuestProgram::ScriptFile { path, text }))
        }
        ExecutableKind::Wasm => {
            check_limit("program", "moduleBytes", content.bytes.len() as u64, limits.module_bytes)?;
            let hotcell_vfs::Fingerprint { file_system, inode, version } = content.fingerprint;
            let file = FileFingerprint { file_system, inode, version };
            Ok(match modules.get_file(&file) {
                Some((digest, bytes)) => PreparedProgram::Ready(GuestProgram::Wasm { digest, bytes, name: command }),
                None => PreparedProgram::Unhashed { name: command, file, bytes: content.bytes },
            })
        }
    }
}
