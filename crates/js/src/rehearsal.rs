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

const SCRIPT: &str = include_str!("../rehearsal/script.js");
const MODULE: &str = include_str!("../rehearsal/module.mjs");
const UNCAUGHT: &str = include_str!("../rehearsal/uncaught.js");
const WEBASSEMBLY: &str = include_str!("../rehearsal/webassembly.js");

/// All of which a change makes other snapshots.
pub(crate) const SOURCES: [&str; 4] = [SCRIPT, MODULE, UNCAUGHT, WEBASSEMBLY];

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
    let source = |text: &str, format| GuestProgram::Source { text: text.into(), format, name: None };
    let wasm = GuestProgram::Wasm {
        digest: hotcell_modules::digest_of(command),
        bytes: Arc::new(command.to_vec()),
        name: "command".into(),
    };
    let programs = [
        ("script", source(SCRIPT, SourceFormat::Script), Ok(0)),
        ("module", source(MODULE, SourceFormat::Module), Ok(0)),
        ("uncaught", source(UNCAUGHT, SourceFormat::Script), Err(Stop::Uncaught)),
        ("wasm", wasm, Err(Stop::Uncaught)),
    ];
    let warden = Warden::start()?;
    for (name, program, expected) in programs {
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
        let ended = rehearse(isolate, &spec)?;
        if ended != expected {
            return Err(JsError::Snapshot(format!("the rehearsal {name} ended with {ended:?}")));
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
