//! What makes a module a WASI program: its imports are all there, and it can be started.

use crate::imports::{IMPORTS, Import, NOTIFY_READY};
use crate::state::GuestState;
use wasmtime::{ExternType, ImportType, InstancePre, Linker, Module, ModuleExport};

/// A module that can be run as a program.
pub(crate) struct Command {
    pub pre: InstancePre<GuestState>,
    pub start: ModuleExport,
    pub memory: ModuleExport,
    /// What is called first where the guest is to say by it that it serves.
    pub ready: Option<ModuleExport>,
}

impl Command {
    /// # Errors
    /// Why the module is no program, in words that go on "wasm: ".
    pub(crate) fn new(module: &Module) -> Result<Self, String> {
        let linker = link(module)?;
        let pre =
            linker.instantiate_pre(module).map_err(|error| format!("the program could not be linked: {error:#}"))?;
        Ok(Self { pre, start: start(module)?, memory: memory(module)?, ready: ready(module) })
    }
}

/// A linker with what the module imports.
pub(crate) fn link(module: &Module) -> Result<Linker<GuestState>, String> {
    let mut linker = Linker::new(module.engine());
    // A module may import a function twice.
    linker.allow_shadowing(true);
    let mut missing = Vec::new();
    for import in module.imports() {
        match find(&import) {
            Some(found) => {
                (found.define)(&mut linker).map_err(|error| format!("the program could not be linked: {error:#}"))?;
            }
            None => missing.push(describe(&import)),
        }
    }
    if missing.is_empty() {
        return Ok(linker);
    }
    Err(format!("the program imports what is not there: {}", missing.join(", ")))
}

/// The function of that name. Where there are several, the one that takes as many parameters; else the first, so that the
/// difference is told.
fn find(import: &ImportType<'_>) -> Option<&'static Import> {
    let ty = import.ty();
    let parameters = ty.func()?.params().len();
    let mut named = IMPORTS
        .iter()
        .chain([&NOTIFY_READY])
        .filter(|known| known.module == import.module() && known.name == import.name());
    named.clone().find(|known| known.parameters == parameters).or_else(|| named.next())
}

fn describe(import: &ImportType<'_>) -> String {
    let kind = match import.ty() {
        ExternType::Func(_) => "",
        ExternType::Global(_) => " (a global)",
        ExternType::Table(_) => " (a table)",
        ExternType::Memory(_) => " (a memory)",
        ExternType::Tag(_) => " (a tag)",
    };
    format!("{}.{}{kind}", import.module(), import.name())
}

fn start(module: &Module) -> Result<ModuleExport, String> {
    let is_library = || module.get_export("_initialize").is_some_and(|export| export.func().is_some());
    match module.get_export("_start") {
        Some(ExternType::Func(ty)) if ty.params().len() == 0 && ty.results().len() == 0 => {}
        Some(ExternType::Func(ty)) => {
            return Err(format!("the program's _start function takes or gives something ({ty}): it is not a command"));
        }
        _ if is_library() => {
            return Err(
                "the program exports _initialize and no _start: it is a library for others to call, not a command"
                    .into(),
            );
        }
        _ => return Err("the program exports no _start function: it is not a command".into()),
    }
    module.get_export_index("_start").ok_or_else(|| "the program's _start function is not there".into())
}

fn ready(module: &Module) -> Option<ModuleExport> {
    let ty = module.get_export("ready")?;
    let ty = ty.func()?;
    if ty.params().len() > 0 || ty.results().len() > 0 {
        return None;
    }
    module.get_export_index("ready")
}

fn memory(module: &Module) -> Result<ModuleExport, String> {
    let is_memory = module.get_export("memory").is_some_and(|export| export.memory().is_some());
    let index = is_memory.then(|| module.get_export_index("memory")).flatten();
    index.ok_or_else(|| "the program exports no memory named `memory`".into())
}
