use super::{NativeFunction, refuse, throw, unwind, with_bytes, with_claim};
use crate::state::IsolateState;
use hotcell_guest::Ending;
use hotcell_protocol::{Signal, Stream};
use std::future::poll_fn;
use v8::MapFnTo;

/// Output that is encoded on the stack; longer texts are encoded on the heap.
const TEXT_ON_STACK: usize = 1024;

/// Characters that are shown of a text that could not be written.
const MAX_REFUSED_TEXT: usize = 2000;

pub(super) fn functions() -> Vec<NativeFunction> {
    vec![
        ("write", write.map_fn_to()),
        ("stdinRead", stdin_read.map_fn_to()),
        ("stdinReadSync", stdin_read_sync.map_fn_to()),
        ("exit", exit.map_fn_to()),
        ("listenSignals", listen_signals.map_fn_to()),
        ("raise", raise.map_fn_to()),
    ]
}

fn write(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, _: v8::ReturnValue<'_>) {
    let stream = if args.get(0).int32_value(scope) == Some(2) { Stream::Stderr } else { Stream::Stdout };
    let data = args.get(1);
    let state = IsolateState::of(scope);
    if state.claim().is_none() && data.is_string() {
        // Mostly an error that userland wants to report.
        let text: String = data.to_rust_string_lossy(scope).chars().take(MAX_REFUSED_TEXT).collect();
        return refuse(scope, &state, &format!("There is no guest yet that could write: {text}"));
    }
    with_claim(scope, |scope, state, claim| {
        let written = match data.try_cast::<v8::String>() {
            Ok(text) => {
                let mut buffer = [std::mem::MaybeUninit::<u8>::uninit(); TEXT_ON_STACK];
                claim.guest.write_all(stream, text.to_rust_cow_lossy(scope, &mut buffer).as_bytes())
            }
            Err(_) => with_bytes(data, |bytes| claim.guest.write_all(stream, bytes)).unwrap_or(Ok(())),
        };
        if written.is_err() {
            unwind(scope, state);
        }
    });
}

fn stdin_read(scope: &mut v8::PinScope<'_, '_>, _: v8::FunctionCallbackArguments<'_>, _: v8::ReturnValue<'_>) {
    with_claim(scope, |_, state, _| {
        if !state.stdin_wanted.replace(true) {
            state.mailbox.post(crate::mailbox::Mail::StdinReady);
        }
    });
}

fn stdin_read_sync(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let max = args.get(0).uint32_value(scope).unwrap_or(u32::MAX) as usize;
    with_claim(scope, |scope, state, claim| {
        match claim.guest.block_on(poll_fn(|context| claim.guest.poll_read(context, max))) {
            Ok(Some(chunk)) => {
                if let Some(array) = super::uint8_array(scope, &chunk) {
                    result.set(array.into());
                }
            }
            Ok(None) => result.set_null(),
            Err(_) => unwind(scope, state),
        }
    });
}

fn exit(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, _: v8::ReturnValue<'_>) {
    // Exit codes are a byte, as POSIX has it.
    let code = args.get(0).int32_value(scope).unwrap_or(0) as u8;
    with_claim(scope, |scope, state, claim| {
        claim.guest.end(Ending::exit(code));
        unwind(scope, state);
    });
}

fn listen_signals(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, _: v8::ReturnValue<'_>) {
    let mask = args.get(0).uint32_value(scope).unwrap_or(0);
    with_claim(scope, |_, _, claim| claim.guest.listen_signals(mask));
}

fn raise(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, _: v8::ReturnValue<'_>) {
    let number = args.get(0).int32_value(scope).unwrap_or(0);
    let Some(signal) = Signal::from_number(number) else {
        return throw(scope, v8::Exception::error, "There is no such signal.");
    };
    with_claim(scope, |scope, state, claim| {
        claim.guest.signal(signal);
        if claim.guest.is_ending() {
            unwind(scope, state);
        }
    });
}
