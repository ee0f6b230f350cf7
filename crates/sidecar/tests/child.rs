use crate::harness::{Process, child, child_with, eventually, hotcell, pass_as_3, ready_child, source};
use bytes::Bytes;
use hotcell_protocol::frame::SidecarMessage;
use hotcell_protocol::{
    Command as HostCommand, ErrorCode, Event, FileContent, FsRequest, KillReason, LimitOverrides, Notice, Outcome,
    PROTOCOL_VERSION, Reply, Request, RetireReason, Signal, SpawnOptions, Stream,
};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;

const FOREVER: &str = "for (;;) {}";

#[test]
fn hello_is_answered_with_what_the_sidecar_is() {
    let (process, mut host) = child();
    let hello = host.hello(None);
    assert_eq!((hello.protocol, hello.pid, hello.max_frame), (PROTOCOL_VERSION, process.0.id(), 1 << 20));
    assert_eq!(hello.version, env!("CARGO_PKG_VERSION"));
    assert!(hello.v8_version.starts_with("15."), "{}", hello.v8_version);
}

#[test]
fn guest_writes_and_exits_over_the_socket() {
    let (_process, mut host) = ready_child();
    let sandbox = host.sandbox();
    for code in 0..10 {
        let text = format!("console.log('out'); console.error('err'); process.exit({code})");
        let guest = host.post(Request::Spawn { sandbox, options: source(&text) });
        let (stdout, stderr, exit) = host.finish(guest);
        assert_eq!((stdout.as_str(), stderr.as_str()), ("out\n", "err\n"));
        assert_eq!((exit.outcome, exit.exit_code), (Outcome::Exited, Some(code)));
    }
}

#[test]
fn output_comes_whole_and_before_the_exit() {
    let (_process, mut host) = ready_child();
    let sandbox = host.sandbox();
    for _ in 0..10 {
        let guest = host.post(Request::Spawn { sandbox, options: source("console.log('x'.repeat(65535))") });
        let (stdout, _, exit) = host.finish(guest);
        assert_eq!((stdout.len(), exit.exit_code), (65536, Some(0)));
    }
}

#[test]
fn host_that_closes_its_end_ends_the_process_at_once() {
    let (mut process, mut host) = ready_child();
    let sandbox = host.sandbox();
    host.post(Request::Spawn { sandbox, options: source("console.log('on'); for (;;) {}") });
    assert!(matches!(host.event(), Event::Output { .. }));
    drop(host);
    assert_eq!(process.wait().code(), Some(0));
    assert_eq!(process.stderr(), "");
}

#[test]
fn host_that_is_killed_leaves_no_sidecar() {
    let (mut sidecar, mut host) = ready_child();
    let sandbox = host.sandbox();
    host.post(Request::Spawn { sandbox, options: source("console.log('on'); for (;;) {}") });
    host.event();
    // From here on the host's end is held by a process that can't close it in good order.
    let mut holder = {
        let mut command = Command::new("sleep");
        Process::start(pass_as_3(command.arg("1000"), host.socket.into()))
    };
    assert!(sidecar.0.try_wait().unwrap().is_none());
    holder.signal(libc::SIGKILL);
    assert_eq!(holder.wait().signal(), Some(libc::SIGKILL));
    assert_eq!(sidecar.wait().code(), Some(0));
}

#[test]
fn host_of_another_version_is_refused() {
    let (mut process, mut host) = child();
    let hello = br#"{"protocol":999,"agent":"x","maxFrame":65536}"#;
    let mut frame = (hello.len() as u32).to_le_bytes().to_vec();
    frame.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    frame.extend_from_slice(hello);
    host.socket.write_all(&frame).unwrap();
    assert_eq!(host.refusal().code, ErrorCode::ProtocolVersion);
    assert!(host.message().is_none());
    assert_eq!(process.wait().code(), Some(76));
}

#[test]
fn host_that_sends_anything_before_its_hello_is_refused() {
    let (mut process, mut host) = child();
    host.post(Request::Stats);
    assert_eq!(host.refusal().code, ErrorCode::Protocol);
    assert_eq!(process.wait().code(), Some(76));
    assert!(process.stderr().contains("hello"));
}

#[test]
fn host_that_sends_noise_is_refused_and_its_guests_end() {
    let (mut process, mut host) = ready_child();
    let sandbox = host.sandbox();
    host.post(Request::Spawn { sandbox, options: source(FOREVER) });
    host.socket.write_all(&[0xff; 64]).unwrap();
    loop {
        match host.message() {
            Some(SidecarMessage::Refusal(error)) => break assert_eq!(error.code, ErrorCode::Protocol),
            // The guest's end may come first.
            Some(SidecarMessage::Event(Event::Notice { notice: Notice::Exit { .. }, .. })) => {}
            message => panic!("{message:?}"),
        }
    }
    assert_eq!(process.wait().code(), Some(76));
}

#[test]
fn stdin_beyond_the_credit_is_refused() {
    let (mut process, mut host) = ready_child();
    let sandbox = host.sandbox();
    let guest = host.post(Request::Spawn { sandbox, options: source(FOREVER) });
    host.send(HostCommand::Stdin { guest, bytes: Bytes::from_static(b"unasked"), last: false });
    loop {
        match host.message() {
            Some(SidecarMessage::Refusal(error)) => break assert!(error.message.contains("stdin"), "{error:?}"),
            Some(SidecarMessage::Event(Event::Notice { notice: Notice::Exit { .. }, .. })) => {}
            message => panic!("{message:?}"),
        }
    }
    assert_eq!(process.wait().code(), Some(76));
}

#[test]
fn shutdown_is_answered_ends_the_guests_and_then_the_process() {
    let (mut process, mut host) = ready_child();
    let sandbox = host.sandbox();
    let guest = host.post(Request::Spawn { sandbox, options: source("console.log('on'); for (;;) {}") });
    host.event();
    let shutdown = host.post(Request::Shutdown);
    assert_eq!(host.event(), Event::Reply { id: shutdown, reply: Reply::Done });
    assert_eq!(host.finish(guest).2.outcome, Outcome::Cancelled);
    assert!(host.message().is_none());
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn guest_that_does_not_yield_replaces_the_process() {
    let (mut process, mut host) = ready_child();
    let sandbox = host.sandbox();
    // A builtin of V8's that never looks whether it is to end, and takes longer than any test.
    let stuck = source("console.log('on'); const a = []; a.length = 2 ** 32 - 2; a.sort()");
    let guest = host.post(Request::Spawn { sandbox, options: stuck });
    host.event();
    host.cancel(guest);
    assert_eq!(host.finish(guest).2.outcome, Outcome::Cancelled);
    let Event::Notice { id: 0, notice: Notice::Retiring { reason, .. } } = host.event() else { panic!() };
    assert_eq!(reason, RetireReason::Unyielding);
    assert!(host.message().is_none());
    assert_eq!(process.wait().code(), Some(70));
}

#[test]
fn host_that_does_not_read_delays_nobody_and_can_kill() {
    let (_process, mut host) = ready_child();
    let sandbox = host.sandbox();
    let endless = "for (;;) console.log('x'.repeat(1000))";
    let credit = 8 << 20;
    let flood = host.post(Request::Spawn { sandbox, options: SpawnOptions { credit, ..source(endless) } });
    let other = host.post(Request::Spawn { sandbox, options: source("console.log('other')") });
    let limits = LimitOverrides { wall_ms: Some(1000), ..LimitOverrides::default() };
    let timed = host.post(Request::Spawn { sandbox, options: SpawnOptions { credit, limits, ..source(endless) } });
    host.cancel(flood);
    let (mut outcomes, mut text, mut flooded) = (std::collections::HashMap::new(), Vec::new(), 0);
    while outcomes.len() < 3 {
        match host.event() {
            Event::Output { guest, bytes, .. } if guest == other => text.extend_from_slice(&bytes),
            Event::Output { guest, bytes, .. } => {
                assert!(!outcomes.contains_key(&guest), "output after the exit");
                flooded += if guest == flood { bytes.len() } else { 0 };
            }
            Event::Notice { id, notice: Notice::Exit { exit } } => drop(outcomes.insert(id, exit.outcome)),
            event => panic!("{event:?}"),
        }
    }
    assert_eq!(text, b"other\n");
    assert!(flooded <= credit as usize);
    let expected = [(flood, Outcome::Cancelled), (other, Outcome::Exited), (timed, Outcome::TimedOut)];
    assert_eq!(outcomes, expected.into());
}

#[test]
fn signal_ends_a_guest_that_does_not_listen() {
    let (_process, mut host) = ready_child();
    let sandbox = host.sandbox();
    let guest =
        host.post(Request::Spawn { sandbox, options: source("console.log('on'); setInterval(() => {}, 1000)") });
    host.event();
    host.post(Request::Kill { guest, reason: KillReason::Signal { signal: Signal::Sigterm } });
    let exit = host.finish(guest).2;
    assert_eq!((exit.outcome, exit.signal), (Outcome::Signaled, Some(Signal::Sigterm)));
}

#[test]
fn requests_that_come_together_are_answered_in_their_order() {
    let (_process, mut host) = ready_child();
    let sandbox = host.sandbox();
    let mut ids = Vec::new();
    for index in 0..1000 {
        let content = FileContent::Upload { length: 4 };
        let path = format!("/d/{index}");
        let id = host.queue(Request::Fs {
            sandbox,
            request: FsRequest::WriteFile { path, content, parents: true, mode: 0o644 },
        });
        host.queue.push_command(&HostCommand::Upload { id, bytes: Bytes::from_static(b"data"), last: true }).unwrap();
        ids.push(id);
    }
    host.flush();
    for id in ids {
        assert_eq!(host.event(), Event::Reply { id, reply: Reply::Done });
    }
}

#[test]
fn large_file_goes_there_and_back() {
    let (_process, mut host) = ready_child();
    let sandbox = host.sandbox();
    let content = Bytes::from((0..20_000_000_u32).map(|index| (index % 251) as u8).collect::<Vec<_>>());
    let length = content.len() as u64;
    let request = FsRequest::WriteFile {
        path: "/large".into(),
        content: FileContent::Upload { length },
        parents: false,
        mode: 0o600,
    };
    let id = host.queue(Request::Fs { sandbox, request });
    host.queue.push_command(&HostCommand::Upload { id, bytes: content.clone(), last: true }).unwrap();
    host.flush();
    assert_eq!(host.event(), Event::Reply { id, reply: Reply::Done });
    let id = host.post(Request::Fs { sandbox, request: FsRequest::ReadFile { path: "/large".into() } });
    let mut received = Vec::new();
    loop {
        let Event::Download { id: of, bytes, last } = host.event() else { panic!() };
        assert_eq!(of, id);
        received.extend_from_slice(&bytes);
        if last {
            break;
        }
    }
    assert!(received == content);
}

#[test]
fn output_without_credit_waits_for_it() {
    let (_process, mut host) = ready_child();
    let sandbox = host.sandbox();
    let options = SpawnOptions { credit: 5, ..source("console.log('0123456789')") };
    let guest = host.post(Request::Spawn { sandbox, options });
    let output =
        |bytes: &'static [u8]| Event::Output { guest, stream: Stream::Stdout, bytes: Bytes::from_static(bytes) };
    assert_eq!(host.event(), output(b"01234"));
    host.post(Request::Credit { guest, stream: Stream::Stdout, bytes: 100 });
    assert_eq!(host.event(), output(b"56789\n"));
    assert_eq!(host.finish(guest).2.exit_code, Some(0));
}

#[test]
fn child_without_a_socket_says_what_to_do_instead() {
    let missing = hotcell().arg("child").output().unwrap();
    let mut on_a_file = hotcell();
    let file = std::fs::File::open("/dev/null").unwrap();
    let on_a_file = pass_as_3(on_a_file.arg("child"), file.into()).output().unwrap();
    for output in [missing, on_a_file] {
        assert_eq!(output.status.code(), Some(125));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains("Descriptor 3") && stderr.contains("hotcell run"), "{stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn logs_go_where_they_are_told_and_never_to_the_host() {
    let directory = crate::harness::Directory::new();
    let log = directory.path("log");
    let mut command = hotcell();
    command.env("HOTCELL_LOG", "debug").env("HOTCELL_LOG_FORMAT", "json").env("HOTCELL_LOG_FILE", &log);
    let (mut process, mut host) = child_with(command);
    host.hello(None);
    drop(host);
    process.wait();
    assert_eq!(process.stderr(), "");
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.lines().any(|line| line.starts_with('{') && line.contains("test/1")), "{text}");
}

#[test]
fn process_opens_no_descriptors_per_guest() {
    let (process, mut host) = ready_child();
    let sandbox = host.sandbox();
    let mut run = || {
        let guest = host.post(Request::Spawn { sandbox, options: source("1") });
        host.finish(guest);
    };
    let count = || std::fs::read_dir(format!("/proc/{}/fd", process.0.id())).unwrap().count();
    run();
    let before = count();
    (0..20).for_each(|_| run());
    eventually("descriptors are left open", || count() <= before);
}
