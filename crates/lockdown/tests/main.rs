//! A process that is locked down tries everything that it may not do any more. The attempts are made in processes of their own,
//! which this program is again, with the name of the attempt as its argument.

mod attempts;

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::{Command, ExitCode, Stdio};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    if let (Some("--attempt"), Some(name), Some(directory)) =
        (arguments.next().as_deref(), arguments.next(), arguments.next())
    {
        return attempts::make(&name, directory.as_ref());
    }
    let trials = attempts::ALL.iter().map(|attempt| Trial::test(attempt.name, || make(attempt.name))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Makes the attempt in a process of its own.
fn make(name: &str) -> Result<(), Failed> {
    let directory = tempfile::tempdir()?;
    std::fs::create_dir(directory.path().join("allowed"))?;
    std::fs::write(directory.path().join("secret"), "secret")?;
    let output = Command::new(std::env::current_exe()?)
        .args(["--attempt", name])
        .arg(directory.path())
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}{}", String::from_utf8_lossy(&output.stderr), output.status).into())
}
