use crate::{ROOT, lstat, open, read, vfs_with};
use hotcell_vfs::{Errno, FollowSymlinks, OpenOptions};

#[test]
fn unlink_removes_names_of_files_only() {
    let vfs = vfs_with(&["/f", "/d/"]);
    vfs.symlink("d", ROOT, "/l").unwrap();
    for (path, error) in [
        ("/d", Errno::EISDIR),
        ("/d/", Errno::EISDIR),
        ("/", Errno::EISDIR),
        ("/d/.", Errno::EISDIR),
        ("/f/", Errno::ENOTDIR),
        ("/l/", Errno::ENOTDIR),
        ("/x", Errno::ENOENT),
        ("/x/", Errno::ENOENT),
        ("/f/x", Errno::ENOTDIR),
    ] {
        assert_eq!(vfs.unlink(ROOT, path), Err(error), "{path}");
    }
    assert_eq!((vfs.unlink(ROOT, "/l"), vfs.unlink(ROOT, "/f")), (Ok(()), Ok(())));
    assert_eq!(lstat(&vfs, "/f"), Err(Errno::ENOENT));
    assert!(lstat(&vfs, "/d").is_ok());
}

#[test]
fn unlinked_file_lives_as_long_as_it_is_open() {
    let vfs = vfs_with(&["/f"]);
    let file = open(&vfs, "/f", crate::READ_WRITE).unwrap();
    vfs.unlink(ROOT, "/f").unwrap();
    assert_eq!(file.stat().links, 0);
    file.write_at(b"more", 2).unwrap();
    let mut buffer = [0; 10];
    assert_eq!(file.read_at(&mut buffer, 0), Ok(6));
    assert_eq!(&buffer[..6], b"/fmore");
    crate::write(&vfs, "/f", b"new");
    assert_ne!(lstat(&vfs, "/f").unwrap().inode, file.stat().inode);
    assert_eq!((vfs.usage().bytes, vfs.usage().inodes, vfs.usage().open_files), (9, 2, 1));
    drop(file);
    assert_eq!((vfs.usage().bytes, vfs.usage().inodes, vfs.usage().open_files), (3, 1, 0));
}

#[test]
fn link_gives_a_file_another_name() {
    let vfs = vfs_with(&["/f", "/d/"]);
    vfs.link(ROOT, "/f", FollowSymlinks::No, ROOT, "/d/g").unwrap();
    assert_eq!(lstat(&vfs, "/f"), lstat(&vfs, "/d/g"));
    assert_eq!(lstat(&vfs, "/f").unwrap().links, 2);
    open(&vfs, "/d/g", crate::READ_WRITE).unwrap().write_at(b"X", 0).unwrap();
    assert_eq!(read(&vfs, "/f").as_deref(), Ok("Xf"));
    assert_eq!(vfs.usage().inodes, 3);
    vfs.unlink(ROOT, "/f").unwrap();
    assert_eq!((lstat(&vfs, "/d/g").unwrap().links, vfs.usage().inodes), (1, 2));
    let no = FollowSymlinks::No;
    for (existing, new, error) in [
        ("/d", "/e", Errno::EPERM),
        ("/", "/e", Errno::EPERM),
        ("/d", "/d/g", Errno::EEXIST),
        ("/d/g", "/d", Errno::EEXIST),
        ("/d/g", "/", Errno::EEXIST),
        ("/d/g", "/new/", Errno::ENOENT),
        ("/d/g", "/missing/new", Errno::ENOENT),
        ("/d/g/", "/new", Errno::ENOTDIR),
        ("/missing", "/new", Errno::ENOENT),
    ] {
        assert_eq!(vfs.link(ROOT, existing, no, ROOT, new), Err(error), "{existing} {new}");
    }
}

#[test]
fn link_to_a_symlink_is_to_it_or_to_its_target() {
    let vfs = vfs_with(&["/f"]);
    vfs.symlink("f", ROOT, "/l").unwrap();
    vfs.link(ROOT, "/l", FollowSymlinks::No, ROOT, "/to-link").unwrap();
    vfs.link(ROOT, "/l", FollowSymlinks::Yes, ROOT, "/to-file").unwrap();
    assert_eq!(vfs.read_link(ROOT, "/to-link").as_deref(), Ok("f"));
    assert_eq!(lstat(&vfs, "/l").unwrap().links, 2);
    assert_eq!(lstat(&vfs, "/to-file").unwrap().inode, lstat(&vfs, "/f").unwrap().inode);
}

#[test]
fn symlink_keeps_its_target_as_it_is() {
    let vfs = vfs_with(&["/d/f"]);
    vfs.symlink("../d//./f", ROOT, "/d/l").unwrap();
    assert_eq!(vfs.read_link(ROOT, "/d/l").as_deref(), Ok("../d//./f"));
    assert_eq!(read(&vfs, "/d/l").as_deref(), Ok("/d/f"));
    let stat = lstat(&vfs, "/d/l").unwrap();
    assert_eq!((stat.mode(), stat.size, stat.links), (0o120777, 9, 1));
    assert_eq!(vfs.read_link(ROOT, "/d/f"), Err(Errno::EINVAL));
    assert_eq!(vfs.read_link(ROOT, "/d"), Err(Errno::EINVAL));
    for (target, path, error) in [
        ("", "/x", Errno::ENOENT),
        ("a\0b", "/x", Errno::EINVAL),
        (&"x".repeat(4096), "/x", Errno::ENAMETOOLONG),
        ("t", "/d", Errno::EEXIST),
        ("t", "/d/l", Errno::EEXIST),
        ("t", "/x/", Errno::ENOENT),
    ] {
        assert_eq!(vfs.symlink(target, ROOT, path), Err(error), "{path}");
    }
}

#[test]
fn symlink_to_a_directory_ends_in_a_slash_or_not() {
    let vfs = vfs_with(&["/d/f"]);
    vfs.symlink("d", ROOT, "/l").unwrap();
    vfs.symlink("d/f/", ROOT, "/bad").unwrap();
    assert!(lstat(&vfs, "/l").unwrap().size == 1);
    assert_eq!(lstat(&vfs, "/l/").unwrap(), lstat(&vfs, "/d").unwrap());
    assert_eq!(vfs.read_link(ROOT, "/l/"), Err(Errno::EINVAL));
    assert_eq!(read(&vfs, "/bad"), Err(Errno::ENOTDIR));
}

#[test]
fn create_through_a_dangling_symlink_makes_its_target() {
    let vfs = vfs_with(&["/d/"]);
    vfs.symlink("d/made", ROOT, "/l").unwrap();
    let exclusive = OpenOptions { exclusive: true, ..OpenOptions::REPLACE };
    assert_eq!(open(&vfs, "/l", exclusive).unwrap_err(), Errno::EEXIST);
    let no_follow = OpenOptions { follow: FollowSymlinks::No, ..OpenOptions::REPLACE };
    assert_eq!(open(&vfs, "/l", no_follow).unwrap_err(), Errno::ELOOP);
    open(&vfs, "/l", OpenOptions::REPLACE).unwrap();
    assert_eq!(lstat(&vfs, "/d/made").unwrap().size, 0);
}
