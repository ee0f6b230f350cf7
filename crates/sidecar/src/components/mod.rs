//! `hotcell components`: what is in a directory of components, and calls of their functions.

mod client;
mod install;
mod show;

use crate::cli::{CallOptions, ComponentsTask, DirectoryOptions};
use crate::error::SidecarError;
use crate::settings::{Settings, Snapshot};
use crate::sidecar::{EngineSource, start_runtime};
use client::{Client, Failed};
use hotcell_guest::{Ending, GuestSpec, Userland};
use hotcell_protocol::{ComponentDetails, ComponentKind, ComponentSummary, ErrorCode, ErrorInfo};
use hotcell_runtime::Engine;
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The exit code where a component can't be had, or its function does not return.
const FAILED: u8 = 1;

/// Does what was asked for; the exit code.
///
/// # Errors
/// Where the runtime can't start, or the directory can't be read.
pub fn run(engine: &EngineSource, settings: &Settings, task: ComponentsTask) -> Result<u8, SidecarError> {
    let (directory, json) = task.common();
    let settings = Settings { components: directory.path.or_else(|| settings.components.clone()), ..settings.clone() };
    // No JavaScript runs here, so that V8 need not start.
    let engine = EngineSource { v8_version: engine.v8_version, start: Box::new(|_| Ok(Arc::new(NoJavaScript))) };
    // What only concerns a file is not to load a directory.
    let within = Settings { components: task.directory_if_needed(&settings), ..settings.clone() };
    let runtime = start_runtime(&engine, &within, Snapshot::Off, |_reason| (), || ())?;
    let client = Client::connect(&runtime).map_err(SidecarError::Refused)?;
    let done = match task {
        ComponentsTask::List { .. } => list(client, json),
        ComponentsTask::Inspect { component, .. } => inspect(client, &component, json),
        ComponentsTask::Add { file, id, .. } => install::add(client, &file, id, settings.components.as_deref(), json),
        ComponentsTask::Call(options) => call(client, options),
    };
    let code = done.unwrap_or_else(|failed| {
        failed.report(json);
        FAILED
    });
    // Others may be loading still, for nobody.
    crate::os::exit_now(code.into())
}

impl ComponentsTask {
    fn common(&self) -> (DirectoryOptions, bool) {
        let (directory, json) = match self {
            Self::List { directory, json }
            | Self::Inspect { directory, json, .. }
            | Self::Add { directory, json, .. } => (directory, *json),
            Self::Call(CallOptions { directory, json, .. }) => (directory, *json),
        };
        (directory.clone(), json)
    }

    fn directory_if_needed(&self, settings: &Settings) -> Option<PathBuf> {
        match self {
            Self::List { .. } => settings.components.clone(),
            Self::Add { .. } => None,
            Self::Inspect { component, .. } | Self::Call(CallOptions { component, .. }) => {
                if as_file(component).is_some() { None } else { settings.components.clone() }
            }
        }
    }
}

/// The file, where a component is named by one.
fn as_file(component: &str) -> Option<PathBuf> {
    let path = Path::new(component);
    let named_as_file = path.extension().is_some_and(|extension| extension == "wasm");
    if named_as_file && path.is_file() { std::path::absolute(path).ok() } else { None }
}

/// Registers the component where it is a file; its id.
fn register(client: &mut Client, component: String) -> Result<String, Failed> {
    match as_file(&component) {
        None => Ok(component),
        Some(file) => {
            let id = "file".to_owned();
            client.add_file(&id, &file)?;
            Ok(id)
        }
    }
}

fn list(mut client: Client, as_json: bool) -> Result<u8, Failed> {
    let mut components = client.list()?;
    for component in &mut components {
        complete(&mut client, component);
    }
    if as_json {
        crate::print(&format!("{}\n", json!(components)));
    } else {
        crate::print(&show::list(&components));
    }
    Ok(0)
}

/// Loads a component of which nothing is known yet.
fn complete(client: &mut Client, component: &mut ComponentSummary) {
    if component.functions.is_some() || component.error.is_some() {
        return;
    }
    match client.get(&component.id) {
        Ok(ComponentDetails { kind, digest, functions, .. }) => {
            component.kind = Some(kind);
            component.digest = Some(digest);
            component.functions = Some(functions.into_iter().map(|function| function.name).collect());
        }
        Err(Failed(error)) => {
            component.state = hotcell_protocol::ComponentState::Failed;
            component.error = Some(error.message);
        }
    }
}

fn inspect(mut client: Client, component: &str, as_json: bool) -> Result<u8, Failed> {
    let id = register(&mut client, component.into())?;
    let details = ComponentDetails { id: component.into(), ..client.get(&id)? };
    if as_json {
        crate::print(&format!("{}\n", json!(details)));
    } else {
        crate::print(&show::details(&details));
    }
    Ok(0)
}

fn call(mut client: Client, options: CallOptions) -> Result<u8, Failed> {
    let limits = options.limits();
    let CallOptions { component, function, arguments, input, json: as_json, .. } = options;
    let id = register(&mut client, component)?;
    match client.get(&id)?.kind {
        ComponentKind::Component => {
            let arguments = match arguments {
                None => json!({}),
                Some(text) => serde_json::from_str(&text).map_err(|error| {
                    invalid(format!("The arguments are no JSON ({error}): give them as one object or array."))
                })?,
            };
            let result = client.call(&id, &function, arguments, limits)?;
            crate::print(&format!("{}\n", if as_json { json!({ "result": result }) } else { result }));
        }
        ComponentKind::Module => {
            if arguments.is_some() {
                return Err(invalid("A plain module takes bytes: give them with --input.".into()));
            }
            let bytes = read_input(input.as_deref())?;
            let output = client.call_with_bytes(&id, &function, bytes, limits)?;
            if as_json {
                crate::print(&format!("{}\n", json!({ "output": String::from_utf8_lossy(&output) })));
            } else {
                crate::print_bytes(&output);
            }
        }
    }
    Ok(0)
}

/// The bytes of a file, or those of stdin.
fn read_input(file: Option<&Path>) -> Result<Vec<u8>, Failed> {
    let read = match file {
        Some(file) if file != Path::new("-") => std::fs::read(file),
        _ => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        }
    };
    read.map_err(|error| invalid(format!("The input can't be read ({error}).")))
}

fn invalid(message: String) -> Failed {
    Failed(ErrorInfo::new(ErrorCode::InvalidArgument, message))
}

impl Failed {
    fn report(&self, as_json: bool) {
        if as_json {
            crate::print(&format!("{}\n", json!({ "error": self.0 })));
        } else {
            crate::complain(&self.0.message);
        }
    }
}

/// In the place of the engine that runs JavaScript.
struct NoJavaScript;

const NO_JAVASCRIPT: &str = "No JavaScript runs here.";

impl Engine for NoJavaScript {
    fn run(&self, spec: GuestSpec) {
        spec.guest.finish(Ending::Crash { message: NO_JAVASCRIPT.into() }, 0);
    }

    fn prepare_userland(&self, _source: Arc<str>) -> Result<Arc<Userland>, ErrorInfo> {
        Err(ErrorInfo::new(ErrorCode::Internal, NO_JAVASCRIPT))
    }
}
