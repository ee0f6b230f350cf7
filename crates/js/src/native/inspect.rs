use super::NativeFunction;
use crate::event_loop;
use crate::state::IsolateState;
use v8::MapFnTo;

pub(super) fn functions() -> Vec<NativeFunction> {
    vec![
        ("promiseDetails", promise_details.map_fn_to()),
        ("proxyDetails", proxy_details.map_fn_to()),
        ("previewEntries", preview_entries.map_fn_to()),
        ("valueKind", value_kind.map_fn_to()),
        ("constructorName", constructor_name.map_fn_to()),
        ("ownNonIndexProperties", own_non_index_properties.map_fn_to()),
        ("errorSource", error_source.map_fn_to()),
        ("detailString", detail_string.map_fn_to()),
        ("memoryUsage", memory_usage.map_fn_to()),
    ]
}

fn promise_details(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let Ok(promise) = args.get(0).try_cast::<v8::Promise>() else { return };
    let (state, value) = match promise.state() {
        v8::PromiseState::Pending => (0, v8::undefined(scope).into()),
        v8::PromiseState::Fulfilled => (1, promise.result(scope)),
        v8::PromiseState::Rejected => (2, promise.result(scope)),
    };
    let state = v8::Integer::new(scope, state).into();
    result.set(v8::Array::new_with_elements(scope, &[state, value]).into());
}

fn proxy_details(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let Ok(proxy) = args.get(0).try_cast::<v8::Proxy>() else { return };
    let details = [proxy.get_target(scope), proxy.get_handler(scope)];
    result.set(v8::Array::new_with_elements(scope, &details).into());
}

fn preview_entries(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let Ok(object) = args.get(0).try_cast::<v8::Object>() else { return };
    let (Some(entries), is_key_value) = object.preview_entries(scope) else { return };
    let is_key_value = v8::Boolean::new(scope, is_key_value).into();
    result.set(v8::Array::new_with_elements(scope, &[entries.into(), is_key_value]).into());
}

/// `ValueKind` in native.ts.
fn value_kind(_: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, mut result: v8::ReturnValue<'_>) {
    let value = args.get(0);
    let kinds = [
        (1, value.is_arguments_object()),
        (2, value.is_module_namespace_object()),
        (3, value.is_map_iterator()),
        (4, value.is_set_iterator()),
        (5, value.is_generator_object()),
        (6, value.is_native_error()),
        (7, value.is_promise()),
        (8, value.is_proxy()),
        (9, value.is_external()),
        (12, value.is_async_function() && value.is_generator_function()),
        (10, value.is_async_function()),
        (11, value.is_generator_function()),
    ];
    result.set_int32(kinds.into_iter().find(|(_, is)| *is).map_or(0, |(kind, _)| kind));
}

fn constructor_name(
    _: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    if let Ok(object) = args.get(0).try_cast::<v8::Object>() {
        result.set(object.get_constructor_name().into());
    }
}

fn own_non_index_properties(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let Ok(object) = args.get(0).try_cast::<v8::Object>() else { return };
    let filter = if args.get(1).boolean_value(scope) {
        v8::PropertyFilter::ONLY_ENUMERABLE
    } else {
        v8::PropertyFilter::ALL_PROPERTIES
    };
    let which = v8::GetPropertyNamesArgsBuilder::new()
        .mode(v8::KeyCollectionMode::OwnOnly)
        .property_filter(filter)
        .index_filter(v8::IndexFilter::SkipIndices)
        .build();
    if let Some(names) = object.get_property_names(scope, which) {
        result.set(names.into());
    }
}

fn error_source(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let message = v8::Exception::create_message(scope, args.get(0));
    if let Some(place) = event_loop::place(scope, message) {
        result.set(place.into());
    }
}

fn detail_string(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    if let Some(text) = args.get(0).to_detail_string(scope) {
        result.set(text.into());
    }
}

fn memory_usage(
    scope: &mut v8::PinScope<'_, '_>,
    _: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let buffers = IsolateState::of(scope).external.used();
    let heap = scope.get_heap_statistics();
    let numbers = [heap.total_heap_size(), heap.used_heap_size(), heap.external_memory(), buffers];
    let numbers = numbers.map(|bytes| v8::Number::new(scope, bytes as f64).into());
    result.set(v8::Array::new_with_elements(scope, &numbers).into());
}
