use crate::frame::{Kind, MAX_MAX_FRAME, MIN_MAX_FRAME, ProtocolError, parse_json};
use crate::limits::LimitOverrides;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use ts_rs::TS;

/// The version of the protocol that this crate speaks. Two sides whose versions differ do not talk.
pub const PROTOCOL_VERSION: u32 = 1;

/// The host's first frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct HostHello {
    pub protocol: u32,
    /// Who speaks, for the logs: `hotcell-node/0.1.0`.
    pub agent: String,
    /// The largest frame payload that the host takes, in bytes.
    pub max_frame: u32,
    /// Demanded where the carrier is a socket that others could reach.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<String>,
    /// The limits that hold for every sandbox of this host that does not set its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub limits: Option<LimitOverrides>,
}

impl HostHello {
    /// Reads the payload of a host's hello frame.
    ///
    /// # Errors
    /// [`ProtocolError::Version`] where the host speaks another version, whatever else its hello holds; another where
    /// the hello can't be read or its `max_frame` is out of range.
    pub fn from_json(json: &[u8]) -> Result<Self, ProtocolError> {
        let hello: Self = parse_hello(json)?;
        hello.check().map(|()| hello)
    }

    /// Checks the token, in a time that does not depend on where it differs.
    ///
    /// # Errors
    /// [`ProtocolError::Unauthorized`] where it is missing or not the `expected` one.
    pub fn authorize(&self, expected: &str) -> Result<(), ProtocolError> {
        match &self.token {
            Some(token) if token.as_bytes().ct_eq(expected.as_bytes()).into() => Ok(()),
            _ => Err(ProtocolError::Unauthorized),
        }
    }

    pub(crate) fn check(&self) -> Result<(), ProtocolError> {
        check_max_frame(self.max_frame)
    }
}

/// The sidecar's first frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SidecarHello {
    pub protocol: u32,
    pub version: String,
    pub v8_version: String,
    pub pid: u32,
    /// The largest frame payload that the sidecar takes, in bytes.
    pub max_frame: u32,
}

impl SidecarHello {
    /// Reads the payload of a sidecar's hello frame.
    ///
    /// # Errors
    /// [`ProtocolError::Version`] where the sidecar speaks another version, whatever else its hello holds; another
    /// where the hello can't be read or its `max_frame` is out of range.
    pub fn from_json(json: &[u8]) -> Result<Self, ProtocolError> {
        let hello: Self = parse_hello(json)?;
        hello.check().map(|()| hello)
    }

    pub(crate) fn check(&self) -> Result<(), ProtocolError> {
        check_max_frame(self.max_frame)
    }
}

/// The only field that every version's hello has.
#[derive(Deserialize)]
struct AnyHello {
    protocol: u32,
}

fn parse_hello<T: DeserializeOwned>(json: &[u8]) -> Result<T, ProtocolError> {
    let AnyHello { protocol } = parse_json(Kind::Hello, json)?;
    if protocol != PROTOCOL_VERSION {
        return Err(ProtocolError::Version { theirs: protocol });
    }
    parse_json(Kind::Hello, json)
}

fn check_max_frame(max_frame: u32) -> Result<(), ProtocolError> {
    if (MIN_MAX_FRAME..=MAX_MAX_FRAME).contains(&max_frame) {
        Ok(())
    } else {
        Err(ProtocolError::MaxFrameOutOfRange { max_frame })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorCode, ErrorInfo};

    fn hello() -> HostHello {
        HostHello {
            protocol: PROTOCOL_VERSION,
            agent: "test/1".into(),
            max_frame: 1 << 20,
            token: Some("secret".into()),
            limits: None,
        }
    }

    #[test]
    fn hello_of_another_version_is_told_both_versions() {
        let error = HostHello::from_json(br#"{"protocol":77,"whatever":[]}"#).unwrap_err();
        assert_eq!(error, ProtocolError::Version { theirs: 77 });
        let refusal = ErrorInfo::from(&error);
        assert_eq!(refusal.code, ErrorCode::ProtocolVersion);
        assert!(refusal.message.contains("version 77") && refusal.message.contains("version 1:"), "{refusal:?}");
        assert_eq!(SidecarHello::from_json(br#"{"protocol":0}"#), Err(ProtocolError::Version { theirs: 0 }));
    }

    #[test]
    fn hello_announces_a_largest_frame_within_its_range() {
        for (max_frame, allowed) in [(0, false), (4095, false), (4096, true), (16 << 20, true), ((16 << 20) + 1, false)]
        {
            let json = serde_json::to_vec(&HostHello { max_frame, ..hello() }).unwrap();
            assert_eq!(HostHello::from_json(&json).is_ok(), allowed, "{max_frame}");
        }
    }

    #[test]
    fn authorize_takes_the_expected_token_only() {
        assert_eq!(hello().authorize("secret"), Ok(()));
        for token in [None, Some(""), Some("secre"), Some("secret!"), Some("Secret")] {
            let hello = HostHello { token: token.map(str::to_owned), ..hello() };
            assert_eq!(hello.authorize("secret"), Err(ProtocolError::Unauthorized), "{token:?}");
        }
        assert_eq!(ErrorInfo::from(&ProtocolError::Unauthorized).code, ErrorCode::Unauthorized);
    }
}
