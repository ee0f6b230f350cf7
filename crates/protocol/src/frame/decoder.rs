use super::{HEADER_LEN, Header, Kind, MAX_HELLO, Peer, ProtocolError};
use bytes::buf::Limit;
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// A frame as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: Kind,
    /// Whether the message or byte stream goes on in a later frame of the same kind and id.
    pub more: bool,
    /// The request or guest that the frame belongs to; 0 where it belongs to the connection.
    pub id: u64,
    pub payload: Bytes,
}

/// Where a connection stands, as far as the order of its frames goes.
#[derive(Clone, Debug)]
enum Phase {
    BeforeHello,
    Open,
    Refused,
    Failed(ProtocolError),
}

/// Cuts the bytes of one direction of a connection into frames.
///
/// Read into [`FrameDecoder::read_buffer`], then take frames until there are none: it holds at most the frame that is
/// on its way, or [`FrameDecoder::READ_CHUNK`] bytes where that is more. A frame is refused by its header, before any
/// of its payload is taken. After an error the decoder stays in that error.
#[derive(Debug)]
pub struct FrameDecoder {
    from: Peer,
    max_frame: u32,
    phase: Phase,
    buffer: BytesMut,
    /// The header of the frame whose payload is on its way.
    header: Option<Header>,
}

impl FrameDecoder {
    /// Bytes that are read at once where no longer frame is on its way.
    pub const READ_CHUNK: usize = 64 << 10;

    /// With less room than this, in bytes, a read is not worth its system call.
    const MIN_READ: usize = 4 << 10;

    /// Raw payloads below this length, in bytes, are copied out of the read buffer: as a slice of it, a few bytes that
    /// wait in a queue would keep a whole chunk in memory.
    const COPIED_BELOW: usize = 4 << 10;

    /// A decoder of what `from` sends, that takes payloads of up to `max_frame` bytes: what this side announces in its
    /// hello.
    pub fn new(from: Peer, max_frame: u32) -> Self {
        Self { from, max_frame, phase: Phase::BeforeHello, buffer: BytesMut::new(), header: None }
    }

    /// Where to put the next bytes that are read. There is always room once [`FrameDecoder::next_frame`] has returned
    /// `None`. Don't read before: a read into no room looks like the end of the stream.
    pub fn read_buffer(&mut self) -> Limit<&mut BytesMut> {
        let room = self.make_room();
        (&mut self.buffer).limit(room)
    }

    /// Takes from the front of `input` what there is room for; for readers that have buffers of their own.
    pub fn push(&mut self, input: &mut impl Buf) {
        let taken = self.make_room().min(input.remaining());
        self.buffer.put(input.take(taken));
    }

    /// The next frame, or `None` until more bytes have been read.
    ///
    /// # Errors
    /// Where the other side sent what the protocol does not allow; the same error from then on.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, ProtocolError> {
        if let Phase::Failed(error) = &self.phase {
            return Err(error.clone());
        }
        self.cut_frame().map_err(|error| self.fail(error))
    }

    /// Whether the stream may end here: not in the middle of a frame.
    pub fn is_between_frames(&self) -> bool {
        self.header.is_none() && self.buffer.is_empty()
    }

    /// Bytes of memory that the decoder holds.
    pub fn buffered_capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Puts the decoder into that error, and frees what it holds.
    pub(super) fn fail(&mut self, error: ProtocolError) -> ProtocolError {
        self.buffer = BytesMut::new();
        self.header = None;
        self.phase = Phase::Failed(error.clone());
        error
    }

    fn cut_frame(&mut self) -> Result<Option<Frame>, ProtocolError> {
        let header = match self.header {
            Some(header) => header,
            None => {
                let Some(bytes) = self.buffer.first_chunk() else { return Ok(None) };
                let header = Header::decode(bytes)?;
                self.admit(&header)?;
                self.buffer.advance(HEADER_LEN);
                *self.header.insert(header)
            }
        };
        let length = header.length as usize;
        if self.buffer.len() < length {
            return Ok(None);
        }
        self.header = None;
        let mut payload = self.buffer.split_to(length).freeze();
        if length > Self::READ_CHUNK && self.buffer.is_empty() {
            // The allocation was made for this frame alone and goes with its payload.
            self.buffer = BytesMut::new();
        } else if header.kind.is_raw() && length < Self::COPIED_BELOW {
            payload = Bytes::copy_from_slice(&payload);
        }
        Ok(Some(Frame { kind: header.kind, more: header.more, id: header.id, payload }))
    }

    /// Checks what depends on the connection, and moves it on.
    fn admit(&mut self, header: &Header) -> Result<(), ProtocolError> {
        let Header { kind, length, .. } = *header;
        if !kind.is_sent_by(self.from) {
            return Err(ProtocolError::WrongDirection { kind });
        }
        let max = match (&self.phase, kind) {
            (Phase::BeforeHello, Kind::Hello | Kind::Refusal) => MAX_HELLO,
            (Phase::BeforeHello, _) => return Err(ProtocolError::HelloMissing { kind }),
            (Phase::Refused, _) => return Err(ProtocolError::AfterRefusal { kind }),
            (_, Kind::Hello) => return Err(ProtocolError::HelloRepeated),
            _ => self.max_frame,
        };
        if length > max {
            return Err(ProtocolError::FrameTooLarge { kind, length: length.into(), max });
        }
        self.phase = if kind == Kind::Refusal { Phase::Refused } else { Phase::Open };
        Ok(())
    }

    /// Makes room in the buffer and says for how many bytes.
    fn make_room(&mut self) -> usize {
        if matches!(self.phase, Phase::Failed(_)) {
            return 0;
        }
        let held = self.buffer.len();
        let expected = self.header.map_or(HEADER_LEN, |header| header.length as usize);
        if expected > Self::READ_CHUNK {
            self.grow_to(expected);
            return expected.saturating_sub(held);
        }
        if self.buffer.capacity() < expected.max(held + Self::MIN_READ) {
            self.grow_to(Self::READ_CHUNK);
        }
        self.buffer.capacity() - held
    }

    fn grow_to(&mut self, capacity: usize) {
        let missing = capacity.saturating_sub(self.buffer.len());
        if self.buffer.try_reclaim(missing) {
            return;
        }
        // Not `reserve`, which may take twice as much.
        let mut grown = BytesMut::with_capacity(capacity);
        grown.extend_from_slice(&self.buffer);
        self.buffer = grown;
    }
}
