//! How a guest's program is begun: what it is, and the first run of it.

use crate::event_loop::{Stop, call, guarded};
use crate::format::{self, Detected};
use crate::loader::{self, Kind};
use crate::native::{self, set, string, try_string};
use crate::state::{Claim, IsolateState};
use hotcell_guest::GuestProgram;
use hotcell_protocol::{Phase, SourceFormat};

/// The name that source text has in stack traces, as in Node, and in `process.argv[1]`, so that a program's own arguments begin
/// at the same place whatever it came from.
const EVAL: &str = "[eval]";
/// `process.argv[0]`.
pub(crate) const EXEC_PATH: &str = "/usr/bin/hotcell";
/// `process.pid`: every guest is alone.
pub(crate) const PID: i32 = 1;

/// A program that was compiled, or is about to be by the userland.
enum Main<'s> {
    Script(v8::Local<'s, v8::Script>),
    Module(v8::Local<'s, v8::Module>),
    CommonJs,
    Wasm,
}

/// Compiles the program and runs it as far as it runs at once. The promise is that of a module's evaluation.
pub(crate) fn begin<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    state: &IsolateState,
    claim: &Claim,
) -> Result<Option<v8::Local<'s, v8::Promise>>, Stop> {
    // Compiling runs none of the guest's code, and what it is must be known before the userland is told.
    let compiled = compile(scope, claim)?;
    claim.guest.end_phase(Phase::Compile);
    let (main, filename) = match compiled {
        Ok(compiled) => compiled,
        Err((error, message)) => {
            begin_userland(scope, state, claim, "script", &native::fs::join(&claim.spec.cwd, EVAL))?;
            crate::event_loop::uncaught(scope, state, error, message)?;
            return Ok(None);
        }
    };
    let kind = match main {
        Main::Script(_) => "script",
        Main::Module(_) => "module",
        Main::CommonJs => "commonjs",
        Main::Wasm => "wasm",
    };
    begin_userland(scope, state, claim, kind, &filename)?;
    match main {
        Main::Script(script) => guarded(scope, state, |scope| script.run(scope).map(|_| ())).map(|_| None),
        Main::CommonJs => {
            let filename = string(scope, &filename).into();
            guarded(scope, state, |scope| call(scope, &state.hooks().run_common_js, &[filename]).map(|_| ()))
                .map(|_| None)
        }
        Main::Wasm => {
            guarded(scope, state, |scope| call(scope, &state.hooks().run_wasm, &[]).map(|_| ())).map(|_| None)
        }
        Main::Module(module) => {
            let evaluated = guarded(scope, state, |scope| {
                loader::link(scope, module)?;
                let evaluated = module.evaluate(scope)?.try_cast::<v8::Promise>().ok()?;
                // Its rejection is the program's error, which the event loop reports.
                let ignore = v8::Function::new(scope, ignore)?;
                evaluated.then2(scope, ignore, ignore)?;
                Some(v8::Global::new(scope, evaluated))
            })?;
            Ok(evaluated.map(|evaluated| v8::Local::new(scope, evaluated)))
        }
    }
}

fn ignore(_: &mut v8::PinScope<'_, '_>, _: v8::FunctionCallbackArguments<'_>, _: v8::ReturnValue<'_>) {}

type Failure<'s> = (v8::Local<'s, v8::Value>, Option<v8::Local<'s, v8::Message>>);

/// Compiles the program; the inner error is what V8 threw.
fn compile<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    claim: &Claim,
) -> Result<Result<(Main<'s>, String), Failure<'s>>, Stop> {
    v8::tc_scope!(let scope, scope);
    let main = match &claim.spec.program {
        GuestProgram::Source { text, format, name } => source(scope, claim, text, *format, name.as_deref()),
        GuestProgram::ScriptFile { path, text } => file(scope, path, text).map(|main| (main, path.clone())),
        GuestProgram::Wasm { name, .. } => Some((Main::Wasm, name.clone())),
    };
    match main {
        Some(main) => Ok(Ok(main)),
        None if scope.has_terminated() || claim.guest.is_ending() => Err(Stop::Ending),
        None => {
            let error = scope.exception().unwrap_or_else(|| v8::undefined(scope).into());
            Ok(Err((error, scope.message())))
        }
    }
}

fn source<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    claim: &Claim,
    text: &str,
    format: SourceFormat,
    name: Option<&str>,
) -> Option<(Main<'s>, String)> {
    let path = native::fs::join(&claim.spec.cwd, name.unwrap_or(EVAL));
    let shown = if name.is_some() { path.as_str() } else { EVAL };
    let url = loader::file_url(&path);
    let as_script = |scope: &mut v8::PinScope<'s, '_>| {
        let source = try_string(scope, text)?;
        let resource = string(scope, shown).into();
        let origin = loader::origin(scope, resource, Kind::Script);
        v8::Script::compile(scope, source, Some(&origin))
    };
    let detected = match format {
        SourceFormat::Script => Detected::Script(as_script(scope)?),
        SourceFormat::Module => Detected::Module(loader::parse(scope, &url, text)?),
        SourceFormat::Auto => format::detect(scope, text, as_script, |scope| loader::parse(scope, &url, text))?,
    };
    Some(match detected {
        Detected::Script(script) => (Main::Script(script), path),
        Detected::Module(module) => {
            loader::remember(scope, &url, module);
            (Main::Module(module), path)
        }
    })
}

fn file<'s>(scope: &mut v8::PinScope<'s, '_>, path: &str, text: &str) -> Option<Main<'s>> {
    let url = loader::file_url(path);
    Some(match format::of_file(scope, &url, path, text)? {
        // The userland compiles it, as it does what is required.
        Detected::Script(()) => Main::CommonJs,
        Detected::Module(module) => Main::Module(module),
    })
}

/// Tells the userland about its guest: `Hooks.begin` in native.ts.
fn begin_userland(
    scope: &mut v8::PinScope<'_, '_>,
    state: &IsolateState,
    claim: &Claim,
    kind: &str,
    filename: &str,
) -> Result<(), Stop> {
    guarded(scope, state, |scope| {
        let filename = try_string(scope, filename)?;
        let mut argv = Vec::with_capacity(claim.spec.args.len() + 2);
        argv.push(string(scope, EXEC_PATH).into());
        argv.push(filename.into());
        for arg in &claim.spec.args {
            argv.push(try_string(scope, arg)?.into());
        }
        let argv = v8::Array::new_with_elements(scope, &argv);
        let env = v8::Object::new(scope);
        for (name, value) in &claim.spec.env {
            let value = try_string(scope, value)?.into();
            set(scope, env, name, value);
        }
        let kind = string(scope, kind).into();
        call(scope, &state.hooks().begin, &[argv.into(), env.into(), kind, filename.into()]).map(|_| ())
    })?
    .ok_or(Stop::Uncaught)?;
    claim.guest.end_phase(Phase::Inject);
    claim.guest.mark_started();
    Ok(())
}
