use crate::{READ_WRITE, ROOT, directory, lstat, open, vfs, write};
use hotcell_vfs::{Base, Errno, FollowSymlinks, OpenOptions, Vfs, VfsOptions};

#[test]
fn usage_returns_to_the_start_when_everything_is_deleted() {
    let vfs = vfs();
    let before = vfs.usage();
    for number in 0..20 {
        write(&vfs, &format!("/tmp/d{number}/e/f"), &[1; 1000]);
        vfs.symlink("target", ROOT, &format!("/tmp/d{number}/l")).unwrap();
        vfs.link(ROOT, &format!("/tmp/d{number}/l"), FollowSymlinks::No, ROOT, &format!("/tmp/l{number}")).unwrap();
        vfs.link(ROOT, &format!("/tmp/d{number}/e/f"), FollowSymlinks::No, ROOT, &format!("/tmp/f{number}")).unwrap();
    }
    assert_eq!((vfs.usage().bytes, vfs.usage().inodes), (20 * 1006, 20 * 6));
    vfs.rename(ROOT, "/tmp/f0", ROOT, "/tmp/f1").unwrap();
    vfs.rename(ROOT, "/tmp/f2", ROOT, "/tmp/d3/e/f").unwrap();
    assert_eq!((vfs.usage().bytes, vfs.usage().inodes), (20 * 1006, 20 * 6 - 2));
    let held = open(&vfs, "/tmp/d1/e/f", OpenOptions::READ).unwrap();
    for path in ["/tmp", "/dev"] {
        vfs.remove_all(ROOT, path).unwrap();
    }
    assert_eq!((vfs.usage().bytes, vfs.usage().inodes), (1000, 1));
    drop(held);
    assert_eq!(vfs.usage(), before);
}

#[test]
fn byte_quota_is_used_to_the_last_byte() {
    let vfs = Vfs::new(VfsOptions { max_bytes: 100, ..VfsOptions::default() });
    write(&vfs, "/f", &[1; 60]);
    let file = open(&vfs, "/g", OpenOptions::APPEND).unwrap();
    assert_eq!(file.write_at(&[2; 30], 0).unwrap().bytes, 30);
    assert_eq!(file.write_at(&[2; 30], 0).unwrap().bytes, 10);
    assert_eq!(file.write_at(&[2; 30], 0), Err(Errno::ENOSPC));
    assert_eq!(vfs.symlink("t", ROOT, "/l"), Err(Errno::ENOSPC));
    assert_eq!(lstat(&vfs, "/l"), Err(Errno::ENOENT));
    assert_eq!(file.set_size(41), Err(Errno::ENOSPC));
    assert_eq!(file.allocate(40, 1), Err(Errno::ENOSPC));
    assert_eq!(vfs.usage().bytes, 100);
    // What is there can still be overwritten, replaced and cut.
    assert_eq!(open(&vfs, "/f", READ_WRITE).unwrap().write_at(&[3; 60], 0).unwrap().bytes, 60);
    vfs.write_file(ROOT, "/f", vec![4; 60], 0o644, false).unwrap();
    file.set_size(39).unwrap();
    vfs.symlink("t", ROOT, "/l").unwrap();
    assert_eq!(vfs.usage().bytes, 100);
}

#[test]
fn inode_quota_counts_files_directories_links_and_hard_links() {
    let vfs = Vfs::new(VfsOptions { max_inodes: 4, ..VfsOptions::default() });
    write(&vfs, "/f", b"");
    vfs.create_dir(ROOT, "/d", 0o755).unwrap();
    vfs.symlink("t", ROOT, "/l").unwrap();
    vfs.link(ROOT, "/f", FollowSymlinks::No, ROOT, "/g").unwrap();
    assert_eq!(vfs.write_file(ROOT, "/x", vec![], 0o644, false), Err(Errno::ENOSPC));
    assert_eq!(open(&vfs, "/x", OpenOptions::REPLACE).unwrap_err(), Errno::ENOSPC);
    assert_eq!(vfs.create_dir(ROOT, "/x", 0o755), Err(Errno::ENOSPC));
    assert_eq!(vfs.symlink("t", ROOT, "/x"), Err(Errno::ENOSPC));
    assert_eq!(vfs.link(ROOT, "/f", FollowSymlinks::No, ROOT, "/x"), Err(Errno::ENOSPC));
    assert_eq!((vfs.usage().inodes, vfs.usage().bytes, vfs.usage().open_files), (4, 1, 0));
    assert_eq!(lstat(&vfs, "/f").unwrap().links, 2);
    vfs.rename(ROOT, "/f", ROOT, "/d/f").unwrap();
    vfs.unlink(ROOT, "/g").unwrap();
    write(&vfs, "/x", b"");
}

#[test]
fn open_files_are_limited() {
    let vfs = Vfs::new(VfsOptions { max_open_files: 2, ..VfsOptions::default() });
    let _first = directory(&vfs, "/");
    let second = open(&vfs, "/f", OpenOptions::REPLACE).unwrap();
    assert_eq!(open(&vfs, "/g", OpenOptions::REPLACE).unwrap_err(), Errno::ENFILE);
    assert_eq!(lstat(&vfs, "/g"), Err(Errno::ENOENT));
    drop(second);
    open(&vfs, "/g", OpenOptions::REPLACE).unwrap();
}

#[test]
fn huge_sizes_fail_without_allocating() {
    let vfs = vfs();
    let file = open(&vfs, "/f", OpenOptions::REPLACE).unwrap();
    for offset in [VfsOptions::DEFAULT_MAX_BYTES, 1 << 40, i64::MAX as u64 - 1] {
        assert_eq!(file.write_at(b"x", offset), Err(Errno::ENOSPC), "{offset}");
        assert_eq!(file.set_size(offset + 1), Err(Errno::ENOSPC), "{offset}");
        assert_eq!(file.allocate(offset, 1), Err(Errno::ENOSPC), "{offset}");
    }
    for offset in [i64::MAX as u64, u64::MAX - 1, u64::MAX] {
        assert_eq!(file.write_at(b"x", offset), Err(Errno::EFBIG), "{offset}");
        assert_eq!(file.allocate(offset, 1), Err(Errno::EFBIG), "{offset}");
    }
    assert_eq!(file.set_size(u64::MAX), Err(Errno::EFBIG));
    assert_eq!((file.size(), vfs.usage().bytes), (0, 0));
}

#[test]
fn depth_is_limited_from_every_side() {
    let vfs = vfs();
    let limit = VfsOptions::DEFAULT_MAX_DEPTH;
    let mut here = directory(&vfs, "/");
    for _ in 0..limit {
        vfs.create_dir(Base::Directory(&here), "d", 0o755).unwrap();
        here = vfs.open(Base::Directory(&here), "d", &OpenOptions::DIRECTORY).unwrap();
    }
    assert_eq!(vfs.create_dir(Base::Directory(&here), "d", 0o755), Err(Errno::ENAMETOOLONG));
    assert_eq!(vfs.write_file(Base::Directory(&here), "d/f", vec![], 0o644, true), Err(Errno::ENAMETOOLONG));
    assert_eq!(vfs.write_file(Base::Directory(&here), "f", vec![], 0o644, true), Ok(()));
    assert_eq!(vfs.rename(ROOT, "/tmp", Base::Directory(&here), "t"), Err(Errno::ENAMETOOLONG));
    assert_eq!(vfs.usage().inodes, u64::from(limit) + 1);
}

#[test]
fn limits_of_nothing_hold() {
    let nothing = VfsOptions { max_bytes: 0, max_inodes: 0, max_depth: 0, max_open_files: 0, time_granularity_ns: 0 };
    let vfs = Vfs::new(nothing);
    assert_eq!(vfs.create_dir(ROOT, "/d", 0o755), Err(Errno::ENAMETOOLONG));
    assert_eq!(vfs.write_file(ROOT, "/f", vec![], 0o644, true), Err(Errno::ENOSPC));
    assert_eq!(open(&vfs, "/", OpenOptions::READ).unwrap_err(), Errno::ENFILE);
    assert_eq!(crate::names(&vfs, "/dev").len(), 3);
}
