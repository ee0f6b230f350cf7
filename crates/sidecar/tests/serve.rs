use crate::harness::{Directory, Host, PATIENCE, Process, eventually, hotcell, source};
use hotcell_protocol::{
    ErrorCode, Event, KillReason, LimitOverrides, Notice, Outcome, Reply, Request, RetireReason, Signal, SpawnOptions,
};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

const TOKEN: &str = "a token of some length";

fn serve(socket: &Path) -> Command {
    let mut command = hotcell();
    command.arg("serve").arg("--socket").arg(socket);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server that is ready, and its first line.
fn started(command: &mut Command) -> (Process, serde_json::Value) {
    let mut process = Process::start(command);
    let mut line = String::new();
    BufReader::new(process.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    if line.is_empty() {
        panic!("the server did not start: {}", process.stderr());
    }
    (process, serde_json::from_str(&line).unwrap())
}

/// Why a server does not start.
fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn server_prints_its_token_and_serves_those_who_know_it() {
    let directory = Directory::new();
    let socket = directory.path("s");
    let (process, line) = started(&mut serve(&socket));
    assert_eq!((line["socket"].as_str(), line["pid"].as_u64()), (socket.to_str(), Some(process.0.id().into())));
    assert_eq!(mode(&socket), 0o600);
    let token = line["token"].as_str().unwrap();
    assert_eq!(token.len(), 64);
    for wrong in [None, Some("wrong"), Some(&token[1..])] {
        let mut host = Host::connect(&socket);
        host.say_hello(wrong);
        assert_eq!(host.refusal().code, ErrorCode::Unauthorized);
        assert!(host.message().is_none());
    }
    let mut host = Host::connect(&socket);
    host.hello(Some(token));
    let sandbox = host.sandbox();
    let guest = host.post(Request::Spawn { sandbox, options: source("console.log('served')") });
    assert_eq!(host.finish(guest).0, "served\n");
}

#[test]
fn hosts_have_guests_of_their_own_and_take_only_these_with_them() {
    let directory = Directory::new();
    let socket = directory.path("s");
    let (_process, line) = started(serve(&socket).env("HOTCELL_TOKEN", TOKEN));
    assert!(line["token"].is_null());
    let mut hosts = [(); 2].map(|()| {
        let mut host = Host::connect(&socket);
        host.hello(Some(TOKEN));
        let sandbox = host.sandbox();
        let guest =
            host.post(Request::Spawn { sandbox, options: source("console.log('on'); setInterval(() => {}, 1000)") });
        assert!(matches!(host.event(), Event::Output { .. }));
        (host, guest)
    });
    let guests = |host: &mut Host| match host.ask(Request::Stats) {
        Reply::Stats { stats } => stats.guests,
        reply => panic!("{reply:?}"),
    };
    assert_eq!(guests(&mut hosts[0].0), 2);
    let [(mut staying, guest), leaving] = hosts;
    drop(leaving);
    eventually("the guest of the host that left lives on", || guests(&mut staying) == 1);
    staying.cancel(guest);
    assert_eq!(staying.finish(guest).2.outcome, Outcome::Cancelled);
}

#[test]
fn guest_that_lacks_memory_in_a_way_the_engine_does_not_survive_leaves_the_others_time_to_end() {
    leaves_the_others_time_to_end("[...'x'.repeat(3e8)]");
}

#[test]
#[cfg(target_os = "linux")]
fn guest_that_asks_for_more_than_the_engine_can_count_leaves_the_others_time_to_end() {
    leaves_the_others_time_to_end("'x'.repeat(5e8).split('')");
}

fn leaves_the_others_time_to_end(fatal: &str) {
    let directory = Directory::new();
    let socket = directory.path("s");
    let (mut process, _) = started(serve(&socket).env("HOTCELL_TOKEN", TOKEN));
    let mut culprit = Host::connect(&socket);
    let mut neighbour = Host::connect(&socket);
    for host in [&mut culprit, &mut neighbour] {
        host.hello(Some(TOKEN));
    }
    let listening = "process.on('SIGUSR1', () => { console.log('finished'); process.exit() }); console.log('on');
        setInterval(() => {}, 1000)";
    let sandbox = neighbour.sandbox();
    let listener = neighbour.post(Request::Spawn { sandbox, options: source(listening) });
    assert!(matches!(neighbour.event(), Event::Output { .. }));

    let sandbox = culprit.sandbox();
    let limits = LimitOverrides { heap_mb: Some(64), ..LimitOverrides::default() };
    let guest = culprit.post(Request::Spawn { sandbox, options: SpawnOptions { limits, ..source(fatal) } });
    for host in [&mut culprit, &mut neighbour] {
        match host.event() {
            Event::Notice { id: 0, notice: Notice::Retiring { reason, drain_ms, .. } } => {
                assert_eq!((reason, drain_ms), (RetireReason::EngineOutOfMemory, 10_000));
            }
            event => panic!("{event:?}"),
        }
    }
    assert_eq!(culprit.finish(guest).2.outcome, Outcome::OutOfMemory);
    let mut late = Host::connect(&socket);
    late.say_hello(Some(TOKEN));
    assert_eq!(late.refusal().code, ErrorCode::Closed);

    neighbour.post(Request::Kill { guest: listener, reason: KillReason::Signal { signal: Signal::Sigusr1 } });
    let (stdout, _, exit) = neighbour.finish(listener);
    assert_eq!((stdout.as_str(), exit.outcome), ("finished\n", Outcome::Exited));
    assert_eq!(process.wait().code(), Some(70));
    assert!(!socket.exists());
}

#[test]
fn token_file_is_private_and_replaces_what_was_there() {
    let directory = Directory::new();
    let socket = directory.path("s");
    let file = directory.file("token", "old");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (_process, line) = started(serve(&socket).arg("--token-file").arg(&file));
    assert!(line["token"].is_null());
    assert_eq!(mode(&file), 0o600);
    let token = fs::read_to_string(&file).unwrap();
    let mut host = Host::connect(&socket);
    host.hello(Some(token.trim_end()));

    let nowhere = directory.path("missing/token");
    let other = directory.path("other");
    let stderr = refused(serve(&other).arg("--token-file").arg(&nowhere));
    assert!(stderr.contains(nowhere.to_str().unwrap()), "{stderr}");
    assert!(!other.exists(), "the socket was left behind");
}

#[test]
fn second_server_is_refused_while_the_first_lives_and_replaces_it_when_it_died() {
    let directory = Directory::new();
    let socket = directory.path("s");
    let (mut first, _) = started(serve(&socket).env("HOTCELL_TOKEN", TOKEN));
    assert!(refused(&mut serve(&socket)).contains("already"));
    Host::connect(&socket).hello(Some(TOKEN));

    first.signal(libc::SIGKILL);
    first.wait();
    assert!(fs::symlink_metadata(&socket).unwrap().file_type().is_socket());
    let (_second, _) = started(serve(&socket).env("HOTCELL_TOKEN", TOKEN));
    Host::connect(&socket).hello(Some(TOKEN));
}

#[test]
fn server_refuses_places_that_are_not_its_own() {
    let directory = Directory::new();
    let file = directory.file("file", "kept");
    assert!(refused(&mut serve(&file)).contains("no socket"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "kept");

    assert!(refused(&mut serve(&directory.path("missing/s"))).contains("missing"));
    assert!(refused(&mut serve(&file.join("s"))).contains("file"));

    let open = directory.path("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(refused(&mut serve(&open.join("s"))).contains("others may write"));
    fs::set_permissions(&open, fs::Permissions::from_mode(0o1777)).unwrap();
    started(&mut serve(&open.join("s")));

    let foreign = directory.path("foreign");
    let _listener = std::os::unix::net::UnixListener::bind(&foreign).unwrap();
    assert!(refused(&mut serve(&foreign)).contains("already"));
    assert!(UnixStream::connect(&foreign).is_ok());
}

#[test]
fn signals_end_the_server_its_guests_and_its_socket() {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let directory = Directory::new();
        let socket = directory.path("s");
        let (mut process, _) = started(serve(&socket).env("HOTCELL_TOKEN", TOKEN));
        let mut host = Host::connect(&socket);
        host.hello(Some(TOKEN));
        let sandbox = host.sandbox();
        let guest = host.post(Request::Spawn { sandbox, options: source("console.log('on'); for (;;) {}") });
        host.event();
        process.signal(signal);
        assert_eq!(host.finish(guest).2.outcome, Outcome::Cancelled);
        assert!(host.message().is_none());
        assert_eq!(process.wait().code(), Some(0));
        assert!(!socket.exists());
    }
}

#[test]
fn shutdown_of_one_host_ends_the_server_for_all() {
    let directory = Directory::new();
    let socket = directory.path("s");
    let (mut process, _) = started(serve(&socket).env("HOTCELL_TOKEN", TOKEN));
    let [mut asking, mut other] = [(); 2].map(|()| {
        let mut host = Host::connect(&socket);
        host.hello(Some(TOKEN));
        host
    });
    let sandbox = other.sandbox();
    let guest =
        other.post(Request::Spawn { sandbox, options: source("console.log('on'); setInterval(() => {}, 1000)") });
    other.event();
    let shutdown = asking.post(Request::Shutdown);
    assert_eq!(asking.event(), Event::Reply { id: shutdown, reply: Reply::Done });
    let Event::Notice { id, notice: Notice::Exit { exit } } = other.event() else { panic!() };
    assert_eq!((id, exit.outcome), (guest, Outcome::Cancelled));
    assert_eq!(process.wait().code(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn connection_that_breaks_the_protocol_ends_alone() {
    use std::io::Write;
    let directory = Directory::new();
    let socket = directory.path("s");
    let (_process, _) = started(serve(&socket).env("HOTCELL_TOKEN", TOKEN));
    let mut good = Host::connect(&socket);
    good.hello(Some(TOKEN));
    let mut bad = Host::connect(&socket);
    bad.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    bad.socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert_eq!(bad.refusal().code, ErrorCode::Protocol);
    assert!(bad.message().is_none());
    assert!(matches!(good.ask(Request::Stats), Reply::Stats { .. }));
}
