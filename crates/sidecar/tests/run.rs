use crate::harness::{Directory, Process, hotcell, run, text};
use std::io::Read;
use std::process::Stdio;

fn args<'a>(command: &'a mut std::process::Command, list: &[&str]) -> &'a mut std::process::Command {
    command.arg("run").args(list)
}

#[test]
fn run_passes_arguments_output_and_the_exit_code() {
    let directory = Directory::new();
    let app = directory.file(
        "app.mjs",
        "console.log(process.argv.slice(2).join()); console.error(process.argv[1], process.cwd()); process.exit(3)",
    );
    let output = run(hotcell().arg("run").arg(&app).args(["one", "--two", "-3", "--", "--json"]), b"");
    assert_eq!(text(&output.stdout), "one,--two,-3,--,--json\n");
    assert_eq!(text(&output.stderr), "/app/app.mjs /app\n");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn run_gives_the_program_nothing_of_this_environment() {
    let directory = Directory::new();
    let app = directory.file("app.mjs", "console.log(JSON.stringify(process.env))");
    let output = run(args(hotcell().env("SECRET", "x"), &["--env", "A=1", "--env", "B=", app.to_str().unwrap()]), b"");
    let env: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = serde_json::json!({ "A": "1", "B": "", "PATH": "/usr/local/bin:/usr/bin:/bin", "PWD": "/app" });
    assert_eq!(env, expected);
}

#[test]
fn run_includes_files_in_their_places() {
    let directory = Directory::new();
    let app = directory.file("app.mjs", "import { a } from './lib/a.mjs'; console.log(a);");
    directory.file("lib/a.mjs", "import { b } from './deep/b.mjs'; export const a = 'a' + b;");
    directory.file("lib/deep/b.mjs", "export const b = 'b';");
    let alone = run(hotcell().arg("run").arg(&app), b"");
    assert_eq!(alone.status.code(), Some(1));
    let included = run(hotcell().arg("run").arg("--include").arg(directory.path("lib")).arg(&app), b"");
    assert_eq!(text(&included.stdout), "ab\n", "{}", text(&included.stderr));
    let missing = run(hotcell().arg("run").arg("--include").arg(directory.path("none")).arg(&app), b"");
    assert_eq!(missing.status.code(), Some(125));
    assert!(text(&missing.stderr).contains("none"));
}

#[test]
fn run_ends_with_the_code_of_the_limit_that_was_exceeded() {
    let directory = Directory::new();
    let forever = directory.file("forever.js", "for (;;) {}");
    let endless = directory.file("endless.js", "for (;;) console.log('x'.repeat(100))");
    let growing = directory.file("growing.js", "const all = []; for (;;) all.push(new Array(1000).fill('x'))");
    for (options, file, code, word) in [
        (["--wall-ms", "200"], &forever, 124, "200 ms"),
        (["--cpu-ms", "200"], &forever, 124, "200 ms"),
        (["--output-bytes", "1000"], &endless, 120, "1000 bytes"),
        (["--heap-mb", "16"], &growing, 121, "16 MiB"),
    ] {
        let output = run(hotcell().arg("run").args(options).arg(file), b"");
        assert_eq!(output.status.code(), Some(code), "{options:?} {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(word), "{}", text(&output.stderr));
    }
    let refused = run(hotcell().args(["run", "--heap-mb", "1"]).arg(&forever), b"");
    assert_eq!(refused.status.code(), Some(125));
    assert!(text(&refused.stderr).contains("heapMb"));
}

#[test]
fn run_reports_as_json() {
    let directory = Directory::new();
    let app = directory.file("app.mjs", "console.log('out'); console.error('err'); process.exit(4)");
    let output = run(args(&mut hotcell(), &["--json", app.to_str().unwrap()]), b"");
    assert_eq!(output.status.code(), Some(4));
    assert!(output.stderr.is_empty());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["outcome"], "exited");
    assert_eq!(report["exitCode"], 4);
    assert_eq!((report["stdout"].as_str(), report["stderr"].as_str()), (Some("out\n"), Some("err\n")));
    assert!(report["usage"]["wallUs"].as_u64().unwrap() > 0);
}

#[test]
fn run_tells_a_file_that_is_missing_from_one_that_is_no_program() {
    let directory = Directory::new();
    for (file, code) in [
        (directory.path("missing.js"), 127),
        (directory.file("garbage.wasm", "text"), 126),
        (directory.file("binary", b"\x7fELF\0"), 126),
        (directory.file("script", "#!/bin/sh\n"), 126),
        (directory.path("."), 125),
    ] {
        let output = run(hotcell().arg("run").arg(&file), b"");
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}

#[test]
fn run_passes_signals_on_and_tells_which_one_ended_the_program() {
    let directory = Directory::new();
    let app = directory.file("app.mjs", "console.log('ready'); setInterval(() => {}, 1000)");
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGUSR1] {
        let mut command = hotcell();
        let mut process = Process::start(command.arg("run").arg(&app).stdin(Stdio::null()).stdout(Stdio::piped()));
        let mut ready = [0; 6];
        process.0.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
        process.signal(signal);
        assert_eq!(process.wait().code(), Some(128 + signal));
    }
}

#[test]
fn run_ends_when_its_reader_has_gone() {
    let directory = Directory::new();
    let app = directory.file("app.js", "for (;;) console.log('line')");
    let mut command = hotcell();
    let mut process = Process::start(command.arg("run").arg(&app).stdin(Stdio::null()).stdout(Stdio::piped()));
    let mut stdout = process.0.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    assert_eq!(process.wait().code(), Some(128 + libc::SIGPIPE));
}

#[test]
fn run_waits_for_no_stdin_that_the_program_does_not_read() {
    let directory = Directory::new();
    let app = directory.file("app.js", "console.log('done')");
    let mut command = hotcell();
    let mut process = Process::start(command.arg("run").arg(&app).stdin(Stdio::piped()).stdout(Stdio::piped()));
    let _open = process.0.stdin.take();
    assert_eq!(process.wait().code(), Some(0));
}
