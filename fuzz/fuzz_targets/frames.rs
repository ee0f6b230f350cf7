//! What either side may be sent: any bytes, in pieces of any length. Neither decoder panics, holds more memory than its bounds
//! say, or says different things of the same bytes in other pieces.
#![no_main]

use bytes::Buf;
use hotcell_protocol::frame::{CommandDecoder, EventDecoder, MIN_MAX_FRAME};
use libfuzzer_sys::fuzz_target;

/// What a decoder may hold: frames under way, and messages of several frames (docs/protocol.md).
const MAX_HELD: usize = (32 << 20) + (2 << 20);

macro_rules! decode {
    ($decoder:ty, $pieces:expr) => {{
        let mut decoder = <$decoder>::new(MIN_MAX_FRAME);
        let mut seen = Vec::new();
        'pieces: for mut piece in $pieces {
            while piece.has_remaining() {
                decoder.push(&mut piece);
                loop {
                    match decoder.next_message() {
                        Ok(Some(message)) => seen.push(format!("{message:?}")),
                        Ok(None) => break,
                        Err(error) => {
                            seen.push(error.to_string());
                            break 'pieces;
                        }
                    }
                }
                assert!(decoder.buffered_capacity() <= MAX_HELD);
            }
        }
        seen.push(format!("{:?}", decoder.finish()));
        seen
    }};
}

fuzz_target!(|input: (u8, &[u8])| {
    let (length, bytes) = input;
    let piece = usize::from(length).max(1);
    assert_eq!(decode!(CommandDecoder, [bytes]), decode!(CommandDecoder, bytes.chunks(piece)));
    assert_eq!(decode!(EventDecoder, [bytes]), decode!(EventDecoder, bytes.chunks(piece)));
});
