use super::directory::HostDirectory;
use super::file::{HostFile, open_regular};
use super::handles::HandleCharge;
use super::object::{HOST_PERMISSION_BITS, HostObject};
use super::walk::HostFound;
use crate::errno::Errno;
use crate::open::OpenOptions;
use crate::stat::FileKind;
use cap_std::fs::OpenOptionsExt;

/// What a host's file or directory is opened as.
pub(crate) enum Opened {
    File(HostFile),
    Directory(HostDirectory, HandleCharge),
}

impl HostFound<'_> {
    /// Opens what was found, or makes the file. The order of the checks is that of the tree's own files.
    pub fn open(self, options: &OpenOptions) -> Result<Opened, Errno> {
        let changes = options.write || options.append || options.truncate;
        if let Self::Entry { directory, name, metadata: None, trailing_slash: false } = &self
            && options.create
        {
            directory.mount.check_writable()?;
            return open_file(directory, name, options, true).map(Opened::File);
        }
        if options.create && matches!(self, Self::Entry { trailing_slash: true, .. }) {
            return Err(Errno::EISDIR);
        }
        let object = self.existing()?;
        let kind = object.stat()?.kind;
        match kind {
            _ if options.create && options.exclusive => Err(Errno::EEXIST),
            FileKind::Directory if options.create || changes => Err(Errno::EISDIR),
            FileKind::Directory => {
                let directory = object.enter()?;
                let charge = HandleCharge::new(&directory.mount.handles)?;
                Ok(Opened::Directory(directory, charge))
            }
            _ if options.directory => Err(Errno::ENOTDIR),
            FileKind::Symlink => Err(Errno::ELOOP),
            FileKind::File | FileKind::CharacterDevice => {
                let HostObject::Entry { directory, name, .. } = &object else { return Err(Errno::ENOENT) };
                if changes {
                    directory.mount.check_writable()?;
                }
                open_file(directory, name, options, false).map(Opened::File)
            }
        }
    }
}

fn open_file(directory: &HostDirectory, name: &str, options: &OpenOptions, make: bool) -> Result<HostFile, Errno> {
    let charge = HandleCharge::new(&directory.mount.handles)?;
    let write = options.write || options.append || options.truncate || make;
    let mut on_host = cap_std::fs::OpenOptions::new();
    // A file can't be opened for neither: whoever asks for that wants its stat.
    on_host.read(options.read || !write).write(write);
    if make {
        on_host.create(true).create_new(options.exclusive).mode(options.permissions & HOST_PERMISSION_BITS);
    }
    let file = open_regular(directory, name, &mut on_host, Some(charge))?;
    if options.truncate {
        file.set_size(0)?;
    }
    if options.append {
        file.set_append(true);
    }
    Ok(file)
}
