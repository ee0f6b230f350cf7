use super::{NativeFunction, throw, try_string};
use url::{Url, quirks};
use v8::MapFnTo;

pub(super) fn functions() -> Vec<NativeFunction> {
    vec![("urlParse", parse.map_fn_to()), ("urlSet", set_part.map_fn_to())]
}

fn parse(scope: &mut v8::PinScope<'_, '_>, args: v8::FunctionCallbackArguments<'_>, mut result: v8::ReturnValue<'_>) {
    let input = args.get(0).to_rust_string_lossy(scope);
    let base = if args.get(1).is_undefined() {
        None
    } else {
        match Url::parse(&args.get(1).to_rust_string_lossy(scope)) {
            Ok(base) => Some(base),
            Err(_) => return,
        }
    };
    if let Ok(url) = Url::options().base_url(base.as_ref()).parse(&input)
        && let Some(parts) = parts(scope, &url)
    {
        result.set(parts.into());
    }
}

fn set_part(
    scope: &mut v8::PinScope<'_, '_>,
    args: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let href = args.get(0).to_rust_string_lossy(scope);
    let value = args.get(2).to_rust_string_lossy(scope);
    let Ok(mut url) = Url::parse(&href) else {
        return throw(scope, v8::Exception::type_error, "Invalid URL");
    };
    // The standard's setters ignore what does not parse.
    let _ = match args.get(1).uint32_value(scope) {
        Some(2) => quirks::set_protocol(&mut url, &value),
        Some(3) => quirks::set_username(&mut url, &value),
        Some(4) => quirks::set_password(&mut url, &value),
        Some(5) => quirks::set_host(&mut url, &value),
        Some(6) => quirks::set_hostname(&mut url, &value),
        Some(7) => quirks::set_port(&mut url, &value),
        Some(8) => {
            quirks::set_pathname(&mut url, &value);
            Ok(())
        }
        Some(9) => {
            quirks::set_search(&mut url, &value);
            Ok(())
        }
        Some(10) => {
            quirks::set_hash(&mut url, &value);
            Ok(())
        }
        _ => Err(()),
    };
    if let Some(parts) = parts(scope, &url) {
        result.set(parts.into());
    }
}

/// The parts in the order of `UrlPart` in native.ts.
fn parts<'s>(scope: &mut v8::PinScope<'s, '_>, url: &Url) -> Option<v8::Local<'s, v8::Array>> {
    let origin = quirks::origin(url);
    let parts = [
        quirks::href(url),
        &origin,
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ];
    let mut values = Vec::with_capacity(parts.len());
    for part in parts {
        values.push(try_string(scope, part)?.into());
    }
    Some(v8::Array::new_with_elements(scope, &values))
}
