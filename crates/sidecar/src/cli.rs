use crate::sidecar::VERSION;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use hotcell_protocol::{LimitOverrides, PROTOCOL_VERSION};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  hotcell run app.js one two < input > output
  hotcell run --wall-ms 5000 --heap-mb 64 untrusted.mjs
  hotcell run tool.wasm --flag
  hotcell serve --socket \"$XDG_RUNTIME_DIR/hotcell.sock\"

Programs written in TypeScript or JavaScript use the npm package `hotcell`, which starts the sidecar by itself.
Environment variables change how it works: `hotcell settings` lists them.";

const RUN_HELP: &str = "\
The program lies in a sandbox of its own as /app/<name> and starts in /app. It sees none of your files but those that
--include copies in, none of your environment but what --env sets, and no network. Where a program imports the files beside it,
include them: their place beside the program is kept.

The exit code is the program's own, or
  128+n  signal n ended it
  120    it wrote more than --output-bytes
  121    it needed more memory than --heap-mb or --external-mb
  122    it crashed its cell
  123    it was cancelled
  124    it ran past --wall-ms or --cpu-ms
  125    hotcell itself failed
  126    the file is no program
  127    there is no such file
Programs can use these codes too: --json tells for certain.

Examples:
  hotcell run app.js one two < input > output
  hotcell run --include lib --include data.json app.mjs
  hotcell run --json --cpu-ms 1000 untrusted.js | jq .outcome
  hotcell run --phases --phases-trace trace.json app.js";

/// The subcommand by which the program makes snapshots in processes of their own.
pub const BAKE_SNAPSHOT: &str = "bake-snapshot";

/// The subcommand of the process that starts such helpers for one that can start none itself.
pub const SERVE_SNAPSHOTS: &str = "serve-snapshots";

/// The option with which a helper locks itself down.
pub const LOCK_DOWN: &str = "--lock-down";

const SERVE_HELP: &str = "\
When hosts can connect, one line of JSON is printed:
  {\"socket\": \"/run/user/1000/hotcell.sock\", \"pid\": 4711, \"token\": \"...\"}
The token is left out where HOTCELL_TOKEN gives it or --token-file takes it. The socket is removed at the end; PATH.lock beside
it, by which a second server knows of the first, stays.

A TypeScript host connects with
  await Sidecar.connect({ socket, token })";

/// Runs JavaScript and WebAssembly that nobody trusts, each program in a virgin cell.
#[derive(Parser)]
#[command(name = "hotcell", after_help = EXAMPLES, max_term_width = 120)]
pub struct Cli {
    #[command(subcommand)]
    pub task: Task,
}

#[derive(Subcommand)]
pub enum Task {
    /// Runs a program (app.js, app.mjs, app.cjs, tool.wasm) with this terminal's stdin, stdout and stderr
    #[command(after_help = RUN_HELP)]
    Run(RunOptions),
    /// Serves the hosts that connect to a Unix socket and know its token, until SIGINT or SIGTERM
    #[command(after_help = SERVE_HELP)]
    Serve(ServeOptions),
    /// Serves the host that started it, on descriptor 3: for the npm package
    Child,
    /// Makes the snapshot that its stdin asks for: for `hotcell` itself
    #[command(name = BAKE_SNAPSHOT, hide = true)]
    BakeSnapshot {
        /// Gives up first what making it does not need
        #[arg(long)]
        lock_down: bool,
    },
    /// Has snapshots made, as its stdin asks for them: for `hotcell` itself
    #[command(name = SERVE_SNAPSHOTS, hide = true)]
    ServeSnapshots,
    /// Lists the environment variables that change how hotcell works, with their values
    Settings {
        /// As a JSON array
        #[arg(long)]
        json: bool,
    },
}

/// What the command line asks for. Where it can't be read, or asks for help only, the process ends here.
pub fn parse(v8_version: &str) -> Task {
    let version = format!("{VERSION} (protocol {PROTOCOL_VERSION}, V8 {v8_version})");
    let matches = Cli::command().version(&*version.leak()).get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()).task
}

#[derive(Args)]
pub struct RunOptions {
    /// Sets a variable of the program's environment; nothing is taken from this one
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub env: Vec<(String, String)>,
    /// Copies a file or directory into the sandbox, to the place under /app that it has relative to FILE's directory, else
    /// by its name
    #[arg(long, value_name = "PATH")]
    pub include: Vec<PathBuf>,
    /// Milliseconds from start to end, waiting counted [default: 60000]
    #[arg(long, value_name = "N")]
    wall_ms: Option<u64>,
    /// Milliseconds that the program may spend on a CPU [default: 30000]
    #[arg(long, value_name = "N")]
    cpu_ms: Option<u64>,
    /// MiB of the JavaScript heap [default: 128]
    #[arg(long, value_name = "N")]
    heap_mb: Option<u32>,
    /// MiB outside of the heap, in ArrayBuffers [default: 256]
    #[arg(long, value_name = "N")]
    external_mb: Option<u32>,
    /// Bytes written to stdout, and as many to stderr [default: 67108864]
    #[arg(long, value_name = "N")]
    output_bytes: Option<u64>,
    /// Prints one JSON object when the program has ended, with its outcome, output (as text) and usage, instead of passing
    /// the output on
    #[arg(long)]
    pub json: bool,
    /// Prints where the run's time went on stderr when the program has ended; with --json as part of the object
    #[arg(long)]
    pub phases: bool,
    /// Writes where the run's time went to a file, as a Chrome trace: https://ui.perfetto.dev and chrome://tracing open it
    #[arg(long, value_name = "TRACE")]
    pub phases_trace: Option<PathBuf>,
    /// The program
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Arguments for the program
    #[arg(value_name = "ARG", trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<String>,
}

impl RunOptions {
    pub fn limits(&self) -> LimitOverrides {
        LimitOverrides {
            wall_ms: self.wall_ms,
            cpu_ms: self.cpu_ms,
            heap_mb: self.heap_mb,
            external_mb: self.external_mb,
            output_bytes: self.output_bytes,
            ..LimitOverrides::default()
        }
    }
}

#[derive(Args)]
pub struct ServeOptions {
    /// Where the socket is made; only this user can open it
    #[arg(long, value_name = "PATH")]
    pub socket: PathBuf,
    /// Writes the token to this file, which only this user can read, instead of stdout
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err("write it as NAME=VALUE".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotcell_protocol::Limits;

    #[test]
    fn command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_of_run_tells_the_true_defaults() {
        let mut command = Cli::command();
        let help = command.find_subcommand_mut("run").unwrap().render_help().to_string();
        let Limits { wall_ms, cpu_ms, heap_mb, external_mb, output_bytes, .. } = Limits::default();
        for default in [wall_ms, cpu_ms, heap_mb.into(), external_mb.into(), output_bytes] {
            assert!(help.contains(&format!("[default: {default}]")), "{help}");
        }
    }
}
