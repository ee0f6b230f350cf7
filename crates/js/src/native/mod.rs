//! The native half of the userland: `Native` in `bridge/guest/src/native.ts`, function by function.

mod clock;
mod clone;
mod code;
pub(crate) mod fs;
mod inspect;
mod stdio;
mod text;
mod urls;

use crate::program;
use crate::state::{Claim, IsolateState};
use crate::userland;
use std::borrow::Cow;
use std::ffi::c_void;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::LazyLock;

/// A native function: its name in the userland, and V8's pointer to it.
pub(crate) type NativeFunction = (&'static str, v8::FunctionCallback);

/// The functions of a member of `Native`, or of `Native` itself.
type Table = (Option<&'static str>, Vec<NativeFunction>);

/// All of them, in the order in which snapshots number them.
static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let plain = [
        stdio::functions(),
        clock::functions(),
        text::functions(),
        urls::functions(),
        clone::functions(),
        code::functions(),
        inspect::functions(),
        crate::wasi::functions(),
    ]
    .concat();
    vec![(None, plain), (Some("fs"), fs::functions())]
});

/// Every native address that a snapshot may refer to, closed by a null as V8 wants it.
pub(crate) fn external_references() -> Cow<'static, [v8::ExternalReference]> {
    static REFERENCES: LazyLock<References> = LazyLock::new(|| {
        let own = TABLES.iter().flat_map(|(_, functions)| functions.iter().map(|(_, function)| *function));
        let imports = crate::wasi::imports().iter().map(|import| import.function);
        let mut references: Vec<_> = own.chain(imports).map(|function| v8::ExternalReference { function }).collect();
        references.push(v8::ExternalReference { pointer: std::ptr::from_ref(&userland::SOURCE) as *mut c_void });
        references.push(v8::ExternalReference { pointer: std::ptr::null_mut() });
        References(references)
    });
    Cow::Borrowed(&REFERENCES.0)
}

struct References(Vec<v8::ExternalReference>);

// SAFETY: the references are addresses of functions and of a constant, which any thread may read.
unsafe impl Send for References {}
// SAFETY: as above.
unsafe impl Sync for References {}

/// What those addresses are, in the same order: a snapshot that was made with others would call the wrong functions.
pub(crate) fn external_reference_names() -> impl Iterator<Item = String> {
    let own = TABLES.iter().flat_map(|(member, functions)| {
        functions.iter().map(move |(name, _)| format!("{}.{name}", member.unwrap_or_default()))
    });
    let imports = crate::wasi::imports().iter();
    let imports = imports.map(|import| format!("wasiImports.{}.{}({})", import.module, import.name, import.parameters));
    own.chain(imports).chain(["userland".to_owned()])
}

/// The object that the userland's bundle is called with.
pub(crate) fn object<'s>(scope: &mut v8::PinScope<'s, '_>) -> v8::Local<'s, v8::Object> {
    let native = v8::Object::new(scope);
    for (member, functions) in TABLES.iter() {
        let target = member.map_or(native, |member| {
            let object = v8::Object::new(scope);
            set(scope, native, member, object.into());
            object
        });
        for (name, function) in functions {
            define(scope, target, name, *function);
        }
    }
    let imports = v8::Object::new(scope);
    for import in crate::wasi::imports() {
        let key = string(scope, import.module);
        let module = match imports.get(scope, key.into()).and_then(|module| module.try_cast::<v8::Object>().ok()) {
            Some(module) => module,
            None => {
                let module = v8::Object::new(scope);
                imports.set(scope, key.into(), module.into());
                module
            }
        };
        define(scope, module, import.name, import.function);
    }
    set(scope, native, "wasiImports", imports.into());
    let exec_path = string(scope, program::EXEC_PATH).into();
    set(scope, native, "execPath", exec_path);
    let pid = v8::Integer::new(scope, program::PID).into();
    set(scope, native, "pid", pid);
    let versions = v8::Object::new(scope);
    for (name, version) in [("hotcell", env!("CARGO_PKG_VERSION")), ("v8", v8::V8::get_version())] {
        let version = string(scope, version).into();
        set(scope, versions, name, version);
    }
    set(scope, native, "versions", versions.into());
    native
}

fn define(
    scope: &mut v8::PinScope<'_, '_>,
    target: v8::Local<'_, v8::Object>,
    name: &str,
    function: v8::FunctionCallback,
) {
    let function = v8::Function::builder_raw(function)
        .constructor_behavior(v8::ConstructorBehavior::Throw)
        .build(scope)
        .expect("a context that is being set up makes functions");
    let name = string(scope, name);
    function.set_name(name);
    target.set(scope, name.into(), function.into());
}

/// Sets a property of an object that the native side made.
pub(crate) fn set(
    scope: &mut v8::PinScope<'_, '_>,
    object: v8::Local<'_, v8::Object>,
    name: &str,
    value: v8::Local<'_, v8::Value>,
) {
    let key = string(scope, name);
    object.create_data_property(scope, key.into(), value);
}

/// A JavaScript string of text that is far below V8's limit for strings.
///
/// # Panics
/// Where the text is longer than V8's strings can be (half a billion characters).
pub(crate) fn string<'s>(scope: &v8::PinScope<'s, '_, ()>, text: &str) -> v8::Local<'s, v8::String> {
    v8::String::new(scope, text).expect("the text is short enough for a string")
}

/// A JavaScript string, or a `RangeError` thrown where the text is longer than V8's strings can be.
pub(crate) fn try_string<'s>(scope: &v8::PinScope<'s, '_>, text: &str) -> Option<v8::Local<'s, v8::String>> {
    let string = v8::String::new(scope, text);
    if string.is_none() {
        throw(scope, v8::Exception::range_error, "The text is longer than a string can be.");
    }
    string
}

/// Throws an error of that kind into JavaScript.
pub(crate) fn throw<'s, 'i>(
    scope: &v8::PinScope<'s, 'i>,
    kind: impl FnOnce(&v8::PinScope<'s, 'i>, v8::Local<'s, v8::String>) -> v8::Local<'s, v8::Value>,
    message: &str,
) {
    let message = string(scope, message);
    let error = kind(scope, message);
    scope.throw_exception(error);
}

/// Runs `body` with the isolate's state and its guest's; throws where there is no guest yet.
fn with_claim<'s, 'i>(
    scope: &mut v8::PinScope<'s, 'i>,
    body: impl FnOnce(&mut v8::PinScope<'s, 'i>, &Rc<IsolateState>, &Claim),
) {
    let state = IsolateState::of(scope);
    match state.claim() {
        Some(claim) => body(scope, &state, claim),
        None => refuse(scope, &state, NO_GUEST),
    }
}

/// What a sandbox's userland is told that asks for what only guests have.
pub(crate) const NO_GUEST: &str = "There is no guest yet: a sandbox's userland is run before any, and has no streams, files, \
                                   modules to import, timers, clocks or random bytes.";

/// Throws the message, and remembers that userland did what it must not, should it catch that.
pub(crate) fn refuse(scope: &v8::PinScope<'_, '_>, state: &IsolateState, message: &str) {
    state.refused.get_or_init(|| message.to_owned());
    throw(scope, v8::Exception::error, message);
}

/// Makes the guest, which is being ended, unwind right where it is: V8 looks at a request to terminate only when it enters a
/// JavaScript function or jumps back in a loop, so one is entered.
pub(crate) fn unwind(scope: &mut v8::PinScope<'_, '_>, state: &IsolateState) {
    scope.terminate_execution();
    let alive = v8::Local::new(scope, &state.hooks().alive);
    let receiver = v8::undefined(scope).into();
    let _ = alive.call(scope, receiver, &[]);
}

/// An `Uint8Array` with a copy of these bytes; throws a `RangeError` where the guest's budget has no room for it.
pub(crate) fn uint8_array<'s>(scope: &mut v8::PinScope<'s, '_>, bytes: &[u8]) -> Option<v8::Local<'s, v8::Uint8Array>> {
    let length = bytes.len();
    let external = Arc::clone(&IsolateState::of(scope).external);
    // V8 does not survive it when its API finds no room for a buffer, so it is asked for only where there is room.
    if !external.has_room_for(length) {
        scope.low_memory_notification();
        if !external.has_room_for(length) {
            throw(scope, v8::Exception::range_error, "Array buffer allocation failed");
            return None;
        }
    }
    let buffer = v8::ArrayBuffer::new(scope, length);
    if let Some(data) = buffer.data() {
        // SAFETY: the buffer was just made with that length, and nothing else has seen it.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data.as_ptr().cast::<u8>(), length) };
    }
    v8::Uint8Array::new(scope, buffer, 0, length)
}

/// Hands the bytes of an `ArrayBuffer`, a `SharedArrayBuffer` or a view of one to `body`; `None` where the value is neither.
fn with_bytes<R>(value: v8::Local<'_, v8::Value>, body: impl FnOnce(&[u8]) -> R) -> Option<R> {
    let (data, offset, length) = if let Ok(view) = value.try_cast::<v8::ArrayBufferView>() {
        return Some(body(view.get_contents(&mut [0; v8::TYPED_ARRAY_MAX_SIZE_IN_HEAP])));
    } else if let Ok(buffer) = value.try_cast::<v8::ArrayBuffer>() {
        (buffer.data(), 0, buffer.byte_length())
    } else if let Ok(buffer) = value.try_cast::<v8::SharedArrayBuffer>() {
        let store = buffer.get_backing_store();
        (store.data(), 0, store.byte_length())
    } else {
        return None;
    };
    let Some(data) = data else { return Some(body(&[])) };
    // SAFETY: the buffer is `length` bytes long and held by the caller's handle; only this thread runs the guest.
    Some(body(unsafe { std::slice::from_raw_parts(data.as_ptr().cast::<u8>().add(offset), length) }))
}
