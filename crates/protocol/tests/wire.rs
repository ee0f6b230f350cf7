//! Streams of frames, written and read as the tests need them.

use bytes::{Buf, Bytes};
use hotcell_protocol::frame::{
    CommandDecoder, EventDecoder, Header, HostMessage, Kind, Peer, ProtocolError, SidecarMessage, WriteQueue,
};
use hotcell_protocol::{Command, Event};

/// What either decoder gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    FromHost(HostMessage),
    FromSidecar(SidecarMessage),
}

impl From<HostMessage> for Message {
    fn from(message: HostMessage) -> Self {
        Self::FromHost(message)
    }
}

impl From<SidecarMessage> for Message {
    fn from(message: SidecarMessage) -> Self {
        Self::FromSidecar(message)
    }
}

impl From<Command> for Message {
    fn from(command: Command) -> Self {
        HostMessage::Command(command).into()
    }
}

impl From<Event> for Message {
    fn from(event: Event) -> Self {
        SidecarMessage::Event(event).into()
    }
}

/// Either decoder.
#[derive(Debug)]
pub enum Decoder {
    Commands(CommandDecoder),
    Events(EventDecoder),
}

impl Decoder {
    pub fn new(from: Peer, max_frame: u32) -> Self {
        match from {
            Peer::Host => Self::Commands(CommandDecoder::new(max_frame)),
            Peer::Sidecar => Self::Events(EventDecoder::new(max_frame)),
        }
    }

    pub fn push(&mut self, input: &mut impl Buf) {
        match self {
            Self::Commands(decoder) => decoder.push(input),
            Self::Events(decoder) => decoder.push(input),
        }
    }

    pub fn next_message(&mut self) -> Result<Option<Message>, ProtocolError> {
        match self {
            Self::Commands(decoder) => Ok(decoder.next_message()?.map(Message::from)),
            Self::Events(decoder) => Ok(decoder.next_message()?.map(Message::from)),
        }
    }

    pub fn finish(&self) -> Result<(), ProtocolError> {
        match self {
            Self::Commands(decoder) => decoder.finish(),
            Self::Events(decoder) => decoder.finish(),
        }
    }

    pub fn buffered_capacity(&self) -> usize {
        match self {
            Self::Commands(decoder) => decoder.buffered_capacity(),
            Self::Events(decoder) => decoder.buffered_capacity(),
        }
    }
}

/// The stream of these messages, for a reader that takes payloads of up to `max_frame` bytes.
pub fn encode(messages: &[Message], max_frame: u32) -> Bytes {
    let mut queue = WriteQueue::new();
    for message in messages {
        match message {
            Message::FromHost(HostMessage::Hello(hello)) => queue.push_host_hello(hello),
            Message::FromHost(HostMessage::Command(command)) => queue.push_command(command),
            Message::FromSidecar(SidecarMessage::Hello(hello)) => queue.push_sidecar_hello(hello),
            Message::FromSidecar(SidecarMessage::Event(event)) => queue.push_event(event),
            Message::FromSidecar(SidecarMessage::Refusal(error)) => queue.push_refusal(error),
        }
        .unwrap();
        queue.set_max_frame(max_frame);
    }
    queue.copy_to_bytes(queue.remaining())
}

/// One frame, whatever the protocol thinks of it.
pub fn frame(kind: Kind, more: bool, id: u64, payload: &[u8]) -> Vec<u8> {
    let header = Header { length: payload.len() as u32, kind, more, id };
    [&header.encode()[..], payload].concat()
}

/// What came of reading a stream.
#[derive(Debug, PartialEq)]
pub struct Reading {
    pub messages: Vec<Message>,
    /// The error that ended it, be it at the stream's end.
    pub error: Option<ProtocolError>,
    /// The most memory that the decoder held at any time, in bytes.
    pub peak: usize,
}

/// Reads a stream that comes in chunks of these lengths, over and over.
pub fn read(from: Peer, max_frame: u32, mut wire: &[u8], chunk_lengths: &[usize]) -> Reading {
    let mut decoder = Decoder::new(from, max_frame);
    let mut reading = Reading { messages: Vec::new(), error: None, peak: 0 };
    for length in chunk_lengths.iter().cycle() {
        if wire.is_empty() {
            break;
        }
        let mut chunk;
        (chunk, wire) = wire.split_at(wire.len().min(*length));
        while chunk.has_remaining() {
            let before = chunk.len();
            decoder.push(&mut chunk);
            assert!(chunk.len() < before, "the decoder has no room although no message waits");
            reading.peak = reading.peak.max(decoder.buffered_capacity());
            loop {
                match decoder.next_message() {
                    Ok(Some(message)) => reading.messages.push(message),
                    Ok(None) => break,
                    Err(error) => {
                        assert_eq!(decoder.next_message(), Err(error.clone()), "an error must stay");
                        reading.error = Some(error);
                        return reading;
                    }
                }
            }
        }
    }
    reading.error = decoder.finish().err();
    reading
}

/// A message as it is compared: how a sender cuts bytes into parts is up to it.
#[derive(Debug, PartialEq)]
pub enum Joined {
    Bytes { kind: Kind, id: u64, bytes: Vec<u8>, last: bool },
    Other(Message),
}

/// The messages with adjacent parts of the same byte stream joined.
pub fn joined(messages: &[Message]) -> Vec<Joined> {
    let mut joined = Vec::new();
    for message in messages {
        let Some((kind, id, part, last)) = raw_part(message) else {
            joined.push(Joined::Other(message.clone()));
            continue;
        };
        match joined.last_mut() {
            Some(Joined::Bytes { kind: k, id: i, bytes, last: ended }) if (*k, *i, *ended) == (kind, id, false) => {
                bytes.extend_from_slice(part);
                *ended = last;
            }
            _ if part.is_empty() && !last => {}
            _ => joined.push(Joined::Bytes { kind, id, bytes: part.to_vec(), last }),
        }
    }
    joined
}

/// What a message has in common with others that carry bytes, if it does.
pub fn raw_part(message: &Message) -> Option<(Kind, u64, &Bytes, bool)> {
    match message {
        Message::FromHost(HostMessage::Command(command)) => match command {
            Command::Upload { id, bytes, last } => Some((Kind::Upload, *id, bytes, *last)),
            Command::Stdin { guest, bytes, last } => Some((Kind::Stdin, *guest, bytes, *last)),
            Command::Request { .. } => None,
        },
        Message::FromSidecar(SidecarMessage::Event(event)) => match event {
            Event::Output { guest, stream, bytes } => Some(((*stream).into(), *guest, bytes, false)),
            Event::Download { id, bytes, last } => Some((Kind::Download, *id, bytes, *last)),
            Event::Reply { .. } | Event::Notice { .. } => None,
        },
        _ => None,
    }
}
