use super::assembly::MessageAssembler;
use super::json::parse_json;
use super::{Frame, FrameDecoder, Kind, Peer, ProtocolError};
use crate::command::Command;
use crate::error::ErrorInfo;
use crate::event::Event;
use crate::handshake::{HostHello, SidecarHello};
use crate::id::Stream;
use bytes::buf::Limit;
use bytes::{Buf, BytesMut};

/// What a host sends.
#[derive(Clone, Debug, PartialEq)]
pub enum HostMessage {
    /// The first message, and only the first.
    Hello(HostHello),
    Command(Command),
}

/// What a sidecar sends.
#[derive(Clone, Debug, PartialEq)]
pub enum SidecarMessage {
    /// The first message, unless that is a refusal.
    Hello(SidecarHello),
    Event(Event),
    /// Why the sidecar closes the connection; nothing follows.
    Refusal(ErrorInfo),
}

/// Reads what a host sends: the sidecar's end.
///
/// Read into [`CommandDecoder::read_buffer`], then take messages until there are none. After an error the decoder
/// stays in that error; tell the host with [`super::WriteQueue::push_refusal`] and close the connection.
#[derive(Debug)]
pub struct CommandDecoder {
    incoming: Incoming,
}

impl CommandDecoder {
    /// A decoder that takes payloads of up to `max_frame` bytes: what the sidecar's hello announces.
    pub fn new(max_frame: u32) -> Self {
        Self { incoming: Incoming::new(Peer::Host, max_frame) }
    }

    /// See [`FrameDecoder::read_buffer`].
    pub fn read_buffer(&mut self) -> Limit<&mut BytesMut> {
        self.incoming.frames.read_buffer()
    }

    /// See [`FrameDecoder::push`].
    pub fn push(&mut self, input: &mut impl Buf) {
        self.incoming.frames.push(input);
    }

    /// The next message, or `None` until more bytes have been read.
    ///
    /// # Errors
    /// Where the host sent what the protocol does not allow, or speaks another version; the same error from then on.
    pub fn next_message(&mut self) -> Result<Option<HostMessage>, ProtocolError> {
        self.incoming.next(accept_from_host)
    }

    /// To be called when the connection has ended and no message is left.
    ///
    /// # Errors
    /// [`ProtocolError::Truncated`] where it ended in the middle of a frame or a message.
    pub fn finish(&self) -> Result<(), ProtocolError> {
        self.incoming.finish()
    }

    /// Bytes of memory that the decoder holds for frames and messages that are on their way.
    pub fn buffered_capacity(&self) -> usize {
        self.incoming.buffered_capacity()
    }
}

/// Reads what a sidecar sends: the host's end.
///
/// Read into [`EventDecoder::read_buffer`], then take messages until there are none. After an error the decoder stays
/// in that error: close the connection.
#[derive(Debug)]
pub struct EventDecoder {
    incoming: Incoming,
}

impl EventDecoder {
    /// A decoder that takes payloads of up to `max_frame` bytes: what the host's hello announces.
    pub fn new(max_frame: u32) -> Self {
        Self { incoming: Incoming::new(Peer::Sidecar, max_frame) }
    }

    /// See [`FrameDecoder::read_buffer`].
    pub fn read_buffer(&mut self) -> Limit<&mut BytesMut> {
        self.incoming.frames.read_buffer()
    }

    /// See [`FrameDecoder::push`].
    pub fn push(&mut self, input: &mut impl Buf) {
        self.incoming.frames.push(input);
    }

    /// The next message, or `None` until more bytes have been read.
    ///
    /// # Errors
    /// Where the sidecar sent what the protocol does not allow, or speaks another version; the same error from then
    /// on.
    pub fn next_message(&mut self) -> Result<Option<SidecarMessage>, ProtocolError> {
        self.incoming.next(accept_from_sidecar)
    }

    /// To be called when the connection has ended and no message is left.
    ///
    /// # Errors
    /// [`ProtocolError::Truncated`] where it ended in the middle of a frame or a message.
    pub fn finish(&self) -> Result<(), ProtocolError> {
        self.incoming.finish()
    }

    /// Bytes of memory that the decoder holds for frames and messages that are on their way.
    pub fn buffered_capacity(&self) -> usize {
        self.incoming.buffered_capacity()
    }
}

/// What both decoders have.
#[derive(Debug)]
struct Incoming {
    frames: FrameDecoder,
    messages: MessageAssembler,
}

impl Incoming {
    fn new(from: Peer, max_frame: u32) -> Self {
        Self { frames: FrameDecoder::new(from, max_frame), messages: MessageAssembler::default() }
    }

    /// The first message that `accept` makes of the frames that are there.
    fn next<T>(
        &mut self,
        mut accept: impl FnMut(Frame, &mut MessageAssembler) -> Result<Option<T>, ProtocolError>,
    ) -> Result<Option<T>, ProtocolError> {
        while let Some(frame) = self.frames.next_frame()? {
            match accept(frame, &mut self.messages) {
                Ok(None) => {}
                Ok(message) => return Ok(message),
                Err(error) => return Err(self.frames.fail(error)),
            }
        }
        Ok(None)
    }

    fn finish(&self) -> Result<(), ProtocolError> {
        if self.frames.is_between_frames() && self.messages.is_empty() { Ok(()) } else { Err(ProtocolError::Truncated) }
    }

    fn buffered_capacity(&self) -> usize {
        self.frames.buffered_capacity() + self.messages.buffered_capacity()
    }
}

fn accept_from_host(frame: Frame, messages: &mut MessageAssembler) -> Result<Option<HostMessage>, ProtocolError> {
    let Frame { kind, more, id, .. } = frame;
    Ok(Some(match kind {
        Kind::Hello => HostMessage::Hello(HostHello::from_json(&frame.payload)?),
        Kind::Upload => HostMessage::Command(Command::Upload { id, bytes: frame.payload, last: !more }),
        Kind::Stdin => HostMessage::Command(Command::Stdin { guest: id, bytes: frame.payload, last: !more }),
        _ => {
            let Some(json) = messages.accept(frame)? else { return Ok(None) };
            HostMessage::Command(Command::Request { id, request: parse_json(kind, &json)? })
        }
    }))
}

fn accept_from_sidecar(frame: Frame, messages: &mut MessageAssembler) -> Result<Option<SidecarMessage>, ProtocolError> {
    let Frame { kind, more, id, .. } = frame;
    let output = |stream, bytes| SidecarMessage::Event(Event::Output { guest: id, stream, bytes });
    Ok(Some(match kind {
        Kind::Hello => SidecarMessage::Hello(SidecarHello::from_json(&frame.payload)?),
        Kind::Refusal => SidecarMessage::Refusal(parse_json(kind, &frame.payload)?),
        Kind::Stdout => output(Stream::Stdout, frame.payload),
        Kind::Stderr => output(Stream::Stderr, frame.payload),
        Kind::Download => SidecarMessage::Event(Event::Download { id, bytes: frame.payload, last: !more }),
        _ => {
            let Some(json) = messages.accept(frame)? else { return Ok(None) };
            SidecarMessage::Event(match kind {
                Kind::Reply => Event::Reply { id, reply: parse_json(kind, &json)? },
                _ => Event::Notice { id, notice: parse_json(kind, &json)? },
            })
        }
    }))
}
