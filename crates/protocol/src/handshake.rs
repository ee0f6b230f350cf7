use crate::limits::LimitOverrides;
use serde::{Deserialize, Serialize};
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
