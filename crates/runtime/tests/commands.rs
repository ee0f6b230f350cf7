use crate::harness::{Host, House, command, env, spawn_options};
use hotcell_guest::GuestProgram;
use hotcell_modules::digest_of;
use hotcell_protocol::{
    BlobDigest, ErrorCode, FileContent, FsRequest, Outcome, Program, Reply, Request, SandboxId, SandboxOptions,
    SpawnOptions,
};

const WASM: &[u8] = b"\0asm\x01\0\0\0";

/// What a command came to.
#[derive(Debug, PartialEq)]
enum Found {
    Script(&'static str),
    /// With `argv[0]`.
    Wasm(&'static str),
    Error(ErrorCode),
}

fn run(house: &House, host: &mut Host, sandbox: SandboxId, options: SpawnOptions) -> Result<GuestProgram, ErrorCode> {
    let id = host.post(Request::Spawn { sandbox, options });
    match house.started.recv_timeout(std::time::Duration::ZERO) {
        Ok(started) => {
            host.finish(id);
            Ok(started.program)
        }
        Err(_) => match host.event() {
            hotcell_protocol::Event::Reply { reply: Reply::Failed { error }, .. } => Err(error.code),
            _exit => Ok(house.started().program),
        },
    }
}

#[test]
fn commands_are_found_as_a_shell_finds_them() {
    let house = House::new();
    let mut host = house.connect();
    let options = SandboxOptions {
        env: env([("PATH", "/first:/second::/first/../third/")]),
        cwd: Some("/work".into()),
        ..SandboxOptions::default()
    };
    let sandbox = host.sandbox(options);
    for (path, bytes, mode) in [
        ("/first/tool", b"#!/usr/bin/env node\n".as_slice(), 0o755),
        ("/second/tool", WASM, 0o755),
        ("/first/plain", b"console.log(1)", 0o644),
        ("/second/plain", WASM, 0o755),
        ("/first/unrunnable", b"console.log(1)", 0o644),
        ("/second/ls.wasm", WASM, 0o755),
        ("/first/suffix.wasm", WASM, 0o755),
        ("/second/suffix", b"", 0o755),
        ("/third/last", WASM, 0o700),
        ("/first/shell", b"#!/bin/sh\n", 0o755),
        ("/first/binary", b"\x7fELF\0", 0o755),
        ("/work/here", WASM, 0o755),
        ("/work/sub/a.js", b"", 0o755),
        ("/work/a.mjs", b"", 0o644),
        ("/work/broken.wasm", b"text", 0o755),
    ] {
        host.write_file(sandbox, path, bytes, mode);
    }
    for (target, path) in
        [("/work/sub/a.js", "/first/linked"), ("/nowhere", "/first/dangling"), ("loop", "/first/loop")]
    {
        host.fs(sandbox, FsRequest::Symlink { target: target.into(), path: path.into() });
    }
    host.fs(sandbox, FsRequest::Mkdir { path: "/first/here".into(), recursive: false });
    use ErrorCode::{CommandNotFound, NotExecutable};
    for (name, expected) in [
        ("tool", Found::Script("/first/tool")),
        ("plain", Found::Wasm("plain")),
        ("unrunnable", Found::Error(NotExecutable)),
        ("ls", Found::Wasm("ls")),
        ("ls.wasm", Found::Wasm("ls.wasm")),
        ("suffix", Found::Wasm("suffix")),
        ("last", Found::Wasm("last")),
        ("shell", Found::Error(NotExecutable)),
        ("binary", Found::Error(NotExecutable)),
        ("linked", Found::Script("/work/sub/a.js")),
        ("dangling", Found::Error(CommandNotFound)),
        ("loop", Found::Error(NotExecutable)),
        // A directory of that name comes first, and is passed over; the empty entry is the working directory.
        ("here", Found::Wasm("here")),
        ("missing", Found::Error(CommandNotFound)),
        ("", Found::Error(CommandNotFound)),
        ("./here", Found::Wasm("./here")),
        ("sub/a.js", Found::Script("/work/sub/a.js")),
        ("/work/sub/../sub/a.js", Found::Script("/work/sub/a.js")),
        ("./a.mjs", Found::Error(NotExecutable)),
        ("./broken.wasm", Found::Error(NotExecutable)),
        ("./sub", Found::Error(NotExecutable)),
        ("/missing/x", Found::Error(CommandNotFound)),
        ("/work/here/x", Found::Error(CommandNotFound)),
        ("/first/ls", Found::Error(CommandNotFound)),
        ("/dev/null", Found::Error(NotExecutable)),
        ("./nul\0", Found::Error(NotExecutable)),
    ] {
        let found = match run(&house, &mut host, sandbox, command(name)) {
            Err(code) => Found::Error(code),
            Ok(GuestProgram::ScriptFile { path, .. }) => Found::Script(path.leak()),
            Ok(GuestProgram::Wasm { name, bytes, digest }) => {
                assert_eq!((bytes.as_slice(), digest), (WASM, digest_of(WASM)));
                Found::Wasm(name.leak())
            }
            Ok(program) => panic!("{program:?}"),
        };
        assert_eq!(found, expected, "{name:?}");
    }
}

#[test]
fn commands_are_looked_up_on_the_path_of_the_guest() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    host.write_file(sandbox, "/opt/tool", WASM, 0o755);
    host.write_file(sandbox, "/usr/bin/other", WASM, 0o755);
    assert_eq!(run(&house, &mut host, sandbox, command("tool")).err(), Some(ErrorCode::CommandNotFound));
    assert!(run(&house, &mut host, sandbox, command("other")).is_ok());
    let options = |name| SpawnOptions { env: env([("PATH", "/opt")]), ..command(name) };
    assert!(run(&house, &mut host, sandbox, options("tool")).is_ok());
    assert_eq!(run(&house, &mut host, sandbox, options("other")).err(), Some(ErrorCode::CommandNotFound));
}

#[test]
fn programs_in_files_are_hashed_once_and_again_after_a_change() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let mut large = WASM.to_vec();
    large.resize(1 << 20, 7);
    host.write_file(sandbox, "/bin/large", &large, 0o755);
    let wasm = |program| match program {
        Ok(GuestProgram::Wasm { digest, bytes, .. }) => (digest, bytes),
        program => panic!("{program:?}"),
    };
    let (first_digest, first) = wasm(run(&house, &mut host, sandbox, command("large")));
    assert_eq!(first_digest, digest_of(&large));
    let hits = house.modules.stats().hits;
    let (again_digest, again) = wasm(run(&house, &mut host, sandbox, command("large")));
    assert!(std::sync::Arc::ptr_eq(&first, &again));
    assert_eq!((again_digest, house.modules.stats().hits), (first_digest, hits + 1));
    *large.last_mut().unwrap() = 8;
    host.write_file(sandbox, "/bin/large", &large, 0o755);
    let (changed_digest, changed) = wasm(run(&house, &mut host, sandbox, command("large")));
    assert_eq!((changed_digest, &*changed), (digest_of(&large), &large));
}

#[test]
fn wasm_is_named_by_digest_once_it_was_sent() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let digest = digest_of(WASM);
    let by_digest = |digest, name| spawn_options(Program::Wasm { digest, name });
    assert_eq!(run(&house, &mut host, sandbox, by_digest(digest, None)).err(), Some(ErrorCode::UnknownBlob));
    let upload = host.post(Request::PutBlob { digest, length: WASM.len() as u64 });
    host.upload(upload, WASM, true).unwrap();
    assert_eq!(host.reply(upload), Reply::Done);
    let GuestProgram::Wasm { name, bytes, .. } =
        run(&house, &mut host, sandbox, by_digest(digest, Some("tool".into()))).unwrap()
    else {
        panic!()
    };
    assert_eq!((name.as_str(), bytes.as_slice()), ("tool", WASM));

    // The same bytes as a file are not copied, and run as that file.
    let content = FileContent::Blob { digest };
    let write = FsRequest::WriteFile { path: "/bin/tool".into(), content, parents: true, mode: 0o755 };
    assert_eq!(host.fs(sandbox, write), Reply::Done);
    let GuestProgram::Wasm { bytes: from_file, .. } = run(&house, &mut host, sandbox, command("tool")).unwrap() else {
        panic!()
    };
    assert!(std::sync::Arc::ptr_eq(&bytes, &from_file));

    let text = digest_of(b"text");
    let upload = host.post(Request::PutBlob { digest: text, length: 4 });
    host.upload(upload, b"text", true).unwrap();
    host.reply(upload);
    assert_eq!(run(&house, &mut host, sandbox, by_digest(text, None)).err(), Some(ErrorCode::NotExecutable));
    let write = FsRequest::WriteFile {
        path: "/x".into(),
        content: FileContent::Blob { digest: BlobDigest([0; 32]) },
        parents: false,
        mode: 0o644,
    };
    assert_eq!(host.fail(Request::Fs { sandbox, request: write }).code, ErrorCode::UnknownBlob);
}

#[test]
fn program_that_is_still_loaded_can_be_killed() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    let mut large = WASM.to_vec();
    large.resize(64 << 20, 7);
    host.write_file(sandbox, "/bin/large", &large, 0o755);
    let guest = host.spawn(sandbox, command("large"));
    host.cancel(guest);
    assert_eq!(host.finish(guest).2.outcome, Outcome::Cancelled);
}
