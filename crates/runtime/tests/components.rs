use crate::harness::{Host, House};
use hotcell_modules::digest_of;
use hotcell_protocol::{
    CallInput, ComponentChange, ComponentSource, ComponentState, ErrorCode, Event, KillReason, LimitOverrides, Notice,
    Reply, Request, RequestId,
};
use serde_json::json;

const TOOLS: &[u8] = include_bytes!("../../../tests/programs/components/tools.wasm");
const BYTES: &[u8] = include_bytes!("../../../tests/programs/components/bytes.wasm");

fn add(host: &mut Host, component: &str, bytes: &[u8]) {
    let digest = digest_of(bytes);
    let id = host.post(Request::PutBlob { digest, length: bytes.len() as u64 });
    host.upload(id, bytes, true).unwrap();
    assert_eq!(host.reply(id), Reply::Done);
    let source = ComponentSource::Blob { digest };
    let id = host.post(Request::AddComponent { component: component.into(), source });
    assert_eq!(answer(host, id), Ok(Reply::Done));
}

/// The answer to a request; notices of components may come before.
fn answer(host: &Host, id: RequestId) -> Result<Reply, ErrorCode> {
    loop {
        match host.event() {
            Event::Reply { id: of, reply: Reply::Failed { error } } if of == id => return Err(error.code),
            Event::Reply { id: of, reply } if of == id => return Ok(reply),
            Event::Notice { id: 0, notice: Notice::Component { .. } } => {}
            event => panic!("expected the answer to {id}, but {event:?} came"),
        }
    }
}

fn call(function: &str, input: CallInput) -> Request {
    call_of("tools", function, input, LimitOverrides::default())
}

fn call_of(component: &str, function: &str, input: CallInput, limits: LimitOverrides) -> Request {
    Request::CallComponent { component: component.into(), function: function.into(), input, limits }
}

fn json(arguments: serde_json::Value) -> CallInput {
    CallInput::Json { arguments }
}

#[test]
fn every_host_is_told_what_becomes_of_a_component() {
    let house = House::new();
    let (mut one, mut other) = (house.connect(), house.connect());
    add(&mut one, "tools", TOOLS);
    for change in [ComponentChange::Loading, ComponentChange::Loaded] {
        let Event::Notice { id: 0, notice: Notice::Component { component, change: told, error: None } } = other.event()
        else {
            panic!("a change of the component was to come")
        };
        assert_eq!((component.as_str(), told), ("tools", change));
    }
    let id = other.post(Request::RemoveComponent { component: "tools".into() });
    assert_eq!(answer(&other, id), Ok(Reply::Done));
    let id = other.post(Request::GetComponent { component: "tools".into() });
    assert_eq!(answer(&other, id), Err(ErrorCode::UnknownComponent));
    let id = one.post(Request::ListComponents);
    assert_eq!(answer(&one, id), Ok(Reply::Components { components: Vec::new() }));
}

#[test]
fn component_is_called_as_soon_as_it_is_added() {
    let house = House::new();
    let mut host = house.connect();
    add(&mut host, "tools", TOOLS);
    let id = host.post(call("add", json(json!({ "a": 1, "b": 2 }))));
    assert_eq!(answer(&host, id), Ok(Reply::Returned { result: json!(3) }));
    let id = host.post(Request::ListComponents);
    let Ok(Reply::Components { components }) = answer(&host, id) else { panic!("a list was to come") };
    assert_eq!((components[0].id.as_str(), components[0].state), ("tools", ComponentState::Loaded));
    assert_eq!(components[0].digest, Some(digest_of(TOOLS)));
    let stats = host.stats();
    assert_eq!((stats.guests, stats.guests_started, stats.guests_ended), (0, 1, 1));
}

#[test]
fn call_is_ended_by_a_kill_and_by_the_end_of_its_connection() {
    let house = House::new();
    let mut host = house.connect();
    add(&mut host, "tools", TOOLS);
    let spinning = host.post(call("spin", json(json!({}))));
    host.post(Request::Kill { guest: spinning, reason: KillReason::Cancel });
    assert_eq!(answer(&host, spinning), Err(ErrorCode::CallCancelled));
    let limits = LimitOverrides { wall_ms: Some(20), ..LimitOverrides::default() };
    let limited = host.post(call_of("tools", "spin", json(json!({})), limits));
    assert_eq!(answer(&host, limited), Err(ErrorCode::CallLimit));
    host.post(call("spin", json(json!({}))));
    let Host { connection, .. } = host;
    drop(connection);
    let mut other = house.connect();
    house.runtime.shut_down();
    house.shut_down.recv_timeout(crate::harness::PATIENCE).expect("no call lives any more");
    let refused = other.post(call("add", json(json!([1, 2]))));
    assert_eq!(answer(&other, refused), Err(ErrorCode::Closed));
}

#[test]
fn bytes_go_up_and_come_down() {
    let house = House::new();
    let mut host = house.connect();
    add(&mut host, "bytes", BYTES);
    let input: Vec<u8> = (0..3_000_000).map(|index: u32| index as u8).collect();
    let request = |length| call_of("bytes", "copy", CallInput::Bytes { length }, LimitOverrides::default());
    let id = host.post(request(input.len() as u64));
    host.upload(id, &input[..1000], false).unwrap();
    host.upload(id, &input[1000..], true).unwrap();
    let mut output = Vec::new();
    loop {
        match host.event() {
            Event::Notice { notice: Notice::Component { .. }, .. } => {}
            Event::Download { id: of, bytes, last } if of == id => {
                output.extend_from_slice(&bytes);
                if last {
                    break;
                }
            }
            event => panic!("expected a part of {id}, but {event:?} came"),
        }
    }
    assert!(output == input);
    let short = host.post(request(10));
    host.upload(short, b"123", true).unwrap();
    assert_eq!(answer(&host, short), Err(ErrorCode::BlobMismatch));
    let long = host.post(request((16 << 20) + 1));
    assert_eq!(answer(&host, long), Err(ErrorCode::InvalidOption));
    host.upload(long, b"123", true).unwrap();
    assert_eq!(host.stats().guests, 0);
}

#[test]
fn what_is_wrong_with_a_request_is_its_reply() {
    let house = House::new();
    let mut host = house.connect();
    let source = ComponentSource::Blob { digest: digest_of(b"never sent") };
    let unknown = host.fail(Request::AddComponent { component: "a".into(), source });
    assert_eq!(unknown.code, ErrorCode::UnknownBlob);
    let source = ComponentSource::File { path: "relative.wasm".into() };
    let relative = host.fail(Request::AddComponent { component: "a".into(), source });
    assert_eq!(relative.code, ErrorCode::InvalidOption);
    let limits = LimitOverrides { wall_ms: Some(0), ..LimitOverrides::default() };
    let limit = host.fail(call_of("a", "f", json(json!({})), limits));
    assert_eq!(limit.code, ErrorCode::InvalidOption);
    assert_eq!(
        host.fail(call_of("a", "f", json(json!({})), LimitOverrides::default())).code,
        ErrorCode::UnknownComponent
    );
    assert_eq!(host.fail(Request::RemoveComponent { component: "a".into() }).code, ErrorCode::UnknownComponent);
}
