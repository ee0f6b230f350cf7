use crate::cursor::Cursor;
use crate::errno::Errno;
use crate::file::OpenFile;
use crate::host::Mount;
use crate::inode::{Body, Inode};
use crate::tree::{ROOT, Tree};
use std::borrow::Cow;
use std::sync::Arc;

/// The longest path in bytes: Linux's `PATH_MAX` without the NUL.
pub const MAX_PATH_BYTES: usize = 4095;
/// The longest name of a directory entry in bytes: Linux's `NAME_MAX`.
pub const MAX_NAME_BYTES: usize = 255;
/// Symbolic links that one resolution follows at most; Linux has the same limit.
pub const MAX_SYMLINKS: u32 = 40;

/// Where a path starts, and what it may reach.
#[derive(Clone, Copy, Debug)]
pub enum Base<'a> {
    /// Relative paths start at the root, as absolute ones do.
    Root,
    /// Relative paths start at that directory, absolute ones at the root.
    Directory(&'a OpenFile),
    /// The path starts at that directory and stays beneath it: an absolute path, or a `..` or symbolic link that leads out
    /// of the directory on the way, is `EPERM`.
    Beneath(&'a OpenFile),
}

/// Whether a symbolic link at the very end of a path is followed. A path that ends in a slash always follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowSymlinks {
    Yes,
    No,
}

/// What becomes of a symbolic link at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    Follow,
    /// It is what is looked for, unless a slash follows.
    Keep,
    /// It is what is looked for: the name itself is to be made, moved or removed.
    Name,
    /// A file is to be there, or to be made where the link leads; where a slash follows, it can't be.
    Create,
}

impl From<FollowSymlinks> for Last {
    fn from(follow: FollowSymlinks) -> Self {
        match follow {
            FollowSymlinks::Yes => Self::Follow,
            FollowSymlinks::No => Self::Keep,
        }
    }
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Found<'p> {
    /// A name in a directory that is there; `inode` where the name is, too.
    Entry { parent: u64, name: Cow<'p, str>, inode: Option<Arc<Inode>>, trailing_slash: bool },
    /// A directory that the path does not name: it ends in `.` or `..`, or is the root.
    Directory { inode: Arc<Inode>, ending: Ending },
}

/// How a path ends that names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Root,
    Dot,
    DotDot,
}

impl Found<'_> {
    /// What is there. `ENOENT`; `ENOTDIR` where a slash follows what is no directory.
    pub fn existing(self) -> Result<Arc<Inode>, Errno> {
        self.check_existing()?;
        match self {
            Self::Directory { inode, .. } => Ok(inode),
            Self::Entry { inode, .. } => inode.ok_or(Errno::ENOENT),
        }
    }

    /// Whether [`Found::existing`] gives anything.
    pub fn check_existing(&self) -> Result<(), Errno> {
        match self {
            Self::Entry { inode: None, .. } => Err(Errno::ENOENT),
            Self::Entry { inode: Some(inode), trailing_slash: true, .. } if !inode.is_directory() => {
                Err(Errno::ENOTDIR)
            }
            Self::Entry { .. } | Self::Directory { .. } => Ok(()),
        }
    }
}

/// What a path that is confined must not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Confinement {
    None,
    /// The directory with that inode number.
    Tree(u64),
    /// The mounted directory at that path of its mount.
    Host(String),
}

/// A resolution that has come to a directory of the tree.
#[derive(Clone, Debug)]
pub(crate) struct TreeCourse<'p> {
    pub directory: Arc<Inode>,
    pub confinement: Confinement,
    pub cursor: Cursor<'p>,
}

/// How far a path can be followed within the tree.
#[derive(Debug)]
pub(crate) enum Resolved<'p> {
    Found(Found<'p>),
    /// It goes on in a directory of the host's.
    Mount {
        mount: Arc<Mount>,
        confinement: Confinement,
        cursor: Cursor<'p>,
    },
    /// It goes on once the entries of that directory have been taken over from the host.
    Lower {
        directory: u64,
        course: TreeCourse<'p>,
    },
}

/// Follows a path, name by name, from one directory of the tree to the next.
pub(crate) fn resolve<'p>(tree: &Tree, course: TreeCourse<'p>, last: Last) -> Result<Resolved<'p>, Errno> {
    let TreeCourse { directory, confinement, mut cursor } = course;
    let mut here = &directory;
    loop {
        let step = cursor.step()?;
        let leaves = step.is_some_and(|step| cursor.name(step) == "..");
        match &here.body {
            Body::Mount(mount) if !leaves => {
                return Ok(Resolved::Mount { mount: Arc::clone(mount), confinement, cursor });
            }
            _ => {}
        }
        let Some(step) = step else {
            let found = Found::Directory { inode: Arc::clone(here), ending: Ending::Root };
            return Ok(Resolved::Found(found));
        };
        match cursor.name(step) {
            "." => {
                if step.is_last {
                    return Ok(Resolved::Found(Found::Directory { inode: Arc::clone(here), ending: Ending::Dot }));
                }
            }
            ".." => {
                if confinement == Confinement::Tree(here.id) {
                    return Err(Errno::EPERM);
                }
                here = &tree.parent(here.id)?.inode;
                if step.is_last {
                    return Ok(Resolved::Found(Found::Directory { inode: Arc::clone(here), ending: Ending::DotDot }));
                }
            }
            name => {
                let entries = tree.directory(here.id)?;
                if entries.lower().is_some() {
                    let course = TreeCourse { directory: Arc::clone(here), confinement, cursor };
                    return Ok(Resolved::Lower { directory: course.directory.id, course });
                }
                let found = entries.get(name);
                match found.map(|inode| (inode, &inode.body)) {
                    Some((_, Body::Symlink(symlink))) if !step.is_last || last.follows(step.trailing_slash) => {
                        if cursor.follow(step, &symlink.target)? {
                            here = leave_for_root(tree, &confinement)?;
                        }
                        continue;
                    }
                    Some((inode, Body::Mount(_))) if step.is_last && last != Last::Name => here = inode,
                    _ if step.is_last => {
                        let (parent, inode) = (here.id, found.cloned());
                        let trailing_slash = step.trailing_slash;
                        let name = cursor.into_name(step);
                        return Ok(Resolved::Found(Found::Entry { parent, name, inode, trailing_slash }));
                    }
                    Some((inode, Body::Directory | Body::Mount(_))) => here = inode,
                    Some(_) => return Err(Errno::ENOTDIR),
                    None => return Err(Errno::ENOENT),
                }
            }
        }
        cursor.pass(step);
    }
}

impl Last {
    /// Whether a symbolic link at the end is followed.
    pub fn follows(self, trailing_slash: bool) -> bool {
        match self {
            Self::Follow => true,
            Self::Keep => trailing_slash,
            Self::Name => false,
            Self::Create => !trailing_slash,
        }
    }
}

fn leave_for_root<'t>(tree: &'t Tree, confinement: &Confinement) -> Result<&'t Arc<Inode>, Errno> {
    if *confinement == Confinement::None { Ok(&tree.directory(ROOT)?.inode) } else { Err(Errno::EPERM) }
}
