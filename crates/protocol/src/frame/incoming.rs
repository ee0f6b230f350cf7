use super::assembly::MessageAssembler;
use super::json::parse_json;
use super::upload::UploadLedger;
use super::{Frame, FrameDecoder, Kind, Peer, ProtocolError};
use crate::command::{Command, Request};
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
    frames: FrameDecoder,
    messages: MessageAssembler,
    uploads: UploadLedger,
}

impl CommandDecoder {
    /// A decoder that takes payloads of up to `max_frame` bytes: what the sidecar's hello announces.
    pub fn new(max_frame: u32) -> Self {
        Self {
            frames: FrameDecoder::new(Peer::Host, max_frame),
            messages: MessageAssembler::default(),
            uploads: UploadLedger::default(),
        }
    }

    /// See [`FrameDecoder::read_buffer`].
    pub fn read_buffer(&mut self) -> Limit<&mut BytesMut> {
        self.frames.read_buffer()
    }

    /// See [`FrameDecoder::push`].
    pub fn push(&mut self, input: &mut impl Buf) {
        self.frames.push(input);
    }

    /// The next message, or `None` until more bytes have been read.
    ///
    /// # Errors
    /// Where the host sent what the protocol does not allow, or speaks another version; the same error from then on.
    pub fn next_message(&mut self) -> Result<Option<HostMessage>, ProtocolError> {
        while let Some(frame) = self.frames.next_frame()? {
            if let Some(message) = self.accept(frame).map_err(|error| self.frames.fail(error))? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// To be called when the connection has ended and no message is left.
    ///
    /// # Errors
    /// [`ProtocolError::Truncated`] where it ended in the middle of a frame or a message.
    pub fn finish(&self) -> Result<(), ProtocolError> {
        finish(&self.frames, &self.messages)
    }

    fn accept(&mut self, frame: Frame) -> Result<Option<HostMessage>, ProtocolError> {
        let Frame { kind, more, id, .. } = frame;
        Ok(Some(match kind {
            Kind::Hello => HostMessage::Hello(HostHello::from_json(&frame.payload)?),
            Kind::Upload => {
                self.uploads.receive(id, frame.payload.len(), !more)?;
                HostMessage::Command(Command::Upload { id, bytes: frame.payload, last: !more })
            }
            Kind::Stdin => HostMessage::Command(Command::Stdin { guest: id, bytes: frame.payload, last: !more }),
            _ => {
                let Some(json) = self.messages.accept(frame)? else { return Ok(None) };
                let request: Request = parse_json(kind, &json)?;
                self.uploads.announce(id, &request)?;
                HostMessage::Command(Command::Request { id, request })
            }
        }))
    }
}

/// Reads what a sidecar sends: the host's end.
///
/// Read into [`EventDecoder::read_buffer`], then take messages until there are none. After an error the decoder stays
/// in that error: close the connection.
#[derive(Debug)]
pub struct EventDecoder {
    frames: FrameDecoder,
    messages: MessageAssembler,
}

impl EventDecoder {
    /// A decoder that takes payloads of up to `max_frame` bytes: what the host's hello announces.
    pub fn new(max_frame: u32) -> Self {
        Self { frames: FrameDecoder::new(Peer::Sidecar, max_frame), messages: MessageAssembler::default() }
    }

    /// See [`FrameDecoder::read_buffer`].
    pub fn read_buffer(&mut self) -> Limit<&mut BytesMut> {
        self.frames.read_buffer()
    }

    /// See [`FrameDecoder::push`].
    pub fn push(&mut self, input: &mut impl Buf) {
        self.frames.push(input);
    }

    /// The next message, or `None` until more bytes have been read.
    ///
    /// # Errors
    /// Where the sidecar sent what the protocol does not allow, or speaks another version; the same error from then
    /// on.
    pub fn next_message(&mut self) -> Result<Option<SidecarMessage>, ProtocolError> {
        while let Some(frame) = self.frames.next_frame()? {
            if let Some(message) = self.accept(frame).map_err(|error| self.frames.fail(error))? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// To be called when the connection has ended and no message is left.
    ///
    /// # Errors
    /// [`ProtocolError::Truncated`] where it ended in the middle of a frame or a message.
    pub fn finish(&self) -> Result<(), ProtocolError> {
        finish(&self.frames, &self.messages)
    }

    fn accept(&mut self, frame: Frame) -> Result<Option<SidecarMessage>, ProtocolError> {
        let Frame { kind, more, id, .. } = frame;
        let output = |stream, bytes| SidecarMessage::Event(Event::Output { guest: id, stream, bytes });
        Ok(Some(match kind {
            Kind::Hello => SidecarMessage::Hello(SidecarHello::from_json(&frame.payload)?),
            Kind::Refusal => SidecarMessage::Refusal(parse_json(kind, &frame.payload)?),
            Kind::Stdout => output(Stream::Stdout, frame.payload),
            Kind::Stderr => output(Stream::Stderr, frame.payload),
            Kind::Download => SidecarMessage::Event(Event::Download { id, bytes: frame.payload, last: !more }),
            _ => {
                let Some(json) = self.messages.accept(frame)? else { return Ok(None) };
                SidecarMessage::Event(match kind {
                    Kind::Reply => Event::Reply { id, reply: parse_json(kind, &json)? },
                    _ => Event::Notice { id, notice: parse_json(kind, &json)? },
                })
            }
        }))
    }
}

fn finish(frames: &FrameDecoder, messages: &MessageAssembler) -> Result<(), ProtocolError> {
    if frames.is_between_frames() && messages.is_empty() { Ok(()) } else { Err(ProtocolError::Truncated) }
}
