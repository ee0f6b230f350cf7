//! Modules without source text: builtins, JSON, and CommonJS modules as ES modules see them.

use crate::loader::remember;
use crate::native::{set, string, try_string};
use crate::state::IsolateState;
use std::collections::HashMap;
use std::num::NonZeroI32;

/// What each synthetic module of a guest exports once it is evaluated, by its identity hash: these may collide, so all with one
/// are kept.
#[derive(Default)]
pub(crate) struct SyntheticModules(HashMap<NonZeroI32, Vec<SyntheticModule>>);

struct SyntheticModule {
    module: v8::Global<v8::Module>,
    exports: v8::Global<v8::Object>,
}

impl SyntheticModules {
    fn insert(
        &mut self,
        scope: &v8::PinScope<'_, '_>,
        module: v8::Local<'_, v8::Module>,
        exports: v8::Local<'_, v8::Object>,
    ) {
        let (hash, exports) = (module.get_identity_hash(), v8::Global::new(scope, exports));
        let module = v8::Global::new(scope, module);
        self.0.entry(hash).or_default().push(SyntheticModule { module, exports });
    }

    fn exports_of<'s>(
        &self,
        scope: &v8::PinScope<'s, '_>,
        module: v8::Local<'_, v8::Module>,
    ) -> Option<v8::Local<'s, v8::Object>> {
        let found = self.0.get(&module.get_identity_hash())?.iter().find(|candidate| candidate.module == module)?;
        Some(v8::Local::new(scope, &found.exports))
    }
}

/// A CommonJS module as ES modules see it: what it exports when it is first imported.
pub(crate) fn load_common_js<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    url: &str,
    path: &str,
) -> Option<v8::Local<'s, v8::Module>> {
    let state = IsolateState::of(scope);
    let require_file = v8::Local::new(scope, &state.hooks().require_file);
    let receiver = v8::undefined(scope).into();
    let path = try_string(scope, path)?.into();
    let exported = require_file.call(scope, receiver, &[path])?;
    if let Ok(exports) = exported.try_cast::<v8::Object>()
        && !exported.is_array()
    {
        return synthetic(scope, url, exports);
    }
    let exports = v8::Object::new(scope);
    set(scope, exports, "default", exported);
    synthetic(scope, url, exports)
}

/// The inner option is empty where there is no builtin of that name; the outer one where an exception was thrown.
pub(crate) fn load_builtin<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
) -> Option<Option<v8::Local<'s, v8::Module>>> {
    let url = format!("node:{name}");
    let state = IsolateState::of(scope);
    let known = state.modules.borrow().get(scope, &url);
    if known.is_some() {
        return Some(known);
    }
    let builtin = v8::Local::new(scope, &state.hooks().builtin);
    let receiver = v8::undefined(scope).into();
    let name = try_string(scope, name)?.into();
    let exports = builtin.call(scope, receiver, &[name])?.try_cast::<v8::Object>();
    if let Ok(exports) = exports { synthetic(scope, &url, exports).map(Some) } else { Some(None) }
}

pub(crate) fn load_json<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    url: &str,
    text: &str,
) -> Option<v8::Local<'s, v8::Module>> {
    let text = try_string(scope, text.strip_prefix('\u{feff}').unwrap_or(text))?;
    let value = v8::json::parse(scope, text)?;
    let exports = v8::Object::new(scope);
    set(scope, exports, "default", value);
    synthetic(scope, url, exports)
}

/// A module that exports the own enumerable properties of an object, and the object itself as `default` where it has none of that name.
fn synthetic<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    url: &str,
    exports: v8::Local<'s, v8::Object>,
) -> Option<v8::Local<'s, v8::Module>> {
    let keys = exports.get_own_property_names(scope, v8::GetPropertyNamesArgs::default())?;
    let mut names: Vec<v8::Local<'_, v8::String>> = Vec::with_capacity(keys.length() as usize + 1);
    for index in 0..keys.length() {
        if let Ok(name) = keys.get_index(scope, index)?.try_cast::<v8::String>() {
            names.push(name);
        }
    }
    let default = string(scope, "default");
    if !names.iter().any(|name| name.strict_equals(default.into())) {
        names.push(default);
    }
    let name = string(scope, url);
    let module = v8::Module::create_synthetic_module(scope, name, &names, evaluate_synthetic);
    remember(scope, url, module);
    let state = IsolateState::of(scope);
    state.modules.borrow_mut().synthetic.insert(scope, module, exports);
    Some(module)
}

fn evaluate_synthetic<'s>(
    context: v8::Local<'s, v8::Context>,
    module: v8::Local<'s, v8::Module>,
) -> Option<v8::Local<'s, v8::Value>> {
    v8::callback_scope!(unsafe scope, context);
    let state = IsolateState::of(scope);
    let exports = state.modules.borrow().synthetic.exports_of(scope, module)?;
    let keys = exports.get_own_property_names(scope, v8::GetPropertyNamesArgs::default())?;
    let default = string(scope, "default");
    module.set_synthetic_module_export(scope, default, exports.into())?;
    for index in 0..keys.length() {
        let key = keys.get_index(scope, index)?;
        if let Ok(name) = key.try_cast::<v8::String>() {
            let value = exports.get(scope, key)?;
            module.set_synthetic_module_export(scope, name, value)?;
        }
    }
    let resolver = v8::PromiseResolver::new(scope)?;
    let undefined = v8::undefined(scope);
    resolver.resolve(scope, undefined.into());
    Some(resolver.get_promise(scope).into())
}
