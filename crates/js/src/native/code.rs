use super::{NativeFunction, throw, unwind, with_claim};
use crate::loader;
use crate::state::IsolateState;
use hotcell_guest::GuestProgram;
use hotcell_modules::{CacheBounds, Claim, DerivedCache};
use std::convert::Infallible;
use std::sync::LazyLock;
use v8::MapFnTo;

pub(super) fn functions() -> Vec<NativeFunction> {
    vec![
        ("compileFunction", compile_function.map_fn_to()),
        ("importModule", import_module.map_fn_to()),
        ("moduleBytes", module_bytes.map_fn_to()),
        ("sharedModule", shared_module.map_fn_to()),
        ("shareModule", share_module.map_fn_to()),
    ]
}

fn compile_function(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let state = IsolateState::of(scope);
    if !state.count_module() {
        return unwind(scope, &state);
    }
    let (Ok(body), Ok(names)) = (args.get(0).try_cast::<v8::String>(), args.get(2).try_cast::<v8::Array>()) else {
        return throw(scope, v8::Exception::type_error, "A function is compiled from a body and a list of parameters.");
    };
    let mut parameters = Vec::with_capacity(names.length() as usize);
    for index in 0..names.length() {
        let Some(name) = names.get_index(scope, index).and_then(|name| name.to_string(scope)) else { return };
        parameters.push(name);
    }
    let origin = loader::origin(scope, args.get(1), loader::Kind::Script);
    let mut source = v8::script_compiler::Source::new(body, Some(&origin));
    let function = v8::script_compiler::compile_function(
        scope,
        &mut source,
        &parameters,
        &[],
        v8::script_compiler::CompileOptions::NoCompileOptions,
        v8::script_compiler::NoCacheReason::NoReason,
    );
    if let Some(function) = function {
        result.set(function.into());
    }
}

fn import_module(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let specifier = args.get(0).to_rust_string_lossy(scope);
    let referrer = args.get(1).to_rust_string_lossy(scope);
    if let Some(promise) = loader::import(scope, &specifier, &referrer, None) {
        result.set(promise.into());
    }
}

/// A copy of the program for this guest alone: what it writes there, nobody else sees.
fn module_bytes(
    scope: &mut v8::PinScope<'_, '_>,
    _: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    with_claim(scope, |scope, _, claim| {
        if let Some(bytes) = claim.module_bytes()
            && let Some(array) = super::uint8_array(scope, bytes)
        {
            result.set(array.into());
        }
    });
}

/// What V8 compiled of programs, for every isolate of the process. A module keeps its wire bytes and the code that V8 has made
/// of it so far, for which its size is counted several times over.
static COMPILED: LazyLock<DerivedCache<v8::CompiledWasmModule, Infallible>> =
    LazyLock::new(|| DerivedCache::new(CacheBounds::default()));

/// Machine code takes a multiple of the bytes that it is made from.
const CODE_PER_WIRE_BYTE: u64 = 4;

fn shared_module(
    scope: &mut v8::PinScope<'_, '_>,
    _: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    with_claim(scope, |scope, state, claim| {
        let GuestProgram::Wasm { digest, .. } = &claim.spec.program else { return };
        match COMPILED.claim(*digest) {
            Claim::Ready(compiled) => {
                if let Some(module) = v8::WasmModuleObject::from_compiled_module(scope, &compiled) {
                    result.set(module.into());
                }
            }
            Claim::Make(ticket) => *state.compiling.borrow_mut() = Some(ticket),
            // V8 compiles functions when they are first called, so that another compilation costs less than the wait.
            Claim::Wait(_) => {}
        }
    });
}

fn share_module(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, _: v8::ReturnValue<'_>) {
    let Ok(module) = args.get(0).try_cast::<v8::WasmModuleObject>() else { return };
    if let Some(ticket) = IsolateState::of(scope).compiling.take() {
        let compiled = module.get_compiled_module();
        let bytes = compiled.get_wire_bytes_ref().len() as u64 * CODE_PER_WIRE_BYTE;
        ticket.made(compiled, bytes);
    }
}
