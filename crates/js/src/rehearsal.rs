//! A first run of what every guest runs, while the snapshot is made, so that its functions are compiled in it.
//!
//! V8 compiles a function when it is first called, and a snapshot keeps what was compiled. All of the userland compiled would
//! double the snapshot, and with it the time that restoring takes; nothing of it would make each guest compile the same
//! functions anew. So the userland is installed in a second context, which shares the script's functions with the one that is
//! kept, programs are run in that, and it is thrown away.

use crate::error::JsError;
use crate::event_loop::{EventLoop, Stop};
use crate::external_memory::ExternalMemory;
use crate::hooks::Hooks;
use crate::mailbox::Mailbox;
use crate::state::{Claim, IsolateState};
use crate::{native, program, userland, worker};
use hotcell_guest::{EventSink, Guest, GuestOptions, GuestProgram, GuestSpec, Lifecycle, Warden};
use hotcell_protocol::{Event, GuestId, Limits, RetireReason, SourceFormat, StdinMode};
use hotcell_vfs::{Vfs, VfsOptions};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// What most programs do that say something.
pub(crate) const SCRIPT: &str = r#"
console.log("text", 1, true, null, undefined, [1, "a"], { a: 1, b: { c: [] } });
console.error("text");
process.nextTick(() => Promise.resolve(1).then(() => queueMicrotask(() => {})));
setTimeout(() => {}, 0);
setImmediate(() => {});
new Error("text").stack;
process.stdout.write("text");
"#;

/// V8 has no WebAssembly in an isolate that makes a snapshot. This has the shape that the runner looks for; the runner comes as
/// far as the memory, which the native side refuses.
const WEBASSEMBLY: &str = r"
class Memory {}
class Module { static imports() { return []; } }
class Instance { exports = { memory: new Memory(), _start() {} }; }
globalThis.WebAssembly = { Memory, Module, Instance, RuntimeError: class extends Error {} };
";

struct Nowhere;

impl EventSink for Nowhere {
    fn send(&self, event: Event) {
        if let Event::Output { bytes, .. } = event {
            tracing::trace!(output = %String::from_utf8_lossy(&bytes), "rehearsal");
        }
    }
}

impl Lifecycle for Nowhere {
    fn ended(&self, _: GuestId) {}

    fn retire(&self, _: RetireReason, _: String, finish: &mut dyn FnMut()) {
        finish();
    }
}

/// Runs the programs in contexts of their own.
///
/// # Errors
/// [`JsError`] where one of them did not run to its end.
pub(crate) fn run(isolate: &mut v8::OwnedIsolate) -> Result<(), JsError> {
    let command = b"\0asm\x01\0\0\0";
    let programs = [
        GuestProgram::Source { text: SCRIPT.into(), format: SourceFormat::Script, name: None },
        GuestProgram::Source { text: "await 1;".into(), format: SourceFormat::Module, name: None },
        GuestProgram::Wasm {
            digest: hotcell_modules::digest_of(command),
            bytes: Arc::new(command.to_vec()),
            name: "command".into(),
        },
    ];
    let warden = Warden::start()?;
    for program in programs {
        let guest = Guest::new(GuestOptions {
            id: 0,
            limits: Limits::default(),
            stdin: StdinMode::Empty,
            credit: u32::MAX,
            sink: Arc::new(Nowhere),
            lifecycle: Arc::new(Nowhere),
            warden: Arc::clone(&warden),
            received: Instant::now(),
            phases: false,
        });
        let spec = GuestSpec {
            guest,
            program,
            args: vec!["argument".into()],
            env: BTreeMap::from([("PATH".into(), "/bin".into())]),
            cwd: "/".into(),
            vfs: Vfs::new(VfsOptions::default()),
            userland: None,
        };
        match (rehearse(isolate, &spec)?, &spec.program) {
            (Ok(0), _) | (Err(Stop::Uncaught), GuestProgram::Wasm { .. }) => {}
            (ended, _) => return Err(JsError::Snapshot(format!("the rehearsal ended with {ended:?}"))),
        }
    }
    Ok(())
}

fn rehearse(isolate: &mut v8::OwnedIsolate, spec: &GuestSpec) -> Result<Result<u8, Stop>, JsError> {
    let (mailbox, inbox) = Mailbox::new();
    let state = IsolateState::new(mailbox, ExternalMemory::new(usize::MAX));
    isolate.set_slot(Rc::clone(&state));
    let ran = {
        v8::scope!(let scope, isolate);
        let context = v8::Context::new(scope, v8::ContextOptions::default());
        let scope = &mut v8::ContextScope::new(scope, context);
        let object = userland::install(scope)?;
        let _ = state.hooks.set(Hooks::from_object(scope, object)?);
        if matches!(spec.program, GuestProgram::Wasm { .. }) {
            let source = native::string(scope, WEBASSEMBLY);
            v8::Script::compile(scope, source, None).and_then(|script| script.run(scope));
        }
        let _ = state.claim.set(Claim::new(spec.clone()));
        let claim = state.claim().ok_or_else(|| JsError::Snapshot("the rehearsal has no guest".into()))?;
        let mut events = EventLoop::new(&state, claim, &inbox);
        let ran =
            program::begin(scope, &state, claim).and_then(|_| events.settle(scope)).and_then(|_| events.run(scope));
        ran.map(|()| worker::exit_hook(scope, &state, None))
    };
    isolate.remove_slot::<Rc<IsolateState>>();
    Ok(ran)
}
