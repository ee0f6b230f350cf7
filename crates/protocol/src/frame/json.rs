use super::{Kind, ProtocolError};
use serde::de::DeserializeOwned;

/// The longest reason that a [`ProtocolError::InvalidMessage`] quotes, in bytes: a parser's complaint repeats what it
/// read.
const MAX_REASON: usize = 256;

/// Reads the JSON message of a frame of that kind.
pub(crate) fn parse_json<T: DeserializeOwned>(kind: Kind, json: &[u8]) -> Result<T, ProtocolError> {
    serde_json::from_slice(json).map_err(|error| {
        let mut reason = error.to_string();
        if reason.len() > MAX_REASON {
            reason.truncate(reason.floor_char_boundary(MAX_REASON));
            reason.push_str(" ...");
        }
        ProtocolError::InvalidMessage { kind, reason }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Request;

    #[test]
    fn parse_json_quotes_only_the_start_of_a_long_complaint() {
        let json = format!(r#"{{"type":"{}"}}"#, "ä".repeat(100_000));
        let Err(ProtocolError::InvalidMessage { kind: Kind::Request, reason }) =
            parse_json::<Request>(Kind::Request, json.as_bytes())
        else {
            panic!("a request of an unknown type was read")
        };
        assert!(reason.starts_with("unknown variant `ä") && reason.len() < 300, "{reason}");
    }
}
