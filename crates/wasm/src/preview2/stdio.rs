//! A guest's stdio as components use it.

use bytes::Bytes;
use hotcell_guest::{Guest, StreamError as GuestError};
use hotcell_protocol::Stream;
use hotcell_wasi::Trap;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite};
use wasmtime_wasi::cli::{IsTerminal, StdinStream, StdoutStream};
use wasmtime_wasi::p2::{InputStream, OutputStream, Pollable, StreamError, StreamResult};

/// Bytes that a component may write at once before it asks for more.
const MAX_PERMIT: u64 = 64 << 10;

fn killed(_: GuestError) -> StreamError {
    StreamError::Trap(Trap::Killed.into())
}

fn now() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

/// The guest's stdin.
pub(super) struct Input(pub Arc<Guest>);

impl IsTerminal for Input {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdinStream for Input {
    fn async_stream(&self) -> Box<dyn AsyncRead + Send + Sync> {
        // Only WASI 0.3 asks for it, which is not linked.
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn InputStream> {
        Box::new(Self(Arc::clone(&self.0)))
    }
}

impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        match self.0.poll_read(&mut now(), size) {
            Poll::Ready(Ok(Some(bytes))) => Ok(bytes),
            Poll::Ready(Ok(None)) => Err(StreamError::Closed),
            Poll::Ready(Err(error)) => Err(killed(error)),
            Poll::Pending => Ok(Bytes::new()),
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        let _ = poll_fn(|context| self.0.poll_readable(context)).await;
    }
}

/// What was written and has not gone yet, for lack of credit.
pub(crate) type PendingOutput = Arc<Mutex<VecDeque<Bytes>>>;

/// The guest's stdout or stderr. All handles to it are one stream.
#[derive(Clone)]
pub(super) struct Output {
    guest: Arc<Guest>,
    stream: Stream,
    pending: PendingOutput,
}

impl Output {
    pub(super) fn new(guest: &Arc<Guest>, stream: Stream) -> Self {
        Self { guest: Arc::clone(guest), stream, pending: PendingOutput::default() }
    }

    pub(super) fn pending(&self) -> PendingOutput {
        Arc::clone(&self.pending)
    }

    /// Ready when nothing is pending any more.
    fn poll_flush(&self, context: &mut Context<'_>) -> Poll<StreamResult<()>> {
        poll_flush(&self.guest, self.stream, &self.pending, context)
    }
}

fn poll_flush(
    guest: &Arc<Guest>,
    stream: Stream,
    pending: &PendingOutput,
    context: &mut Context<'_>,
) -> Poll<StreamResult<()>> {
    let mut pending = pending.lock();
    while let Some(bytes) = pending.front_mut() {
        match guest.poll_write(context, stream, bytes) {
            Poll::Ready(Ok(sent)) if sent == bytes.len() => drop(pending.pop_front()),
            Poll::Ready(Ok(sent)) => drop(bytes.split_to(sent)),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(killed(error))),
            Poll::Pending => return Poll::Pending,
        }
    }
    Poll::Ready(Ok(()))
}

/// Waits until everything that a component wrote has gone, or its guest is ended.
pub(super) async fn flush(guest: &Arc<Guest>, stream: Stream, pending: &PendingOutput) {
    let _ = poll_fn(|context| poll_flush(guest, stream, pending, context)).await;
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only WASI 0.3 asks for it, which is not linked.
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if !bytes.is_empty() {
            self.pending.lock().push_back(bytes);
        }
        self.flush()
    }

    fn flush(&mut self) -> StreamResult<()> {
        match self.poll_flush(&mut now()) {
            Poll::Ready(result) => result,
            Poll::Pending => Ok(()),
        }
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        if let Poll::Ready(flushed) = self.poll_flush(&mut now()) {
            flushed?;
            if let Poll::Ready(room) = self.guest.poll_writable(&mut now(), self.stream) {
                return room.map(|room| room.min(MAX_PERMIT) as usize).map_err(killed);
            }
        }
        Ok(0)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        if poll_fn(|context| self.poll_flush(context)).await.is_ok() {
            let _ = poll_fn(|context| self.guest.poll_writable(context, self.stream)).await;
        }
    }
}
