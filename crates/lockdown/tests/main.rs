//! A process that is locked down tries everything that it may not do any more. Without the usual harness: the attempts are made in
//! processes of their own, which this program is again, with the name of the attempt as its argument.

mod attempts;

use std::process::{Command, ExitCode, Stdio};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if let (Some("--attempt"), Some(name), Some(directory)) =
        (arguments.next().as_deref(), arguments.next(), arguments.next())
    {
        return attempts::make(&name, directory.as_ref());
    }
    let (mut passed, mut failed) = (0, 0);
    println!("running {} tests", attempts::ALL.len());
    for attempt in attempts::ALL {
        let directory = tempfile::tempdir().expect("a directory for the test");
        std::fs::create_dir(directory.path().join("allowed")).expect("a directory for the test");
        std::fs::write(directory.path().join("secret"), "secret").expect("a file for the test");
        let program = std::env::current_exe().expect("the path of this program");
        let output = Command::new(program)
            .args(["--attempt", attempt.name])
            .arg(directory.path())
            .stdin(Stdio::null())
            .output()
            .expect("this program can be run");
        if output.status.success() {
            passed += 1;
            println!("test {} ... ok", attempt.name);
        } else {
            failed += 1;
            println!("test {} ... FAILED", attempt.name);
            println!("{}{}", String::from_utf8_lossy(&output.stderr), output.status);
        }
    }
    let result = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {result}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
