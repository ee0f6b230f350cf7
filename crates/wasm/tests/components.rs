//! Calls of components' functions, on the real engine.

use crate::harness::{PATIENCE, RUNNER, assemble};
use bytes::Bytes;
use crossbeam_channel::{Receiver, unbounded};
use hotcell_guest::{Ending, EventSink, Guest, GuestOptions, Lifecycle, Warden};
use hotcell_modules::digest_of;
use hotcell_protocol::{ComponentDetails, ErrorCode, ErrorInfo, Event, GuestId, Limits, RetireReason, StdinMode};
use hotcell_wasm::component::{
    Call, CallError, CallInput, CallSession, ComponentCalls, RegistryOptions, Returned, RunnerSource, Source,
};
use hotcell_wasm::{WasiRunner, WasmError};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

static WARDEN: LazyLock<Arc<Warden>> = LazyLock::new(|| Warden::start().unwrap());

struct Shared;

impl RunnerSource for Shared {
    fn runner(&self) -> Result<&WasiRunner, WasmError> {
        Ok(&RUNNER)
    }
}

struct Nobody;

impl EventSink for Nobody {
    fn send(&self, _event: Event) {}
}

impl Lifecycle for Nobody {
    fn ended(&self, _guest: GuestId) {}

    fn retire(&self, reason: RetireReason, message: String, finish: &mut dyn FnMut()) {
        finish();
        panic!("the cell was given up ({reason:?}): {message}");
    }
}

/// One host of a registry.
struct Host {
    calls: Arc<ComponentCalls>,
    session: Arc<CallSession>,
}

/// A call under way.
struct Calling {
    guest: Arc<Guest>,
    returned: Receiver<Result<Returned, CallError>>,
}

impl Calling {
    fn end(self) -> Result<Returned, CallError> {
        self.returned.recv_timeout(PATIENCE).expect("the call ends")
    }
}

impl Host {
    fn new(components: &[(&str, &str)]) -> Self {
        let options = RegistryOptions { loaders: 2, metadata: None, on_change: Box::new(|_, _, _| ()) };
        let calls = Arc::new(ComponentCalls::new(Arc::new(Shared), options));
        let host = Self { calls, session: Arc::default() };
        components.iter().for_each(|(id, text)| host.add(id, text));
        host
    }

    /// Another host of the same components.
    fn another(&self) -> Self {
        Self { calls: Arc::clone(&self.calls), session: Arc::default() }
    }

    fn add(&self, id: &str, text: &str) {
        let bytes = Arc::new(assemble(text));
        let digest = digest_of(&bytes);
        self.calls.registry().add(id, Source::Bytes { digest, bytes }).unwrap();
    }

    fn start(&self, component: &str, function: &str, input: CallInput, limits: Limits) -> Calling {
        let nobody = Arc::new(Nobody);
        let guest = Guest::new(GuestOptions {
            id: 1,
            limits,
            stdin: StdinMode::Empty,
            credit: u32::MAX,
            sink: Arc::clone(&nobody) as Arc<dyn EventSink>,
            lifecycle: nobody,
            warden: Arc::clone(&WARDEN),
            received: Instant::now(),
            fuel: None,
            ready: None,
            phases: false,
        });
        let (tell, returned) = unbounded();
        let call = Call { guest: Arc::clone(&guest), component: component.into(), function: function.into(), input };
        self.calls.call(&self.session, call, move |result| drop(tell.send(result)));
        Calling { guest, returned }
    }

    fn call(&self, component: &str, function: &str, arguments: Value) -> Result<Value, CallError> {
        match self.start(component, function, CallInput::Json(arguments), Limits::default()).end()? {
            Returned::Json(value) => Ok(value),
            Returned::Bytes(bytes) => panic!("{bytes:?} came back"),
        }
    }

    fn call_with_bytes(&self, component: &str, function: &str, input: &[u8]) -> Result<Vec<u8>, CallError> {
        let input = CallInput::Bytes(Bytes::copy_from_slice(input));
        match self.start(component, function, input, Limits::default()).end()? {
            Returned::Bytes(bytes) => Ok(bytes),
            Returned::Json(value) => panic!("{value} came back"),
        }
    }

    fn details(&self, component: &str) -> Result<ComponentDetails, CallError> {
        let (tell, details) = unbounded();
        self.calls.details(component.into(), move |result| drop(tell.send(result)));
        details.recv_timeout(PATIENCE).expect("the details come")
    }
}

/// The end-to-end tests take these programs as bytes, since npm has no assembler for components.
#[test]
fn assembled_programs_are_those_of_their_text() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/programs/components");
    for (name, text) in [("tools", TOOLS), ("counter", COUNTER), ("bytes", BYTES)] {
        let file = format!("{directory}/{name}.wasm");
        let assembled = assemble(text);
        if std::env::var_os("HOTCELL_UPDATE").is_some() {
            std::fs::write(&file, &assembled).unwrap();
        }
        let there = std::fs::read(&file).unwrap_or_default();
        assert!(
            there == assembled,
            "{file} is out of date: run `HOTCELL_UPDATE=1 cargo test --release -p hotcell-wasm`."
        );
    }
}

fn code(error: &CallError) -> ErrorCode {
    ErrorInfo::from(error).code
}

/// Functions of every kind of ending, and a counter that outlives its calls.
const TOOLS: &str = include_str!("../../../tests/programs/components/tools.wat");

#[test]
fn function_takes_and_returns_json() {
    let host = Host::new(&[("tools", TOOLS)]);
    assert_eq!(host.call("tools", "add", json!({ "a": 40, "b": 2 })).unwrap(), json!(42));
    assert_eq!(host.call("tools", "add", json!([-1, -2])).unwrap(), json!(-3));
    assert_eq!(host.call("tools", "greet", json!({ "name": "Wörld 🌍" })).unwrap(), json!("Hello, Wörld 🌍"));
    let details = host.details("tools").unwrap();
    let greet = details.functions.iter().find(|function| function.name == "greet").unwrap();
    assert_eq!(greet.result, Some(json!({ "type": "string" })));
    assert_eq!(
        greet.parameters,
        Some(json!({
            "type": "object",
            "properties": { "name": { "type": "string" } },
            "required": ["name"],
            "additionalProperties": false,
        }))
    );
}

#[test]
fn wrong_calls_say_what_is_wrong() {
    let host = Host::new(&[("tools", TOOLS)]);
    let error = host.call("tools", "add", json!({ "a": 1, "b": 2.5 })).unwrap_err();
    assert_eq!(code(&error), ErrorCode::InvalidArgument);
    assert!(
        error.to_string().contains("$.b must be an integer from -2147483648 to 2147483647, but is 2.5."),
        "{error}"
    );
    let error = host.call("tools", "subtract", json!({})).unwrap_err();
    assert_eq!(code(&error), ErrorCode::UnknownFunction);
    assert!(error.to_string().contains("add, trap, spin"), "{error}");
    let error = host.call("none", "add", json!({})).unwrap_err();
    assert_eq!(code(&error), ErrorCode::UnknownComponent);
    let error = host.call_with_bytes("tools", "add", b"").unwrap_err();
    assert_eq!(code(&error), ErrorCode::InvalidArgument);
}

#[test]
fn instance_is_kept_for_its_host_and_nobody_else() {
    let host = Host::new(&[("tools", TOOLS)]);
    let another = host.another();
    assert_eq!(host.call("tools", "count", json!({})).unwrap(), json!(1));
    assert_eq!(host.call("tools", "count", json!({})).unwrap(), json!(2));
    assert_eq!(another.call("tools", "count", json!({})).unwrap(), json!(1));
    // Wrong arguments touch nothing.
    host.call("tools", "add", json!({})).unwrap_err();
    assert_eq!(host.call("tools", "count", json!({})).unwrap(), json!(3));
}

#[test]
fn instance_that_trapped_is_thrown_away() {
    let host = Host::new(&[("tools", TOOLS)]);
    assert_eq!(host.call("tools", "count", json!({})).unwrap(), json!(1));
    let error = host.call("tools", "trap", json!({})).unwrap_err();
    assert_eq!(code(&error), ErrorCode::CallFailed);
    assert!(error.to_string().contains("unreachable") && error.to_string().contains("deep"), "{error}");
    assert_eq!(host.call("tools", "count", json!({})).unwrap(), json!(1));
}

#[test]
fn call_ends_at_its_limits_and_its_instance_with_it() {
    let host = Host::new(&[("tools", TOOLS)]);
    assert_eq!(host.call("tools", "count", json!({})).unwrap(), json!(1));
    let spin = |limits| host.start("tools", "spin", CallInput::Json(json!({})), limits);
    let error = spin(Limits { wall_ms: 50, ..Limits::default() }).end().unwrap_err();
    assert_eq!(code(&error), ErrorCode::CallLimit);
    assert!(error.to_string().contains("wallMs"), "{error}");
    let error = spin(Limits { cpu_ms: 30, ..Limits::default() }).end().unwrap_err();
    assert!(error.to_string().contains("cpuMs"), "{error}");
    assert_eq!(host.call("tools", "count", json!({})).unwrap(), json!(1));
    let spinning = spin(Limits::default());
    spinning.guest.end(Ending::Cancelled);
    assert_eq!(code(&spinning.end().unwrap_err()), ErrorCode::CallCancelled);
    // Refused memory is the function's to see; it goes on.
    let limits = Limits { external_mb: 1, ..Limits::default() };
    let other = host.another();
    let grown = other.start("tools", "grow", CallInput::Json(json!({ "pages": 64 })), limits).end().unwrap();
    assert_eq!(grown, Returned::Json(json!(-1)));
}

#[test]
fn result_that_would_fill_the_host_is_refused() {
    let host = Host::new(&[("tools", TOOLS)]);
    let error = host.call("tools", "bomb", json!({})).unwrap_err();
    assert_eq!(code(&error), ErrorCode::CallFailed);
}

#[test]
fn call_waits_for_its_turn_behind_another_of_its_host() {
    let host = Host::new(&[("tools", TOOLS)]);
    let spinning = host.start("tools", "spin", CallInput::Json(json!({})), Limits::default());
    let waiting = host.start("tools", "count", CallInput::Json(json!({})), Limits::default());
    assert_eq!(host.another().call("tools", "count", json!({})).unwrap(), json!(1));
    assert!(waiting.returned.try_recv().is_err());
    spinning.guest.end(Ending::Cancelled);
    assert_eq!(waiting.end().unwrap(), Returned::Json(json!(1)));
    spinning.end().unwrap_err();
}

#[test]
fn replaced_component_runs_the_new_code() {
    let host = Host::new(&[("tools", TOOLS)]);
    assert_eq!(host.call("tools", "add", json!([1, 2])).unwrap(), json!(3));
    host.add(
        "tools",
        &TOOLS.replace("(i32.add (local.get 0) (local.get 1)))", "(i32.mul (local.get 0) (local.get 1)))"),
    );
    assert_eq!(host.call("tools", "add", json!([3, 4])).unwrap(), json!(12));
}

#[test]
fn component_that_can_not_be_loaded_says_why() {
    let host =
        Host::new(&[("missing", r#"(component (import "acme:missing/thing" (func)))"#), ("library", "(module)")]);
    let error = host.call("missing", "f", json!({})).unwrap_err();
    assert_eq!(code(&error), ErrorCode::ComponentFailed);
    assert!(error.to_string().contains("acme:missing/thing"), "{error}");
    let error = host.details("library").unwrap_err();
    assert!(error.to_string().contains("without a function that can be called"), "{error}");
    let bytes = Arc::new(b"not wasm".to_vec());
    host.calls.registry().add("text", Source::Bytes { digest: digest_of(&bytes), bytes }).unwrap();
    assert_eq!(code(&host.call("text", "f", json!({})).unwrap_err()), ErrorCode::ComponentFailed);
}

/// A resource that holds a number.
const COUNTER: &str = include_str!("../../../tests/programs/components/counter.wat");

#[test]
fn resources_are_handles_until_they_are_dropped_or_given_away() {
    let host = Host::new(&[("counter", COUNTER)]);
    let first = host.call("counter", "make", json!({ "start": 7 })).unwrap();
    let second = host.call("counter", "make", json!({ "start": 8 })).unwrap();
    assert_ne!(first, second);
    assert_eq!(host.call("counter", "value", json!({ "it": first })).unwrap(), json!(7));
    assert_eq!(host.call("counter", "value", json!({ "it": second })).unwrap(), json!(8));
    assert_eq!(host.call("counter", "consume", json!({ "it": first })).unwrap(), json!(7));
    let error = host.call("counter", "value", json!({ "it": first })).unwrap_err();
    assert!(error.to_string().contains("$.it must be a handle that a call returned"), "{error}");
    assert_eq!(host.call("counter", "[resource-drop]counter", json!({ "handle": second })).unwrap(), Value::Null);
    host.call("counter", "value", json!({ "it": second })).unwrap_err();
    for forged in [json!(1), json!({ "handle": 0 }), json!({ "handle": 99 }), json!({ "handle": "1" }), json!(null)] {
        let error = host.call("counter", "value", json!({ "it": forged })).unwrap_err();
        assert_eq!(code(&error), ErrorCode::InvalidArgument);
    }
    // A handle is of one host alone.
    let third = host.call("counter", "make", json!({ "start": 9 })).unwrap();
    host.another().call("counter", "value", json!({ "it": third })).unwrap_err();
}

/// A module with functions that keep to the rules and such that don't.
const BYTES: &str = include_str!("../../../tests/programs/components/bytes.wat");

#[test]
fn module_takes_and_returns_bytes() {
    let host = Host::new(&[("bytes", BYTES)]);
    let names: Vec<_> = host.details("bytes").unwrap().functions.into_iter().map(|function| function.name).collect();
    assert_eq!(names, ["boasts", "capacity", "copy", "dithers", "fails", "greedy", "traps", "wavers"]);
    for length in [0, 1, 65536, 65537, 1 << 20, 16 << 20] {
        let input: Vec<u8> = (0..length).map(|index: usize| (index * 7) as u8).collect();
        assert_eq!(host.call_with_bytes("bytes", "copy", &input).unwrap(), input, "{length}");
    }
    assert_eq!(host.call_with_bytes("bytes", "capacity", b"").unwrap(), 65536_u32.to_le_bytes());
    let error = host.call("bytes", "copy", json!({})).unwrap_err();
    assert!(error.to_string().contains("plain module"), "{error}");
}

#[test]
fn module_that_lies_is_told_so() {
    let host = Host::new(&[("bytes", BYTES)]);
    for (function, message) in [
        ("boasts", "it says that it wrote 65537 bytes, where it had room for 65536"),
        ("wavers", "it asked for more room after 3 retries"),
        ("dithers", "it says that it needs 65536 bytes, which is no more than it had"),
        ("greedy", "it needs 4294967295 bytes of output, where 16777216 are allowed"),
    ] {
        let error = host.call_with_bytes("bytes", function, b"x").unwrap_err();
        assert_eq!(code(&error), ErrorCode::CallFailed);
        assert!(error.to_string().contains(message), "{function}: {error}");
    }
    let error = host.call_with_bytes("bytes", "fails", b"").unwrap_err();
    assert!(error.to_string().contains("error code -7"), "{error}");
    let error = host.call_with_bytes("bytes", "traps", b"").unwrap_err();
    assert!(error.to_string().contains("unreachable"), "{error}");
    let far =
        BYTES.replace("(local.get $at))\n    (func (export \"copy\")", "(i32.const -8))\n    (func (export \"copy\")");
    host.add("far", &far);
    let error = host.call_with_bytes("far", "copy", b"x").unwrap_err();
    assert!(error.to_string().contains("beyond its memory"), "{error}");
}
