use bytes::{Bytes, BytesMut};
use hotcell_protocol::frame::WriteQueue;
use hotcell_protocol::{ErrorCode, ErrorInfo, Event, GuestError, Notice, Reply};
use std::iter::Peekable;
use std::vec;

/// Small outputs are joined up to this many bytes.
const JOINED_OUTPUT: usize = 32 << 10;

/// Events in their order, where outputs of one stream that follow each other are one, as long as that is small: a guest that
/// writes line by line costs its host a frame per batch then, and not one per line.
pub struct JoinedOutputs(Peekable<vec::IntoIter<Event>>);

impl JoinedOutputs {
    pub fn new(events: Vec<Event>) -> Self {
        Self(events.into_iter().peekable())
    }
}

impl Iterator for JoinedOutputs {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let event = self.0.next()?;
        let Event::Output { guest, stream, bytes: first } = event else { return Some(event) };
        let mut joined = BytesMut::new();
        let mut length = first.len();
        let joins = |event: &Event, length: usize| match event {
            Event::Output { guest: of, stream: on, bytes } => {
                (*of, *on) == (guest, stream) && length + bytes.len() <= JOINED_OUTPUT
            }
            _ => false,
        };
        while let Some(Event::Output { bytes, .. }) = self.0.next_if(|event| joins(event, length)) {
            if joined.is_empty() {
                joined.extend_from_slice(&first);
            }
            joined.extend_from_slice(&bytes);
            length = joined.len();
        }
        let bytes: Bytes = if joined.is_empty() { first } else { joined.freeze() };
        Some(Event::Output { guest, stream, bytes })
    }
}

/// Queues an event. In the place of one that is too long to travel goes one that says so: whoever waits for it must not wait
/// for ever.
pub fn push_event(wire: &mut WriteQueue, event: &Event) {
    let Err(error) = wire.push_event(event) else { return };
    let stand_in = match event {
        Event::Reply { id, .. } => {
            let error = ErrorInfo::new(ErrorCode::Internal, format!("The answer can't be sent. {error}"));
            Event::Reply { id: *id, reply: Reply::Failed { error } }
        }
        Event::Notice { id, notice: Notice::Exit { exit } } => {
            let mut exit = exit.clone();
            let shorten = |of| GuestError { message: "The message is too long to be sent.".into(), ..of };
            exit.error = exit.error.map(shorten);
            Event::Notice { id: *id, notice: Notice::Exit { exit } }
        }
        _ => return tracing::error!(%error, "an event can't be sent"),
    };
    if let Err(error) = wire.push_event(&stand_in) {
        tracing::error!(%error, "an event can't be sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Buf;
    use hotcell_protocol::frame::{EventDecoder, MAX_MESSAGE, SidecarMessage};
    use hotcell_protocol::{GuestExit, Outcome, Stream, Usage};

    fn output(guest: u64, stream: Stream, bytes: &[u8]) -> Event {
        Event::Output { guest, stream, bytes: Bytes::copy_from_slice(bytes) }
    }

    #[test]
    fn outputs_are_joined_where_nothing_lies_between() {
        let done = Event::Reply { id: 9, reply: Reply::Done };
        let events = vec![
            output(1, Stream::Stdout, b"a"),
            output(1, Stream::Stdout, b"b"),
            output(1, Stream::Stderr, b"c"),
            output(1, Stream::Stdout, b"d"),
            output(2, Stream::Stdout, b"e"),
            done.clone(),
            output(2, Stream::Stdout, b"f"),
            output(2, Stream::Stdout, b"g"),
        ];
        let joined: Vec<_> = JoinedOutputs::new(events).collect();
        let expected = [
            output(1, Stream::Stdout, b"ab"),
            output(1, Stream::Stderr, b"c"),
            output(1, Stream::Stdout, b"d"),
            output(2, Stream::Stdout, b"e"),
            done,
            output(2, Stream::Stdout, b"fg"),
        ];
        assert_eq!(joined, expected);
    }

    #[test]
    fn outputs_are_joined_up_to_a_bound_and_else_not_copied() {
        let large = Bytes::from(vec![1; JOINED_OUTPUT]);
        let address = large.as_ptr();
        let one = |bytes: &Bytes| Event::Output { guest: 1, stream: Stream::Stdout, bytes: bytes.clone() };
        let joined: Vec<_> = JoinedOutputs::new(vec![one(&large), one(&large), one(&large.slice(1..))]).collect();
        assert_eq!(joined.len(), 3);
        assert!(matches!(&joined[0], Event::Output { bytes, .. } if bytes.as_ptr() == address));
    }

    #[test]
    fn event_that_is_too_long_is_replaced_by_one_that_says_so() {
        let mut wire = WriteQueue::new();
        let message = "x".repeat(MAX_MESSAGE);
        let error = Some(GuestError { message: message.clone(), limit: Some("heapMb".into()) });
        let usage = Usage { wall_us: 7, ..Usage::default() };
        let exit =
            GuestExit { outcome: Outcome::OutOfMemory, exit_code: None, signal: None, error, usage, phases: None };
        push_event(&mut wire, &Event::Notice { id: 3, notice: Notice::Exit { exit: Box::new(exit) } });
        push_event(&mut wire, &Event::Reply { id: 4, reply: Reply::Readlink { target: message } });
        let mut decoder = EventDecoder::new(1 << 20);
        let hello = hotcell_protocol::SidecarHello {
            protocol: hotcell_protocol::PROTOCOL_VERSION,
            version: String::new(),
            v8_version: String::new(),
            pid: 1,
            max_frame: 1 << 20,
        };
        let mut bytes = WriteQueue::new();
        bytes.push_sidecar_hello(&hello).unwrap();
        decoder.push(&mut bytes.copy_to_bytes(bytes.remaining()));
        decoder.push(&mut wire.copy_to_bytes(wire.remaining()));
        assert!(matches!(decoder.next_message(), Ok(Some(SidecarMessage::Hello(_)))));
        let Ok(Some(SidecarMessage::Event(Event::Notice { id: 3, notice: Notice::Exit { exit } }))) =
            decoder.next_message()
        else {
            panic!()
        };
        assert_eq!((exit.outcome, exit.usage), (Outcome::OutOfMemory, usage));
        assert_eq!(exit.error.unwrap().limit.as_deref(), Some("heapMb"));
        let Ok(Some(SidecarMessage::Event(Event::Reply { id: 4, reply: Reply::Failed { error } }))) =
            decoder.next_message()
        else {
            panic!()
        };
        assert_eq!(error.code, ErrorCode::Internal);
    }
}
