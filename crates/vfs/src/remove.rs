use crate::errno::Errno;
use crate::resolve::Base;
use crate::vfs::Vfs;

impl Vfs {
    /// Removes what the path leads to as `rm` does: a directory only where `recursive`, and a path that leads nowhere is no
    /// error where `force`.
    ///
    /// # Errors
    /// As [`Vfs::unlink`], or as [`Vfs::remove_all`] where `recursive`.
    pub fn remove(&self, base: Base<'_>, path: &str, recursive: bool, force: bool) -> Result<(), Errno> {
        match if recursive { self.remove_all(base, path) } else { self.unlink(base, path) } {
            Err(Errno::ENOENT) if force => Ok(()),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Base, Errno, Vfs, VfsOptions};

    #[test]
    fn remove_leaves_directories_unless_recursive() {
        let vfs = Vfs::new(VfsOptions::default());
        vfs.write_file(Base::Root, "/a/b", vec![1], 0o644, true).unwrap();
        assert_eq!(vfs.remove(Base::Root, "/a", false, true), Err(Errno::EISDIR));
        assert_eq!(vfs.remove(Base::Root, "/a", true, false), Ok(()));
        assert_eq!(vfs.remove(Base::Root, "/a", true, false), Err(Errno::ENOENT));
        assert_eq!(vfs.remove(Base::Root, "/a", true, true), Ok(()));
    }
}
