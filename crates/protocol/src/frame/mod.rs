//! The protocol over a byte stream: length-prefixed frames that carry control messages as JSON and bytes raw.
//!
//! - [`CommandDecoder`] turns what the sidecar reads into [`HostMessage`]s, [`EventDecoder`] what a host reads into
//!   [`SidecarMessage`]s. Both check everything that can be checked on the frames and messages alone;
//!   what a host may upload, and how much stdin it may send, the runtime knows.
//! - [`WriteQueue`] holds what either side is about to write.
//! - [`FrameDecoder`] is the layer below, for tools that look at frames themselves.
//!
//! `docs/protocol.md` specifies the format.

mod assembly;
mod decoder;
mod error;
mod header;
mod incoming;
mod json;
mod queue;

pub use decoder::{Frame, FrameDecoder};
pub use error::ProtocolError;
pub use header::{HEADER_LEN, Header, Kind, Peer};
pub use incoming::{CommandDecoder, EventDecoder, HostMessage, SidecarMessage};
pub(crate) use json::parse_json;
pub use queue::WriteQueue;

/// Bytes of payload that a frame may have on a connection whose sides announce nothing else.
pub const DEFAULT_MAX_FRAME: u32 = 1 << 20;
/// The least that a side may announce as its largest payload, in bytes. Until a side has seen the other's hello, its
/// own payloads are no longer than this.
pub const MIN_MAX_FRAME: u32 = 4 << 10;
/// The most that a side may announce as its largest payload, in bytes.
pub const MAX_MAX_FRAME: u32 = 16 << 20;
/// Bytes of payload that a hello may have, and a refusal in its place.
pub const MAX_HELLO: u32 = 64 << 10;
/// Bytes of a JSON message, all of its frames together.
pub const MAX_MESSAGE: usize = 16 << 20;
/// Messages of several frames that may be under way at once in one direction of a connection.
pub const MAX_PARTIAL_MESSAGES: usize = 64;
/// Bytes that the messages under way may have together.
pub const MAX_PARTIAL_BYTES: usize = 32 << 20;
