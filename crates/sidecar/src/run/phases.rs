//! What `hotcell run` tells of where a run's time went.

use super::outcome::Failure;
use super::trace::chrome_trace;
use crate::cli::RunOptions;
use hotcell_protocol::{Phase, Phases};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Who is told.
pub struct PhaseReport {
    /// What the run is called.
    program: String,
    is_wanted: bool,
    /// People, by a table on stderr.
    table: bool,
    /// A program that shows traces, by a file.
    trace: Option<PathBuf>,
}

impl PhaseReport {
    /// `always`: whether people are told even where they do not ask. Looks at the trace's directory now, since a program may
    /// take long.
    ///
    /// # Errors
    /// Where the trace could not be written.
    pub fn new(options: &RunOptions, always: bool) -> Result<Self, Failure> {
        let trace = options.phases_trace.clone();
        if let Some(path) = &trace {
            let metadata = fs::metadata(directory_of(path)).map_err(|error| cannot_write(path, &error))?;
            if !metadata.is_dir() {
                return Err(cannot_write(path, &ErrorKind::NotADirectory.into()));
            }
            if path.is_dir() {
                return Err(cannot_write(path, &ErrorKind::IsADirectory.into()));
            }
        }
        let told = options.phases || always;
        Ok(Self {
            program: options.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            is_wanted: told || trace.is_some(),
            // The object that --json prints has them too.
            table: told && !options.json,
            trace,
        })
    }

    /// Whether the run is to say where its time went.
    pub fn is_wanted(&self) -> bool {
        self.is_wanted
    }

    /// Tells.
    ///
    /// # Errors
    /// Where the trace can't be written.
    pub fn tell(&self, phases: &Phases) -> Result<(), Failure> {
        if self.table {
            // Where nobody reads stderr, nobody misses it.
            let _ = io::stderr().lock().write_all(table(phases).as_bytes());
        }
        if let Some(path) = &self.trace {
            let trace = chrome_trace(&self.program, phases).to_string() + "\n";
            write_whole(path, trace.as_bytes()).map_err(|error| cannot_write(path, &error))?;
        }
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::other(format!("The trace can't be written to {} ({error}).", path.display()))
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// Writes a file so that nobody finds part of it: under another name first.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What is no file, such as a pipe, takes what is written to it.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    // Where a link leads to it, the link stays.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?.to_string_lossy();
    let temporary = directory_of(&path).join(format!(".{name}.{}.tmp", std::process::id()));
    let written = fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Every phase with its time and its share, and whether a parked worker was found.
fn table(phases: &Phases) -> String {
    let total = phases.spans.last().map_or(0.0, |span| span.start_us + span.duration_us);
    let mut text = format!("{:<12}  {:>12}  {:>5}\n", "phase", "µs", "%");
    let mut row = |name: &str, us: f64| {
        let share = if total > 0.0 { us / total * 100.0 } else { 0.0 };
        text.push_str(&format!("{name:<12}  {us:>12.1}  {share:>5.1}\n"));
    };
    for phase in Phase::ALL {
        row(phase.name(), phases.total_us(phase));
    }
    row("total", total);
    let warm_worker = if phases.warm_worker { "hit" } else { "miss" };
    text.push_str(&format!("{:<12}  {warm_worker:>12}\n", "warm_worker"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotcell_protocol::PhaseSpan;

    #[test]
    fn table_has_every_phase_its_share_and_the_worker() {
        let span = |phase, start_us, duration_us| PhaseSpan { phase, start_us, duration_us };
        let spans = vec![
            span(Phase::Claim, 0.0, 100.0),
            span(Phase::IsolateNew, 100.0, 800.25),
            span(Phase::Claim, 900.25, 99.75),
        ];
        let text = table(&Phases { spans, ..Phases::default() });
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        let row = |name| rows.iter().find(|row| row[0] == name).unwrap()[1..].to_vec();
        assert_eq!(rows[1..12].iter().map(|row| row[0]).collect::<Vec<_>>(), Phase::ALL.map(Phase::name));
        assert_eq!(row("isolate_new"), ["800.2", "80.0"]);
        assert_eq!(row("claim"), ["199.8", "20.0"]);
        assert_eq!(row("exit"), ["0.0", "0.0"]);
        assert_eq!(row("total"), ["1000.0", "100.0"]);
        assert_eq!(row("warm_worker"), ["miss"]);
        assert!(table(&Phases { warm_worker: true, ..Phases::default() }).ends_with("hit\n"));
    }
}
