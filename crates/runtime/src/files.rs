use crate::error::{FsContext, RequestError};
use crate::sandbox::Sandbox;
use bytes::Bytes;
use hotcell_guest::EventSink;
use hotcell_modules::ModuleCache;
use hotcell_protocol::{BlobDigest, DirEntry, Event, FileKind, FileStat, FsRequest, Reply, RequestId};
use hotcell_vfs::{Base, Errno, FollowSymlinks, Snapshot, Stat};
use std::sync::Arc;

/// Bytes of a file that one event carries.
const DOWNLOAD_PART: usize = 1 << 20;

/// Does what needs no bytes from the host. `None` where the answer went out as downloads.
///
/// # Panics
/// For [`FsRequest::WriteFile`], which needs bytes.
pub(crate) fn perform(
    sandbox: &Sandbox,
    id: RequestId,
    request: FsRequest,
    sink: &dyn EventSink,
) -> Result<Option<Reply>, RequestError> {
    let vfs = &sandbox.vfs;
    let reply = match request {
        FsRequest::WriteFile { .. } => unreachable!("the connection takes the bytes of a file"),
        FsRequest::ReadFile { path } => {
            let path = sandbox.path(&path);
            download(id, vfs.snapshot(Base::Root, &path).during("open", &path)?, sink);
            return Ok(None);
        }
        FsRequest::Mkdir { path, recursive } => {
            let path = sandbox.path(&path);
            if recursive {
                vfs.create_dir_all(Base::Root, &path, 0o755).map(drop).during("mkdir", &path)?;
            } else {
                vfs.create_dir(Base::Root, &path, 0o755).during("mkdir", &path)?;
            }
            Reply::Done
        }
        FsRequest::Readdir { path } => {
            let path = sandbox.path(&path);
            let entries = vfs.read_dir(Base::Root, &path).during("scandir", &path)?;
            let entries =
                entries.into_iter().map(|entry| DirEntry { name: entry.name.to_string(), kind: kind(entry.kind) });
            Reply::Readdir { entries: entries.collect() }
        }
        FsRequest::Stat { path, follow } => {
            let path = sandbox.path(&path);
            let (operation, follow) =
                if follow { ("stat", FollowSymlinks::Yes) } else { ("lstat", FollowSymlinks::No) };
            Reply::Stat { stat: file_stat(&vfs.stat(Base::Root, &path, follow).during(operation, &path)?) }
        }
        FsRequest::Rm { path, recursive, force } => {
            let path = sandbox.path(&path);
            let removed = if recursive { vfs.remove_all(Base::Root, &path) } else { vfs.unlink(Base::Root, &path) };
            match removed {
                Err(Errno::ENOENT) if force => {}
                removed => removed.during("rm", &path)?,
            }
            Reply::Done
        }
        FsRequest::Rename { from, to } => {
            let (from, to) = (sandbox.path(&from), sandbox.path(&to));
            vfs.rename(Base::Root, &from, Base::Root, &to).during("rename", &format!("{from}' -> '{to}"))?;
            Reply::Done
        }
        FsRequest::Symlink { target, path } => {
            let path = sandbox.path(&path);
            vfs.symlink(&target, Base::Root, &path).during("symlink", &format!("{target}' -> '{path}"))?;
            Reply::Done
        }
        FsRequest::Readlink { path } => {
            let path = sandbox.path(&path);
            Reply::Readlink { target: vfs.read_link(Base::Root, &path).during("readlink", &path)? }
        }
    };
    Ok(Some(reply))
}

/// Gives a file the content of a blob, which stays shared.
pub(crate) fn write_blob(
    sandbox: &Sandbox,
    modules: &ModuleCache,
    path: &str,
    digest: BlobDigest,
    parents: bool,
    mode: u32,
) -> Result<(), RequestError> {
    let bytes = modules.get(&digest).ok_or(RequestError::UnknownBlob { digest })?;
    let path = sandbox.path(path);
    sandbox.vfs.write_shared(Base::Root, &path, bytes, mode, parents).during("open", &path)
}

/// The snapshot's bytes, not copied.
struct SharedBytes(Arc<Vec<u8>>);

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn download(id: RequestId, content: Snapshot, sink: &dyn EventSink) {
    send_download(id, Bytes::from_owner(SharedBytes(content.bytes)), sink);
}

/// Sends bytes as the answer to a request.
pub(crate) fn send_download(id: RequestId, mut rest: Bytes, sink: &dyn EventSink) {
    loop {
        let bytes = rest.split_to(rest.len().min(DOWNLOAD_PART));
        let last = rest.is_empty();
        sink.send(Event::Download { id, bytes, last });
        if last {
            return;
        }
    }
}

fn kind(kind: hotcell_vfs::FileKind) -> FileKind {
    match kind {
        hotcell_vfs::FileKind::File => FileKind::File,
        hotcell_vfs::FileKind::Directory => FileKind::Directory,
        hotcell_vfs::FileKind::Symlink => FileKind::Symlink,
        hotcell_vfs::FileKind::CharacterDevice => FileKind::Device,
    }
}

fn file_stat(stat: &Stat) -> FileStat {
    let milliseconds = |nanoseconds: i64| nanoseconds as f64 / 1e6;
    FileStat {
        kind: kind(stat.kind),
        size: stat.size,
        mode: stat.permissions,
        inode: stat.inode,
        links: stat.links,
        atime_ms: milliseconds(stat.atime_ns),
        mtime_ms: milliseconds(stat.mtime_ns),
        ctime_ms: milliseconds(stat.ctime_ns),
    }
}
