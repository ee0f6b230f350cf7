use crate::{ROOT, directory, lstat, read, vfs, vfs_with};
use hotcell_vfs::{Base, Errno, FileKind, FollowSymlinks, MAX_SYMLINKS, OpenOptions, Vfs};

fn exists(vfs: &Vfs, base: Base<'_>, path: &str) -> Result<(), Errno> {
    vfs.stat(base, path, FollowSymlinks::Yes).map(drop)
}

#[test]
fn malformed_path_is_refused() {
    let vfs = vfs_with(&["/f"]);
    let checks = [
        ("/f\0".to_owned(), Errno::EINVAL),
        ("\0".to_owned(), Errno::EINVAL),
        (format!("/{}", "x".repeat(255)), Errno::ENOENT),
        (format!("/{}", "x".repeat(256)), Errno::ENAMETOOLONG),
        (format!("/{}/y", "ü".repeat(128)), Errno::ENAMETOOLONG),
        ("/".repeat(4096), Errno::ENAMETOOLONG),
        (format!("/f{}", "/.".repeat(2100)), Errno::ENAMETOOLONG),
    ];
    for (path, error) in checks {
        assert_eq!(exists(&vfs, ROOT, &path), Err(error), "{path:?}");
        assert_eq!(vfs.write_file(ROOT, &path, vec![], 0o644, true).err(), error_of_making(error), "{path:?}");
    }
    assert_eq!(exists(&vfs, ROOT, &"/".repeat(4095)), Ok(()));
}

/// A name that is just missing can be made.
fn error_of_making(error: Errno) -> Option<Errno> {
    (error != Errno::ENOENT).then_some(error)
}

#[test]
fn empty_path_is_not_there_and_can_not_be_made() {
    let vfs = vfs();
    assert_eq!(exists(&vfs, ROOT, ""), Err(Errno::ENOENT));
    assert_eq!(vfs.write_file(ROOT, "", vec![], 0o644, true), Err(Errno::ENOENT));
    assert_eq!(vfs.create_dir(ROOT, "", 0o755), Err(Errno::ENOENT));
    assert_eq!(vfs.create_dir_all(ROOT, "", 0o755), Err(Errno::ENOENT));
}

#[test]
fn dots_and_slashes_lead_where_they_should() {
    let vfs = vfs_with(&["/a/b/f"]);
    for path in ["/a/b/f", "a/b/f", "//a///b//f", "/./a/./b/../b/f", "/../../a/b/f", "a/b/../../a/b/f"] {
        assert_eq!(read(&vfs, path).as_deref(), Ok("/a/b/f"), "{path}");
    }
    assert_eq!(read(&vfs, "/a/b/f/"), Err(Errno::ENOTDIR));
    assert_eq!(read(&vfs, "/a/b/f/."), Err(Errno::ENOTDIR));
    assert_eq!(read(&vfs, "/a/b/f/.."), Err(Errno::ENOTDIR));
    assert_eq!(read(&vfs, "/a/missing/../b/f"), Err(Errno::ENOENT));
    assert_eq!(read(&vfs, "/a/b/"), Err(Errno::EISDIR));
}

#[test]
fn directory_handle_is_where_relative_paths_start() {
    let vfs = vfs_with(&["/a/b/f", "/a/g", "/g"]);
    let a = directory(&vfs, "/a");
    assert_eq!(exists(&vfs, Base::Directory(&a), "b/f"), Ok(()));
    assert_eq!(exists(&vfs, Base::Directory(&a), "../g"), Ok(()));
    assert_eq!(exists(&vfs, Base::Directory(&a), "/a/b/f"), Ok(()));
    assert_eq!(exists(&vfs, Base::Directory(&a), "f"), Err(Errno::ENOENT));
    vfs.rename(ROOT, "/a", ROOT, "/moved").unwrap();
    assert_eq!(exists(&vfs, Base::Directory(&a), "b/f"), Ok(()));
    assert_eq!(a.path().as_deref(), Ok("/moved"));
    let file = crate::open(&vfs, "/g", OpenOptions::READ).unwrap();
    assert_eq!(exists(&vfs, Base::Directory(&file), "x"), Err(Errno::ENOTDIR));
    assert_eq!(exists(&vfs, Base::Directory(&file), "/g"), Err(Errno::ENOTDIR));
}

#[test]
fn directory_of_another_file_system_is_refused() {
    let (vfs, other) = (vfs(), vfs());
    let elsewhere = directory(&other, "/tmp");
    for base in [Base::Directory(&elsewhere), Base::Beneath(&elsewhere)] {
        assert_eq!(exists(&vfs, base, "x"), Err(Errno::EXDEV));
        assert_eq!(vfs.rename(ROOT, "/dev/null", base, "x"), Err(Errno::EXDEV));
    }
}

#[test]
fn removed_directory_leads_nowhere() {
    let vfs = vfs_with(&["/a/b/"]);
    let b = directory(&vfs, "/a/b");
    vfs.remove_all(ROOT, "/a").unwrap();
    let base = Base::Directory(&b);
    assert_eq!(exists(&vfs, base, "."), Ok(()));
    assert_eq!(exists(&vfs, base, ".."), Err(Errno::ENOENT));
    assert_eq!(exists(&vfs, base, "x"), Err(Errno::ENOENT));
    assert_eq!(vfs.create_dir(base, "x", 0o755), Err(Errno::ENOENT));
    assert_eq!(vfs.write_file(base, "x", vec![], 0o644, true), Err(Errno::ENOENT));
    assert_eq!(vfs.symlink("t", base, "x"), Err(Errno::ENOENT));
    assert_eq!(b.path(), Err(Errno::ENOENT));
    assert_eq!(b.stat().links, 0);
    assert_eq!(exists(&vfs, base, "/tmp"), Ok(()));
}

#[test]
fn beneath_refuses_every_way_out() {
    let vfs = vfs_with(&["/jail/in/f", "/out", "/jail2/f"]);
    for (target, name) in [
        ("/out", "absolute"),
        ("../out", "climbs"),
        ("in/../../out", "climbs-later"),
        ("/", "root"),
        ("in", "fine"),
        ("../jail/in", "back-in"),
        ("in/..", "itself"),
    ] {
        vfs.symlink(target, ROOT, &format!("/jail/{name}")).unwrap();
    }
    let jail = directory(&vfs, "/jail");
    let base = Base::Beneath(&jail);
    for path in [
        "..",
        "../",
        "../out",
        "../jail/in/f",
        "../jail2/f",
        "in/../../out",
        "in/../..",
        "./..",
        "/",
        "/out",
        "/jail/in/f",
        "absolute",
        "climbs",
        "climbs-later",
        "root",
        "root/out",
        "back-in/f",
        "fine/../..",
        "itself/..",
        "missing/../../out",
    ] {
        let expected = if path.starts_with("missing") { Errno::ENOENT } else { Errno::EPERM };
        assert_eq!(exists(&vfs, base, path), Err(expected), "{path}");
        assert_eq!(vfs.write_file(base, path, vec![], 0o644, false), Err(expected), "{path}");
    }
    assert_eq!(exists(&vfs, base, "absolute/"), Err(Errno::EPERM));
    assert_eq!(vfs.write_file(base, "absolute/", vec![], 0o644, false), Err(Errno::EISDIR));
    for path in ["../x", "in/../../x", "/x", "root/x", "back-in/x"] {
        assert_eq!(vfs.create_dir(base, path, 0o755), Err(Errno::EPERM), "{path}");
        assert_eq!(vfs.create_dir_all(base, path, 0o755), Err(Errno::EPERM), "{path}");
        assert_eq!(vfs.write_file(base, path, vec![], 0o644, true), Err(Errno::EPERM), "{path}");
        assert_eq!(vfs.symlink("t", base, path), Err(Errno::EPERM), "{path}");
        assert_eq!(vfs.rename(base, "in", base, path), Err(Errno::EPERM), "{path}");
        assert_eq!(vfs.link(base, "in/f", FollowSymlinks::Yes, base, path), Err(Errno::EPERM), "{path}");
        assert_eq!(vfs.remove_all(base, path), Err(Errno::EPERM), "{path}");
    }
    for path in [".", "in/f", "in/../in/f", "fine/f", "itself/in/f", "in/.."] {
        assert_eq!(exists(&vfs, base, path), Ok(()), "{path}");
    }
    assert_eq!(vfs.stat(base, "absolute", FollowSymlinks::No).unwrap().kind, FileKind::Symlink);
    assert_eq!(vfs.read_link(base, "absolute").as_deref(), Ok("/out"));
    assert_eq!(vfs.unlink(base, "climbs"), Ok(()));
}

#[test]
fn beneath_the_root_is_beneath_too() {
    let vfs = vfs_with(&["/f"]);
    let root = directory(&vfs, "/");
    assert_eq!(exists(&vfs, Base::Beneath(&root), "f"), Ok(()));
    assert_eq!(exists(&vfs, Base::Beneath(&root), ".."), Err(Errno::EPERM));
    assert_eq!(exists(&vfs, Base::Beneath(&root), "/f"), Err(Errno::EPERM));
}

#[test]
fn beneath_lets_a_new_file_through_no_dangling_link() {
    let vfs = vfs_with(&["/jail/"]);
    vfs.symlink("../made", ROOT, "/jail/link").unwrap();
    let jail = directory(&vfs, "/jail");
    let create = OpenOptions { read: true, ..OpenOptions::REPLACE };
    assert_eq!(vfs.open(Base::Beneath(&jail), "link", &create).unwrap_err(), Errno::EPERM);
    assert_eq!(lstat(&vfs, "/made"), Err(Errno::ENOENT));
}

#[test]
fn symlinks_are_followed_up_to_the_limit() {
    let vfs = vfs_with(&["/f"]);
    let mut target = "f".to_owned();
    for number in 1..=MAX_SYMLINKS + 1 {
        let name = format!("l{number}");
        vfs.symlink(&target, ROOT, &name).unwrap();
        target = name;
    }
    assert_eq!(read(&vfs, &format!("/l{MAX_SYMLINKS}")).as_deref(), Ok("/f"));
    assert_eq!(read(&vfs, &format!("/l{}", MAX_SYMLINKS + 1)), Err(Errno::ELOOP));
    vfs.symlink("self", ROOT, "/self").unwrap();
    assert_eq!(read(&vfs, "/self"), Err(Errno::ELOOP));
    assert_eq!(read(&vfs, "/self/x"), Err(Errno::ELOOP));
    assert_eq!(lstat(&vfs, "/self").unwrap().size, 4);
    assert_eq!(lstat(&vfs, "/self/"), Err(Errno::ELOOP));
}

#[test]
fn symlinks_that_multiply_each_other_end_at_the_limit() {
    let vfs = vfs_with(&["/d/"]);
    vfs.symlink("d", ROOT, "/l0").unwrap();
    for number in 1..30 {
        let previous = number - 1;
        let target = vec![format!("l{previous}/.."); 300].join("/");
        vfs.symlink(&target, ROOT, &format!("/l{number}")).unwrap();
    }
    assert_eq!(exists(&vfs, ROOT, "/l29"), Err(Errno::ELOOP));
}

#[test]
fn real_path_is_canonical() {
    let vfs = vfs_with(&["/a/b/f"]);
    vfs.symlink("/a/b", ROOT, "/l").unwrap();
    vfs.symlink("../b/f", ROOT, "/a/b/m").unwrap();
    for (path, real) in [
        ("/", "/"),
        ("/..", "/"),
        ("/l", "/a/b"),
        ("/l/", "/a/b"),
        ("/l/..", "/a"),
        ("/l/m", "/a/b/f"),
        ("./a//b/./f", "/a/b/f"),
    ] {
        assert_eq!(vfs.real_path(ROOT, path).as_deref(), Ok(real), "{path}");
    }
    assert_eq!(vfs.real_path(ROOT, "/l/missing"), Err(Errno::ENOENT));
    assert_eq!(vfs.real_path(ROOT, "/l/f/"), Err(Errno::ENOTDIR));
}

#[test]
fn path_of_a_directory_that_is_too_deep_for_a_path_is_refused() {
    let vfs = vfs();
    let mut here = directory(&vfs, "/");
    let name = "x".repeat(255);
    for _ in 0..17 {
        vfs.create_dir(Base::Directory(&here), &name, 0o755).unwrap();
        here = vfs.open(Base::Directory(&here), &name, &OpenOptions::DIRECTORY).unwrap();
    }
    assert_eq!(here.path(), Err(Errno::ENAMETOOLONG));
    assert_eq!(vfs.real_path(Base::Directory(&here), "."), Err(Errno::ENAMETOOLONG));
    let made = vfs.create_dir_all(Base::Directory(&here), "y/z", 0o755).unwrap().unwrap();
    assert_eq!(made.len(), 17 * 256 + 2);
}
