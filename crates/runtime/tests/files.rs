use crate::harness::{House, pattern};
use hotcell_protocol::{DirEntry, ErrorCode, FileKind, FsRequest, Reply, Request, SandboxOptions};

#[test]
fn files_are_read_in_parts_and_as_they_were() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions::default());
    for length in [0, 1, 1 << 20, (3 << 20) + 5] {
        let content = pattern(length);
        host.write_file(sandbox, "/a/b/file", &content, 0o640);
        assert_eq!(host.read_file(sandbox, "a/b/file"), content);
    }
    let reading = host.post(Request::Fs { sandbox, request: FsRequest::ReadFile { path: "/a/b/file".into() } });
    let writing = host.announce_file(sandbox, "/a/b/file", 3, 0o644);
    host.upload(writing, b"new", true).unwrap();
    assert_eq!(host.download(reading), pattern((3 << 20) + 5));
    assert_eq!(host.reply(writing), Reply::Done);
    assert_eq!(host.read_file(sandbox, "/a/b/file"), b"new");
}

#[test]
fn file_operations_do_what_their_names_say() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions { cwd: Some("/app".into()), ..SandboxOptions::default() });
    let path = |path: &str| path.to_string();
    assert_eq!(host.fs(sandbox, FsRequest::Mkdir { path: path("x/y"), recursive: true }), Reply::Done);
    assert_eq!(host.fs_errno(sandbox, FsRequest::Mkdir { path: path("x"), recursive: false }), "EEXIST");
    host.write_file(sandbox, "x/file", b"hello", 0o600);
    assert_eq!(host.fs(sandbox, FsRequest::Symlink { target: path("file"), path: path("x/link") }), Reply::Done);
    assert_eq!(
        host.fs(sandbox, FsRequest::Readlink { path: path("x/link") }),
        Reply::Readlink { target: path("file") }
    );

    let Reply::Stat { stat } = host.fs(sandbox, FsRequest::Stat { path: path("x/link"), follow: true }) else {
        panic!()
    };
    assert_eq!((stat.kind, stat.size, stat.mode, stat.links), (FileKind::File, 5, 0o600, 1));
    assert!(stat.mtime_ms > 1.7e12);
    let Reply::Stat { stat } = host.fs(sandbox, FsRequest::Stat { path: path("x/link"), follow: false }) else {
        panic!()
    };
    assert_eq!(stat.kind, FileKind::Symlink);
    let Reply::Stat { stat } = host.fs(sandbox, FsRequest::Stat { path: path("/dev/null"), follow: true }) else {
        panic!()
    };
    assert_eq!(stat.kind, FileKind::Device);

    let Reply::Readdir { mut entries } = host.fs(sandbox, FsRequest::Readdir { path: path("x") }) else { panic!() };
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let entry = |name: &str, kind| DirEntry { name: name.into(), kind };
    assert_eq!(
        entries,
        [entry("file", FileKind::File), entry("link", FileKind::Symlink), entry("y", FileKind::Directory)]
    );

    assert_eq!(host.fs(sandbox, FsRequest::Rename { from: path("x/file"), to: path("/moved") }), Reply::Done);
    assert_eq!(host.read_file(sandbox, "/moved"), b"hello");
    assert_eq!(host.fs_errno(sandbox, FsRequest::ReadFile { path: path("x/link") }), "ENOENT");

    let rm = |name: &str, recursive, force| FsRequest::Rm { path: name.into(), recursive, force };
    assert_eq!(host.fs_errno(sandbox, rm("x", false, true)), "EISDIR");
    assert_eq!(host.fs_errno(sandbox, rm("none", true, false)), "ENOENT");
    assert_eq!(host.fs(sandbox, rm("none", false, true)), Reply::Done);
    assert_eq!(host.fs(sandbox, rm("x", true, false)), Reply::Done);
    assert_eq!(host.fs_errno(sandbox, FsRequest::Readdir { path: path("x") }), "ENOENT");
    assert_eq!(host.fs_errno(sandbox, FsRequest::ReadFile { path: path("/app") }), "EISDIR");
    assert_eq!(host.fs_errno(sandbox, FsRequest::ReadFile { path: path("") }), "ENOENT");
}

#[test]
fn file_errors_read_as_nodes_do() {
    let house = House::new();
    let mut host = house.connect();
    let sandbox = host.sandbox(SandboxOptions { cwd: Some("/app".into()), ..SandboxOptions::default() });
    let error = host.fail(Request::Fs { sandbox, request: FsRequest::ReadFile { path: "x".into() } });
    assert_eq!(
        (error.code, error.message.as_str()),
        (ErrorCode::Fs, "ENOENT: no such file or directory, open '/app/x'")
    );
    let rename = FsRequest::Rename { from: "x".into(), to: "y".into() };
    let error = host.fail(Request::Fs { sandbox, request: rename });
    assert_eq!(error.message, "ENOENT: no such file or directory, rename '/app/x' -> '/app/y'");
}
