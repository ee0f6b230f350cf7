use crate::{READ_WRITE, ROOT, lstat, open, read, vfs, vfs_with, write};
use hotcell_vfs::{Base, Errno, FollowSymlinks, OpenOptions, Vfs, VfsOptions};
use std::sync::Arc;

#[test]
fn write_file_makes_the_file_and_its_parents() {
    let vfs = vfs();
    assert_eq!(vfs.write_file(ROOT, "/a/b/f", b"x".to_vec(), 0o755, false), Err(Errno::ENOENT));
    vfs.write_file(ROOT, "/a/b/f", b"x".to_vec(), 0o755, true).unwrap();
    assert_eq!((lstat(&vfs, "/a/b/f").unwrap().permissions, lstat(&vfs, "/a/b").unwrap().permissions), (0o755, 0o755));
    vfs.write_file(ROOT, "c/../d/f", b"y".to_vec(), 0o600, true).unwrap();
    assert_eq!(read(&vfs, "/d/f").as_deref(), Ok("y"));
    vfs.write_file(ROOT, "plain", b"z".to_vec(), 0o600, true).unwrap();
    let a = crate::directory(&vfs, "/a");
    vfs.write_file(Base::Beneath(&a), "n/f", vec![], 0o600, true).unwrap();
    assert_eq!(lstat(&vfs, "/a/n/f").unwrap().permissions, 0o600);
}

#[test]
fn write_file_keeps_inode_links_and_permissions() {
    let vfs = vfs_with(&["/f"]);
    vfs.link(ROOT, "/f", FollowSymlinks::No, ROOT, "/g").unwrap();
    vfs.symlink("g", ROOT, "/l").unwrap();
    let before = lstat(&vfs, "/f").unwrap();
    vfs.write_file(ROOT, "/l", b"replaced".to_vec(), 0o777, false).unwrap();
    let after = lstat(&vfs, "/f").unwrap();
    assert_eq!((after.inode, after.permissions, after.links), (before.inode, before.permissions, 2));
    assert_eq!(read(&vfs, "/f").as_deref(), Ok("replaced"));
}

#[test]
fn write_file_leaves_nothing_behind_where_it_fails() {
    let vfs = Vfs::new(VfsOptions { max_bytes: 10, max_inodes: 4, ..VfsOptions::default() });
    write(&vfs, "/f", b"12345678");
    let before = vfs.usage();
    for (path, bytes, error) in [
        ("/new/dir/f", vec![0; 3], Errno::ENOSPC),
        ("/a/b/c/d/f", vec![], Errno::ENOSPC),
        ("/a/b/c/f", vec![], Errno::ENOSPC),
        ("/new/dir/", vec![], Errno::EISDIR),
        ("/new/", vec![], Errno::EISDIR),
        ("/tmp", vec![], Errno::EISDIR),
        ("/", vec![], Errno::EISDIR),
        ("/tmp/..", vec![], Errno::EISDIR),
        ("/f/x", vec![], Errno::ENOTDIR),
        ("/f", vec![0; 11], Errno::ENOSPC),
    ] {
        assert_eq!(vfs.write_file(ROOT, path, bytes, 0o644, true), Err(error), "{path}");
        assert_eq!((vfs.usage(), crate::names(&vfs, "/")), (before, vec!["tmp".into(), "dev".into(), "f".into()]));
    }
    assert_eq!(read(&vfs, "/f").as_deref(), Ok("12345678"));
    assert_eq!(lstat(&vfs, "/").unwrap().links, 4);
}

#[test]
fn shared_bytes_are_neither_copied_nor_charged_until_changed() {
    let vfs = Vfs::new(VfsOptions { max_bytes: 12, ..VfsOptions::default() });
    let blob = Arc::new(vec![b'x'; 10]);
    vfs.write_shared(ROOT, "/bin/a", Arc::clone(&blob), 0o755, true).unwrap();
    vfs.write_shared(ROOT, "/bin/b", Arc::clone(&blob), 0o755, true).unwrap();
    assert_eq!((vfs.usage().bytes, Arc::strong_count(&blob)), (0, 3));
    assert!(Arc::ptr_eq(&vfs.snapshot(ROOT, "/bin/a").unwrap().bytes, &blob));
    let a = open(&vfs, "/bin/a", READ_WRITE).unwrap();
    assert_eq!(a.write_at(b"y", 0).unwrap().bytes, 1);
    assert_eq!((vfs.usage().bytes, Arc::strong_count(&blob)), (10, 2));
    let b = open(&vfs, "/bin/b", READ_WRITE).unwrap();
    assert_eq!(b.write_at(b"y", 0), Err(Errno::ENOSPC));
    assert_eq!(
        (read(&vfs, "/bin/a").unwrap(), read(&vfs, "/bin/b").unwrap()),
        ("yxxxxxxxxx".into(), "xxxxxxxxxx".into())
    );
    assert_eq!(blob.as_slice(), [b'x'; 10]);
    vfs.write_shared(ROOT, "/bin/a", blob, 0o755, true).unwrap();
    assert_eq!(vfs.usage().bytes, 0);
}

#[test]
fn snapshot_does_not_copy_and_does_not_change() {
    let vfs = vfs();
    write(&vfs, "/f", b"before");
    let snapshot = vfs.snapshot(ROOT, "/f").unwrap();
    assert!(Arc::ptr_eq(&snapshot.bytes, &vfs.snapshot(ROOT, "/f").unwrap().bytes));
    let file = open(&vfs, "/f", READ_WRITE).unwrap();
    file.write_at(b"after!", 0).unwrap();
    assert_eq!(snapshot.bytes.as_slice(), b"before");
    assert_eq!(file.snapshot().unwrap().bytes.as_slice(), b"after!");
    assert_eq!(snapshot.stat.size, 6);
    // Nobody holds the bytes any more: a write changes them in place.
    let place = file.snapshot().unwrap().bytes.as_ptr();
    file.write_at(b"A", 0).unwrap();
    assert_eq!(file.snapshot().unwrap().bytes.as_ptr(), place);
}

#[test]
fn fingerprint_changes_with_the_content_only() {
    let vfs = vfs_with(&["/f", "/g"]);
    let of = |path| vfs.fingerprint(ROOT, path).unwrap();
    let file = open(&vfs, "/f", READ_WRITE).unwrap();
    let mut seen = std::collections::HashSet::from([of("/f"), of("/g")]);
    assert_eq!(seen.len(), 2);
    assert_eq!(vfs.snapshot(ROOT, "/f").unwrap().fingerprint, of("/f"));
    let before = of("/f");
    file.set_permissions(0o755).unwrap();
    file.write_at(b"", 0).unwrap();
    file.set_size(file.size()).unwrap();
    vfs.rename(ROOT, "/f", ROOT, "/h").unwrap();
    file.read_at(&mut [0; 9], 0).unwrap();
    assert_eq!((of("/h"), file.fingerprint().unwrap()), (before, before));
    let changes: [&dyn Fn(); 5] = [
        &|| _ = file.write_at(b"/", 0).unwrap(),
        &|| file.set_size(1).unwrap(),
        &|| file.allocate(0, 9).unwrap(),
        &|| write(&vfs, "/h", b"/f"),
        &|| drop(open(&vfs, "/h", OpenOptions::REPLACE).unwrap()),
    ];
    for change in changes {
        change();
        assert!(seen.insert(of("/h")));
    }
    assert_eq!(of("/h"), file.fingerprint().unwrap());
    let other = vfs_with(&["/f"]);
    assert!(seen.insert(other.fingerprint(ROOT, "/f").unwrap()));
}
