use super::{HEADER_LEN, Header, Kind, MAX_HELLO, MAX_MAX_FRAME, MAX_MESSAGE, MIN_MAX_FRAME, ProtocolError};
use crate::command::Command;
use crate::error::ErrorInfo;
use crate::event::Event;
use crate::handshake::{HostHello, SidecarHello};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::Serialize;
use std::collections::VecDeque;
use std::io::IoSlice;
use std::mem;

/// Frames that wait to be written.
///
/// It is a [`Buf`]: hand it to a writer until nothing remains, at best to one that writes vectored. Messages and small
/// payloads are gathered in one buffer, larger payloads are queued as they are, without a copy. What doesn't fit into
/// one frame of the other side's is split.
///
/// A push that fails leaves the queue as it was. The queue itself has no bound: ask [`Buf::remaining`] before pushing
/// more.
#[derive(Debug)]
pub struct WriteQueue {
    max_frame: usize,
    /// What comes before `gathered`, and how many bytes that is.
    sealed: VecDeque<Bytes>,
    sealed_bytes: usize,
    gathered: BytesMut,
}

impl Default for WriteQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl WriteQueue {
    /// Payloads below this length, in bytes, are copied: that costs less than a part of their own in a write.
    const COPIED_BELOW: usize = 4 << 10;

    /// Bytes from which on gathered frames are left alone, so that the buffer is neither grown by copying nor kept
    /// large.
    const SEALED_FROM: usize = 64 << 10;

    /// An empty queue whose frames, hellos aside, have payloads of at most [`MIN_MAX_FRAME`] bytes.
    pub fn new() -> Self {
        Self { max_frame: MIN_MAX_FRAME as usize, sealed: VecDeque::new(), sealed_bytes: 0, gathered: BytesMut::new() }
    }

    /// Sets the largest payload, in bytes, to what the other side's hello announced. A value that no hello may have is
    /// taken for the nearest that it may.
    pub fn set_max_frame(&mut self, max_frame: u32) {
        self.max_frame = max_frame.clamp(MIN_MAX_FRAME, MAX_MAX_FRAME) as usize;
    }

    /// Queues the host's first frame.
    ///
    /// # Errors
    /// Where the hello is too long, or its `max_frame` is out of range.
    pub fn push_host_hello(&mut self, hello: &HostHello) -> Result<(), ProtocolError> {
        hello.check()?;
        self.push_single(Kind::Hello, hello, MAX_HELLO)
    }

    /// Queues the sidecar's first frame.
    ///
    /// # Errors
    /// Where the hello is too long, or its `max_frame` is out of range.
    pub fn push_sidecar_hello(&mut self, hello: &SidecarHello) -> Result<(), ProtocolError> {
        hello.check()?;
        self.push_single(Kind::Hello, hello, MAX_HELLO)
    }

    /// Queues the sidecar's last frame.
    ///
    /// # Errors
    /// Where it is too long for one frame.
    pub fn push_refusal(&mut self, error: &ErrorInfo) -> Result<(), ProtocolError> {
        self.push_single(Kind::Refusal, error, self.max_frame as u32)
    }

    /// Queues a command.
    ///
    /// # Errors
    /// Where the message is longer than [`MAX_MESSAGE`], or its id is not one that travels.
    pub fn push_command(&mut self, command: &Command) -> Result<(), ProtocolError> {
        match command {
            Command::Request { id, request } => self.push_message(Kind::Request, *id, request),
            Command::Upload { id, bytes, last } => self.push_raw(Kind::Upload, *id, bytes, *last),
            Command::Stdin { guest, bytes, last } => self.push_raw(Kind::Stdin, *guest, bytes, *last),
        }
    }

    /// Queues an event.
    ///
    /// # Errors
    /// Where the message is longer than [`MAX_MESSAGE`], or its id is not one that travels.
    pub fn push_event(&mut self, event: &Event) -> Result<(), ProtocolError> {
        match event {
            Event::Reply { id, reply } => self.push_message(Kind::Reply, *id, reply),
            Event::Notice { id, notice } => self.push_message(Kind::Notice, *id, notice),
            Event::Output { guest, stream, bytes } => self.push_raw((*stream).into(), *guest, bytes, false),
            Event::Download { id, bytes, last } => self.push_raw(Kind::Download, *id, bytes, *last),
        }
    }

    fn push_single(&mut self, kind: Kind, value: &impl Serialize, max: u32) -> Result<(), ProtocolError> {
        self.gather_json(kind, 0, value, |length| match u32::try_from(length) {
            Ok(length) if length <= max => Ok(()),
            _ => Err(ProtocolError::FrameTooLarge { kind, length: length as u64, max }),
        })
        .map(|start| self.complete(start, kind, 0))
    }

    fn push_message(&mut self, kind: Kind, id: u64, value: &impl Serialize) -> Result<(), ProtocolError> {
        let start = self.gather_json(kind, id, value, |length| {
            if length <= MAX_MESSAGE { Ok(()) } else { Err(ProtocolError::MessageTooLarge) }
        })?;
        if self.gathered.len() - start - HEADER_LEN <= self.max_frame {
            self.complete(start, kind, id);
        } else {
            let mut before = mem::take(&mut self.gathered);
            let mut message = before.split_off(start);
            message.advance(HEADER_LEN);
            self.seal(before.freeze());
            self.push_parts(kind, id, message.freeze(), true);
        }
        Ok(())
    }

    fn push_raw(&mut self, kind: Kind, id: u64, bytes: &Bytes, last: bool) -> Result<(), ProtocolError> {
        if bytes.is_empty() && !last {
            return Ok(());
        }
        Header { length: 1, kind, more: !last, id }.check()?;
        self.push_parts(kind, id, bytes.clone(), last);
        Ok(())
    }

    /// Writes room for a header, and the value after it, into `gathered`; says where the header starts.
    fn gather_json(
        &mut self,
        kind: Kind,
        id: u64,
        value: &impl Serialize,
        check_length: impl FnOnce(usize) -> Result<(), ProtocolError>,
    ) -> Result<usize, ProtocolError> {
        Header { length: 1, kind, more: false, id }.check()?;
        let start = self.gathered.len();
        self.gathered.put_bytes(0, HEADER_LEN);
        let written = serde_json::to_writer((&mut self.gathered).writer(), value)
            .map_err(|error| ProtocolError::InvalidMessage { kind, reason: error.to_string() })
            .and_then(|()| check_length(self.gathered.len() - start - HEADER_LEN));
        match written {
            Ok(()) => Ok(start),
            Err(error) => {
                self.gathered.truncate(start);
                Err(error)
            }
        }
    }

    /// Writes the header of the one frame that `gathered` ends with.
    fn complete(&mut self, start: usize, kind: Kind, id: u64) {
        let length = (self.gathered.len() - start - HEADER_LEN) as u32;
        self.gathered[start..start + HEADER_LEN].copy_from_slice(&Header { length, kind, more: false, id }.encode());
        self.seal_if_long();
    }

    fn push_parts(&mut self, kind: Kind, id: u64, mut rest: Bytes, last: bool) {
        loop {
            let part = rest.split_to(rest.len().min(self.max_frame));
            let header = Header { length: part.len() as u32, kind, more: !(last && rest.is_empty()), id };
            self.gathered.put_slice(&header.encode());
            if part.len() < Self::COPIED_BELOW {
                self.gathered.put_slice(&part);
                self.seal_if_long();
            } else {
                let before = self.gathered.split();
                self.seal(before.freeze());
                self.seal(part);
            }
            if rest.is_empty() {
                return;
            }
        }
    }

    fn seal_if_long(&mut self) {
        if self.gathered.len() >= Self::SEALED_FROM {
            let gathered = mem::take(&mut self.gathered).freeze();
            self.seal(gathered);
        }
    }

    fn seal(&mut self, bytes: Bytes) {
        // An empty chunk would read as the end of the queue.
        if !bytes.is_empty() {
            self.sealed_bytes += bytes.len();
            self.sealed.push_back(bytes);
        }
    }
}

impl Buf for WriteQueue {
    fn remaining(&self) -> usize {
        self.sealed_bytes + self.gathered.len()
    }

    fn chunk(&self) -> &[u8] {
        self.sealed.front().map_or(&self.gathered[..], |bytes| bytes)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let gathered = (!self.gathered.is_empty()).then_some(&self.gathered[..]);
        let chunks = self.sealed.iter().map(|bytes| &bytes[..]).chain(gathered);
        slices.iter_mut().zip(chunks).map(|(slice, chunk)| *slice = IoSlice::new(chunk)).count()
    }

    /// # Panics
    /// Where `count` is more than remains.
    fn advance(&mut self, mut count: usize) {
        while let Some(front) = self.sealed.front_mut() {
            let taken = count.min(front.len());
            self.sealed_bytes -= taken;
            if taken < front.len() {
                front.advance(taken);
                return;
            }
            self.sealed.pop_front();
            count -= taken;
        }
        self.gathered.advance(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Notice, Reply};
    use crate::id::{MAX_ID, Stream};

    fn output(bytes: Bytes) -> Event {
        Event::Output { guest: 7, stream: Stream::Stdout, bytes }
    }

    fn drained(queue: &mut WriteQueue) -> Bytes {
        queue.copy_to_bytes(queue.remaining())
    }

    #[test]
    fn queue_passes_large_payloads_on_without_a_copy() {
        let bytes = Bytes::from(vec![9; WriteQueue::COPIED_BELOW]);
        let mut queue = WriteQueue::new();
        queue.push_event(&output(bytes.clone())).unwrap();
        let mut slices = [IoSlice::new(&[]); 4];
        assert_eq!(queue.chunks_vectored(&mut slices), 2);
        assert_eq!(slices[0].len(), HEADER_LEN);
        assert_eq!(slices[1].as_ptr(), bytes.as_ptr());
    }

    #[test]
    fn queue_gathers_small_frames() {
        let mut queue = WriteQueue::new();
        for _ in 0..3 {
            queue.push_event(&output(Bytes::from_static(b"abc"))).unwrap();
            queue.push_event(&Event::Reply { id: 1, reply: Reply::Done }).unwrap();
        }
        assert_eq!(queue.chunk().len(), queue.remaining());
        assert_eq!(queue.remaining(), 3 * (HEADER_LEN + 3 + HEADER_LEN + r#"{"type":"done"}"#.len()));
    }

    #[test]
    fn queue_splits_what_is_longer_than_a_frame() {
        let mut queue = WriteQueue::new();
        queue.set_max_frame(MIN_MAX_FRAME);
        let bytes = Bytes::from((0..10_000_u32).map(|n| n as u8).collect::<Vec<_>>());
        queue.push_event(&Event::Download { id: 3, bytes: bytes.clone(), last: true }).unwrap();
        let mut wire = drained(&mut queue);
        let mut joined = Vec::new();
        for (length, more) in [(4096, true), (4096, true), (1808, false)] {
            let header = Header::decode(wire.split_to(HEADER_LEN)[..].try_into().unwrap()).unwrap();
            assert_eq!(header, Header { length, kind: Kind::Download, more, id: 3 });
            joined.extend_from_slice(&wire.split_to(length as usize));
        }
        assert!(wire.is_empty());
        assert_eq!(joined, bytes);
    }

    #[test]
    fn queue_leaves_out_empty_parts_but_not_the_last() {
        let mut queue = WriteQueue::new();
        queue.push_event(&output(Bytes::new())).unwrap();
        queue.push_command(&Command::Stdin { guest: 7, bytes: Bytes::new(), last: false }).unwrap();
        assert_eq!(queue.remaining(), 0);
        queue.push_command(&Command::Stdin { guest: 7, bytes: Bytes::new(), last: true }).unwrap();
        assert_eq!(queue.remaining(), HEADER_LEN);
    }

    #[test]
    fn queue_stays_as_it_was_where_a_push_fails() {
        let mut queue = WriteQueue::new();
        queue.push_event(&Event::Notice { id: 0, notice: Notice::StdinClosed }).unwrap();
        let before = queue.remaining();
        let target = "x".repeat(MAX_MESSAGE);
        let too_long = Event::Reply { id: 1, reply: Reply::Readlink { target } };
        assert_eq!(queue.push_event(&too_long), Err(ProtocolError::MessageTooLarge));
        for id in [0, MAX_ID + 1] {
            let reply = Event::Reply { id, reply: Reply::Done };
            assert_eq!(queue.push_event(&reply), Err(ProtocolError::IdOutOfRange { kind: Kind::Reply, id }));
            let part = Event::Download { id, bytes: Bytes::from_static(b"x"), last: true };
            assert_eq!(queue.push_event(&part), Err(ProtocolError::IdOutOfRange { kind: Kind::Download, id }));
        }
        let hello = HostHello { protocol: 1, agent: String::new(), max_frame: 1, token: None, limits: None };
        assert_eq!(queue.push_host_hello(&hello), Err(ProtocolError::MaxFrameOutOfRange { max_frame: 1 }));
        let agent = "x".repeat(MAX_HELLO as usize);
        let hello = HostHello { agent, max_frame: MIN_MAX_FRAME, ..hello };
        assert!(matches!(queue.push_host_hello(&hello), Err(ProtocolError::FrameTooLarge { kind: Kind::Hello, .. })));
        assert_eq!(queue.remaining(), before);
    }

    #[test]
    fn queue_keeps_no_large_buffer_once_it_is_drained() {
        let mut queue = WriteQueue::new();
        queue.set_max_frame(MAX_MAX_FRAME);
        let reply = |length| Event::Reply { id: 1, reply: Reply::Readlink { target: "x".repeat(length) } };
        queue.push_event(&reply(10 << 20)).unwrap();
        queue.set_max_frame(MIN_MAX_FRAME);
        queue.push_event(&reply(10 << 20)).unwrap();
        drained(&mut queue);
        assert!(queue.gathered.capacity() <= WriteQueue::SEALED_FROM, "{}", queue.gathered.capacity());
    }
}
