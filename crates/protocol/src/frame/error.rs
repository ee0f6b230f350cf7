use super::{Kind, MAX_MAX_FRAME, MAX_MESSAGE, MAX_PARTIAL_BYTES, MAX_PARTIAL_MESSAGES, MIN_MAX_FRAME};
use crate::error::{ErrorCode, ErrorInfo};
use crate::handshake::PROTOCOL_VERSION;
use crate::id::MAX_ID;

/// What a side sent, or is about to send, that the protocol does not allow. It ends the connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    #[error("A frame has the kind {kind}, which this version of the protocol does not know.")]
    UnknownKind { kind: u8 },
    #[error("A {kind} frame came from the side that may only receive it.")]
    WrongDirection { kind: Kind },
    #[error("A {kind} frame sets header bits that are reserved: they must be zero.")]
    ReservedBits { kind: Kind },
    #[error("A {kind} frame has the id {id}, but must have the id 0.")]
    IdNotZero { kind: Kind, id: u64 },
    #[error("A {kind} frame has the id {id}, which must lie between 1 and {MAX_ID}.")]
    IdOutOfRange { kind: Kind, id: u64 },
    #[error("A {kind} frame sets MORE, but must stand alone.")]
    UnexpectedMore { kind: Kind },
    #[error("A {kind} frame does not set MORE, but such a stream has no last frame.")]
    MissingMore { kind: Kind },
    #[error("A {kind} frame that is not the last of id {id} is empty: leave it out.")]
    EmptyPart { kind: Kind, id: u64 },
    #[error("A {kind} frame announces {length} bytes, but at most {max} are taken: split it.")]
    FrameTooLarge { kind: Kind, length: u64, max: u32 },
    #[error("The first frame must be a hello, but is a {kind}.")]
    HelloMissing { kind: Kind },
    #[error("A second hello came: it may only be the first frame.")]
    HelloRepeated,
    #[error("A {kind} frame came after the refusal that ends the connection.")]
    AfterRefusal { kind: Kind },
    #[error("The connection ended in the middle of a frame or a message.")]
    Truncated,
    #[error("A message is longer than {MAX_MESSAGE} bytes: send large content as an upload.")]
    MessageTooLarge,
    #[error("More than {MAX_PARTIAL_MESSAGES} messages are under way at once: finish one before the next is begun.")]
    TooManyPartialMessages,
    #[error("The messages under way have more than {MAX_PARTIAL_BYTES} bytes together: finish one before the next.")]
    TooManyPartialBytes,
    #[error("A {kind} frame's message can't be read: {reason}.")]
    InvalidMessage { kind: Kind, reason: String },
    #[error(
        "The other side speaks version {theirs} of the protocol and this one version {PROTOCOL_VERSION}: install the \
         same release of Hotcell on both."
    )]
    Version { theirs: u32 },
    #[error("The token is missing or wrong: give the one that the sidecar was started with.")]
    Unauthorized,
    #[error(
        "A largest frame of {max_frame} bytes was announced: it must lie between {MIN_MAX_FRAME} and {MAX_MAX_FRAME}."
    )]
    MaxFrameOutOfRange { max_frame: u32 },
}

impl ProtocolError {
    /// The code under which the other side learns of it.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Version { .. } => ErrorCode::ProtocolVersion,
            Self::Unauthorized => ErrorCode::Unauthorized,
            _ => ErrorCode::Protocol,
        }
    }
}

/// What a refusal says.
impl From<&ProtocolError> for ErrorInfo {
    fn from(error: &ProtocolError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
