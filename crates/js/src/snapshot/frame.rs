//! What the process that wants a snapshot and the helper that makes it tell each other. Integers are little-endian.
//!
//! | request | bytes |
//! | --- | --- |
//! | digest of what all snapshots of the program depend on | 32 |
//! | 1 where a sandbox's userland follows, else 0 | 1 |
//! | its length, and the userland in UTF-8 | 4 + n |
//!
//! | answer | bytes |
//! | --- | --- |
//! | what it is ([`Answer`]) | 1 |
//! | its length, and the snapshot or a text in UTF-8 | 4 + n |

use crate::error::JsError;
use std::io::{self, Read, Write};

/// The longest sandbox's userland, in bytes: as much as the protocol carries in one message.
pub(crate) const MAX_SOURCE_BYTES: u32 = 16 << 20;

/// The longest answer: more than any snapshot of a heap that is allowed for it.
pub(super) const MAX_ANSWER_BYTES: u32 = 512 << 20;

pub(super) struct Request {
    pub build: [u8; 32],
    pub sandbox_userland: Option<String>,
}

#[derive(Debug)]
pub(super) enum Answer {
    Snapshot(Vec<u8>),
    /// The program that is the helper is another build, and would make other snapshots.
    OtherBuild,
    Failed(JsError),
}

const SNAPSHOT: u8 = 0;
const OTHER_BUILD: u8 = 1;
const USERLAND: u8 = 2;
const NO_SNAPSHOT: u8 = 3;
const SANDBOX_USERLAND: u8 = 4;
const SANDBOX_USERLAND_TIME: u8 = 5;
const SANDBOX_USERLAND_MEMORY: u8 = 6;
const SANDBOX_USERLAND_LATE: u8 = 7;
const SANDBOX_USERLAND_FATAL: u8 = 8;
const HELPER: u8 = 9;

impl Request {
    /// The request as it is written.
    pub(super) fn encode(build: [u8; 32], sandbox_userland: Option<&str>) -> Vec<u8> {
        let mut bytes = build.to_vec();
        bytes.push(sandbox_userland.is_some().into());
        if let Some(source) = sandbox_userland {
            bytes.extend_from_slice(&(source.len() as u32).to_le_bytes());
            bytes.extend_from_slice(source.as_bytes());
        }
        bytes
    }

    pub(super) fn read(input: &mut impl Read) -> io::Result<Self> {
        let mut build = [0; 32];
        input.read_exact(&mut build)?;
        let mut has_source = [0];
        input.read_exact(&mut has_source)?;
        let sandbox_userland = match has_source {
            [0] => None,
            [1] => Some(String::from_utf8(read_bytes(input, MAX_SOURCE_BYTES)?).map_err(invalid)?),
            _ => return Err(invalid("It is no request for a snapshot.")),
        };
        Ok(Self { build, sandbox_userland })
    }
}

impl Answer {
    pub(super) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        let (kind, content): (u8, &[u8]) = match self {
            Self::Snapshot(bytes) => (SNAPSHOT, bytes),
            Self::OtherBuild => (OTHER_BUILD, &[]),
            Self::Failed(JsError::Userland(text)) => (USERLAND, text.as_bytes()),
            Self::Failed(JsError::Snapshot(text)) => (NO_SNAPSHOT, text.as_bytes()),
            Self::Failed(JsError::SandboxUserland(text)) => (SANDBOX_USERLAND, text.as_bytes()),
            Self::Failed(JsError::SandboxUserlandTime { seconds }) => (SANDBOX_USERLAND_TIME, &seconds.to_le_bytes()),
            Self::Failed(JsError::SandboxUserlandMemory { limit_mb }) => {
                (SANDBOX_USERLAND_MEMORY, &limit_mb.to_le_bytes())
            }
            Self::Failed(JsError::SandboxUserlandLate { seconds }) => (SANDBOX_USERLAND_LATE, &seconds.to_le_bytes()),
            Self::Failed(JsError::SandboxUserlandFatal(text)) => (SANDBOX_USERLAND_FATAL, text.as_bytes()),
            Self::Failed(JsError::Helper(text)) => (HELPER, text.as_bytes()),
            Self::Failed(error @ (JsError::NoHelper | JsError::Thread(_))) => {
                return Self::Failed(JsError::Snapshot(error.to_string())).write(output);
            }
        };
        output.write_all(&[kind])?;
        output.write_all(&u32::try_from(content.len()).map_err(invalid)?.to_le_bytes())?;
        output.write_all(content)?;
        output.flush()
    }

    pub(super) fn read(input: &mut impl Read) -> io::Result<Self> {
        let mut kind = [0];
        input.read_exact(&mut kind)?;
        let content = read_bytes(input, MAX_ANSWER_BYTES)?;
        let text = |content: Vec<u8>| String::from_utf8(content).map_err(invalid);
        let seconds = |content: Vec<u8>| match content.try_into() {
            Ok(bytes) => Ok(u64::from_le_bytes(bytes)),
            Err(_) => Err(invalid("The time is no number.")),
        };
        Ok(match kind[0] {
            SNAPSHOT => Self::Snapshot(content),
            OTHER_BUILD => Self::OtherBuild,
            USERLAND => Self::Failed(JsError::Userland(text(content)?)),
            NO_SNAPSHOT => Self::Failed(JsError::Snapshot(text(content)?)),
            SANDBOX_USERLAND => Self::Failed(JsError::SandboxUserland(text(content)?)),
            SANDBOX_USERLAND_TIME => Self::Failed(JsError::SandboxUserlandTime { seconds: seconds(content)? }),
            SANDBOX_USERLAND_LATE => Self::Failed(JsError::SandboxUserlandLate { seconds: seconds(content)? }),
            SANDBOX_USERLAND_FATAL => Self::Failed(JsError::SandboxUserlandFatal(text(content)?)),
            HELPER => Self::Failed(JsError::Helper(text(content)?)),
            SANDBOX_USERLAND_MEMORY => {
                let limit_mb = u32::from_le_bytes(content.try_into().map_err(|_| invalid("The limit is no number."))?);
                Self::Failed(JsError::SandboxUserlandMemory { limit_mb })
            }
            _ => return Err(invalid("It is no answer to a request for a snapshot.")),
        })
    }
}

/// Takes memory as bytes come, not as they are promised.
fn read_bytes(input: &mut impl Read, max: u32) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > max {
        return Err(invalid(format!("{length} bytes were announced, but {max} are the most.")));
    }
    let mut bytes = Vec::new();
    input.take(length.into()).read_to_end(&mut bytes)?;
    if bytes.len() != length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

fn invalid(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
