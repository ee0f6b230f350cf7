use super::session::Happening;
use bytes::Bytes;
use hotcell_protocol::Stream;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use tokio::sync::mpsc::UnboundedSender;

/// Bytes that are read at once.
const READ_CHUNK: usize = 64 << 10;

/// Reads stdin on a thread of its own, never more than it was granted. Its sender takes grants.
///
/// # Errors
/// Where the system gives no thread.
pub fn read_stdin(happenings: UnboundedSender<Happening>) -> io::Result<Sender<u32>> {
    let (grants, granted) = channel();
    thread::Builder::new().name("stdin".into()).spawn(move || copy_stdin(&granted, &happenings))?;
    Ok(grants)
}

fn copy_stdin(granted: &Receiver<u32>, happenings: &UnboundedSender<Happening>) {
    let mut stdin = io::stdin().lock();
    let mut buffer = vec![0; READ_CHUNK];
    let mut credit = 0;
    loop {
        while credit == 0 {
            let Ok(more) = granted.recv() else { return };
            credit += more as usize;
        }
        let room = credit.min(READ_CHUNK);
        let bytes = match stdin.read(&mut buffer[..room]) {
            Ok(count) => Bytes::copy_from_slice(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                tracing::warn!(%error, "stdin can't be read");
                Bytes::new()
            }
        };
        credit -= bytes.len();
        let last = bytes.is_empty();
        if happenings.send(Happening::Input { bytes, last }).is_err() || last {
            return;
        }
    }
}

/// Writes stdout or stderr on a thread of its own, so that a reader who takes its time holds up nothing else. Ends when its
/// sender is dropped and all is written.
///
/// # Errors
/// Where the system gives no thread.
pub fn write_output(stream: Stream, happenings: UnboundedSender<Happening>) -> io::Result<Sender<Bytes>> {
    let (outputs, written) = channel::<Bytes>();
    let name = format!("{stream:?}").to_lowercase();
    thread::Builder::new().name(name).spawn(move || {
        let result = written.iter().try_for_each(|bytes| {
            match stream {
                Stream::Stdout => {
                    let mut stdout = io::stdout().lock();
                    stdout.write_all(&bytes).and_then(|()| stdout.flush())
                }
                Stream::Stderr => io::stderr().lock().write_all(&bytes),
            }?;
            let _ = happenings.send(Happening::Written { stream, bytes: bytes.len() as u32 });
            Ok(())
        });
        let _ = happenings.send(Happening::OutputClosed { result });
    })?;
    Ok(outputs)
}
