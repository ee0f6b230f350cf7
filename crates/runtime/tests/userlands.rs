use crate::harness::{Host, House, source};
use hotcell_protocol::{ErrorCode, ErrorInfo, Event, FileKind, FsRequest, Reply, Request, RequestId, SandboxOptions};

fn with_userland(source: &str) -> SandboxOptions {
    SandboxOptions { userland: Some(source.into()), ..SandboxOptions::default() }
}

fn create(host: &mut Host, source: &str) -> RequestId {
    host.post(Request::CreateSandbox { options: with_userland(source) })
}

#[test]
fn guests_get_the_userland_of_their_sandbox() {
    let house = House::new();
    let mut host = house.connect();
    let (with, without) = (host.sandbox(with_userland("ready")), host.sandbox(SandboxOptions::default()));
    for (sandbox, expected) in [(with, Some("ready")), (without, None), (with, Some("ready"))] {
        let guest = host.spawn(sandbox, source("exit 0"));
        assert_eq!(house.started().userland.as_deref(), expected);
        host.finish(guest);
    }
}

#[test]
fn sandbox_takes_files_but_no_guests_before_its_userland_is_ready() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = create(&mut host, "wait");
    let error = host.fail(Request::Spawn { sandbox, options: source("exit 0") });
    assert_eq!(error.code, ErrorCode::UnknownSandbox);
    assert!(error.message.contains("still being made"), "{error:?}");
    host.write_file(sandbox, "/early", b"x", 0o644);
    let other = host.sandbox(SandboxOptions::default());
    assert_ne!(other, sandbox, "others do not wait for it");

    house.gate.send(()).unwrap();
    assert_eq!(host.reply(sandbox), Reply::Done);
    let stat = host.fs(sandbox, FsRequest::Stat { path: "/early".into(), follow: true });
    assert!(matches!(stat, Reply::Stat { stat } if stat.kind == FileKind::File));
    let guest = host.spawn(sandbox, source("exit 0"));
    host.finish(guest);
}

#[test]
fn sandbox_whose_userland_fails_is_gone() {
    let house = House::new();
    let mut host = house.connect();
    let cases = [
        ("refuse It loops.", ErrorCode::InvalidOption, "It loops."),
        ("panic as the test wants", ErrorCode::Internal, "failed to prepare the userland"),
    ];
    for (userland, code, message) in cases {
        let sandbox = create(&mut host, userland);
        let ErrorInfo { code: told, message: text, .. } = host.failure(sandbox);
        assert!(told == code && text.contains(message), "{text}");
        assert_eq!(host.stats().sandboxes, 0);
        for request in [
            Request::Spawn { sandbox, options: source("exit 0") },
            Request::Fs { sandbox, request: FsRequest::ReadFile { path: "/x".into() } },
            Request::DestroySandbox { sandbox },
        ] {
            assert_eq!(host.fail(request).code, ErrorCode::UnknownSandbox);
        }
    }
    drop(host);
    assert_eq!(house.connect().stats().sandboxes, 0);
}

#[test]
fn options_are_checked_before_the_userland_is_looked_at() {
    let house = House::new();
    let mut host = house.connect();
    let options = SandboxOptions { cwd: Some("relative".into()), ..with_userland("panic") };
    assert_eq!(host.fail(Request::CreateSandbox { options }).code, ErrorCode::InvalidOption);
}

#[test]
fn sandbox_can_be_destroyed_before_its_userland_is_ready() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = create(&mut host, "wait");
    assert_eq!(host.ask(Request::DestroySandbox { sandbox }), Reply::Done);
    house.gate.send(()).unwrap();
    assert_eq!(host.reply(sandbox), Reply::Done);
    assert_eq!(host.stats().sandboxes, 0);

    // The host may be gone by then, too.
    create(&mut host, "wait");
    drop(host);
    house.gate.send(()).unwrap();
}

#[test]
fn userlands_that_are_made_ready_at_once_are_bounded() {
    const MAX: usize = 64;
    let house = House::new();
    let mut host = house.connect();
    let waiting: Vec<_> = (0..MAX).map(|_| create(&mut host, "wait")).collect();
    let refused = create(&mut host, "wait");
    let error = host.failure(refused);
    assert!(error.message.contains("64 sandboxes whose userland"), "{error:?}");
    host.sandbox(SandboxOptions::default());
    for _ in &waiting {
        house.gate.send(()).unwrap();
    }
    let mut ready: Vec<_> = waiting
        .iter()
        .map(|_| match host.event() {
            Event::Reply { id, reply: Reply::Done } => id,
            event => panic!("{event:?}"),
        })
        .collect();
    ready.sort();
    assert_eq!(ready, waiting);
    host.sandbox(with_userland("ready"));
}
