//! The engine's log, of which there is one in a process, and the hosts that want to see it.

use crate::error::NodeError;
use crate::mailbox::{Mail, Mailbox};
use parking_lot::Mutex;
use std::io::{self, Write};
use std::str::FromStr;
use std::sync::{Arc, Weak};

/// What a host wants of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogMode {
    /// To this process's stderr.
    Inherit,
    Ignore,
    /// Line by line, with the host's other messages.
    Lines,
}

impl FromStr for LogMode {
    type Err = NodeError;

    fn from_str(name: &str) -> Result<Self, NodeError> {
        match name {
            "inherit" => Ok(Self::Inherit),
            "ignore" => Ok(Self::Ignore),
            "lines" => Ok(Self::Lines),
            name => Err(NodeError::LogMode(name.into())),
        }
    }
}

static ATTENTION: Mutex<Vec<(LogMode, Weak<Mailbox>)>> = Mutex::new(Vec::new());

/// While it lives, its host gets the log as it wants it.
pub struct Attention(Arc<Mailbox>);

impl Attention {
    pub fn new(mode: LogMode, mailbox: &Arc<Mailbox>) -> Self {
        ATTENTION.lock().push((mode, Arc::downgrade(mailbox)));
        Self(Arc::clone(mailbox))
    }
}

impl Drop for Attention {
    fn drop(&mut self) {
        ATTENTION.lock().retain(|(_, mailbox)| !std::ptr::eq(mailbox.as_ptr(), &*self.0));
    }
}

/// Brings each line to stderr, once, where any host wants it there, and to those that want it as a message.
pub struct ToHosts;

impl Write for ToHosts {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let attention = ATTENTION.lock().clone();
        for mailbox in attention.iter().filter(|(mode, _)| *mode == LogMode::Lines).filter_map(|(_, of)| of.upgrade()) {
            mailbox.put(Mail::LogLine(String::from_utf8_lossy(line).trim_end_matches('\n').into()));
        }
        if attention.iter().any(|(mode, _)| *mode == LogMode::Inherit) {
            io::stderr().write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
