use super::{MAX_OPEN_UPLOADS, ProtocolError};
use crate::command::{FileContent, FsRequest, Request};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Holds every upload to what its request announced. An upload may end early: that is for whoever takes the bytes to
/// answer.
#[derive(Debug, Default)]
pub(super) struct UploadLedger {
    open: HashMap<u64, Open>,
}

#[derive(Debug)]
struct Open {
    announced: u64,
    received: u64,
}

impl UploadLedger {
    /// Notes the upload that the request announces, if it does.
    pub(super) fn announce(&mut self, id: u64, request: &Request) -> Result<(), ProtocolError> {
        let Some(announced) = announced_length(request) else { return Ok(()) };
        let count = self.open.len();
        match self.open.entry(id) {
            Entry::Occupied(_) => Err(ProtocolError::UploadRepeated { id }),
            Entry::Vacant(_) if count == MAX_OPEN_UPLOADS => Err(ProtocolError::TooManyUploads),
            Entry::Vacant(vacant) => {
                vacant.insert(Open { announced, received: 0 });
                Ok(())
            }
        }
    }

    /// Notes a part of an upload.
    pub(super) fn receive(&mut self, id: u64, length: usize, last: bool) -> Result<(), ProtocolError> {
        let Entry::Occupied(mut occupied) = self.open.entry(id) else {
            return Err(ProtocolError::UploadNotAnnounced { id });
        };
        let Open { announced, received } = occupied.get_mut();
        *received += length as u64;
        if *received > *announced {
            return Err(ProtocolError::UploadTooLong { id, announced: *announced });
        }
        if last {
            occupied.remove();
        }
        Ok(())
    }
}

fn announced_length(request: &Request) -> Option<u64> {
    match request {
        Request::PutBlob { length, .. }
        | Request::Fs { request: FsRequest::WriteFile { content: FileContent::Upload { length }, .. }, .. } => {
            Some(*length)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BlobDigest;

    fn announce(ledger: &mut UploadLedger, id: u64, length: u64) -> Result<(), ProtocolError> {
        ledger.announce(id, &Request::PutBlob { digest: BlobDigest([0; 32]), length })
    }

    #[test]
    fn ledger_takes_what_was_announced() {
        let mut ledger = UploadLedger::default();
        announce(&mut ledger, 1, 5).unwrap();
        announce(&mut ledger, 2, 0).unwrap();
        ledger.receive(1, 3, false).unwrap();
        ledger.receive(2, 0, true).unwrap();
        ledger.receive(1, 2, true).unwrap();
        assert!(ledger.open.is_empty());
    }

    #[test]
    fn ledger_lets_an_upload_end_early() {
        let mut ledger = UploadLedger::default();
        announce(&mut ledger, 1, 5).unwrap();
        ledger.receive(1, 0, true).unwrap();
        assert_eq!(ledger.receive(1, 5, true), Err(ProtocolError::UploadNotAnnounced { id: 1 }));
    }

    #[test]
    fn ledger_refuses_bytes_that_nothing_announced() {
        let mut ledger = UploadLedger::default();
        ledger.announce(1, &Request::Stats).unwrap();
        assert_eq!(ledger.receive(1, 0, true), Err(ProtocolError::UploadNotAnnounced { id: 1 }));
    }

    #[test]
    fn ledger_refuses_more_than_was_announced() {
        let mut ledger = UploadLedger::default();
        let content = FileContent::Upload { length: 5 };
        let request = FsRequest::WriteFile { path: "/a".into(), content, parents: false, mode: 0o644 };
        ledger.announce(9, &Request::Fs { sandbox: 1, request }).unwrap();
        ledger.receive(9, 5, false).unwrap();
        assert_eq!(ledger.receive(9, 1, true), Err(ProtocolError::UploadTooLong { id: 9, announced: 5 }));
    }

    #[test]
    fn ledger_refuses_a_second_upload_for_an_id() {
        let mut ledger = UploadLedger::default();
        announce(&mut ledger, 1, 5).unwrap();
        assert_eq!(announce(&mut ledger, 1, 5), Err(ProtocolError::UploadRepeated { id: 1 }));
    }

    #[test]
    fn ledger_refuses_too_many_uploads_at_once() {
        let mut ledger = UploadLedger::default();
        for id in 1..=MAX_OPEN_UPLOADS as u64 {
            announce(&mut ledger, id, 5).unwrap();
        }
        assert_eq!(announce(&mut ledger, 5000, 5), Err(ProtocolError::TooManyUploads));
        ledger.receive(1, 5, true).unwrap();
        announce(&mut ledger, 5000, 5).unwrap();
    }
}
