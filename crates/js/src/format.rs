//! Whether JavaScript is a script or an ES module, where nobody says: a script where it parses as one, else a module.

use crate::loader::{self, Kind};
use crate::native::{string, try_string};

/// What JavaScript was found to be.
pub(crate) enum Detected<'s, S> {
    Script(S),
    Module(v8::Local<'s, v8::Module>),
}

/// What `as_script` makes of the text, or where it is none, the module that `as_module` does.
///
/// Where neither parses, throws the error of the parser that came further: it read the text as it was meant.
pub(crate) fn detect<'s, 'i, S>(
    scope: &mut v8::PinScope<'s, 'i>,
    text: &str,
    as_script: impl FnOnce(&mut v8::PinScope<'s, 'i>) -> Option<S>,
    as_module: impl FnOnce(&mut v8::PinScope<'s, 'i>) -> Option<v8::Local<'s, v8::Module>>,
) -> Option<Detected<'s, S>> {
    v8::tc_scope!(let scope, scope);
    if let Some(script) = as_script(scope) {
        let module = if may_call_await(text) { as_module(scope) } else { None };
        return Some(match module.filter(|module| module.has_top_level_await()) {
            Some(module) => Detected::Module(module),
            None => Detected::Script(script),
        });
    }
    let script_failed_at = failed_at(scope);
    {
        v8::tc_scope!(let scope, scope);
        if let Some(module) = as_module(scope) {
            return Some(Detected::Module(module));
        }
        if failed_at(scope) > script_failed_at {
            scope.rethrow();
        }
    }
    scope.rethrow();
    None
}

/// What a file of the sandbox's is: a module, which others can import by its URL from now on, or a CommonJS module, which is the
/// script here.
pub(crate) fn of_file<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    url: &str,
    path: &str,
    text: &str,
) -> Option<Detected<'s, ()>> {
    let as_module = |scope: &mut v8::PinScope<'s, '_>| loader::parse(scope, url, text);
    // A module has at least one of these words in it; without them nothing need be compiled to see what the file is.
    let may_be_module = ["import", "export", "await"].iter().any(|word| text.contains(word));
    let detected = if path.ends_with(".mjs") {
        Detected::Module(as_module(scope)?)
    } else if path.ends_with(".cjs") || !may_be_module {
        Detected::Script(())
    } else {
        detect(scope, text, |scope| parse_common_js(scope, path, text), as_module)?
    };
    if let Detected::Module(module) = &detected {
        loader::remember(scope, url, *module);
    }
    Some(detected)
}

/// The parameters of a CommonJS module's wrapper.
const COMMON_JS_PARAMETERS: [&str; 5] = ["exports", "require", "module", "__filename", "__dirname"];

fn parse_common_js(scope: &mut v8::PinScope<'_, '_>, path: &str, text: &str) -> Option<()> {
    let source = try_string(scope, text)?;
    let resource = string(scope, path).into();
    let origin = loader::origin(scope, resource, Kind::Script);
    let mut source = v8::script_compiler::Source::new(source, Some(&origin));
    let parameters = COMMON_JS_PARAMETERS.map(|name| string(scope, name));
    v8::script_compiler::compile_function(
        scope,
        &mut source,
        &parameters,
        &[],
        v8::script_compiler::CompileOptions::NoCompileOptions,
        v8::script_compiler::NoCacheReason::NoReason,
    )
    .map(|_| ())
}

fn failed_at(scope: &v8::PinnedRef<'_, v8::TryCatch<'_, '_, v8::HandleScope<'_>>>) -> Option<i32> {
    Some(scope.message()?.get_start_position())
}

/// Whether `await` stands before what makes it an operand in a script, where it is a name like any other: `await (x)` calls it.
/// Nothing else that awaits at the top level parses as a script.
fn may_call_await(text: &str) -> bool {
    text.match_indices("await").any(|(index, word)| {
        let after = &text[index + word.len()..];
        let next = after.trim_start();
        let line_ends = after[..after.len() - next.len()].contains(['\n', '\r', '\u{2028}', '\u{2029}']);
        line_ends || next.starts_with(['(', '[', '`', '+', '-', '/'])
    })
}

#[cfg(test)]
mod tests {
    use super::may_call_await;

    #[test]
    fn may_call_await_finds_what_scripts_read_as_a_name() {
        for text in
            ["await (f())", "await\t[1]", "x = await`a`", "await +1", "await -1", "await /x/.exec(y)", "await\nf()"]
        {
            assert!(may_call_await(text), "{text}");
        }
        for text in ["await f()", "await import('x')", "await new X()", "await", "wait (1)", "await {}"] {
            assert!(!may_call_await(text), "{text}");
        }
    }
}
