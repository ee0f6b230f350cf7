//! ES modules: what a specifier means, and source text from the sandbox's files.

use crate::format::{self, Detected};
use crate::native::{self, set, string, throw, try_string};
use crate::state::IsolateState;
use crate::synthetic_modules::{SyntheticModules, load_builtin, load_common_js, load_json};
use hotcell_vfs::{Base, Errno};
use std::collections::HashMap;
use url::Url;
use v8::MapFnTo;

/// The modules of one guest.
#[derive(Default)]
pub(crate) struct ModuleMap {
    by_url: HashMap<String, v8::Global<v8::Module>>,
    /// The URL of a source text module, by its script.
    url_of_script: HashMap<i32, String>,
    /// What a module's specifiers mean, by its script. Filled before the module is linked.
    imports: HashMap<i32, HashMap<String, v8::Global<v8::Module>>>,
    pub synthetic: SyntheticModules,
}

impl ModuleMap {
    /// The module of that URL, where it was met before.
    pub(crate) fn get<'s>(&self, scope: &v8::PinScope<'s, '_>, url: &str) -> Option<v8::Local<'s, v8::Module>> {
        self.by_url.get(url).map(|module| v8::Local::new(scope, module))
    }
}

/// Whether source is a script or a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Script,
    Module,
}

/// The origin of a script or module, by the name that its stack traces show.
pub(crate) fn origin<'s>(
    scope: &v8::PinScope<'s, '_>,
    name: v8::Local<'s, v8::Value>,
    kind: Kind,
) -> v8::ScriptOrigin<'s> {
    v8::ScriptOrigin::new(scope, name, 0, 0, false, -1, None, false, false, kind == Kind::Module, None)
}

/// The `file:` URL of a path in the sandbox.
pub(crate) fn file_url(path: &str) -> String {
    Url::from_file_path(path).map_or_else(|()| format!("file://{path}"), String::from)
}

fn file_path(url: &str) -> Option<String> {
    if url.starts_with('/') {
        return Some(url.to_owned());
    }
    Url::parse(url).ok()?.to_file_path().ok()?.to_str().map(str::to_owned)
}

/// Compiles source as a module that others can import by its URL.
pub(crate) fn compile<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    url: &str,
    text: &str,
) -> Option<v8::Local<'s, v8::Module>> {
    let module = parse(scope, url, text)?;
    remember(scope, url, module);
    Some(module)
}

/// Compiles source as a module that nobody knows yet.
pub(crate) fn parse<'s>(scope: &mut v8::PinScope<'s, '_>, url: &str, text: &str) -> Option<v8::Local<'s, v8::Module>> {
    let source = try_string(scope, text)?;
    let name = string(scope, url).into();
    let origin = origin(scope, name, Kind::Module);
    let mut source = v8::script_compiler::Source::new(source, Some(&origin));
    v8::script_compiler::compile_module(scope, &mut source)
}

/// Lets others import the module by its URL.
pub(crate) fn remember(scope: &mut v8::PinScope<'_, '_>, url: &str, module: v8::Local<'_, v8::Module>) {
    let state = IsolateState::of(scope);
    let mut modules = state.modules.borrow_mut();
    modules.by_url.insert(url.to_owned(), v8::Global::new(scope, module));
    if let Some(script) = module.script_id() {
        modules.url_of_script.insert(script, url.to_owned());
    }
}

/// Finds, reads and compiles all that a module imports, and what those import, then links them. V8 asks for a module's
/// imports while it links; it is not to run JavaScript then, which finding a package or a builtin does.
pub(crate) fn link(scope: &mut v8::PinScope<'_, '_>, module: v8::Local<'_, v8::Module>) -> Option<()> {
    let state = IsolateState::of(scope);
    let mut pending = vec![v8::Global::new(scope, module)];
    while let Some(module) = pending.pop() {
        v8::scope!(let scope, scope);
        let module = v8::Local::new(scope, module);
        let Some(script) = module.script_id().filter(|_| module.is_source_text_module()) else { continue };
        if state.modules.borrow().imports.contains_key(&script) {
            continue;
        }
        let referrer = state.modules.borrow().url_of_script.get(&script).cloned().unwrap_or_default();
        let requests = module.get_module_requests();
        let mut imports = HashMap::with_capacity(requests.length());
        for index in 0..requests.length() {
            let Some(request) =
                requests.get(scope, index).and_then(|request| request.try_cast::<v8::ModuleRequest>().ok())
            else {
                continue;
            };
            let specifier = request.get_specifier().to_rust_string_lossy(scope);
            // Key, value and source position each.
            let kind = attribute_type(scope, request.get_import_attributes(), 3);
            let imported = load(scope, &specifier, &referrer, kind.as_deref())?;
            let imported = v8::Global::new(scope, imported);
            pending.push(imported.clone());
            imports.insert(specifier, imported);
        }
        state.modules.borrow_mut().imports.insert(script, imports);
    }
    module.instantiate_module(scope, resolve).filter(|linked| *linked).map(|_| ())
}

fn resolve<'s>(
    context: v8::Local<'s, v8::Context>,
    specifier: v8::Local<'s, v8::String>,
    _attributes: v8::Local<'s, v8::FixedArray>,
    referrer: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Module>> {
    v8::callback_scope!(unsafe scope, context);
    let specifier = specifier.to_rust_string_lossy(scope);
    let state = IsolateState::of(scope);
    let modules = state.modules.borrow();
    let imported = modules.imports.get(&referrer.script_id()?)?.get(&specifier)?;
    Some(v8::Local::new(scope, imported))
}

/// The value of `with { type: ... }` in a list of attributes with that many fields each.
fn attribute_type(
    scope: &v8::PinScope<'_, '_>,
    attributes: v8::Local<'_, v8::FixedArray>,
    fields: usize,
) -> Option<String> {
    (0..attributes.length()).step_by(fields).find_map(|index| {
        let text = |index| {
            let value = attributes.get(scope, index)?;
            Some(v8::Local::<v8::Value>::try_from(value).ok()?.to_rust_string_lossy(scope))
        };
        (text(index)? == "type").then(|| text(index + 1))?
    })
}

/// Finds, reads and compiles what `specifier` means to `referrer`; throws where that fails.
fn load<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    specifier: &str,
    referrer: &str,
    kind: Option<&str>,
) -> Option<v8::Local<'s, v8::Module>> {
    let state = IsolateState::of(scope);
    let Some(claim) = state.claim() else {
        native::refuse(scope, &state, native::NO_GUEST);
        return None;
    };
    let url = match resolve_url(specifier, referrer) {
        Some(url) => url,
        None => match load_bare(scope, specifier, referrer)? {
            Bare::Builtin(module) => return Some(module),
            Bare::File(url) => url,
        },
    };
    let known = state.modules.borrow().get(scope, &url);
    if known.is_some() {
        return known;
    }
    if let Some(name) = url.strip_prefix("node:") {
        let builtin = load_builtin(scope, name)?;
        if builtin.is_none() {
            throw_code(scope, "ERR_UNKNOWN_BUILTIN_MODULE", &format!("No such built-in module: {url}"));
        }
        return builtin;
    }
    let Some(path) = file_path(&url) else {
        let message = format!("Only file: and node: modules can be imported, not '{url}'.");
        throw_code(scope, "ERR_UNSUPPORTED_ESM_URL_SCHEME", &message);
        return None;
    };
    let bytes = match claim.vfs.snapshot(Base::Root, &path) {
        Ok(snapshot) => snapshot.bytes,
        Err(Errno::ENOENT | Errno::ENOTDIR) => return not_found(scope, "module", &path, referrer),
        Err(errno) => {
            throw_code(scope, errno.name(), &format!("{}: {errno}, import '{path}'", errno.name()));
            return None;
        }
    };
    if !state.count_module() {
        crate::native::unwind(scope, &state);
        return None;
    }
    let text = String::from_utf8_lossy(&bytes);
    match (kind, path.ends_with(".json")) {
        (Some("json"), _) => load_json(scope, &url, &text),
        (None, false) => load_file(scope, &url, &path, &text),
        (None, true) => {
            let message = format!("Module \"{url}\" needs an import attribute of \"type: json\"");
            throw_code(scope, "ERR_IMPORT_ATTRIBUTE_MISSING", &message);
            None
        }
        (Some(other), _) => {
            let message = format!("Import attribute \"type\" with value \"{other}\" is not supported");
            throw_code(scope, "ERR_IMPORT_ATTRIBUTE_UNSUPPORTED", &message);
            None
        }
    }
}

/// The URL that a specifier means; `None` for a bare one.
fn resolve_url(specifier: &str, referrer: &str) -> Option<String> {
    let relative = specifier.starts_with("./") || specifier.starts_with("../") || matches!(specifier, "." | "..");
    if relative || specifier.starts_with('/') {
        let base = if referrer.starts_with('/') { file_url(referrer) } else { referrer.to_owned() };
        return Url::parse(&base).ok()?.join(specifier).ok().map(String::from);
    }
    if specifier.starts_with("node:") {
        return Some(specifier.to_owned());
    }
    Url::parse(specifier).ok().map(String::from)
}

fn not_found<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    what: &str,
    name: &str,
    referrer: &str,
) -> Option<v8::Local<'s, v8::Module>> {
    let importer = file_path(referrer).unwrap_or_else(|| referrer.to_owned());
    throw_code(scope, "ERR_MODULE_NOT_FOUND", &format!("Cannot find {what} '{name}' imported from {importer}"));
    None
}

fn throw_code(scope: &mut v8::PinScope<'_, '_>, code: &str, message: &str) {
    let Some(message) = try_string(scope, message) else { return };
    let error = v8::Exception::error(scope, message);
    if let Ok(object) = error.try_cast::<v8::Object>() {
        let code = string(scope, code).into();
        set(scope, object, "code", code);
    }
    scope.throw_exception(error);
}

/// What a bare specifier means.
enum Bare<'s> {
    Builtin(v8::Local<'s, v8::Module>),
    File(String),
}

fn load_bare<'s>(scope: &mut v8::PinScope<'s, '_>, specifier: &str, referrer: &str) -> Option<Bare<'s>> {
    if let Some(builtin) = load_builtin(scope, specifier)? {
        return Some(Bare::Builtin(builtin));
    }
    let state = IsolateState::of(scope);
    let resolve_import = v8::Local::new(scope, &state.hooks().resolve_import);
    let receiver = v8::undefined(scope).into();
    let asked = try_string(scope, specifier)?.into();
    let from = try_string(scope, &file_path(referrer).unwrap_or_else(|| referrer.to_owned()))?.into();
    let found = resolve_import.call(scope, receiver, &[asked, from])?;
    if !found.is_string() {
        not_found(scope, "package", specifier, referrer);
        return None;
    }
    Some(Bare::File(file_url(&found.to_rust_string_lossy(scope))))
}

fn load_file<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    url: &str,
    path: &str,
    text: &str,
) -> Option<v8::Local<'s, v8::Module>> {
    // Without any of these words a CommonJS module is the same as an ES module.
    if !path.ends_with(".cjs") && !["exports", "require", "module"].iter().any(|word| text.contains(word)) {
        return compile(scope, url, text);
    }
    match format::of_file(scope, url, path, text)? {
        Detected::Script(()) => load_common_js(scope, url, path),
        Detected::Module(module) => Some(module),
    }
}

/// What `import(specifier)` in `referrer` gives: a promise of the namespace. `None` where the guest is being ended.
pub(crate) fn import<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    specifier: &str,
    referrer: &str,
    kind: Option<&str>,
) -> Option<v8::Local<'s, v8::Promise>> {
    v8::tc_scope!(let scope, scope);
    let evaluated = load(scope, specifier, referrer, kind).and_then(|module| {
        link(scope, module)?;
        let evaluated = module.evaluate(scope)?.try_cast::<v8::Promise>().ok()?;
        Some((module.get_module_namespace(), evaluated))
    });
    let Some((namespace, evaluated)) = evaluated else {
        let error = scope.exception().filter(|_| !scope.has_terminated())?;
        scope.reset();
        let resolver = v8::PromiseResolver::new(scope)?;
        resolver.reject(scope, error);
        return Some(resolver.get_promise(scope));
    };
    let give_namespace = v8::Function::builder(return_data).data(namespace).build(scope)?;
    evaluated.then(scope, give_namespace)
}

fn return_data(_: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, mut result: v8::ReturnValue<'_>) {
    result.set(args.data());
}

/// V8's callback for `import()`.
pub(crate) fn import_dynamically<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    _host_defined_options: v8::Local<'s, v8::Data>,
    referrer: v8::Local<'s, v8::Value>,
    specifier: v8::Local<'s, v8::String>,
    attributes: v8::Local<'s, v8::FixedArray>,
) -> Option<v8::Local<'s, v8::Promise>> {
    let specifier = specifier.to_rust_string_lossy(scope);
    let mut referrer = referrer.to_rust_string_lossy(scope);
    if !referrer.starts_with('/') && !referrer.starts_with("file:") {
        // Code without a file of its own, such as source text: as if it lay in the guest's directory.
        let state = IsolateState::of(scope);
        let cwd = state.claim().map_or_else(|| "/".to_owned(), |claim| claim.cwd.borrow().clone());
        referrer = native::fs::join(&cwd, "[eval]");
    }
    let kind = attribute_type(scope, attributes, 2);
    import(scope, &specifier, &referrer, kind.as_deref())
}

/// V8's callback for the first look at `import.meta`.
pub(crate) unsafe extern "C" fn fill_import_meta(
    context: v8::Local<'_, v8::Context>,
    module: v8::Local<'_, v8::Module>,
    meta: v8::Local<'_, v8::Object>,
) {
    v8::callback_scope!(unsafe scope, context);
    let state = IsolateState::of(scope);
    let url = module.script_id().and_then(|script| state.modules.borrow().url_of_script.get(&script).cloned());
    let Some(url) = url else { return };
    let path = file_path(&url).unwrap_or_default();
    let directory =
        path.rsplit_once('/').map_or("", |(directory, _)| if directory.is_empty() { "/" } else { directory });
    for (name, value) in [("url", url.as_str()), ("filename", &path), ("dirname", directory)] {
        let value = string(scope, value).into();
        set(scope, meta, name, value);
    }
    let resolve = string(scope, &url);
    if let Some(resolve) = v8::Function::builder_raw(resolve_meta.map_fn_to()).data(resolve.into()).build(scope) {
        set(scope, meta, "resolve", resolve.into());
    }
}

/// `import.meta.resolve(specifier)`.
fn resolve_meta(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let specifier = args.get(0).to_rust_string_lossy(scope);
    let referrer = args.data().to_rust_string_lossy(scope);
    match resolve_url(&specifier, &referrer) {
        Some(url) => {
            if let Some(url) = try_string(scope, &url) {
                result.set(url.into());
            }
        }
        None => throw(scope, v8::Exception::type_error, &format!("Cannot resolve '{specifier}' from {referrer}")),
    }
}
