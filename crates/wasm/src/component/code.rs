//! What components are made into.

use super::interface::{Callee, ComponentInterface};
use super::registry::{Loader, Made};
use crate::command::link;
use crate::engine::WasmEngine;
use crate::error::WasmError;
use crate::modules::CompiledModules;
use crate::preview2::{ComponentState, linker};
use crate::runner::WasiRunner;
use crate::state::GuestState;
use hotcell_modules::BlobDigest;
use hotcell_protocol::{ComponentFunction, ComponentKind};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{ExternType, FuncType, Module, ValType};

/// Core instances that a component of one module has at most, with what adapts it: its slots in the pool.
const CORE_INSTANCES: u32 = 4;

/// The first bytes of a component; those of a module differ in the last four.
const COMPONENT_HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// Whether bytes begin as those of a component.
pub fn is_component(bytes: &[u8]) -> bool {
    bytes.starts_with(COMPONENT_HEADER)
}

/// Of the pool's slots, how many an instance of the component takes.
pub(crate) fn slots_of(component: &Component) -> u32 {
    let required = component.resources_required();
    required.map_or(CORE_INSTANCES, |required| required.num_memories.max(required.num_tables).max(CORE_INSTANCES))
}

/// What can be called.
pub enum Code {
    Component(Arc<ComponentCode>),
    Module(ModuleCode),
}

/// A component that is ready to be instantiated.
pub struct ComponentCode {
    pub(crate) pre: InstancePre<ComponentState>,
    pub(crate) callees: HashMap<String, Callee>,
    /// Of the pool's slots, how many an instance takes.
    pub(crate) slots: u32,
}

/// A plain module whose functions take and return bytes.
pub struct ModuleCode {
    pub(crate) pre: wasmtime::InstancePre<GuestState>,
    pub(crate) slots: u32,
}

/// Where the runner of calls comes from: one that is started when it is needed first, say.
pub trait RunnerSource: Send + Sync {
    /// # Errors
    /// Why there is none.
    fn runner(&self) -> Result<&WasiRunner, WasmError>;
}

/// Compiles components, or finds on disk what it compiled before.
pub struct CodeLoader {
    runners: Arc<dyn RunnerSource>,
    /// Made when the first component comes.
    linker: OnceLock<Result<Linker<ComponentState>, String>>,
}

impl CodeLoader {
    pub fn new(runners: Arc<dyn RunnerSource>) -> Self {
        Self { runners, linker: OnceLock::new() }
    }

    fn modules(&self) -> Result<&CompiledModules, String> {
        let runner = self.runners.runner().map_err(|error| error.to_string())?;
        Ok(runner.modules())
    }

    fn linker(&self, engine: &WasmEngine) -> Result<&Linker<ComponentState>, String> {
        let linker = self.linker.get_or_init(|| linker(engine.wasmtime()).map_err(|error| format!("{error:#}")));
        linker.as_ref().map_err(Clone::clone)
    }

    fn component(&self, digest: BlobDigest, bytes: &[u8]) -> Result<Made<Code>, String> {
        let modules = self.modules()?;
        let component = modules.component(digest, bytes)?;
        let ComponentInterface { functions, callees } =
            ComponentInterface::of(&component).map_err(|error| error.to_string())?;
        let pre = self.linker(modules.engine())?.instantiate_pre(&component);
        let pre = pre.map_err(|error| format!("it imports what is not there: {error:#}."))?;
        let code = ComponentCode { pre, callees, slots: slots_of(&component) };
        Ok(Made { code: Code::Component(Arc::new(code)), kind: ComponentKind::Component, functions })
    }

    fn module(&self, digest: BlobDigest, bytes: &[u8]) -> Result<Made<Code>, String> {
        let module = self.modules()?.library(digest, bytes)?;
        let functions = byte_functions(&module);
        if functions.is_empty() {
            return Err("it is a module without a function that can be called: it needs exports of the type (param i32 i32 i32 i32) \
                        (result i32), or to be a component."
                .into());
        }
        let linker = link(&module)?;
        let pre = linker.instantiate_pre(&module).map_err(|error| format!("it can't be linked: {error:#}."))?;
        let required = module.resources_required();
        let slots = required.num_memories.max(required.num_tables).max(1);
        Ok(Made { code: Code::Module(ModuleCode { pre, slots }), kind: ComponentKind::Module, functions })
    }
}

impl Loader for CodeLoader {
    type Code = Code;

    fn load(&self, digest: BlobDigest, bytes: &[u8]) -> Result<Made<Code>, String> {
        if is_component(bytes) { self.component(digest, bytes) } else { self.module(digest, bytes) }
    }
}

/// The exports that can be called with bytes, by name.
fn byte_functions(module: &Module) -> Vec<ComponentFunction> {
    let is_callable = |ty: &FuncType| {
        let i32s = |mut types: Box<dyn Iterator<Item = ValType> + '_>| types.all(|ty| matches!(ty, ValType::I32));
        (ty.params().len(), ty.results().len()) == (4, 1) && i32s(Box::new(ty.params())) && i32s(Box::new(ty.results()))
    };
    let exports = module.exports().filter(|export| match export.ty() {
        ExternType::Func(ty) => is_callable(&ty),
        _ => false,
    });
    let function =
        |name: &str| ComponentFunction { name: name.into(), parameters: None, result: None, unsupported: None };
    let sorted: BTreeMap<_, _> = exports.map(|export| (export.name().to_owned(), function(export.name()))).collect();
    sorted.into_values().take(super::interface::MAX_FUNCTIONS).collect()
}

impl CompiledModules {
    /// A component from disk, or compiled and then kept there.
    pub(crate) fn component(&self, digest: BlobDigest, bytes: &[u8]) -> Result<Component, String> {
        let engine = self.engine().wasmtime();
        if let Some(component) = self.artifacts().and_then(|artifacts| artifacts.load_component(engine, &digest)) {
            return Ok(component);
        }
        let component = Component::from_binary(engine, bytes)
            .map_err(|error| format!("it is no component that can be compiled: {error:#}."))?;
        if let Some(artifacts) = self.artifacts() {
            artifacts.save_component(&digest, &component);
        }
        Ok(component)
    }

    /// The same for a module whose functions others call, which is not kept in memory here.
    pub(crate) fn library(&self, digest: BlobDigest, bytes: &[u8]) -> Result<Module, String> {
        let engine = self.engine().wasmtime();
        if let Some(module) = self.artifacts().and_then(|artifacts| artifacts.load(engine, &digest)) {
            return Ok(module);
        }
        let module = Module::from_binary(engine, bytes)
            .map_err(|error| format!("it is no module that can be compiled: {error:#}."))?;
        if let Some(artifacts) = self.artifacts() {
            artifacts.save_library(&digest, &module);
        }
        Ok(module)
    }
}
