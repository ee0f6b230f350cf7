use crate::cursor::Cursor;
use crate::errno::Errno;
use crate::file::Handle;
use crate::host::{HostCourse, HostFound, HostObject, Walked, walk};
use crate::inode::Inode;
use crate::resolve::{Base, Confinement, FollowSymlinks, Found, Last, Resolved, TreeCourse, resolve};
use crate::tree::Tree;
use crate::vfs::Vfs;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::ops::Deref;
use std::sync::Arc;

/// A resolution that is under way.
#[derive(Debug)]
pub(crate) enum Course<'p> {
    Tree(TreeCourse<'p>),
    Host(HostCourse<'p>),
}

/// Where a path leads. `Lock` is the tree's, held since the look-up.
pub(crate) enum Located<'p, Lock> {
    Tree(Lock, Found<'p>),
    Host(HostFound<'p>),
}

/// What a path leads to that is there.
pub(crate) enum Object {
    Tree(Arc<Inode>),
    Host(HostObject),
}

/// One of two places that a path leads to.
pub(crate) enum Place<'p> {
    Tree(Found<'p>),
    Host(HostFound<'p>),
}

/// A path that is located together with another.
enum Pending<'p> {
    Course(TreeCourse<'p>),
    Host(HostFound<'p>),
}

impl Vfs {
    /// Where a path of that base starts. `EXDEV`, `ENOTDIR`, and what is wrong with the path.
    pub(crate) fn course<'p>(&self, base: Base<'_>, path: &'p str) -> Result<Course<'p>, Errno> {
        let (file, beneath) = match base {
            Base::Root => (None, false),
            Base::Directory(file) => (Some(file), false),
            Base::Beneath(file) => (Some(file), true),
        };
        if file.is_some_and(|file| file.vfs().id != self.id) {
            return Err(Errno::EXDEV);
        }
        if file.is_some_and(|file| !file.is_directory()) {
            return Err(Errno::ENOTDIR);
        }
        let cursor = Cursor::new(path)?;
        if path.starts_with('/') {
            return if beneath { Err(Errno::EPERM) } else { Ok(self.root_course(cursor)) };
        }
        Ok(match file.map(|file| file.handle()) {
            None => self.root_course(cursor),
            Some(Handle::Tree { inode, .. }) => {
                let confinement = if beneath { Confinement::Tree(inode.id) } else { Confinement::None };
                Course::Tree(TreeCourse { directory: Arc::clone(inode), confinement, cursor })
            }
            Some(Handle::HostDirectory { directory, .. }) => {
                let confinement =
                    if beneath { Confinement::Host(directory.path().to_owned()) } else { Confinement::None };
                Course::Host(HostCourse { directory: directory.duplicate()?, confinement, cursor })
            }
            Some(Handle::HostFile(_)) => return Err(Errno::ENOTDIR),
        })
    }

    fn root_course<'p>(&self, cursor: Cursor<'p>) -> Course<'p> {
        let directory = Arc::clone(&self.root);
        Course::Tree(TreeCourse { directory, confinement: Confinement::None, cursor })
    }

    /// Where a path leads, the tree locked for looking.
    pub(crate) fn locate<'v, 'p>(
        &'v self,
        base: Base<'_>,
        path: &'p str,
        last: Last,
    ) -> Result<Located<'p, RwLockReadGuard<'v, Tree>>, Errno> {
        self.locate_with(self.course(base, path)?, last, RwLock::read)
    }

    /// Where a path leads, the tree locked for changing.
    pub(crate) fn locate_mut<'v, 'p>(
        &'v self,
        base: Base<'_>,
        path: &'p str,
        last: Last,
    ) -> Result<Located<'p, RwLockWriteGuard<'v, Tree>>, Errno> {
        self.locate_with(self.course(base, path)?, last, RwLock::write)
    }

    fn locate_with<'v, 'p, Lock: Deref<Target = Tree>>(
        &'v self,
        mut course: Course<'p>,
        last: Last,
        lock: impl Fn(&'v RwLock<Tree>) -> Lock,
    ) -> Result<Located<'p, Lock>, Errno> {
        loop {
            let within_tree = match course {
                Course::Tree(course) => course,
                Course::Host(on_host) => match self.walk(on_host, last)? {
                    Walked::Found(found) => return Ok(Located::Host(found)),
                    Walked::Left(next) => next,
                },
            };
            let tree = lock(&self.tree);
            let resolved = resolve(&tree, within_tree, last)?;
            if let Resolved::Found(found) = resolved {
                return Ok(Located::Tree(tree, found));
            }
            drop(tree);
            course = self.detour(resolved)?;
        }
    }

    /// Where a path leads, the tree locked by the caller; `None` where it leads to the host on the way.
    pub(crate) fn resolve_in_tree<'p>(
        &self,
        tree: &Tree,
        base: Base<'_>,
        path: &'p str,
        last: Last,
    ) -> Result<Option<Found<'p>>, Errno> {
        let Course::Tree(course) = self.course(base, path)? else { return Ok(None) };
        match resolve(tree, course, last)? {
            Resolved::Found(found) => Ok(Some(found)),
            Resolved::Mount { .. } | Resolved::Lower { .. } => Ok(None),
        }
    }

    /// Where two paths lead, both at one moment as far as they lead into the tree. Where the first is to be `existing`, what is
    /// wrong with it is told before the second is looked at.
    pub(crate) fn locate_pair<'p>(
        &self,
        existing: bool,
        (first_base, first, first_last): (Base<'_>, &'p str, Last),
        (second_base, second, second_last): (Base<'_>, &'p str, Last),
    ) -> Result<(RwLockWriteGuard<'_, Tree>, Place<'p>, Place<'p>), Errno> {
        let (first, second) = (self.course(first_base, first)?, self.course(second_base, second)?);
        let mut first = self.pending(first, first_last, existing)?;
        let mut second = self.pending(second, second_last, false)?;
        loop {
            let tree = self.tree.write();
            let resolved = |pending: &Pending<'p>, last| match pending {
                Pending::Course(course) => resolve(&tree, course.clone(), last).map(Some),
                Pending::Host(_) => Ok(None),
            };
            let from = match resolved(&first, first_last)? {
                Some(Resolved::Found(found)) => Some(found),
                None => None,
                Some(detour) => {
                    drop(tree);
                    first = self.pending(self.detour(detour)?, first_last, existing)?;
                    continue;
                }
            };
            if let (true, Some(found)) = (existing, &from) {
                found.check_existing()?;
            }
            let to = match resolved(&second, second_last)? {
                Some(Resolved::Found(found)) => Some(found),
                None => None,
                Some(detour) => {
                    drop(tree);
                    second = self.pending(self.detour(detour)?, second_last, false)?;
                    continue;
                }
            };
            let place = |found: Option<Found<'p>>, pending| match (found, pending) {
                (Some(found), _) => Place::Tree(found),
                (None, Pending::Host(found)) => Place::Host(found),
                (None, Pending::Course(_)) => unreachable!("a course within the tree was resolved"),
            };
            let (first, second) = (place(from, first), place(to, second));
            return Ok((tree, first, second));
        }
    }

    fn pending<'p>(&self, course: Course<'p>, last: Last, existing: bool) -> Result<Pending<'p>, Errno> {
        Ok(match course {
            Course::Tree(course) => Pending::Course(course),
            Course::Host(course) => match self.walk(course, last)? {
                Walked::Found(found) => {
                    if existing {
                        found.check_existing()?;
                    }
                    Pending::Host(found)
                }
                Walked::Left(course) => Pending::Course(course),
            },
        })
    }

    /// What has to happen without the tree's lock before a path can be followed further.
    fn detour<'p>(&self, resolved: Resolved<'p>) -> Result<Course<'p>, Errno> {
        match resolved {
            Resolved::Found(_) => unreachable!("a path that was followed to its end needs no detour"),
            Resolved::Mount { mount, confinement, cursor } => {
                Ok(Course::Host(HostCourse { directory: mount.root()?, confinement, cursor }))
            }
            Resolved::Lower { directory, course } => {
                self.take_over_entries(directory)?;
                Ok(Course::Tree(course))
            }
        }
    }

    fn walk<'p>(&self, course: HostCourse<'p>, last: Last) -> Result<Walked<'p>, Errno> {
        walk(course, last, |id| match id {
            Some(mount_point) => Ok(Arc::clone(&self.tree.read().directory(mount_point)?.inode)),
            None => Ok(Arc::clone(&self.root)),
        })
    }

    /// What a path leads to.
    pub(crate) fn lookup(&self, base: Base<'_>, path: &str, follow: FollowSymlinks) -> Result<Object, Errno> {
        match self.locate(base, path, follow.into())? {
            Located::Tree(_, found) => Ok(Object::Tree(found.existing()?)),
            Located::Host(found) => Ok(Object::Host(found.existing()?)),
        }
    }
}
