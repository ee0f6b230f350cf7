use super::{Frame, Kind, MAX_MESSAGE, MAX_PARTIAL_BYTES, MAX_PARTIAL_MESSAGES, ProtocolError};
use bytes::Bytes;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Joins the JSON messages that came in several frames.
#[derive(Debug, Default)]
pub(super) struct MessageAssembler {
    partial: HashMap<(Kind, u64), Vec<u8>>,
    /// Bytes of all the partial messages together.
    partial_bytes: usize,
}

impl MessageAssembler {
    /// The message that the frame completes, or `None` where more of it is to come.
    pub(super) fn accept(&mut self, frame: Frame) -> Result<Option<Bytes>, ProtocolError> {
        let Frame { kind, more, id, payload } = frame;
        let count = self.partial.len();
        match self.partial.entry((kind, id)) {
            Entry::Vacant(_) if !more => {
                if payload.len() > MAX_MESSAGE {
                    return Err(ProtocolError::MessageTooLarge);
                }
                Ok(Some(payload))
            }
            Entry::Vacant(vacant) => {
                if count == MAX_PARTIAL_MESSAGES {
                    return Err(ProtocolError::TooManyPartialMessages);
                }
                append(vacant.insert(Vec::new()), &payload, &mut self.partial_bytes)?;
                Ok(None)
            }
            Entry::Occupied(mut occupied) => {
                append(occupied.get_mut(), &payload, &mut self.partial_bytes)?;
                if more {
                    return Ok(None);
                }
                let message = occupied.remove();
                self.partial_bytes -= message.len();
                Ok(Some(message.into()))
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.partial.is_empty()
    }

    /// Bytes of memory that the partial messages hold.
    pub(super) fn buffered_capacity(&self) -> usize {
        self.partial.values().map(Vec::capacity).sum()
    }
}

fn append(message: &mut Vec<u8>, part: &[u8], total: &mut usize) -> Result<(), ProtocolError> {
    let length = message.len() + part.len();
    if length > MAX_MESSAGE {
        return Err(ProtocolError::MessageTooLarge);
    }
    if *total + part.len() > MAX_PARTIAL_BYTES {
        return Err(ProtocolError::TooManyPartialBytes);
    }
    *total += part.len();
    if length > message.capacity() {
        // Doubled, so that each byte is moved only a few times, but never past what a message may have.
        message.reserve_exact((message.capacity() * 2).clamp(length, MAX_MESSAGE) - message.len());
    }
    message.extend_from_slice(part);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(id: u64, length: usize, more: bool) -> Frame {
        Frame { kind: Kind::Request, more, id, payload: vec![b'x'; length].into() }
    }

    #[test]
    fn assembler_passes_a_whole_message_on_without_a_copy() {
        let frame = part(1, 100, false);
        let address = frame.payload.as_ptr();
        assert_eq!(MessageAssembler::default().accept(frame).unwrap().unwrap().as_ptr(), address);
    }

    #[test]
    fn assembler_joins_messages_whose_parts_are_mixed() {
        let mut assembler = MessageAssembler::default();
        let frame = |kind, id, text: &'static str, more| Frame { kind, more, id, payload: text.into() };
        for (frame, message) in [
            (frame(Kind::Reply, 1, "a", true), None),
            (frame(Kind::Reply, 2, "b", true), None),
            (frame(Kind::Notice, 1, "c", true), None),
            (frame(Kind::Reply, 3, "alone", false), Some("alone")),
            (frame(Kind::Reply, 1, "A", false), Some("aA")),
            (frame(Kind::Notice, 1, "C", true), None),
            (frame(Kind::Reply, 2, "", false), Some("b")),
            (frame(Kind::Notice, 1, "!", false), Some("cC!")),
        ] {
            assert_eq!(assembler.accept(frame).unwrap().as_deref(), message.map(str::as_bytes));
        }
        assert!(assembler.is_empty());
        assert_eq!(assembler.partial_bytes, 0);
    }

    #[test]
    fn assembler_refuses_a_message_that_grows_too_long() {
        let mut assembler = MessageAssembler::default();
        assert_eq!(assembler.accept(part(1, MAX_MESSAGE, true)), Ok(None));
        assert_eq!(assembler.accept(part(1, 1, false)), Err(ProtocolError::MessageTooLarge));
        assert!(assembler.partial[&(Kind::Request, 1)].capacity() <= MAX_MESSAGE);
        assert_eq!(
            MessageAssembler::default().accept(part(1, MAX_MESSAGE + 1, false)),
            Err(ProtocolError::MessageTooLarge)
        );
    }

    #[test]
    fn assembler_refuses_too_many_messages_at_once() {
        let mut assembler = MessageAssembler::default();
        for id in 1..=MAX_PARTIAL_MESSAGES as u64 {
            assert_eq!(assembler.accept(part(id, 1, true)), Ok(None));
        }
        assert_eq!(assembler.accept(part(1000, 1, true)), Err(ProtocolError::TooManyPartialMessages));
        assert!(assembler.accept(part(1000, 1, false)).unwrap().is_some());
        assert!(assembler.accept(part(1, 1, false)).unwrap().is_some());
        assert_eq!(assembler.accept(part(1000, 1, true)), Ok(None));
    }

    #[test]
    fn assembler_refuses_too_many_bytes_at_once() {
        let mut assembler = MessageAssembler::default();
        for id in 1..=(MAX_PARTIAL_BYTES / MAX_MESSAGE) as u64 {
            assert_eq!(assembler.accept(part(id, MAX_MESSAGE, true)), Ok(None));
        }
        assert_eq!(assembler.accept(part(1000, 1, true)), Err(ProtocolError::TooManyPartialBytes));
    }
}
