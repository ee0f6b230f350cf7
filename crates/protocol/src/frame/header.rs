use super::ProtocolError;
use crate::id::{MAX_ID, Stream};
use std::fmt;

/// Bytes of a frame's header.
pub const HEADER_LEN: usize = 16;

const MORE: u8 = 1;

/// A side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    Host,
    Sidecar,
}

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Hello = 1,
    Request = 2,
    Reply = 3,
    Notice = 4,
    Upload = 5,
    Download = 6,
    Stdin = 7,
    Stdout = 8,
    Stderr = 9,
    Refusal = 10,
}

/// What a kind's frames do with the `MORE` bit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum More {
    Never,
    UnsetOnLast,
    Always,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Self::Hello,
        Self::Request,
        Self::Reply,
        Self::Notice,
        Self::Upload,
        Self::Download,
        Self::Stdin,
        Self::Stdout,
        Self::Stderr,
        Self::Refusal,
    ];

    /// The kind of that number.
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1..=10 => Some(Self::ALL[number as usize - 1]),
            _ => None,
        }
    }

    /// The name that `docs/protocol.md` gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Request => "request",
            Self::Reply => "reply",
            Self::Notice => "notice",
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Stdin => "stdin",
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Refusal => "refusal",
        }
    }

    /// Whether that side may send it.
    pub const fn is_sent_by(self, peer: Peer) -> bool {
        match self {
            Self::Hello => true,
            Self::Request | Self::Upload | Self::Stdin => matches!(peer, Peer::Host),
            Self::Reply | Self::Notice | Self::Download | Self::Stdout | Self::Stderr | Self::Refusal => {
                matches!(peer, Peer::Sidecar)
            }
        }
    }

    /// Whether the payload is bytes of a guest's or a file's, and no JSON.
    pub const fn is_raw(self) -> bool {
        matches!(self, Self::Upload | Self::Download | Self::Stdin | Self::Stdout | Self::Stderr)
    }

    const fn more(self) -> More {
        match self {
            Self::Hello | Self::Refusal => More::Never,
            Self::Stdout | Self::Stderr => More::Always,
            Self::Request | Self::Reply | Self::Notice | Self::Upload | Self::Download | Self::Stdin => {
                More::UnsetOnLast
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Stream> for Kind {
    fn from(stream: Stream) -> Self {
        match stream {
            Stream::Stdout => Self::Stdout,
            Stream::Stderr => Self::Stderr,
        }
    }
}

/// The fixed part that every frame starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the payload that follows.
    pub length: u32,
    pub kind: Kind,
    /// Whether the message or byte stream goes on in a later frame of the same kind and id.
    pub more: bool,
    /// The request or guest that the frame belongs to; 0 where it belongs to the connection.
    pub id: u64,
}

impl Header {
    /// Its bytes on the wire.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[0..4].copy_from_slice(&self.length.to_le_bytes());
        bytes[4] = self.kind as u8;
        bytes[5] = if self.more { MORE } else { 0 };
        bytes[8..16].copy_from_slice(&self.id.to_le_bytes());
        bytes
    }

    /// Reads a header.
    ///
    /// # Errors
    /// Those of [`Header::check`], and where the kind is unknown or a reserved bit is set.
    pub fn decode(bytes: &[u8; HEADER_LEN]) -> Result<Self, ProtocolError> {
        let [l0, l1, l2, l3, number, flags, r0, r1, id @ ..] = *bytes;
        let kind = Kind::from_number(number).ok_or(ProtocolError::UnknownKind { kind: number })?;
        if flags & !MORE != 0 || r0 != 0 || r1 != 0 {
            return Err(ProtocolError::ReservedBits { kind });
        }
        let header = Self {
            length: u32::from_le_bytes([l0, l1, l2, l3]),
            kind,
            more: flags & MORE != 0,
            id: u64::from_le_bytes(id),
        };
        header.check()?;
        Ok(header)
    }

    /// Checks what holds for every frame of its kind, wherever it stands in the stream.
    ///
    /// # Errors
    /// Where the id or the `MORE` bit is not what the kind allows, or a part that is not the last is empty.
    pub fn check(&self) -> Result<(), ProtocolError> {
        let Self { length, kind, more, id } = *self;
        match kind {
            Kind::Hello | Kind::Refusal if id != 0 => return Err(ProtocolError::IdNotZero { kind, id }),
            Kind::Hello | Kind::Refusal => {}
            Kind::Notice if id == 0 => {}
            _ if id == 0 || id > MAX_ID => return Err(ProtocolError::IdOutOfRange { kind, id }),
            _ => {}
        }
        match kind.more() {
            More::Never if more => Err(ProtocolError::UnexpectedMore { kind }),
            More::Always if !more => Err(ProtocolError::MissingMore { kind }),
            // Credit counts bytes: a stream of empty parts would fill a queue without using any.
            _ if more && length == 0 => Err(ProtocolError::EmptyPart { kind, id }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header { length: 0x0102_0304, kind: Kind::Stdin, more: true, id: 0x1_0000_0000_0005 }
    }

    #[test]
    fn header_lies_on_the_wire_as_documented() {
        assert_eq!(header().encode(), [4, 3, 2, 1, 7, 1, 0, 0, 5, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(Header::decode(&header().encode()), Ok(header()));
    }

    #[test]
    fn header_refuses_every_reserved_bit() {
        let wire = header().encode();
        for (byte, mask) in [(5, 0xfe_u8), (6, 0xff), (7, 0xff)] {
            for bit in (0..8).map(|bit| 1 << bit).filter(|bit| mask & bit != 0) {
                let mut wire = wire;
                wire[byte] |= bit;
                assert_eq!(Header::decode(&wire), Err(ProtocolError::ReservedBits { kind: Kind::Stdin }));
            }
        }
    }

    #[test]
    fn header_refuses_unknown_kinds() {
        for number in (0..=u8::MAX).filter(|number| !(1..=10).contains(number)) {
            let mut wire = header().encode();
            wire[4] = number;
            assert_eq!(Header::decode(&wire), Err(ProtocolError::UnknownKind { kind: number }));
        }
    }

    #[test]
    fn header_takes_only_ids_that_its_kind_allows() {
        for kind in Kind::ALL {
            let more = kind.more() == More::Always;
            for id in [0, 1, MAX_ID, MAX_ID + 1, u64::MAX] {
                let alone = matches!(kind, Kind::Hello | Kind::Refusal);
                let allowed = match id {
                    0 => alone || kind == Kind::Notice,
                    1 | MAX_ID => !alone,
                    _ => false,
                };
                let header = Header { length: 1, kind, more, id };
                assert_eq!(Header::decode(&header.encode()).is_ok(), allowed, "{header:?}");
            }
        }
    }

    #[test]
    fn header_takes_more_only_where_its_kind_allows() {
        for kind in Kind::ALL {
            let id = u64::from(!matches!(kind, Kind::Hello | Kind::Refusal));
            let decoded = |more, length| Header::decode(&Header { length, kind, more, id }.encode()).map(|_| ());
            match kind.more() {
                More::Never => {
                    assert_eq!(decoded(true, 1), Err(ProtocolError::UnexpectedMore { kind }));
                    assert_eq!(decoded(false, 0), Ok(()));
                }
                More::UnsetOnLast => {
                    assert_eq!(decoded(true, 1), Ok(()));
                    assert_eq!(decoded(false, 0), Ok(()));
                    assert_eq!(decoded(true, 0), Err(ProtocolError::EmptyPart { kind, id }));
                }
                More::Always => {
                    assert_eq!(decoded(false, 1), Err(ProtocolError::MissingMore { kind }));
                    assert_eq!(decoded(true, 0), Err(ProtocolError::EmptyPart { kind, id }));
                }
            }
        }
    }

    #[test]
    fn kind_numbers_match_their_places() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_number(kind as u8), Some(kind));
        }
    }
}
