//! The hosts in this process: what all of them are told, and which of them want to see the engine's log.

use crate::error::NodeError;
use crate::mailbox::{Mail, Mailbox};
use parking_lot::Mutex;
use std::io::{self, Write};
use std::str::FromStr;
use std::sync::{Arc, Weak};

/// What a host wants of the engine's log, of which there is one in a process.
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

static HOSTS: Mutex<Vec<(LogMode, Weak<Mailbox>)>> = Mutex::new(Vec::new());

/// While it lives, its host is one of those in this process.
pub struct Membership(Arc<Mailbox>);

impl Membership {
    pub fn new(mode: LogMode, mailbox: &Arc<Mailbox>) -> Self {
        HOSTS.lock().push((mode, Arc::downgrade(mailbox)));
        Self(Arc::clone(mailbox))
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        HOSTS.lock().retain(|(_, mailbox)| !std::ptr::eq(mailbox.as_ptr(), &*self.0));
    }
}

/// Ends the connections of all hosts, after what was sent to them before.
pub fn end_all() {
    let hosts = HOSTS.lock().clone();
    hosts.iter().filter_map(|(_, mailbox)| mailbox.upgrade()).for_each(|mailbox| mailbox.put(Mail::End));
}

/// Brings each line of the log to stderr, once, where any host wants it there, and to those that want it as a message.
pub struct Log;

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let hosts = HOSTS.lock().clone();
        for mailbox in hosts.iter().filter(|(mode, _)| *mode == LogMode::Lines).filter_map(|(_, of)| of.upgrade()) {
            mailbox.put(Mail::LogLine(String::from_utf8_lossy(line).trim_end_matches('\n').into()));
        }
        if hosts.iter().any(|(mode, _)| *mode == LogMode::Inherit) {
            io::stderr().write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
