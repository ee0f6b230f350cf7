use crate::error::{RequestError, Violation};
use crate::files;
use crate::link::Link;
use crate::runtime::Shared;
use crate::sandbox::Sandbox;
use crate::spawn::PreparedGuest;
use crate::upload::{FileUpload, UploadTarget, Uploads};
use crate::userland::{Preparations, SandboxUserland};
use bytes::Bytes;
use hotcell_guest::{Ending, EventSink, Guest, GuestOptions, Lifecycle};
use hotcell_protocol::{
    BlobDigest, Command, ErrorInfo, Event, FileContent, FsRequest, KillReason, Limits, Phase, Reply, Request,
    RequestId, SandboxId, SandboxOptions, SpawnOptions,
};
use hotcell_vfs::{Base, Errno};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Guests that may live at once on a connection.
pub const MAX_GUESTS: usize = 10_000;

/// Sandboxes that may exist at once on a connection.
pub const MAX_SANDBOXES: usize = 10_000;

/// One host's end of the runtime. Dropping it cancels the host's guests and frees its sandboxes: a host that dies takes its
/// guests with it.
pub struct Connection {
    runtime: Arc<Shared>,
    link: Arc<Link>,
    serial: u64,
    limits: Limits,
    sandboxes: HashMap<SandboxId, Sandbox>,
    uploads: Uploads,
    userlands: Arc<Preparations>,
}

impl Connection {
    pub(crate) fn new(runtime: Arc<Shared>, link: Arc<Link>, serial: u64, limits: Limits) -> Self {
        let (sandboxes, uploads, userlands) = (HashMap::new(), Uploads::default(), Arc::default());
        Self { runtime, link, serial, limits, sandboxes, uploads, userlands }
    }

    /// Does what the host commands. Never waits: what takes long goes on in a guest's thread. Everything that is wrong with a
    /// request is its reply.
    ///
    /// # Errors
    /// Where the host did what no correct host does: tell it why, and drop the connection.
    pub fn handle(&mut self, command: Command) -> Result<(), Violation> {
        self.handle_received(command, Instant::now())
    }

    /// [`Connection::handle`] for a command that arrived at that moment, from which on a guest's time counts.
    ///
    /// # Errors
    /// The same.
    pub fn handle_received(&mut self, command: Command, received: Instant) -> Result<(), Violation> {
        match command {
            Command::Request { id, request } => self.request(id, request, received),
            Command::Upload { id, bytes, last } => self.upload(id, bytes, last),
            Command::Stdin { guest, bytes, last } => match self.link.guest(guest) {
                Some(live) if !live.push_stdin(bytes, last) => Err(Violation::StdinBeyondCredit { guest }),
                // The guest may have ended before the host could know.
                _ => Ok(()),
            },
        }
    }

    fn request(&mut self, id: RequestId, request: Request, received: Instant) -> Result<(), Violation> {
        if self.userlands.take_any_failed() {
            self.forget_failed_sandboxes();
        }
        let result = match request {
            Request::CreateSandbox { options } => self.create_sandbox(id, options),
            Request::DestroySandbox { sandbox } => self.destroy_sandbox(sandbox).map(|()| Some(Reply::Done)),
            Request::Spawn { sandbox, options } => self.spawn(id, sandbox, options, received).map(|()| None),
            Request::Kill { guest, reason } => {
                if let Some(guest) = self.link.guest(guest) {
                    match reason {
                        KillReason::Signal { signal } => guest.signal(signal),
                        KillReason::Cancel => drop(guest.end(Ending::Cancelled)),
                    }
                }
                Ok(None)
            }
            Request::Credit { guest, stream, bytes } => {
                if let Some(guest) = self.link.guest(guest) {
                    guest.grant(stream, bytes);
                }
                Ok(None)
            }
            Request::PutBlob { digest, length } => {
                let target = self.blob_target(digest, length);
                self.uploads.announce(id, length, target)?.map(|()| None)
            }
            Request::Fs { sandbox, request } => match request {
                FsRequest::WriteFile { path, content: FileContent::Upload { length }, parents, mode } => {
                    let target = self.file_target(sandbox, path, length, parents, mode);
                    self.uploads.announce(id, length, target)?.map(|()| None)
                }
                request => self.file_request(id, sandbox, request),
            },
            Request::Stats => Ok(Some(Reply::Stats { stats: Box::new(self.runtime.stats()) })),
            Request::Shutdown => {
                self.reply(id, Ok(Reply::Done));
                self.runtime.shut_down();
                Ok(None)
            }
        };
        if let Some(result) = result.transpose() {
            self.reply(id, result);
        }
        Ok(())
    }

    fn reply(&self, id: RequestId, result: Result<Reply, RequestError>) {
        let reply = result.unwrap_or_else(|error| Reply::Failed { error: ErrorInfo::from(&error) });
        self.link.send(Event::Reply { id, reply });
    }

    fn sandbox(&self, id: SandboxId) -> Result<&Sandbox, RequestError> {
        self.sandboxes.get(&id).ok_or(RequestError::UnknownSandbox { id })
    }

    /// Where the sandbox has a userland, the reply comes once that is ready.
    fn create_sandbox(&mut self, id: SandboxId, mut options: SandboxOptions) -> Result<Option<Reply>, RequestError> {
        if self.runtime.is_closing() {
            return Err(RequestError::Closed);
        }
        let count = self.sandboxes.len();
        match self.sandboxes.entry(id) {
            Entry::Occupied(_) => Err(RequestError::IdInUse { what: "sandbox", id }),
            Entry::Vacant(_) if count >= MAX_SANDBOXES => Err(RequestError::TooManySandboxes { max: MAX_SANDBOXES }),
            Entry::Vacant(vacant) => {
                let userland = options.userland.take();
                let mut sandbox = Sandbox::new(options, self.limits, &self.runtime.options.mount_roots)?;
                if let Some(source) = userland {
                    let link = Arc::clone(&self.link);
                    let then = move |prepared: Result<(), ErrorInfo>| {
                        let reply = prepared.map_or_else(|error| Reply::Failed { error }, |()| Reply::Done);
                        link.send(Event::Reply { id, reply });
                    };
                    sandbox.userland = Some(self.userlands.start(&self.runtime.options.engine, source, then)?);
                }
                let replies_later = sandbox.userland.is_some();
                vacant.insert(sandbox);
                self.runtime.sandboxes.fetch_add(1, Ordering::Relaxed);
                Ok((!replies_later).then_some(Reply::Done))
            }
        }
    }

    fn forget_failed_sandboxes(&mut self) {
        let before = self.sandboxes.len();
        self.sandboxes.retain(|_, sandbox| !sandbox.userland.as_ref().is_some_and(SandboxUserland::has_failed));
        self.runtime.sandboxes.fetch_sub((before - self.sandboxes.len()) as u32, Ordering::Relaxed);
    }

    fn destroy_sandbox(&mut self, id: SandboxId) -> Result<(), RequestError> {
        self.sandboxes.remove(&id).ok_or(RequestError::UnknownSandbox { id })?;
        self.runtime.sandboxes.fetch_sub(1, Ordering::Relaxed);
        self.link.cancel_sandbox(id);
        Ok(())
    }

    /// What a start costs here, beside what the engine does: the sandbox's look-up, a copy of its environment, a `stat` of the
    /// working directory; for a command one look-up per directory of PATH and one in the module cache; then the guest itself
    /// (one allocation, an insertion into the warden's book) and its entry into the connection's table.
    fn spawn(
        &mut self,
        id: RequestId,
        sandbox: SandboxId,
        options: SpawnOptions,
        received: Instant,
    ) -> Result<(), RequestError> {
        let taken_up = Instant::now();
        if self.runtime.is_closing() {
            return Err(RequestError::Closed);
        }
        let in_sandbox = self.sandbox(sandbox)?;
        self.link.check_new_guest(id, sandbox, in_sandbox.processes)?;
        let userland = in_sandbox.userland.as_ref().map(|userland| userland.get(sandbox)).transpose()?;
        let prepared = PreparedGuest::new(in_sandbox, userland, &self.runtime.options.modules, options)?;
        let guest = Guest::new(GuestOptions {
            id,
            limits: prepared.limits,
            stdin: prepared.stdin,
            credit: prepared.credit,
            sink: Arc::clone(&self.link) as Arc<dyn EventSink>,
            lifecycle: Arc::clone(&self.link) as Arc<dyn Lifecycle>,
            warden: Arc::clone(&self.runtime.warden),
            received,
            phases: prepared.phases || self.runtime.options.phases,
        });
        guest.end_phase_at(Phase::Queue, taken_up);
        self.link.enter(sandbox, &guest);
        if self.runtime.is_closing() {
            // Asked again: another connection's shutdown may have gone through the table just before.
            guest.end(Ending::Cancelled);
        }
        let (modules, engine) = (&self.runtime.options.modules, &self.runtime.options.engine);
        if self.runtime.admission.enter_at_once() {
            prepared.run(guest, modules, engine);
        } else {
            let (modules, engine) = (Arc::clone(modules), Arc::clone(engine));
            self.runtime.admission.wait(guest, Box::new(move |guest| prepared.run(guest, &modules, &engine)));
        }
        Ok(())
    }

    fn blob_target(&self, digest: BlobDigest, length: u64) -> Result<UploadTarget, RequestError> {
        let module = self.runtime.options.modules.receive(digest, length)?;
        Ok(UploadTarget::Blob(Box::new(module)))
    }

    fn file_target(
        &self,
        id: SandboxId,
        path: String,
        length: u64,
        parents: bool,
        mode: u32,
    ) -> Result<UploadTarget, RequestError> {
        let sandbox = self.sandbox(id)?;
        let path = sandbox.path(&path);
        if length > sandbox.vfs.usage().max_bytes {
            return Err(RequestError::Fs { errno: Errno::ENOSPC, operation: "write", path });
        }
        Ok(UploadTarget::File(FileUpload { sandbox: id, path, parents, mode, bytes: Vec::new() }))
    }

    fn file_request(
        &self,
        id: RequestId,
        sandbox: SandboxId,
        request: FsRequest,
    ) -> Result<Option<Reply>, RequestError> {
        let sandbox = self.sandbox(sandbox)?;
        match request {
            FsRequest::WriteFile { path, content: FileContent::Blob { digest }, parents, mode } => {
                files::write_blob(sandbox, &self.runtime.options.modules, &path, digest, parents, mode)?;
                Ok(Some(Reply::Done))
            }
            request => files::perform(sandbox, id, request, &*self.link),
        }
    }

    fn upload(&mut self, id: RequestId, bytes: Bytes, last: bool) -> Result<(), Violation> {
        if let Some(result) = self.uploads.receive(id, bytes, last)? {
            let result = result.and_then(|target| self.store(target)).map(|()| Reply::Done);
            self.reply(id, result);
        }
        Ok(())
    }

    fn store(&self, target: UploadTarget) -> Result<(), RequestError> {
        match target {
            UploadTarget::Blob(module) => {
                module.finish(&self.runtime.options.modules)?;
                Ok(())
            }
            UploadTarget::File(FileUpload { sandbox, path, parents, mode, bytes }) => {
                let vfs = &self.sandbox(sandbox)?.vfs;
                let written = vfs.write_file(Base::Root, &path, bytes, mode, parents);
                written.map_err(|errno| RequestError::Fs { errno, operation: "open", path })
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.runtime.disconnect(self.serial);
        self.runtime.sandboxes.fetch_sub(self.sandboxes.len() as u32, Ordering::Relaxed);
        self.link.cancel_all();
    }
}
