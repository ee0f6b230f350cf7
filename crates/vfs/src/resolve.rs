use crate::errno::Errno;
use crate::file::OpenFile;
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
        match self {
            Self::Directory { inode, .. } => Ok(inode),
            Self::Entry { inode: None, .. } => Err(Errno::ENOENT),
            Self::Entry { inode: Some(inode), trailing_slash, .. } => {
                if trailing_slash && !inode.is_directory() {
                    Err(Errno::ENOTDIR)
                } else {
                    Ok(inode)
                }
            }
        }
    }
}

/// Where a resolution starts.
#[derive(Clone, Copy)]
pub(crate) struct Start<'a> {
    pub directory: &'a Arc<Inode>,
    /// The inode number of the directory that the path must not leave.
    pub confined_to: Option<u64>,
}

/// Follows a path, name by name, from one directory of the tree to the next.
pub(crate) fn resolve<'p>(tree: &Tree, start: Start<'_>, path: &'p str, last: Last) -> Result<Found<'p>, Errno> {
    check_path(path)?;
    let mut text = Cow::Borrowed(path);
    let mut here = if path.starts_with('/') { leave_for_root(tree, start)? } else { start.directory };
    let mut at = 0;
    let mut links = 0;
    loop {
        let begin = text.len() - text[at..].trim_start_matches('/').len();
        if begin == text.len() {
            return Ok(Found::Directory { inode: Arc::clone(here), ending: Ending::Root });
        }
        let end = text[begin..].find('/').map_or(text.len(), |length| begin + length);
        let next = text.len() - text[end..].trim_start_matches('/').len();
        let is_last = next == text.len();
        let trailing_slash = is_last && end < next;
        match &text[begin..end] {
            "." => {
                if is_last {
                    return Ok(Found::Directory { inode: Arc::clone(here), ending: Ending::Dot });
                }
            }
            ".." => {
                if start.confined_to == Some(here.id) {
                    return Err(Errno::EPERM);
                }
                here = &tree.parent(here.id)?.inode;
                if is_last {
                    return Ok(Found::Directory { inode: Arc::clone(here), ending: Ending::DotDot });
                }
            }
            name if name.len() > MAX_NAME_BYTES => return Err(Errno::ENAMETOOLONG),
            name => {
                let found = tree.directory(here.id)?.get(name);
                match found.map(|inode| (inode, &inode.body)) {
                    Some((_, Body::Symlink(symlink))) if !is_last || follows(last, trailing_slash) => {
                        links += 1;
                        if links > MAX_SYMLINKS {
                            return Err(Errno::ELOOP);
                        }
                        if symlink.target.starts_with('/') {
                            here = leave_for_root(tree, start)?;
                        }
                        text = Cow::Owned([&*symlink.target, &text[end..]].concat());
                        at = 0;
                        continue;
                    }
                    _ if is_last => {
                        let (parent, inode) = (here.id, found.cloned());
                        let name = match text {
                            Cow::Borrowed(text) => Cow::Borrowed(&text[begin..end]),
                            Cow::Owned(text) => Cow::Owned(text[begin..end].to_owned()),
                        };
                        return Ok(Found::Entry { parent, name, inode, trailing_slash });
                    }
                    Some((inode, Body::Directory)) => here = inode,
                    Some(_) => return Err(Errno::ENOTDIR),
                    None => return Err(Errno::ENOENT),
                }
            }
        }
        at = next;
    }
}

/// What every path, and every symbolic link's target, must keep to. `ENOENT`, `ENAMETOOLONG`, `EINVAL`.
pub(crate) fn check_path(path: &str) -> Result<(), Errno> {
    if path.is_empty() {
        Err(Errno::ENOENT)
    } else if path.len() > MAX_PATH_BYTES {
        Err(Errno::ENAMETOOLONG)
    } else if path.as_bytes().contains(&0) {
        Err(Errno::EINVAL)
    } else {
        Ok(())
    }
}

fn follows(last: Last, trailing_slash: bool) -> bool {
    match last {
        Last::Follow => true,
        Last::Keep => trailing_slash,
        Last::Name => false,
        Last::Create => !trailing_slash,
    }
}

fn leave_for_root<'t>(tree: &'t Tree, start: Start<'_>) -> Result<&'t Arc<Inode>, Errno> {
    if start.confined_to.is_some() { Err(Errno::EPERM) } else { Ok(&tree.directory(ROOT)?.inode) }
}
