use crate::components::PendingCall;
use crate::error::{RequestError, Violation};
use bytes::Bytes;
use hotcell_modules::IncomingModule;
use hotcell_protocol::{RequestId, SandboxId};
use std::collections::HashMap;

/// Uploads that may be announced and not yet finished on a connection.
pub const MAX_OPEN_UPLOADS: usize = 1024;

/// Bytes that the uploads under way on a connection may have together, by what they announced.
pub const MAX_UPLOAD_BYTES: u64 = 1 << 30;

/// The uploads under way on a connection.
#[derive(Default)]
pub(crate) struct Uploads {
    open: HashMap<RequestId, Upload>,
    /// Bytes that all of them announced, those that are thrown away not counted.
    announced: u64,
}

struct Upload {
    announced: u64,
    received: u64,
    /// `None` where the request failed already: what still comes was sent before the host knew.
    target: Option<UploadTarget>,
}

/// What the bytes are for.
pub(crate) enum UploadTarget {
    Blob(Box<IncomingModule>),
    File(FileUpload),
    Call(Box<PendingCall>),
}

/// A file that is written when all of it has come, so that nobody ever sees part of it.
pub(crate) struct FileUpload {
    pub sandbox: SandboxId,
    pub path: String,
    pub parents: bool,
    pub mode: u32,
    /// Grows with what has come, never with what was announced.
    pub bytes: Vec<u8>,
}

impl Uploads {
    /// Notes an upload that a request announces, or that the request has failed: then its bytes are thrown away as they come.
    /// The error is the request's reply.
    pub fn announce(
        &mut self,
        id: RequestId,
        announced: u64,
        target: Result<UploadTarget, RequestError>,
    ) -> Result<Result<(), RequestError>, Violation> {
        if self.open.contains_key(&id) {
            return Ok(Err(RequestError::IdInUse { what: "upload", id }));
        }
        if self.open.len() >= MAX_OPEN_UPLOADS {
            return Err(Violation::TooManyUploads);
        }
        let max = MAX_UPLOAD_BYTES;
        let target = target.and_then(|target| match self.announced.checked_add(announced) {
            Some(sum) if sum <= max => Ok(target),
            _ => Err(RequestError::TooManyUploadBytes { length: announced, max }),
        });
        let (target, result) = match target {
            Ok(target) => {
                self.announced += announced;
                (Some(target), Ok(()))
            }
            Err(error) => (None, Err(error)),
        };
        self.open.insert(id, Upload { announced, received: 0, target });
        Ok(result)
    }

    /// Takes a part. `Some` once there is something to answer: what was uploaded, or why it failed.
    pub fn receive(
        &mut self,
        id: RequestId,
        bytes: Bytes,
        last: bool,
    ) -> Result<Option<Result<UploadTarget, RequestError>>, Violation> {
        let upload = self.open.get_mut(&id).ok_or(Violation::UploadNotAnnounced { id })?;
        let announced = upload.announced;
        upload.received = upload.received.saturating_add(bytes.len() as u64);
        if upload.received > announced {
            return Err(Violation::UploadTooLong { id, announced });
        }
        let received = upload.received;
        let taken = match &mut upload.target {
            Some(UploadTarget::Blob(module)) => module.push(&bytes).map_err(RequestError::from),
            Some(UploadTarget::File(file)) => {
                file.bytes.extend_from_slice(&bytes);
                Ok(())
            }
            Some(UploadTarget::Call(call)) => {
                call.bytes.extend_from_slice(&bytes);
                Ok(())
            }
            None => Ok(()),
        };
        let target = if last || taken.is_err() { upload.target.take() } else { None };
        if last {
            self.open.remove(&id);
        }
        let Some(target) = target else { return Ok(None) };
        self.announced -= announced;
        Ok(Some(match taken {
            Ok(()) if received < announced => Err(RequestError::UploadTooShort { announced, received }),
            taken => taken.map(|()| target),
        }))
    }
}
