use crate::harness::{House, command, env, source, spawn_options};
use hotcell_guest::GuestProgram;
use hotcell_protocol::{
    Command, ErrorCode, FileKind, FsRequest, LimitOverrides, Limits, Outcome, Program, Reply, Request,
    SandboxLimitOverrides, SandboxOptions, SourceFormat, SpawnOptions,
};
use hotcell_runtime::MAX_SANDBOXES;

#[test]
fn sandbox_makes_its_cwd_and_starts_guests_there() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions { cwd: Some("/a/./b/".into()), ..SandboxOptions::default() });
    let stat = host.fs(sandbox, FsRequest::Stat { path: ".".into(), follow: true });
    assert!(matches!(stat, Reply::Stat { stat } if stat.kind == FileKind::Directory && stat.mode == 0o755));
    let guest = host.spawn(sandbox, source("exit 0"));
    let started = house.started();
    assert_eq!((started.cwd.as_str(), started.env["PWD"].as_str()), ("/a/b", "/a/b"));
    host.finish(guest);

    host.fs(sandbox, FsRequest::Mkdir { path: "c".into(), recursive: false });
    host.fs(sandbox, FsRequest::Symlink { target: "c".into(), path: "link".into() });
    let guest = host.spawn(sandbox, SpawnOptions { cwd: Some("link".into()), ..source("exit 0") });
    assert_eq!(house.started().cwd, "/a/b/c");
    host.finish(guest);
}

#[test]
fn sandbox_refuses_what_it_can_not_be_made_with() {
    let house = House::new();
    let mut host = house.connect();
    let default = SandboxOptions::default;
    let limits = LimitOverrides { heap_mb: Some(1), ..LimitOverrides::default() };
    let one_inode = SandboxLimitOverrides { fs_inodes: Some(1), ..Default::default() };
    let too_deep = SandboxLimitOverrides { fs_depth: Some(5000), ..Default::default() };
    for (options, code, part) in [
        (SandboxOptions { cwd: Some("relative".into()), ..default() }, ErrorCode::InvalidOption, "absolute"),
        (SandboxOptions { cwd: Some("/dev/null/x".into()), ..default() }, ErrorCode::Fs, "ENOTDIR"),
        (SandboxOptions { cwd: Some("/dev/null".into()), ..default() }, ErrorCode::Fs, "/dev/null"),
        (SandboxOptions { shared_limits: one_inode, cwd: Some("/a/b/c".into()), ..default() }, ErrorCode::Fs, "ENOSPC"),
        (SandboxOptions { env: env([("A=B", "x")]), ..default() }, ErrorCode::InvalidOption, "A=B"),
        (SandboxOptions { limits, ..default() }, ErrorCode::InvalidOption, "heapMb"),
        (SandboxOptions { shared_limits: too_deep, ..default() }, ErrorCode::InvalidOption, "fsDepth"),
    ] {
        let error = host.fail(Request::CreateSandbox { options });
        assert_eq!(error.code, code, "{error:?}");
        assert!(error.message.contains(part), "{error:?}");
    }
    let stats = host.stats();
    assert_eq!(stats.sandboxes, 0);
}

#[test]
fn sandbox_ids_are_refused_while_they_live_and_unknown_afterwards() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    host.write_file(sandbox, "/kept", b"x", 0o644);
    let request = Request::CreateSandbox { options: SandboxOptions::default() };
    host.handle(Command::Request { id: sandbox, request }).unwrap();
    assert_eq!(host.failure(sandbox).code, ErrorCode::Protocol);
    assert_eq!(host.read_file(sandbox, "/kept"), b"x");

    assert_eq!(host.ask(Request::DestroySandbox { sandbox }), Reply::Done);
    for request in [
        Request::DestroySandbox { sandbox },
        Request::Spawn { sandbox, options: source("exit 0") },
        Request::Fs { sandbox, request: FsRequest::ReadFile { path: "/kept".into() } },
    ] {
        assert_eq!(host.fail(request).code, ErrorCode::UnknownSandbox);
    }
}

#[test]
fn sandbox_that_is_destroyed_takes_its_guests_and_no_others() {
    let house = House::new();
    let mut host = house.connect();
    let doomed = host.sandbox(SandboxOptions::default());
    let spared = host.sandbox(SandboxOptions::default());
    let survivor = host.spawn(spared, source("hang"));
    let survivor_started = house.started();
    let victim = host.spawn(doomed, source("idle"));
    let destroy = host.post(Request::DestroySandbox { sandbox: doomed });
    assert_eq!(host.finish(victim).2.outcome, Outcome::Cancelled);
    assert_eq!(host.reply(destroy), Reply::Done);
    assert!(!survivor_started.guest.is_ending());
    host.cancel(survivor);
    host.finish(survivor);
}

#[test]
fn sandboxes_of_a_connection_are_bounded() {
    let house = House::new();
    let mut host = house.connect();
    let first = host.sandbox(SandboxOptions::default());
    for _ in 1..MAX_SANDBOXES {
        host.sandbox(SandboxOptions::default());
    }
    let error = host.fail(Request::CreateSandbox { options: SandboxOptions::default() });
    assert_eq!(error.code, ErrorCode::TooManySandboxes);
    assert!(error.message.contains(&MAX_SANDBOXES.to_string()), "{error:?}");
    host.ask(Request::DestroySandbox { sandbox: first });
    host.sandbox(SandboxOptions::default());
}

#[test]
fn limits_of_a_guest_lie_over_the_sandboxs_and_those_over_the_connections() {
    let house = House::new();
    let (sender, _events) = crossbeam_channel::unbounded();
    let defaults = LimitOverrides { wall_ms: Some(1000), cpu_ms: Some(1000), heap_mb: Some(10), ..Default::default() };
    let sink = std::sync::Arc::new(crate::harness::ChannelSink(sender));
    let mut connection = house.runtime.connect(sink.clone(), defaults).unwrap();
    let limits = LimitOverrides { cpu_ms: Some(2000), heap_mb: Some(20), ..Default::default() };
    let options = SandboxOptions { limits, ..Default::default() };
    connection.handle(Command::Request { id: 1, request: Request::CreateSandbox { options } }).unwrap();
    let limits = LimitOverrides { heap_mb: Some(30), ..Default::default() };
    let options = SpawnOptions { limits, ..source("exit 0") };
    connection.handle(Command::Request { id: 2, request: Request::Spawn { sandbox: 1, options } }).unwrap();
    let expected = Limits { wall_ms: 1000, cpu_ms: 2000, heap_mb: 30, ..Limits::default() };
    assert_eq!(house.started().guest.limits(), &expected);

    let wrong = LimitOverrides { wall_ms: Some(0), ..Default::default() };
    assert_eq!(house.runtime.connect(sink, wrong).err().unwrap().code, ErrorCode::InvalidOption);
}

#[test]
fn spawn_lays_the_environment_of_the_guest_over_the_sandboxs() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions { env: env([("A", "1"), ("B", "1")]), ..SandboxOptions::default() });
    let options =
        SpawnOptions { args: vec!["x".into(), "".into()], env: env([("B", "2"), ("C", "2")]), ..source("exit 0") };
    let guest = host.spawn(sandbox, options);
    let started = house.started();
    let path = hotcell_runtime::DEFAULT_PATH;
    assert_eq!(started.env, env([("A", "1"), ("B", "2"), ("C", "2"), ("PATH", path), ("PWD", "/")]));
    assert_eq!(started.args, ["x", ""]);
    host.finish(guest);
}

#[test]
fn spawn_refuses_options_that_no_program_can_be_given() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    host.write_file(sandbox, "/file", b"", 0o644);
    let named = Program::Source { text: String::new(), format: SourceFormat::Auto, name: Some("a.js".into()) };
    let limits = LimitOverrides { wall_ms: Some(0), ..LimitOverrides::default() };
    for (options, code, part) in [
        (SpawnOptions { args: vec!["a\0b".into()], ..source("exit 0") }, ErrorCode::InvalidOption, "Argument 0"),
        (SpawnOptions { env: env([("", "x")]), ..source("exit 0") }, ErrorCode::InvalidOption, "environment"),
        (SpawnOptions { cwd: Some("missing".into()), ..source("exit 0") }, ErrorCode::Fs, "ENOENT"),
        (SpawnOptions { cwd: Some("/file".into()), ..source("exit 0") }, ErrorCode::Fs, "ENOTDIR"),
        (SpawnOptions { cwd: Some("".into()), ..source("exit 0") }, ErrorCode::Fs, "ENOENT"),
        (SpawnOptions { limits, ..source("exit 0") }, ErrorCode::InvalidOption, "wallMs"),
        (spawn_options(named), ErrorCode::InvalidOption, "a.js"),
        (command("missing"), ErrorCode::CommandNotFound, "missing"),
    ] {
        let error = host.fail(Request::Spawn { sandbox, options });
        assert_eq!(error.code, code, "{error:?}");
        assert!(error.message.contains(part), "{error:?}");
    }
    assert!(house.started.is_empty());
    let stats = host.stats();
    assert_eq!((stats.guests, stats.guests_started), (0, 0));
}

#[test]
fn source_reaches_the_engine_as_it_was_given() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let program =
        Program::Source { text: "exit 0".into(), format: SourceFormat::Module, name: Some("/app/main.mjs".into()) };
    let guest = host.spawn(sandbox, spawn_options(program));
    let GuestProgram::Source { text, format, name } = house.started().program else { panic!() };
    assert_eq!((text.as_str(), format, name.as_deref()), ("exit 0", SourceFormat::Module, Some("/app/main.mjs")));
    host.finish(guest);
}
