use super::directory::HostDirectory;
use super::object::HostObject;
use crate::cursor::Cursor;
use crate::errno::Errno;
use crate::inode::Inode;
use crate::resolve::{Confinement, Ending, Last, TreeCourse};
use cap_std::fs::Metadata;
use std::borrow::Cow;
use std::sync::Arc;

/// A resolution that has come to a directory of the host's.
#[derive(Debug)]
pub(crate) struct HostCourse<'p> {
    pub directory: HostDirectory,
    pub confinement: Confinement,
    pub cursor: Cursor<'p>,
}

/// What a path within a mount leads to: what [`crate::resolve::Found`] is in the tree.
#[derive(Debug)]
pub(crate) enum HostFound<'p> {
    /// A name in a directory that is there; `metadata` where the name is, too.
    Entry { directory: HostDirectory, name: Cow<'p, str>, metadata: Option<Box<Metadata>>, trailing_slash: bool },
    /// A directory that the path does not name: it ends in `.` or `..`, or is the mount's root.
    Directory { directory: HostDirectory, ending: Ending },
}

impl HostFound<'_> {
    /// What is there. `ENOENT`; `ENOTDIR` where a slash follows what is no directory.
    pub fn existing(self) -> Result<HostObject, Errno> {
        self.check_existing()?;
        match self {
            Self::Directory { directory, .. } => Ok(HostObject::Directory(directory)),
            Self::Entry { directory, name, metadata, .. } => {
                let metadata = metadata.ok_or(Errno::ENOENT)?;
                Ok(HostObject::Entry { directory, name: name.into_owned(), metadata })
            }
        }
    }

    /// Whether [`HostFound::existing`] gives anything.
    pub fn check_existing(&self) -> Result<(), Errno> {
        match self {
            Self::Entry { metadata: None, .. } => Err(Errno::ENOENT),
            Self::Entry { metadata: Some(metadata), trailing_slash: true, .. } if !metadata.is_dir() => {
                Err(Errno::ENOTDIR)
            }
            Self::Entry { .. } | Self::Directory { .. } => Ok(()),
        }
    }
}

/// How far a path can be followed within a mount.
#[derive(Debug)]
pub(crate) enum Walked<'p> {
    Found(HostFound<'p>),
    /// It goes on in the tree.
    Left(TreeCourse<'p>),
}

/// Follows a path, name by name, from one directory of the host's to the next. Symbolic links lead where they would lead a
/// guest: an absolute one to the guest's root. `tree_directory` gives the directory of the tree with that inode number, or its
/// root.
pub(crate) fn walk<'p>(
    course: HostCourse<'p>,
    last: Last,
    tree_directory: impl Fn(Option<u64>) -> Result<Arc<Inode>, Errno>,
) -> Result<Walked<'p>, Errno> {
    let HostCourse { directory: mut here, confinement, mut cursor } = course;
    loop {
        let Some(step) = cursor.step()? else {
            return Ok(Walked::Found(HostFound::Directory { directory: here, ending: Ending::Root }));
        };
        match cursor.name(step) {
            "." => {
                if step.is_last {
                    return Ok(Walked::Found(HostFound::Directory { directory: here, ending: Ending::Dot }));
                }
            }
            ".." => {
                if matches!(&confinement, Confinement::Host(path) if path == here.path()) {
                    return Err(Errno::EPERM);
                }
                if here.is_root() {
                    let directory = tree_directory(Some(here.mount.point))?;
                    return Ok(Walked::Left(TreeCourse { directory, confinement, cursor }));
                }
                here = here.parent()?;
                if step.is_last {
                    return Ok(Walked::Found(HostFound::Directory { directory: here, ending: Ending::DotDot }));
                }
            }
            name => {
                let metadata = here.look(name)?;
                match &metadata {
                    Some(found) if found.is_symlink() && (!step.is_last || last.follows(step.trailing_slash)) => {
                        let target = here.read_link(name)?;
                        if cursor.follow(step, &target)? {
                            if confinement != Confinement::None {
                                return Err(Errno::EPERM);
                            }
                            let directory = tree_directory(None)?;
                            return Ok(Walked::Left(TreeCourse { directory, confinement, cursor }));
                        }
                        continue;
                    }
                    _ if step.is_last => {
                        let trailing_slash = step.trailing_slash;
                        let name = cursor.into_name(step);
                        return Ok(Walked::Found(HostFound::Entry { directory: here, name, metadata, trailing_slash }));
                    }
                    Some(found) if found.is_dir() => here = here.enter(name)?,
                    Some(_) => return Err(Errno::ENOTDIR),
                    None => return Err(Errno::ENOENT),
                }
            }
        }
        cursor.pass(step);
    }
}
