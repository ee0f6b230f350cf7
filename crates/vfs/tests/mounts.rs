//! Directories of the host's: what guests reach through them, and what not.

use crate::{ROOT, names, open, read, write};
use hotcell_vfs::{
    Base, Errno, FileKind, FollowSymlinks, HostRootError, Mount, MountError, MountMode, MountRoots, OpenOptions,
    SetTime, Vfs, VfsOptions,
};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

const MODES: [MountMode; 3] = [MountMode::ReadOnly, MountMode::ReadWrite, MountMode::Overlay];

pub fn mount(host: &Path, mode: MountMode) -> Arc<Vfs> {
    mount_all(host, &[("/m", host, mode)], VfsOptions::default()).unwrap()
}

fn mount_all(root: &Path, mounts: &[(&str, &Path, MountMode)], options: VfsOptions) -> Result<Arc<Vfs>, MountError> {
    let roots = MountRoots::open([root.to_owned()]).unwrap();
    let mounts = mounts.iter().map(|(guest, host, mode)| Mount {
        guest: (*guest).into(),
        root: roots.directory(host.to_str().unwrap()).unwrap(),
        mode: *mode,
    });
    Vfs::with_mounts(options, mounts.collect())
}

/// A directory of the host's, with what is beside it.
pub struct Host {
    directory: TempDir,
}

impl Host {
    pub fn new() -> Self {
        let host = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(host.mounted()).unwrap();
        fs::create_dir(host.outside()).unwrap();
        fs::write(host.outside().join("secret"), "secret").unwrap();
        host
    }

    pub fn mounted(&self) -> std::path::PathBuf {
        self.directory.path().join("mounted")
    }

    pub fn outside(&self) -> std::path::PathBuf {
        self.directory.path().join("outside")
    }

    pub fn at(&self, path: &str) -> std::path::PathBuf {
        self.mounted().join(path)
    }
}

#[test]
fn every_mode_shows_what_the_host_has() {
    let host = Host::new();
    fs::create_dir_all(host.at("d/e")).unwrap();
    fs::write(host.at("d/e/f"), "content").unwrap();
    fs::write(host.at("d/tool"), "#!").unwrap();
    fs::set_permissions(host.at("d/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("d/e", host.at("link")).unwrap();
    for mode in MODES {
        let vfs = mount(&host.mounted(), mode);
        assert_eq!(read(&vfs, "/m/d/e/f").unwrap(), "content");
        assert_eq!(read(&vfs, "/m/link/../e/f").unwrap(), "content");
        assert_eq!(vfs.real_path(ROOT, "/m/link/f").unwrap(), "/m/d/e/f");
        assert_eq!(vfs.real_path(ROOT, "/m/d/../../m").unwrap(), "/m");
        assert_eq!(vfs.read_link(ROOT, "/m/link").unwrap(), "d/e");
        let mut found = names(&vfs, "/m");
        found.sort();
        assert_eq!(found, ["d", "link"]);
        let stat = vfs.stat(ROOT, "/m/d/tool", FollowSymlinks::Yes).unwrap();
        assert!(stat.is_executable() && stat.size == 2 && stat.kind == FileKind::File);
        assert_eq!(vfs.stat(ROOT, "/m", FollowSymlinks::Yes).unwrap().kind, FileKind::Directory);
        assert_eq!(names(&vfs, "/"), ["tmp", "dev", "m"]);
        let mut buffer = [0; 4];
        let file = open(&vfs, "/m/d/e/f", OpenOptions::READ).unwrap();
        assert_eq!((file.read_at(&mut buffer, 3).unwrap(), &buffer), (4, b"tent"));
    }
}

#[test]
fn listing_of_an_open_directory_goes_on_by_cookies_and_agrees_with_stat() {
    let host = Host::new();
    (0..50).for_each(|number| fs::write(host.at(&number.to_string()), "").unwrap());
    for mode in MODES {
        let vfs = mount(&host.mounted(), mode);
        let directory = open(&vfs, "/m", OpenOptions::DIRECTORY).unwrap();
        let (mut cookie, mut seen) = (0, Vec::new());
        loop {
            let entries = directory.read_dir(cookie, 7).unwrap();
            let Some(last) = entries.last() else { break };
            cookie = last.next;
            seen.extend(entries);
        }
        assert_eq!((seen.len(), &*seen[0].name, &*seen[1].name), (52, ".", ".."));
        for entry in &seen[2..] {
            let stat = vfs.stat(Base::Directory(&directory), &entry.name, FollowSymlinks::No).unwrap();
            assert_eq!((stat.inode, stat.kind), (entry.inode, entry.kind));
        }
        assert_eq!(seen[0].inode, directory.stat().inode);
        assert_eq!(seen[1].inode, vfs.stat(ROOT, "/", FollowSymlinks::No).unwrap().inode);
    }
}

#[test]
fn read_only_mount_refuses_every_change() {
    let host = Host::new();
    fs::create_dir(host.at("d")).unwrap();
    fs::write(host.at("f"), "before").unwrap();
    let vfs = mount(&host.mounted(), MountMode::ReadOnly);
    let read_only = Err(Errno::EROFS);
    assert_eq!(vfs.write_file(ROOT, "/m/f", vec![], 0o644, false), read_only);
    assert_eq!(vfs.write_file(ROOT, "/m/new", vec![], 0o644, false), read_only);
    assert_eq!(vfs.write_file(ROOT, "/m/x/y", vec![], 0o644, true), read_only);
    assert_eq!(vfs.create_dir(ROOT, "/m/x", 0o755), read_only);
    assert_eq!(vfs.create_dir_all(ROOT, "/m/x/y", 0o755).map(drop), read_only);
    assert_eq!(vfs.create_dir_all(ROOT, "/m/d", 0o755), Ok(None));
    assert_eq!(vfs.remove_dir(ROOT, "/m/d"), read_only);
    assert_eq!(vfs.remove_all(ROOT, "/m/d"), read_only);
    assert_eq!(vfs.unlink(ROOT, "/m/f"), read_only);
    assert_eq!(vfs.rename(ROOT, "/m/f", ROOT, "/m/g"), read_only);
    assert_eq!(vfs.link(ROOT, "/m/f", FollowSymlinks::No, ROOT, "/m/g"), read_only);
    assert_eq!(vfs.symlink("f", ROOT, "/m/g"), read_only);
    assert_eq!(vfs.truncate(ROOT, "/m/f", 0), read_only);
    assert_eq!(vfs.set_permissions(ROOT, "/m/f", 0o600, FollowSymlinks::Yes), read_only);
    assert_eq!(vfs.set_times(ROOT, "/m/f", SetTime::Now, SetTime::Now, FollowSymlinks::Yes), read_only);
    for options in [
        OpenOptions::REPLACE,
        OpenOptions::APPEND,
        OpenOptions { truncate: true, ..OpenOptions::READ },
        OpenOptions { write: true, ..OpenOptions::READ },
    ] {
        assert_eq!(open(&vfs, "/m/f", options).map(drop), read_only);
    }
    let file = open(&vfs, "/m/f", OpenOptions { create: true, ..OpenOptions::READ }).unwrap();
    assert_eq!(file.set_permissions(0), read_only);
    assert_eq!(file.set_times(SetTime::Now, SetTime::Now), read_only);
    assert_eq!(
        (fs::read_to_string(host.at("f")).unwrap(), fs::read_dir(host.mounted()).unwrap().count()),
        ("before".into(), 2)
    );
}

#[test]
fn writes_reach_the_host_whole_and_keep_permissions() {
    let host = Host::new();
    let vfs = mount(&host.mounted(), MountMode::ReadWrite);
    vfs.write_file(ROOT, "/m/a/b/f", b"one".to_vec(), 0o640, true).unwrap();
    assert_eq!(fs::read(host.at("a/b/f")).unwrap(), b"one");
    fs::set_permissions(host.at("a/b/f"), fs::Permissions::from_mode(0o751)).unwrap();
    write(&vfs, "/m/a/b/f", b"two");
    assert_eq!(fs::metadata(host.at("a/b/f")).unwrap().mode() & 0o7777, 0o751);
    let file = open(&vfs, "/m/a/b/f", OpenOptions { write: true, ..OpenOptions::READ }).unwrap();
    file.write_at(b"X", 1).unwrap();
    file.set_append(true);
    assert_eq!(file.write_at(b"end", 0).unwrap().end, 6);
    assert_eq!(fs::read(host.at("a/b/f")).unwrap(), b"tXoend");
    file.set_size(2).unwrap();
    file.sync().unwrap();
    assert_eq!(read(&vfs, "/m/a/b/f").unwrap(), "tX");
    assert_eq!(names(&vfs, "/m/a/b"), ["f"]);
    vfs.remove_all(ROOT, "/m/a").unwrap();
    assert_eq!(fs::read_dir(host.mounted()).unwrap().count(), 0);
}

#[test]
fn host_gets_no_special_bits_from_a_guest() {
    let host = Host::new();
    let vfs = mount(&host.mounted(), MountMode::ReadWrite);
    vfs.write_file(ROOT, "/m/f", vec![], 0o7755, false).unwrap();
    vfs.create_dir(ROOT, "/m/d", 0o7755).unwrap();
    for path in ["/m/f", "/m/d"] {
        vfs.set_permissions(ROOT, path, 0o7755, FollowSymlinks::Yes).unwrap();
    }
    open(&vfs, "/m/f", OpenOptions::READ).unwrap().set_permissions(0o7755).unwrap();
    for name in ["f", "d"] {
        assert_eq!(fs::metadata(host.at(name)).unwrap().mode() & 0o7777, 0o755);
    }
}

#[test]
fn overlay_counts_what_it_changes_and_leaves_the_host() {
    let host = Host::new();
    fs::create_dir(host.at("d")).unwrap();
    fs::write(host.at("d/large"), vec![7; 600]).unwrap();
    fs::write(host.at("d/other"), vec![8; 600]).unwrap();
    let options = VfsOptions { max_bytes: 1000, max_inodes: 6, ..VfsOptions::default() };
    let vfs = mount_all(&host.mounted(), &[("/m", &host.mounted(), MountMode::Overlay)], options).unwrap();
    let file = open(&vfs, "/m/d/large", OpenOptions { write: true, ..OpenOptions::READ }).unwrap();
    let reader = open(&vfs, "/m/d/large", OpenOptions::READ).unwrap();
    assert_eq!(vfs.usage().bytes, 0);
    file.write_at(b"changed", 0).unwrap();
    assert_eq!(vfs.usage().bytes, 600);
    let mut buffer = [0; 8];
    reader.read_at(&mut buffer, 0).unwrap();
    assert_eq!(&buffer, b"changed\x07");
    assert_eq!(vfs.truncate(ROOT, "/m/d/other", 601), Err(Errno::ENOSPC));
    assert_eq!(vfs.write_file(ROOT, "/m/d/other", vec![1; 401], 0o644, false), Err(Errno::ENOSPC));
    assert_eq!(vfs.snapshot(ROOT, "/m/d/other").unwrap().bytes.as_slice(), [8; 600]);
    vfs.write_file(ROOT, "/m/d/other", vec![1; 400], 0o644, false).unwrap();
    vfs.unlink(ROOT, "/m/d/large").unwrap();
    drop((file, reader));
    assert_eq!((vfs.usage().bytes, names(&vfs, "/m/d")), (400, vec!["other".to_owned()]));
    assert_eq!(fs::read(host.at("d/large")).unwrap(), [7; 600]);
    assert_eq!(fs::read(host.at("d/other")).unwrap(), [8; 600]);
    (0..20).for_each(|number| fs::write(host.at(&format!("d/{number}")), "").unwrap());
    let crowded = mount_all(&host.mounted(), &[("/m", &host.mounted(), MountMode::Overlay)], options).unwrap();
    assert_eq!(crowded.read_dir(ROOT, "/m/d").map(drop), Err(Errno::ENOSPC));
    assert_eq!(crowded.usage().inodes, 2);
}

#[test]
fn file_that_is_larger_than_the_quota_is_read_in_parts_only() {
    let host = Host::new();
    fs::write(host.at("large"), vec![7; 1001]).unwrap();
    for mode in MODES {
        let options = VfsOptions { max_bytes: 1000, ..VfsOptions::default() };
        let vfs = mount_all(&host.mounted(), &[("/m", &host.mounted(), mode)], options).unwrap();
        assert_eq!(vfs.snapshot(ROOT, "/m/large").map(drop), Err(Errno::EFBIG));
        let mut buffer = [0; 2000];
        assert_eq!(open(&vfs, "/m/large", OpenOptions::READ).unwrap().read_at(&mut buffer, 0), Ok(1001));
    }
}

#[test]
fn v2_symbolic_links_of_the_host_lead_where_they_would_lead_a_guest() {
    let host = Host::new();
    symlink(host.outside().join("secret"), host.at("absolute")).unwrap();
    symlink("../outside/secret", host.at("relative")).unwrap();
    symlink("/etc", host.at("etc")).unwrap();
    symlink("../../../../../../../../etc/passwd", host.at("climbing")).unwrap();
    symlink("/proc/self/root/etc/passwd", host.at("magic")).unwrap();
    symlink("/guest", host.at("guest")).unwrap();
    symlink("loop", host.at("loop")).unwrap();
    for mode in MODES {
        let vfs = mount(&host.mounted(), mode);
        for path in ["absolute", "relative", "etc/passwd", "climbing", "magic"] {
            let path = format!("/m/{path}");
            assert_eq!(read(&vfs, &path), Err(Errno::ENOENT), "{path}");
            assert_eq!(open(&vfs, &path, OpenOptions::READ).map(drop), Err(Errno::ENOENT), "{path}");
        }
        assert_eq!(read(&vfs, "/m/loop"), Err(Errno::ELOOP));
        write(&vfs, "/guest", b"the guest's own");
        assert_eq!(read(&vfs, "/m/guest").unwrap(), "the guest's own");
        let directory = open(&vfs, "/m", OpenOptions::DIRECTORY).unwrap();
        for path in ["absolute", "relative", "guest", "..", "../guest", "/guest"] {
            let beneath = vfs.open(Base::Beneath(&directory), path, &OpenOptions::READ);
            assert_eq!(beneath.map(drop), Err(Errno::EPERM), "{path}");
        }
        assert_eq!(vfs.stat(Base::Directory(&directory), "../guest", FollowSymlinks::Yes).unwrap().size, 15);
    }
}

#[test]
fn v2_guest_makes_no_link_that_leads_out_of_a_mount() {
    let host = Host::new();
    fs::create_dir(host.at("d")).unwrap();
    fs::write(host.at("f"), "").unwrap();
    let vfs = mount(&host.mounted(), MountMode::ReadWrite);
    for target in ["/etc/passwd", "../..", "../../x", "a/../../../x"] {
        assert_eq!(vfs.symlink(target, ROOT, "/m/d/l"), Err(Errno::EPERM), "{target}");
    }
    vfs.symlink("../f", ROOT, "/m/d/l").unwrap();
    write(&vfs, "/own", b"");
    let cross = Err(Errno::EXDEV);
    assert_eq!(vfs.link(ROOT, "/m/f", FollowSymlinks::No, ROOT, "/hard"), cross);
    assert_eq!(vfs.link(ROOT, "/own", FollowSymlinks::No, ROOT, "/m/hard"), cross);
    assert_eq!(vfs.rename(ROOT, "/m/f", ROOT, "/f"), cross);
    assert_eq!(vfs.rename(ROOT, "/own", ROOT, "/m/own"), cross);
    assert_eq!(vfs.rename(ROOT, "/missing", ROOT, "/m/own"), Err(Errno::ENOENT));
    assert_eq!(vfs.link(ROOT, "/m/d", FollowSymlinks::No, ROOT, "/m/e"), Err(Errno::EPERM));
}

#[test]
fn v2_names_do_not_cross_from_one_mount_to_another() {
    let host = Host::new();
    fs::write(host.at("f"), "").unwrap();
    let mounts = [("/m", &*host.mounted(), MountMode::ReadWrite), ("/n", &*host.outside(), MountMode::ReadWrite)];
    let vfs = mount_all(host.mounted().parent().unwrap(), &mounts, VfsOptions::default()).unwrap();
    assert_eq!(vfs.link(ROOT, "/m/f", FollowSymlinks::No, ROOT, "/n/f"), Err(Errno::EXDEV));
    assert_eq!(vfs.rename(ROOT, "/m/f", ROOT, "/n/f"), Err(Errno::EXDEV));
    assert_eq!(read(&vfs, "/m/../n/secret").unwrap(), "secret");
}

#[test]
fn v3_devices_fifos_sockets_and_proc_are_not_opened() {
    let host = Host::new();
    let fifo = std::ffi::CString::new(host.at("fifo").to_str().unwrap()).unwrap();
    // SAFETY: a path that ends in a NUL.
    assert_eq!(unsafe { libc::mkfifo(fifo.as_ptr(), 0o666) }, 0);
    let _socket = std::os::unix::net::UnixListener::bind(host.at("socket")).unwrap();
    for mode in MODES {
        let vfs = mount(&host.mounted(), mode);
        for path in ["/m/fifo", "/m/socket"] {
            let refused = if mode == MountMode::Overlay { Errno::ENOENT } else { Errno::EACCES };
            assert_eq!(open(&vfs, path, OpenOptions::READ).map(drop), Err(refused), "{path} {mode:?}");
            assert_eq!(vfs.snapshot(ROOT, path).map(drop), Err(refused));
            let written = open(&vfs, path, OpenOptions { create: false, ..OpenOptions::REPLACE }).map(drop);
            assert_eq!(written, Err(if mode == MountMode::ReadOnly { Errno::EROFS } else { refused }));
        }
    }
    for path in ["/proc", "/sys", "/proc/self"] {
        assert!(matches!(MountRoots::open([path.into()]), Err(HostRootError::KernelFileSystem { .. })), "{path}");
    }
    let roots = MountRoots::open(["/".into()]).unwrap();
    assert!(matches!(roots.directory("/proc/self/fd"), Err(HostRootError::KernelFileSystem { .. })));
    let root = roots.directory("/").unwrap();
    let whole =
        Vfs::with_mounts(VfsOptions::default(), vec![Mount { guest: "/m".into(), root, mode: MountMode::ReadOnly }]);
    let whole = whole.unwrap();
    for path in ["/m/proc/self/environ", "/m/proc/1/mem", "/m/sys/kernel", "/m/proc"] {
        assert_eq!(read(&whole, path), Err(if path == "/m/proc" { Errno::EISDIR } else { Errno::EXDEV }), "{path}");
    }
    for path in ["/m/dev/zero", "/m/dev/null"] {
        assert!(matches!(read(&whole, path), Err(Errno::EACCES | Errno::EXDEV)), "{path}");
    }
}

#[test]
fn v1_names_that_guests_can_not_say_are_not_shown() {
    use std::os::unix::ffi::OsStrExt;
    let host = Host::new();
    fs::write(host.mounted().join(std::ffi::OsStr::from_bytes(b"\xff\xfe")), "").unwrap();
    fs::write(host.at("plain"), "").unwrap();
    for mode in MODES {
        let vfs = mount(&host.mounted(), mode);
        assert_eq!(names(&vfs, "/m"), ["plain"]);
        for (path, errno) in [
            (format!("/m/{}", "x".repeat(256)), Errno::ENAMETOOLONG),
            (format!("/m{}", "/x".repeat(3000)), Errno::ENAMETOOLONG),
            ("/m/a\0b".to_owned(), Errno::EINVAL),
            (String::new(), Errno::ENOENT),
        ] {
            assert_eq!(read(&vfs, &path), Err(errno));
        }
    }
}

#[test]
fn v5_directories_of_a_mount_are_no_deeper_than_the_quota() {
    let host = Host::new();
    let options = VfsOptions { max_depth: 4, ..VfsOptions::default() };
    for mode in [MountMode::ReadWrite, MountMode::Overlay] {
        let vfs = mount_all(&host.mounted(), &[("/m", &host.mounted(), mode)], options).unwrap();
        assert_eq!(vfs.create_dir_all(ROOT, "/m/1/2/3/4/5/6", 0o755), Err(Errno::ENAMETOOLONG));
        assert_eq!(names(&vfs, "/m"), Vec::<String>::new());
    }
}

#[test]
fn v5_open_files_of_the_host_are_bounded() {
    let host = Host::new();
    fs::write(host.at("f"), "").unwrap();
    for mode in MODES {
        let vfs = mount(&host.mounted(), mode);
        let mut files = Vec::new();
        let error = loop {
            match open(&vfs, "/m/f", OpenOptions::READ) {
                Ok(file) => files.push(file),
                Err(error) => break error,
            }
        };
        assert!(error == Errno::ENFILE && (100..=512).contains(&files.len()), "{error} {}", files.len());
        drop(files);
        open(&vfs, "/m/f", OpenOptions::READ).unwrap();
    }
}

#[test]
fn places_of_mounts_stay() {
    let host = Host::new();
    for mode in MODES {
        let vfs = mount_all(&host.mounted(), &[("/a/m", &host.mounted(), mode)], VfsOptions::default()).unwrap();
        write(&vfs, "/f", b"");
        let busy = Err(Errno::EBUSY);
        assert_eq!(vfs.remove_dir(ROOT, "/a/m"), busy);
        assert_eq!(vfs.remove_all(ROOT, "/a/m"), busy);
        assert_eq!(vfs.remove_all(ROOT, "/a"), busy);
        assert_eq!(vfs.rename(ROOT, "/a/m", ROOT, "/b"), busy);
        vfs.create_dir(ROOT, "/empty", 0o755).unwrap();
        assert_eq!(vfs.rename(ROOT, "/empty", ROOT, "/a/m"), busy);
        assert_eq!(vfs.unlink(ROOT, "/a/m"), Err(Errno::EISDIR));
        assert_eq!(vfs.create_dir(ROOT, "/a/m", 0o755), Err(Errno::EEXIST));
        vfs.rename(ROOT, "/a", ROOT, "/b").unwrap();
        assert_eq!(vfs.real_path(ROOT, "/b/m/..").unwrap(), "/b");
        assert_eq!(names(&vfs, "/b/m"), Vec::<String>::new());
    }
}

#[test]
fn places_that_can_not_be_used_are_told() {
    let host = Host::new();
    let at = |guests: &[&str]| {
        let mounts: Vec<_> = guests.iter().map(|guest| (*guest, host.directory.path(), MountMode::ReadOnly)).collect();
        mount_all(host.directory.path(), &mounts, VfsOptions::default()).map(drop).unwrap_err()
    };
    for guest in ["", "/", "m", "/m/", "/a/../m", "/./m", "//m"] {
        assert!(matches!(at(&[guest]), MountError::NoPlace { .. }), "{guest}");
    }
    assert!(matches!(at(&["/dev"]), MountError::Occupied { .. }));
    assert!(matches!(at(&["/dev/null"]), MountError::Occupied { .. }));
    assert!(matches!(at(&["/m", "/m"]), MountError::Nested { .. }));
    assert!(matches!(at(&["/m", "/m/n"]), MountError::Nested { .. }));
    assert!(matches!(at(&["/m/n", "/m"]), MountError::Nested { .. }));
    mount_all(host.directory.path(), &[("/tmp", host.directory.path(), MountMode::ReadOnly)], VfsOptions::default())
        .unwrap();
}

#[test]
fn roots_are_left_by_no_path() {
    let host = Host::new();
    fs::create_dir(host.at("d")).unwrap();
    symlink(host.outside(), host.at("out")).unwrap();
    symlink("d", host.at("in")).unwrap();
    fs::write(host.at("f"), "").unwrap();
    let mounted = host.mounted();
    let roots = MountRoots::open([mounted.clone()]).unwrap();
    let directory = |path: &str| roots.directory(path).map(drop);
    let beneath = |path: &str| directory(mounted.join(path).to_str().unwrap());
    beneath("").unwrap();
    beneath("d").unwrap();
    beneath("in").unwrap();
    for path in ["out", "../outside", "d/../../outside"] {
        assert!(matches!(beneath(path), Err(HostRootError::Outside { .. })), "{path}");
    }
    let beside = format!("{}-beside", mounted.display());
    fs::create_dir(&beside).unwrap();
    for path in [&*beside, "/", "/etc", "d", "", "/etc\0"] {
        assert!(matches!(directory(path), Err(HostRootError::Outside { .. })), "{path}");
    }
    for (path, errno) in [("f", Errno::ENOTDIR), ("missing", Errno::ENOENT)] {
        assert!(matches!(beneath(path), Err(HostRootError::Unusable { errno: found, .. }) if found == errno), "{path}");
    }
    assert!(matches!(MountRoots::default().directory("/tmp"), Err(HostRootError::NoRoots { .. })));
    assert!(matches!(MountRoots::open(["tmp".into()]), Err(HostRootError::NotAbsolute { .. })));
    assert!(matches!(MountRoots::open(["/nowhere/at/all".into()]), Err(HostRootError::CannotOpen { .. })));
}
