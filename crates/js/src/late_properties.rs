//! Properties that V8 has nowhere while a snapshot is made, and adds when one is restored, whatever is there by then
//! (`Genesis::InitializeExperimentalGlobal` and `InstallSpecialObjects` in V8's init/bootstrapper.cc).

use crate::native::string;

/// By the object that has them; `@@` stands for a well-known symbol. All can be configured and written. A test
/// compares them with V8's.
const LATE_PROPERTIES: [(&str, &[&str]); 16] = [
    (
        "globalThis",
        &[
            "AsyncDisposableStack",
            "DisposableStack",
            "Float16Array",
            "SharedArrayBuffer",
            "SuppressedError",
            "Temporal",
            "WebAssembly",
        ],
    ),
    ("Atomics", &["pause"]),
    ("DataView.prototype", &["getFloat16", "setFloat16"]),
    ("Date.prototype", &["toTemporalInstant"]),
    ("Error", &["isError"]),
    ("Intl.Locale.prototype", &["variants"]),
    ("Iterator", &["concat"]),
    ("Iterator.prototype", &["@@dispose"]),
    ("Map.prototype", &["getOrInsert", "getOrInsertComputed"]),
    ("Math", &["f16round", "sumPrecise"]),
    ("Promise", &["try"]),
    ("RegExp", &["escape"]),
    ("Uint8Array", &["fromBase64", "fromHex"]),
    ("Uint8Array.prototype", &["setFromBase64", "setFromHex", "toBase64", "toHex"]),
    ("WeakMap.prototype", &["getOrInsert", "getOrInsertComputed"]),
    (ERROR, &[STACK_TRACE_LIMIT]),
];

const ERROR: &str = "Error";
const STACK_TRACE_LIMIT: &str = "stackTraceLimit";

/// How many frames an error's stack has, as in Node. Without the property it has none.
const FRAMES: i32 = 10;

/// Late properties that were taken away, or would be late in this isolate.
pub(crate) struct LateProperties<'s>(Vec<LateProperty<'s>>);

struct LateProperty<'s> {
    name: (&'static str, &'static str),
    holder: v8::Local<'s, v8::Object>,
    key: v8::Local<'s, v8::Name>,
    own: Option<v8::PropertyDescriptor>,
}

impl<'s> LateProperties<'s> {
    /// Takes the properties away where they are, so that all isolates look alike. To be called before any code of a sandbox's
    /// was run.
    pub(crate) fn take(scope: &mut v8::PinScope<'s, '_>) -> Self {
        let mut taken = Vec::new();
        for (path, keys) in LATE_PROPERTIES {
            let Some(holder) = resolve(scope, path) else { continue };
            for key in keys {
                let name = (path, *key);
                let Some(key) = key_of(scope, key) else { continue };
                let own = descriptor(scope, holder, key);
                holder.delete(scope, key.into());
                if name == (ERROR, STACK_TRACE_LIMIT) {
                    let frames = v8::Integer::new(scope, FRAMES).into();
                    holder.create_data_property(scope, key, frames);
                }
                taken.push(LateProperty { name, holder, key, own });
            }
        }
        Self(taken)
    }

    /// Puts the properties back that were taken, and removes those that V8 is to add.
    ///
    /// # Errors
    /// Where a property of that name can't be removed.
    pub(crate) fn put_back(self, scope: &mut v8::PinScope<'s, '_>) -> Result<(), String> {
        for LateProperty { name: (path, name), holder, key, own } in self.0 {
            let removed = holder.delete(scope, key.into()) == Some(true);
            let put_back = own.is_none_or(|own| holder.define_property(scope, key, &own) == Some(true));
            if !(removed && put_back) {
                return Err(format!("It keeps {name} of {path} from being what the engine is about to make it."));
            }
        }
        Ok(())
    }
}

fn resolve<'s>(scope: &mut v8::PinScope<'s, '_>, path: &str) -> Option<v8::Local<'s, v8::Object>> {
    let mut object = scope.get_current_context().global(scope);
    for name in path.split('.').filter(|name| *name != "globalThis") {
        let key = string(scope, name).into();
        object = object.get(scope, key)?.try_cast().ok()?;
    }
    Some(object)
}

fn key_of<'s>(scope: &mut v8::PinScope<'s, '_>, name: &str) -> Option<v8::Local<'s, v8::Name>> {
    let Some(symbol) = name.strip_prefix("@@") else { return Some(string(scope, name).into()) };
    let symbols = resolve(scope, "Symbol")?;
    let key = string(scope, symbol).into();
    symbols.get(scope, key)?.try_cast().ok()
}

fn descriptor(
    scope: &mut v8::PinScope<'_, '_>,
    holder: v8::Local<'_, v8::Object>,
    key: v8::Local<'_, v8::Name>,
) -> Option<v8::PropertyDescriptor> {
    let own = holder.get_own_property_descriptor(scope, key)?.try_cast::<v8::Object>().ok()?;
    let field = |name| {
        let key = string(scope, name).into();
        own.get(scope, key).filter(|field| !field.is_undefined())
    };
    let is_enumerable = field("enumerable").is_some_and(|is| is.is_true());
    let mut descriptor = match (field("get"), field("value")) {
        (Some(get), _) => {
            let set = field("set").unwrap_or_else(|| v8::undefined(scope).into());
            v8::PropertyDescriptor::new_from_get_set(get, set)
        }
        (None, value) => v8::PropertyDescriptor::new_from_value_writable(value?, true),
    };
    descriptor.set_enumerable(is_enumerable);
    descriptor.set_configurable(true);
    Some(descriptor)
}
