use super::{NativeFunction, string, throw};
use v8::{MapFnTo, ValueDeserializerHelper, ValueSerializerHelper};

pub(super) fn functions() -> Vec<NativeFunction> {
    vec![("structuredClone", structured_clone.map_fn_to())]
}

struct Delegate;

fn throw_data_clone_error<'s>(scope: &v8::PinScope<'s, '_>, message: v8::Local<'s, v8::String>) {
    let error = v8::Exception::error(scope, message);
    if let Ok(object) = error.try_cast::<v8::Object>() {
        let key = string(scope, "name");
        let name = string(scope, "DataCloneError");
        object.create_data_property(scope, key.into(), name.into());
    }
    scope.throw_exception(error);
}

impl v8::ValueSerializerImpl for Delegate {
    fn throw_data_clone_error<'s>(&self, scope: &mut v8::PinScope<'s, '_>, message: v8::Local<'s, v8::String>) {
        throw_data_clone_error(scope, message);
    }

    fn get_shared_array_buffer_id<'s>(
        &self,
        scope: &mut v8::PinScope<'s, '_>,
        _: v8::Local<'s, v8::SharedArrayBuffer>,
    ) -> Option<u32> {
        let message = string(scope, "A SharedArrayBuffer could not be cloned.");
        throw_data_clone_error(scope, message);
        None
    }

    fn get_wasm_module_transfer_id(
        &self,
        scope: &mut v8::PinScope<'_, '_>,
        _: v8::Local<'_, v8::WasmModuleObject>,
    ) -> Option<u32> {
        let message = string(scope, "A WebAssembly.Module could not be cloned.");
        throw_data_clone_error(scope, message);
        None
    }
}

impl v8::ValueDeserializerImpl for Delegate {}

/// The structured clone algorithm of the HTML standard, by V8's serializer: `(value, transfer)`.
fn structured_clone(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let context = scope.get_current_context();
    let mut transferred = Vec::new();
    if let Ok(list) = args.get(1).try_cast::<v8::Array>() {
        for index in 0..list.length() {
            let Some(item) = list.get_index(scope, index) else { return };
            let Ok(buffer) = item.try_cast::<v8::ArrayBuffer>() else {
                let message = string(scope, "Value at index 0 in transfer list is not transferable.");
                return throw_data_clone_error(scope, message);
            };
            if !buffer.is_detachable() || buffer.was_detached() || transferred.contains(&buffer) {
                let message = string(scope, "An ArrayBuffer is detached or given twice and could not be transferred.");
                return throw_data_clone_error(scope, message);
            }
            transferred.push(buffer);
        }
    }
    let serializer = v8::ValueSerializer::new(scope, Box::new(Delegate));
    serializer.write_header();
    for (id, buffer) in (0..).zip(&transferred) {
        serializer.transfer_array_buffer(id, *buffer);
    }
    if serializer.write_value(context, args.get(0)) != Some(true) {
        return;
    }
    let bytes = serializer.release();
    let deserializer = v8::ValueDeserializer::new(scope, Box::new(Delegate), &bytes);
    for (id, buffer) in (0..).zip(&transferred) {
        let moved = v8::ArrayBuffer::with_backing_store(scope, &buffer.get_backing_store());
        buffer.detach(None);
        deserializer.transfer_array_buffer(id, moved);
    }
    if deserializer.read_header(context) != Some(true) {
        return throw(scope, v8::Exception::error, "The value could not be cloned.");
    }
    if let Some(clone) = deserializer.read_value(context) {
        result.set(clone);
    }
}
