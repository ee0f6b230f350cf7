use super::NativeFunction;
use v8::MapFnTo;

pub(super) fn functions() -> Vec<NativeFunction> {
    vec![
        ("promiseDetails", promise_details.map_fn_to()),
        ("proxyDetails", proxy_details.map_fn_to()),
        ("previewEntries", preview_entries.map_fn_to()),
    ]
}

fn promise_details(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, mut result: v8::ReturnValue<'_>) {
    let Ok(promise) = args.get(0).try_cast::<v8::Promise>() else { return };
    let (state, value) = match promise.state() {
        v8::PromiseState::Pending => (0, v8::undefined(scope).into()),
        v8::PromiseState::Fulfilled => (1, promise.result(scope)),
        v8::PromiseState::Rejected => (2, promise.result(scope)),
    };
    let state = v8::Integer::new(scope, state).into();
    result.set(v8::Array::new_with_elements(scope, &[state, value]).into());
}

fn proxy_details(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, mut result: v8::ReturnValue<'_>) {
    let Ok(proxy) = args.get(0).try_cast::<v8::Proxy>() else { return };
    let details = [proxy.get_target(scope), proxy.get_handler(scope)];
    result.set(v8::Array::new_with_elements(scope, &details).into());
}

fn preview_entries(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, mut result: v8::ReturnValue<'_>) {
    let Ok(object) = args.get(0).try_cast::<v8::Object>() else { return };
    let (Some(entries), is_key_value) = object.preview_entries(scope) else { return };
    let is_key_value = v8::Boolean::new(scope, is_key_value).into();
    result.set(v8::Array::new_with_elements(scope, &[entries.into(), is_key_value]).into());
}
