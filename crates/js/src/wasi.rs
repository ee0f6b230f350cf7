//! WASI programs in V8: the functions that they import, bound to the guest's `WasiCtx` and to its memory.

use crate::native::{NativeFunction, throw, unwind};
use crate::state::IsolateState;
use hotcell_guest::Ending;
use hotcell_protocol::Signal;
use hotcell_wasi::{GuestMemory, Trap, WasiCtx, calls};
use std::sync::LazyLock;
use v8::MapFnTo;

/// The program's context and the memory that its calls work on.
pub(crate) struct WasiInstance {
    ctx: WasiCtx,
    memory: v8::Global<v8::WasmMemoryObject>,
}

/// One function that programs import.
pub(crate) struct Import {
    pub module: &'static str,
    pub name: &'static str,
    pub function: v8::FunctionCallback,
    pub parameters: i32,
    call: Call,
}

type Call = fn(&mut v8::PinScope<'_, '_>, v8::FunctionCallbackArguments<'_>, v8::ReturnValue<'_>);

pub(crate) fn functions() -> Vec<NativeFunction> {
    vec![("wasiBindMemory", bind_memory.map_fn_to())]
}

fn bind_memory(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, _: v8::ReturnValue<'_>) {
    let state = IsolateState::of(scope);
    let Ok(memory) = args.get(0).try_cast::<v8::WasmMemoryObject>() else {
        return throw(scope, v8::Exception::type_error, "The program exports no memory that WASI could work on.");
    };
    if memory.buffer().is_shared_array_buffer() {
        return throw(scope, v8::Exception::type_error, "WASI programs with shared memory can't be run.");
    }
    let Some(claim) = state.claim() else { return };
    match claim.wasi_ctx() {
        Ok(ctx) => {
            let memory = v8::Global::new(scope, memory);
            *state.wasi.borrow_mut() = Some(WasiInstance { ctx, memory });
        }
        Err(error) => throw(scope, v8::Exception::error, &error.to_string()),
    }
}

/// A WebAssembly value as JavaScript carries it (WebAssembly JavaScript Interface, `ToJSValue` and `ToWebAssemblyValue`).
trait WasmValue {
    fn from_js(scope: &mut v8::PinScope<'_, '_>, value: v8::Local<'_, v8::Value>) -> Self;
}

impl WasmValue for i32 {
    fn from_js(scope: &mut v8::PinScope<'_, '_>, value: v8::Local<'_, v8::Value>) -> Self {
        value.int32_value(scope).unwrap_or(0)
    }
}

impl WasmValue for i64 {
    fn from_js(_: &mut v8::PinScope<'_, '_>, value: v8::Local<'_, v8::Value>) -> Self {
        value.try_cast::<v8::BigInt>().map_or(0, |value| value.i64_value().0)
    }
}

trait WasmResult {
    fn set(self, scope: &mut v8::PinScope<'_, '_>, result: v8::ReturnValue<'_>);
}

impl WasmResult for () {
    fn set(self, _: &mut v8::PinScope<'_, '_>, _: v8::ReturnValue<'_>) {}
}

impl WasmResult for i32 {
    fn set(self, _: &mut v8::PinScope<'_, '_>, mut result: v8::ReturnValue<'_>) {
        result.set_int32(self);
    }
}

impl WasmResult for i64 {
    fn set(self, scope: &mut v8::PinScope<'_, '_>, mut result: v8::ReturnValue<'_>) {
        result.set(v8::BigInt::new_from_i64(scope, self).into());
    }
}

/// Runs a call on the program's context and memory, and ends the guest where the call says so.
fn run<R: WasmResult>(
    scope: &mut v8::PinScope<'_, '_>,
    result: v8::ReturnValue<'_>,
    call: impl FnOnce(&mut WasiCtx, &mut GuestMemory<'_>, &std::sync::Arc<hotcell_guest::Guest>) -> Result<R, Trap>,
) {
    let state = IsolateState::of(scope);
    let mut wasi = state.wasi.borrow_mut();
    let (Some(instance), Some(claim)) = (wasi.as_mut(), state.claim()) else {
        return throw(scope, v8::Exception::error, "The program called WASI before its memory was known.");
    };
    let memory = v8::Local::new(scope, &instance.memory);
    let buffer = memory.buffer();
    let (data, length) = (buffer.data(), buffer.byte_length());
    let bytes = match data {
        // SAFETY: V8 keeps the memory in place until it grows, which only the program does, and the program waits for this
        // call. No one else looks at it meanwhile: the isolate has one thread, and the call runs no JavaScript.
        Some(data) => unsafe { std::slice::from_raw_parts_mut(data.as_ptr().cast::<u8>(), length) },
        None => &mut [],
    };
    let outcome = call(&mut instance.ctx, &mut GuestMemory::Unshared(bytes), &claim.guest);
    drop(wasi);
    match outcome {
        Ok(value) => value.set(scope, result),
        Err(trap) => {
            match trap {
                // As a shell sees it: exit codes are a byte.
                Trap::Exit(code) => claim.guest.end(Ending::exit(code as u8)),
                Trap::Raised(signal) => claim.guest.end(raised(signal)),
                Trap::Killed => false,
            };
            unwind(scope, &state);
        }
    }
}

/// How a program ends that raises a signal against itself: by the signal where guests can be sent it, else with the exit code
/// that a shell gives for it.
fn raised(name: &'static str) -> Ending {
    match Signal::from_name(name) {
        Some(signal) => Ending::Signal(signal),
        None => Ending::Exit { code: ABORTED, message: Some(format!("The program ended itself with {name}.")) },
    }
}

/// What a shell reports for a program that SIGABRT ended: 128 + 6.
const ABORTED: u8 = 134;

macro_rules! invoke {
    (sync $guest:ident $call:expr) => {{
        let _ = $guest;
        $call
    }};
    (async $guest:ident $call:expr) => {
        $guest.block_on($call)
    };
}

macro_rules! bind {
    ($( $kind:ident $module:ident $name:literal $function:ident ( $($parameter:ident : $ty:ident),* ) -> $result:tt; )*) => {
        vec![$({
            fn $function(
                scope: &mut v8::PinScope<'_, '_>,
                args: v8::FunctionCallbackArguments<'_>,
                result: v8::ReturnValue<'_>,
            ) {
                const PARAMETERS: i32 = <[&str]>::len(&[$(stringify!($parameter)),*]) as i32;
                if args.length() != PARAMETERS {
                    return overload(stringify!($module), $name, scope, args, result);
                }
                #[allow(unused_mut, unused_variables)]
                let mut index = 0..;
                $( let $parameter = <$ty as WasmValue>::from_js(scope, args.get(index.next().unwrap_or(0))); )*
                run::<$result>(scope, result, |ctx, memory, guest| {
                    invoke!($kind guest calls::$module::$function(ctx, memory $(, $parameter)*))
                });
            }
            Import {
                module: stringify!($module),
                name: $name,
                function: $function.map_fn_to(),
                parameters: <[&str]>::len(&[$(stringify!($parameter)),*]) as i32,
                call: $function,
            }
        }),*]
    };
}

/// Everything that programs can import. Where a name is there twice, with different numbers of parameters, the functions
/// hand calls to each other by that number.
pub(crate) fn imports() -> &'static [Import] {
    static IMPORTS: LazyLock<Vec<Import>> = LazyLock::new(|| hotcell_wasi::for_each_import!(bind));
    &IMPORTS
}

fn overload(
    module: &str,
    name: &str,
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    result: v8::ReturnValue<'_>,
) {
    let count = args.length();
    let same = |import: &&Import| import.name == name && import.module == module && import.parameters == count;
    match imports().iter().find(same) {
        Some(import) => (import.call)(scope, args, result),
        None => throw(scope, v8::Exception::type_error, &format!("{module}.{name} takes no {count} parameters.")),
    }
}
