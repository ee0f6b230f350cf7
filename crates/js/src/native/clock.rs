use super::{NativeFunction, throw, unwind, with_claim};
use hotcell_guest::Ending;
use v8::MapFnTo;

pub(super) fn functions() -> Vec<NativeFunction> {
    vec![
        ("now", now.map_fn_to()),
        ("timeOrigin", time_origin.map_fn_to()),
        ("randomFill", random_fill.map_fn_to()),
        ("allowTimers", allow_timers.map_fn_to()),
        ("runMicrotasks", run_microtasks.map_fn_to()),
        ("enqueueMicrotask", enqueue_microtask.map_fn_to()),
    ]
}

fn now(scope: &mut v8::PinScope<'_, '_>, _: v8::FunctionCallbackArguments<'_>, mut result: v8::ReturnValue<'_>) {
    with_claim(scope, |_, _, claim| result.set_double(claim.now_ms()));
}

fn time_origin(
    scope: &mut v8::PinScope<'_, '_>,
    _: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    with_claim(scope, |_, _, claim| result.set_double(claim.time_origin_ms));
}

/// Timers that the userland may have waiting before it asks again.
const TIMERS_AT_ONCE: u32 = 1024;

/// `allowTimers` in native.ts. The userland asks now and then, so that a timer costs no native call.
fn allow_timers(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let waiting = args.get(0).uint32_value(scope).unwrap_or(u32::MAX);
    with_claim(scope, |scope, state, claim| {
        let limit = claim.guest.limits().timers;
        if waiting >= limit {
            claim.guest.end(Ending::Timers { limit });
            return unwind(scope, state);
        }
        result.set_uint32(waiting.saturating_add(TIMERS_AT_ONCE).min(limit));
    });
}

fn random_fill(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, _: v8::ReturnValue<'_>) {
    let Ok(view) = args.get(0).try_cast::<v8::ArrayBufferView>() else {
        return throw(scope, v8::Exception::type_error, "Only a view of a buffer can be filled with random bytes.");
    };
    let length = view.byte_length();
    if length == 0 {
        return;
    }
    // Only for a guest: what is drawn while a snapshot is made would be the same in all of them.
    with_claim(scope, |scope, _, _| {
        let mut random = vec![0; length];
        if getrandom::fill(&mut random).is_err() {
            return throw(scope, v8::Exception::error, "The operating system gave no random bytes.");
        }
        let Some(buffer) = view.buffer(scope) else { return };
        if let Some(data) = buffer.data() {
            // SAFETY: the view lies within its buffer, which its handle holds.
            unsafe {
                let target = data.as_ptr().cast::<u8>().add(view.byte_offset());
                std::ptr::copy_nonoverlapping(random.as_ptr(), target, length);
            }
        }
    });
}

fn run_microtasks(scope: &mut v8::PinScope<'_, '_>, _: v8::FunctionCallbackArguments<'_>, _: v8::ReturnValue<'_>) {
    scope.perform_microtask_checkpoint();
}

fn enqueue_microtask(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    _: v8::ReturnValue<'_>,
) {
    if let Ok(callback) = args.get(0).try_cast::<v8::Function>() {
        scope.enqueue_microtask(callback);
    }
}
