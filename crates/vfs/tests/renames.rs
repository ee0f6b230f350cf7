use crate::{ROOT, directory, lstat, names, open, read, vfs_with};
use hotcell_vfs::{Base, Errno, FollowSymlinks, OpenOptions, Vfs, VfsOptions};

#[test]
fn rename_moves_files_directories_and_links() {
    let vfs = vfs_with(&["/a/f", "/a/d/g", "/b/"]);
    vfs.symlink("f", ROOT, "/a/l").unwrap();
    let inode = lstat(&vfs, "/a/d").unwrap().inode;
    vfs.rename(ROOT, "/a/f", ROOT, "/b/f2").unwrap();
    vfs.rename(ROOT, "/a/d/", ROOT, "/b/d2/").unwrap();
    vfs.rename(ROOT, "/a/l", ROOT, "/b/l2").unwrap();
    assert!(names(&vfs, "/a").is_empty());
    assert_eq!(names(&vfs, "/b"), ["f2", "d2", "l2"]);
    assert_eq!(read(&vfs, "/b/d2/g").as_deref(), Ok("/a/d/g"));
    assert_eq!(lstat(&vfs, "/b/d2").unwrap().inode, inode);
    assert_eq!((lstat(&vfs, "/a").unwrap().links, lstat(&vfs, "/b").unwrap().links), (2, 3));
    assert_eq!(directory(&vfs, "/b/d2").path().as_deref(), Ok("/b/d2"));
    assert_eq!(vfs.real_path(ROOT, "/b/d2/..").as_deref(), Ok("/b"));
}

#[test]
fn rename_replaces_a_file_which_lives_while_open() {
    let vfs = vfs_with(&["/new", "/old"]);
    let old = open(&vfs, "/old", OpenOptions::READ).unwrap();
    vfs.rename(ROOT, "/new", ROOT, "/old").unwrap();
    assert_eq!(read(&vfs, "/old").as_deref(), Ok("/new"));
    assert_eq!(old.snapshot().unwrap().bytes.as_slice(), b"/old");
    assert_eq!((old.stat().links, vfs.usage().inodes), (0, 2));
    drop(old);
    assert_eq!(vfs.usage().inodes, 1);
}

#[test]
fn rename_replaces_an_empty_directory() {
    let vfs = vfs_with(&["/a/f", "/b/c/"]);
    let replaced = directory(&vfs, "/b/c");
    vfs.rename(ROOT, "/a", ROOT, "/b/c").unwrap();
    assert_eq!(read(&vfs, "/b/c/f").as_deref(), Ok("/a/f"));
    assert_eq!((lstat(&vfs, "/").unwrap().links, lstat(&vfs, "/b").unwrap().links), (5, 3));
    assert_eq!((replaced.stat().links, replaced.path()), (0, Err(Errno::ENOENT)));
    assert_eq!(vfs.create_dir(Base::Directory(&replaced), "x", 0o755), Err(Errno::ENOENT));
}

#[test]
fn rename_says_why_not() {
    let vfs = vfs_with(&["/f", "/d/sub/", "/full/x", "/empty/"]);
    vfs.symlink("d", ROOT, "/l").unwrap();
    let before = (names(&vfs, "/"), vfs.usage());
    for (from, to, error) in [
        ("/missing", "/x", Errno::ENOENT),
        ("/f", "/missing/x", Errno::ENOENT),
        ("/f", "/empty", Errno::EISDIR),
        ("/d", "/f", Errno::ENOTDIR),
        ("/d", "/l", Errno::ENOTDIR),
        ("/d", "/full", Errno::ENOTEMPTY),
        ("/d", "/d/sub/x", Errno::EINVAL),
        ("/d", "/d/x", Errno::EINVAL),
        ("/d", "/l/sub/x", Errno::EINVAL),
        ("/d/sub", "/d", Errno::ENOTEMPTY),
        ("/full/x", "/full", Errno::ENOTEMPTY),
        ("/f", "/new/", Errno::ENOTDIR),
        ("/f/", "/new", Errno::ENOTDIR),
        ("/l/", "/new", Errno::ENOTDIR),
        ("/", "/new", Errno::EBUSY),
        ("/d/.", "/new", Errno::EBUSY),
        ("/d/..", "/new", Errno::EBUSY),
        ("/d", "/", Errno::EBUSY),
        ("/d", "/empty/.", Errno::EBUSY),
        ("/f", &format!("/{}", "x".repeat(256)), Errno::ENAMETOOLONG),
        ("/f/x", "/new", Errno::ENOTDIR),
    ] {
        assert_eq!(vfs.rename(ROOT, from, ROOT, to), Err(error), "{from} {to}");
    }
    assert_eq!((names(&vfs, "/"), vfs.usage()), before);
}

#[test]
fn rename_to_the_same_inode_does_nothing() {
    let vfs = vfs_with(&["/f", "/d/"]);
    vfs.link(ROOT, "/f", FollowSymlinks::No, ROOT, "/g").unwrap();
    let before = lstat(&vfs, "/f").unwrap();
    assert_eq!(vfs.rename(ROOT, "/f", ROOT, "/g"), Ok(()));
    assert_eq!(vfs.rename(ROOT, "/d", ROOT, "/d/"), Ok(()));
    assert_eq!((lstat(&vfs, "/f").unwrap(), lstat(&vfs, "/g").unwrap()), (before, before));
}

#[test]
fn rename_keeps_to_the_depth_limit() {
    let vfs = Vfs::new(VfsOptions { max_depth: 4, ..VfsOptions::default() });
    vfs.create_dir_all(ROOT, "/1/2/3/4", 0o755).unwrap();
    assert_eq!(vfs.create_dir(ROOT, "/1/2/3/4/5", 0o755), Err(Errno::ENAMETOOLONG));
    assert_eq!(vfs.create_dir_all(ROOT, "/a/b/c/d/e", 0o755), Err(Errno::ENAMETOOLONG));
    assert_eq!(lstat(&vfs, "/a"), Err(Errno::ENOENT));
    vfs.write_file(ROOT, "/1/2/3/4/file", vec![], 0o644, false).unwrap();
    vfs.create_dir_all(ROOT, "/a/b", 0o755).unwrap();
    assert_eq!(vfs.rename(ROOT, "/a", ROOT, "/1/2/3/a"), Err(Errno::ENAMETOOLONG));
    assert_eq!(vfs.rename(ROOT, "/a/b", ROOT, "/1/2/3/4/b"), Err(Errno::ENAMETOOLONG));
    assert_eq!(vfs.rename(ROOT, "/a", ROOT, "/1/2/a"), Ok(()));
    assert_eq!(vfs.rename(ROOT, "/1/2", ROOT, "/1/x"), Ok(()));
    assert_eq!(vfs.rename(ROOT, "/1/x", ROOT, "/x"), Ok(()));
}
