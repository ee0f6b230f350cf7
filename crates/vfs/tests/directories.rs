use crate::{ROOT, directory, lstat, names, open, vfs, vfs_with, write};
use hotcell_vfs::{Base, Errno, FileKind, OpenOptions, Vfs, VfsOptions};

#[test]
fn new_file_system_has_tmp_and_devices() {
    let vfs = vfs();
    assert_eq!(names(&vfs, "/"), ["tmp", "dev"]);
    assert_eq!(names(&vfs, "/dev"), ["null", "zero", "full"]);
    assert_eq!(lstat(&vfs, "/tmp").unwrap().mode(), 0o041777);
    assert_eq!(lstat(&vfs, "/dev/null").unwrap().mode(), 0o020666);
    assert_eq!(lstat(&vfs, "/").unwrap().links, 4);
    assert_eq!((vfs.usage().bytes, vfs.usage().inodes), (0, 0));
}

#[test]
fn create_dir_makes_one_and_says_why_not() {
    let vfs = vfs_with(&["/f"]);
    vfs.symlink("nowhere", ROOT, "/dangling").unwrap();
    assert_eq!(vfs.create_dir(ROOT, "/d/", 0o4755), Ok(()));
    assert_eq!(lstat(&vfs, "/d").unwrap().mode(), 0o044755);
    assert_eq!(lstat(&vfs, "/d").unwrap().links, 2);
    assert_eq!(lstat(&vfs, "/").unwrap().links, 5);
    for path in ["/d", "/f", "/", "/.", "/d/..", "/dangling", "/dangling/"] {
        assert_eq!(vfs.create_dir(ROOT, path, 0o755), Err(Errno::EEXIST), "{path}");
    }
    assert_eq!(vfs.create_dir(ROOT, "/f/x", 0o755), Err(Errno::ENOTDIR));
    assert_eq!(vfs.create_dir(ROOT, "/x/y", 0o755), Err(Errno::ENOENT));
}

#[test]
fn create_dir_all_tells_the_topmost_that_it_made() {
    let vfs = vfs_with(&["/f", "/a/"]);
    vfs.symlink("/a", ROOT, "/l").unwrap();
    vfs.symlink("/nowhere", ROOT, "/dangling").unwrap();
    assert_eq!(vfs.create_dir_all(ROOT, "/l/b/../c/d", 0o755), Ok(Some("/a/b".to_owned())));
    assert_eq!(names(&vfs, "/a"), ["b", "c"]);
    assert_eq!(vfs.create_dir_all(ROOT, "/a/c/d/", 0o755), Ok(None));
    assert_eq!(vfs.create_dir_all(ROOT, "/", 0o755), Ok(None));
    assert_eq!(vfs.create_dir_all(ROOT, "/f", 0o755), Err(Errno::EEXIST));
    assert_eq!(vfs.create_dir_all(ROOT, "/f/x", 0o755), Err(Errno::ENOTDIR));
    assert_eq!(vfs.create_dir_all(ROOT, "/dangling/x", 0o755), Err(Errno::ENOENT));
    let a = directory(&vfs, "/a");
    assert_eq!(vfs.create_dir_all(Base::Beneath(&a), "n/m", 0o755), Ok(Some("/a/n".to_owned())));
}

#[test]
fn create_dir_all_makes_none_where_it_fails() {
    let vfs = vfs_with(&["/f"]);
    let before = (vfs.usage(), names(&vfs, "/"));
    let long = "x".repeat(256);
    for path in [format!("/a/b/{long}"), "/a/b/../../f/c".to_owned(), "/a/b/../../../f".to_owned()] {
        assert!(vfs.create_dir_all(ROOT, &path, 0o755).is_err());
        assert_eq!((vfs.usage(), names(&vfs, "/")), before, "{path}");
    }
    assert_eq!(lstat(&vfs, "/").unwrap().links, 4);
}

#[test]
fn remove_dir_removes_the_empty_only() {
    let vfs = vfs_with(&["/d/e/", "/f"]);
    vfs.symlink("d", ROOT, "/l").unwrap();
    for (path, error) in [
        ("/d", Errno::ENOTEMPTY),
        ("/f", Errno::ENOTDIR),
        ("/l", Errno::ENOTDIR),
        ("/l/", Errno::ENOTDIR),
        ("/", Errno::EBUSY),
        ("/d/e/.", Errno::EINVAL),
        ("/d/e/..", Errno::ENOTEMPTY),
        ("/x", Errno::ENOENT),
    ] {
        assert_eq!(vfs.remove_dir(ROOT, path), Err(error), "{path}");
    }
    assert_eq!(vfs.remove_dir(ROOT, "/l/e/"), Ok(()));
    assert_eq!(lstat(&vfs, "/d").unwrap().links, 2);
    assert_eq!(vfs.remove_dir(ROOT, "/d"), Ok(()));
    assert_eq!(lstat(&vfs, "/").unwrap().links, 4);
}

#[test]
fn remove_all_removes_trees_files_and_links_but_not_what_links_lead_to() {
    let vfs = vfs_with(&["/d/e/f", "/d/g", "/kept/f", "/file"]);
    vfs.symlink("/kept", ROOT, "/d/link").unwrap();
    vfs.link(ROOT, "/kept/f", hotcell_vfs::FollowSymlinks::No, ROOT, "/d/e/hard").unwrap();
    let held = directory(&vfs, "/d/e");
    assert_eq!(vfs.remove_all(ROOT, "/d"), Ok(()));
    assert_eq!(vfs.remove_all(ROOT, "/file"), Ok(()));
    assert_eq!(names(&vfs, "/"), ["tmp", "dev", "kept"]);
    assert_eq!(lstat(&vfs, "/kept/f").unwrap().links, 1);
    assert_eq!(held.read_dir(0, 10), Ok(vec![]));
    drop(held);
    assert_eq!(vfs.usage().inodes, 2);
    for (path, error) in [
        ("/", Errno::EBUSY),
        ("/kept/.", Errno::EINVAL),
        ("/kept/..", Errno::EINVAL),
        ("/missing", Errno::ENOENT),
        ("/kept/f/", Errno::ENOTDIR),
    ] {
        assert_eq!(vfs.remove_all(ROOT, path), Err(error), "{path}");
    }
}

#[test]
fn remove_all_takes_a_tree_apart_that_is_as_deep_as_can_be() {
    let vfs = Vfs::new(VfsOptions { max_depth: 50_000, ..VfsOptions::default() });
    let mut here = directory(&vfs, "/tmp");
    for _ in 0..2_000 {
        vfs.create_dir(Base::Directory(&here), "d", 0o755).unwrap();
        here = vfs.open(Base::Directory(&here), "d", &OpenOptions::DIRECTORY).unwrap();
    }
    drop(here);
    assert_eq!(vfs.usage().inodes, 2_000);
    vfs.remove_all(ROOT, "/tmp/d").unwrap();
    assert_eq!(vfs.usage().inodes, 0);
}

#[test]
fn dropping_a_file_system_that_is_very_deep_needs_no_stack() {
    let small_stack = std::thread::Builder::new().stack_size(64 << 10);
    let run = small_stack.spawn(|| {
        let vfs = Vfs::new(VfsOptions { max_depth: 50_000, ..VfsOptions::default() });
        // Chains of 1000 that are hung into each other.
        for number in 0..20 {
            let path = format!("/c{number}{}", "/d".repeat(1000));
            vfs.create_dir_all(ROOT, &path, 0o755).unwrap();
            let bottom = directory(&vfs, &path);
            if number > 0 {
                let above = format!("c{}", number - 1);
                vfs.rename(ROOT, &above, Base::Directory(&bottom), "next").unwrap();
            }
        }
        assert_eq!(vfs.usage().inodes, 20 * 1001);
    });
    run.unwrap().join().unwrap();
}

#[test]
fn read_dir_lists_each_entry_once_with_its_cookie() {
    let vfs = vfs_with(&["/d/a", "/d/b/", "/d/c"]);
    vfs.symlink("a", ROOT, "/d/l").unwrap();
    let handle = directory(&vfs, "/d");
    let all = handle.read_dir(0, 100).unwrap();
    let listed: Vec<_> = all.iter().map(|entry| (&*entry.name, entry.kind)).collect();
    assert_eq!(
        listed,
        [
            (".", FileKind::Directory),
            ("..", FileKind::Directory),
            ("a", FileKind::File),
            ("b", FileKind::Directory),
            ("c", FileKind::File),
            ("l", FileKind::Symlink),
        ]
    );
    assert_eq!(all[0].inode, lstat(&vfs, "/d").unwrap().inode);
    assert_eq!(all[1].inode, lstat(&vfs, "/").unwrap().inode);
    assert_eq!(all[2].inode, lstat(&vfs, "/d/a").unwrap().inode);
    for limit in 1..=6 {
        let mut by_part = Vec::new();
        let mut cookie = 0;
        loop {
            let part = handle.read_dir(cookie, limit).unwrap();
            assert!(part.len() <= limit);
            let Some(last) = part.last() else { break };
            cookie = last.next;
            by_part.extend(part);
        }
        assert_eq!(by_part, all);
    }
    assert_eq!(handle.read_dir(u64::MAX, 5), Ok(vec![]));
    let root = directory(&vfs, "/").read_dir(0, 2).unwrap();
    assert_eq!(root[0].inode, root[1].inode);
    assert_eq!(open(&vfs, "/d/a", OpenOptions::READ).unwrap().read_dir(0, 1), Err(Errno::ENOTDIR));
    assert_eq!(vfs.read_dir(ROOT, "/d/a"), Err(Errno::ENOTDIR));
}

#[test]
fn read_dir_is_resumable_while_the_directory_changes() {
    let vfs = vfs();
    for number in 0..50 {
        write(&vfs, &format!("/d/stays{number}"), b"");
        write(&vfs, &format!("/d/goes{number}"), b"");
    }
    let handle = directory(&vfs, "/d");
    let mut seen = Vec::new();
    let mut cookie = 0;
    for round in 0.. {
        let part = handle.read_dir(cookie, 7).unwrap();
        let Some(last) = part.last() else { break };
        cookie = last.next;
        seen.extend(part.iter().map(|entry| entry.name.to_string()));
        let _ = vfs.unlink(ROOT, &format!("/d/goes{round}"));
        let _ = vfs.unlink(ROOT, &format!("/d/goes{}", 49 - round));
        // Replaced, a name is still the same name.
        write(&vfs, "/other", b"");
        vfs.rename(ROOT, "/other", ROOT, &format!("/d/stays{}", 2 * round)).unwrap();
    }
    for number in 0..50 {
        let name = format!("stays{number}");
        assert_eq!(seen.iter().filter(|seen| **seen == name).count(), 1, "{name}");
    }
    let unique: std::collections::HashSet<_> = seen.iter().collect();
    assert_eq!(unique.len(), seen.len());
}
