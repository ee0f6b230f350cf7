//! The streams that a guest's stdin, stdout and stderr are, as the embedder supplies them.
//!
//! Both traits are poll-based, so that a guest that waits holds no thread where the engine is asynchronous, and costs no
//! allocation where the engine blocks: the embedder polls the call's future on the guest's thread and parks in between.

use std::task::{Context, Poll};

/// Why a stream can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// Nobody reads what would be written. The guest sees `EPIPE`. A stream that is read never reports this: its end is a
    /// read of no bytes.
    #[error("The other end of the stream is closed.")]
    Closed,
    /// The guest is being ended: the call that uses the stream ends with [`Trap::Killed`](crate::Trap::Killed).
    #[error("The guest is being ended.")]
    Killed,
}

/// How a stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Bytes that can be read or written now without waiting; 0 where that is not known, and at the end.
    pub bytes: u64,
    /// Whether the other end is closed. Bytes may be left to read.
    pub hangup: bool,
}

/// A stream of bytes into the guest.
pub trait InputStream: Send {
    /// Reads at most `buffer.len()` bytes. `Ok(0)`, where the buffer is not empty, is the stream's end, and so is every
    /// read after it. `Pending` after the waker is registered; only the last waker counts.
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize, StreamError>>;

    /// Ready when [`poll_read`](Self::poll_read) would not wait: there are bytes, or the stream has ended.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Readiness, StreamError>>;
}

/// A stream of bytes out of the guest.
pub trait OutputStream: Send {
    /// Takes at least one and at most `bytes.len()` bytes (`bytes` is never empty). `Pending` after the waker is
    /// registered, when there is no room; only the last waker counts.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, StreamError>>;

    /// Ready when [`poll_write`](Self::poll_write) would not wait: there is room, or the stream is closed.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Readiness, StreamError>>;
}

/// An input that has ended before it began, as `/dev/null` is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmptyInput;

impl InputStream for EmptyInput {
    fn poll_read(&mut self, _: &mut Context<'_>, _: &mut [u8]) -> Poll<Result<usize, StreamError>> {
        Poll::Ready(Ok(0))
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<Readiness, StreamError>> {
        Poll::Ready(Ok(Readiness { bytes: 0, hangup: true }))
    }
}

/// An output that takes everything and keeps nothing, as `/dev/null` is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiscardOutput;

impl OutputStream for DiscardOutput {
    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, StreamError>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<Readiness, StreamError>> {
        Poll::Ready(Ok(Readiness { bytes: u64::MAX, hangup: false }))
    }
}
