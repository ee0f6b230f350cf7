use crate::error::SidecarError;
use crate::settings::{LogFormat, Settings};
use std::fs::OpenOptions;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// Sends logs to the file that the settings name, else to `otherwise`, a line per write; panics included. Never to stdout and
/// never into the protocol.
///
/// # Errors
/// Where the log file can't be opened.
///
/// # Panics
/// Where this process sends its logs somewhere already.
pub fn start<W>(settings: &Settings, otherwise: W) -> Result<(), SidecarError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let writer = match &settings.log_file {
        None => BoxMakeWriter::new(otherwise),
        Some(path) => {
            let file = OpenOptions::new().append(true).create(true).open(path);
            let file = file.map_err(|source| SidecarError::LogFile { path: path.clone(), source })?;
            BoxMakeWriter::new(Arc::new(file))
        }
    };
    let logs = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&settings.log)).with_writer(writer);
    let logs = logs.with_ansi(false);
    match settings.log_format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    log_panics();
    Ok(())
}

/// A panic is a fault of ours: it is logged at once, and the guest or connection that it happened to ends.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or("unnamed");
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(thread, %backtrace, "{panic}");
    }));
}
