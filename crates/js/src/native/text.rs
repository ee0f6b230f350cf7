use super::{NativeFunction, throw, try_string, uint8_array, with_bytes};
use v8::MapFnTo;

pub(super) fn functions() -> Vec<NativeFunction> {
    vec![("utf8Encode", utf8_encode.map_fn_to()), ("utf8Decode", utf8_decode.map_fn_to())]
}

fn utf8_encode(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let Ok(text) = args.get(0).try_cast::<v8::String>() else {
        return throw(scope, v8::Exception::type_error, "Only a string can be encoded.");
    };
    let bytes = text.to_rust_string_lossy(scope);
    if let Some(array) = uint8_array(scope, bytes.as_bytes()) {
        result.set(array.into());
    }
}

fn utf8_decode(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let fatal = args.get(1).boolean_value(scope);
    let decoded = with_bytes(args.get(0), |bytes| {
        if fatal && std::str::from_utf8(bytes).is_err() {
            return;
        }
        if let Some(text) = try_string(scope, &String::from_utf8_lossy(bytes)) {
            result.set(text.into());
        }
    });
    if decoded.is_none() {
        throw(scope, v8::Exception::type_error, "Only a buffer or a view of one can be decoded.");
    }
}
