//! Commands of the published package, compared with the system's own.
//!
//! They are ignored unless asked for (`cargo test -- --ignored`), since they need the npm package and GNU coreutils. The
//! package is looked for in `node_modules` of the repository, or where `HOTCELL_COREUTILS_WASM` says.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use hotcell_vfs::Base;

use crate::{
    harness::*,
    interpreter::{End, run},
};

fn package() -> PathBuf {
    let path = match std::env::var_os("HOTCELL_COREUTILS_WASM") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules/@rivet-dev/agent-os-coreutils/wasm"),
    };
    assert!(
        path.join("true").is_file(),
        "{} holds no commands: install the npm package @rivet-dev/agent-os-coreutils at the root of the repository, or set \
         HOTCELL_COREUTILS_WASM to its directory `wasm`",
        path.display()
    );
    path
}

/// The files that commands work on, in the working directory.
const FILES: [(&str, &[u8]); 5] = [
    ("a.txt", b"banana\napple\ncherry\n"),
    ("b.txt", b"no newline at the end"),
    ("empty", b""),
    ("bytes", &[0, 255, 10, 128, 13, 10, 7]),
    ("sub/c.txt", b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"),
];

#[derive(Debug, PartialEq, Eq)]
struct Output {
    end: End,
    stdout: String,
}

fn output(end: End, stdout: &[u8]) -> Output {
    Output { end, stdout: stdout.escape_ascii().to_string() }
}

fn run_in_guest(args: &[&str], stdin: &[u8]) -> Output {
    let vfs = vfs();
    for (path, content) in FILES {
        vfs.write_file(Base::Root, &format!("/work/{path}"), content.to_vec(), 0o644, true).unwrap();
    }
    let streams = Streams::default();
    streams.stdin.push(stdin);
    streams.stdin.close();
    let ctx = builder(&vfs, &streams)
        .args(args.iter().copied())
        .env([("LC_ALL", "C"), ("TZ", "UTC")])
        .cwd("/work")
        .build()
        .unwrap();
    let wasm = std::fs::read(package().join(args[0])).unwrap();
    output(run(&wasm, ctx), &streams.stdout.drain())
}

/// A directory that is removed when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn with_files() -> Scratch {
        use std::sync::atomic::{AtomicU32, Ordering};
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("hotcell-wasi-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let scratch = Scratch(std::env::temp_dir().join(name));
        for (path, content) in FILES {
            let path = scratch.0.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over lies in the system's temporary directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run_on_host(args: &[&str], stdin: &[u8]) -> Output {
    let scratch = Scratch::with_files();
    let mut child = Command::new(args[0])
        .args(&args[1..])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .current_dir(&scratch.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the system has GNU coreutils");
    // A command that reads nothing may have closed its input.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin);
    let done = child.wait_with_output().unwrap();
    output(End::Exited(done.status.code().expect("an exit code") as u32), &done.stdout)
}

#[track_caller]
fn compare(lines: &[&str]) {
    let stdin = b"from stdin\nsecond line\n";
    for line in lines {
        let args: Vec<&str> = line.split(' ').collect();
        assert_eq!(run_in_guest(&args, stdin), run_on_host(&args, stdin), "{line}");
    }
}

#[test]
#[ignore = "needs the npm package @rivet-dev/agent-os-coreutils"]
fn commands_that_print_arguments_match_the_system() {
    compare(&["true", "false", "echo", "echo hello world", "echo -n a b", "printf %s-%d\\n x 5", "printf %x 255"]);
}

#[test]
#[ignore = "needs the npm package @rivet-dev/agent-os-coreutils"]
fn commands_that_read_files_match_the_system() {
    compare(&[
        "cat a.txt",
        "cat b.txt bytes ./sub/c.txt",
        "cat sub/../a.txt",
        "cat",
        "cat -n a.txt",
        "cat missing",
        "wc a.txt",
        "wc -l b.txt",
        "wc -c",
        "sha256sum a.txt bytes",
        "sha256sum",
        "base64 bytes",
        "base64",
        "head -n 3 sub/c.txt",
        "head -c 5 a.txt",
        "head -n 1",
        "tail -n 2 sub/c.txt",
        "cut -c 1-3 a.txt",
        "tr a-z A-Z",
    ]);
}

#[test]
#[ignore = "needs the npm package @rivet-dev/agent-os-coreutils"]
fn commands_that_look_at_directories_match_the_system() {
    compare(&[
        "ls",
        "ls sub",
        "ls -a",
        "ls a.txt",
        "ls -R",
        "ls -1 . sub",
        "ls missing",
        "basename sub/c.txt",
        "dirname sub/c.txt",
    ]);
}

#[test]
#[ignore = "needs the npm package @rivet-dev/agent-os-coreutils"]
fn commands_that_tell_the_time_match_the_system() {
    compare(&["date -u -d @0 +%Y-%m-%dT%H:%M:%S", "date -u -d @1700000000", "date -u +%Y-%m"]);
}

#[test]
#[ignore = "needs the npm package @rivet-dev/agent-os-coreutils"]
fn pwd_tells_the_working_directory_of_the_guest() {
    assert_eq!(run_in_guest(&["pwd"], b""), output(End::Exited(0), b"/work\n"));
}

#[test]
#[ignore = "needs the npm package @rivet-dev/agent-os-coreutils"]
fn every_command_of_the_package_finds_its_imports() {
    for entry in std::fs::read_dir(package()).unwrap() {
        let path = entry.unwrap().path();
        crate::interpreter::bind_all(&std::fs::read(&path).unwrap())
            .unwrap_or_else(|import| panic!("{} imports {import}, which is not there", path.display()));
    }
}
