//! V2: what is renamed and replaced on the host while guests follow paths there, by threads that really race.

use crate::mounts::{Host, mount};
use crate::{ROOT, open};
use hotcell_vfs::{Base, Errno, FollowSymlinks, MountMode, OpenOptions, Vfs};
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

const ROUNDS: usize = 3000;

/// Runs `attempt` over and over while another thread runs `swap`, until both have done so often enough.
fn race(swap: impl Fn() + Send + Sync, mut attempt: impl FnMut()) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _done = SetAtEnd(&done);
            (0..ROUNDS).for_each(|_| swap());
        });
        let mut attempts = 0;
        while !done.load(Relaxed) || attempts < ROUNDS {
            attempt();
            attempts += 1;
        }
    });
}

struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

fn read(vfs: &std::sync::Arc<Vfs>, path: &str) -> Result<Vec<u8>, Errno> {
    vfs.snapshot(ROOT, path).map(|snapshot| snapshot.bytes.to_vec())
}

/// A host whose `d` is a directory with a file `secret` of its own, beside the one outside.
fn host() -> Host {
    let host = Host::new();
    fs::create_dir(host.at("d")).unwrap();
    fs::write(host.at("d/secret"), "harmless").unwrap();
    host
}

#[test]
fn v2_directory_that_becomes_a_symbolic_link_leads_nowhere_else() {
    for mode in [MountMode::ReadOnly, MountMode::ReadWrite] {
        let host = host();
        symlink(host.outside(), host.at("link")).unwrap();
        let vfs = mount(&host.mounted(), mode);
        let (mut seen, mut missed) = (0, 0);
        race(
            || {
                fs::rename(host.at("d"), host.at("parked")).unwrap();
                fs::rename(host.at("link"), host.at("d")).unwrap();
                fs::rename(host.at("d"), host.at("link")).unwrap();
                fs::rename(host.at("parked"), host.at("d")).unwrap();
            },
            || match read(&vfs, "/m/d/secret") {
                Ok(bytes) => {
                    assert_eq!(bytes, b"harmless");
                    seen += 1;
                }
                Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => missed += 1,
                Err(error) => panic!("{error}"),
            },
        );
        assert!(seen > 0 && missed > 0, "nothing raced: {seen} {missed}");
    }
}

#[test]
fn v2_file_that_becomes_a_symbolic_link_is_neither_read_nor_written_through() {
    let host = host();
    symlink(host.outside().join("secret"), host.at("link")).unwrap();
    fs::write(host.at("file"), "harmless").unwrap();
    let vfs = mount(&host.mounted(), MountMode::ReadWrite);
    let write = OpenOptions { write: true, truncate: false, ..OpenOptions::READ };
    race(
        || {
            fs::rename(host.at("file"), host.at("parked")).unwrap();
            fs::rename(host.at("link"), host.at("file")).unwrap();
            fs::rename(host.at("file"), host.at("link")).unwrap();
            fs::rename(host.at("parked"), host.at("file")).unwrap();
        },
        || {
            for follow in [FollowSymlinks::Yes, FollowSymlinks::No] {
                if let Ok(file) = open(&vfs, "/m/file", OpenOptions { follow, ..write }) {
                    file.write_at(b"HARM", 0).unwrap();
                }
            }
            let _ = vfs.truncate(ROOT, "/m/file", 4);
            let _ = vfs.set_permissions(ROOT, "/m/file", 0o666, FollowSymlinks::Yes);
        },
    );
    assert_eq!(fs::read(host.outside().join("secret")).unwrap(), b"secret");
    assert_eq!(fs::read(host.at("file")).unwrap(), b"HARM");
}

#[test]
fn v2_directory_that_is_moved_out_of_the_mount_takes_nobody_with_it() {
    let host = host();
    let vfs = mount(&host.mounted(), MountMode::ReadWrite);
    let directory = open(&vfs, "/m/d", OpenOptions::DIRECTORY).unwrap();
    race(
        || {
            fs::rename(host.at("d"), host.outside().join("d")).unwrap();
            fs::rename(host.outside().join("d"), host.at("d")).unwrap();
        },
        || {
            // `..` of a directory that lies outside would be the directory with the secret.
            for path in ["../secret", "../../outside/secret", "../d/../secret"] {
                let found = vfs.open(Base::Directory(&directory), path, &OpenOptions::READ);
                assert!(found.is_err(), "{path}");
            }
            assert!(read(&vfs, "/m/d/../secret").is_err());
        },
    );
}

#[test]
fn v3_file_that_becomes_a_fifo_keeps_nobody_waiting() {
    let host = host();
    let fifo = std::ffi::CString::new(host.at("fifo").to_str().unwrap()).unwrap();
    // SAFETY: a path that ends in a NUL.
    assert_eq!(unsafe { libc::mkfifo(fifo.as_ptr(), 0o666) }, 0);
    fs::write(host.at("file"), "harmless").unwrap();
    let vfs = mount(&host.mounted(), MountMode::ReadWrite);
    race(
        || {
            fs::rename(host.at("file"), host.at("parked")).unwrap();
            fs::rename(host.at("fifo"), host.at("file")).unwrap();
            fs::rename(host.at("file"), host.at("fifo")).unwrap();
            fs::rename(host.at("parked"), host.at("file")).unwrap();
        },
        || {
            for options in [OpenOptions::READ, OpenOptions { write: true, ..OpenOptions::READ }] {
                match open(&vfs, "/m/file", options) {
                    Ok(file) => assert_eq!(file.stat().kind, hotcell_vfs::FileKind::File),
                    Err(error) => assert!(matches!(error, Errno::EACCES | Errno::ENOENT), "{error}"),
                }
            }
        },
    );
}

#[test]
fn v2_guest_that_swaps_its_own_links_gets_nowhere() {
    let host = host();
    fs::create_dir(host.at("e")).unwrap();
    let vfs = mount(&host.mounted(), MountMode::ReadWrite);
    vfs.symlink("d", ROOT, "/m/swap").unwrap();
    race(
        || {
            // The link's way is checked where it is made: moved up, it would lead out.
            let _ = vfs.symlink("../d", ROOT, "/m/e/up");
            let _ = vfs.rename(ROOT, "/m/e/up", ROOT, "/m/up");
            let _ = vfs.unlink(ROOT, "/m/up");
            let _ = vfs.rename(ROOT, "/m/d", ROOT, "/m/e/d");
            let _ = vfs.rename(ROOT, "/m/e/d", ROOT, "/m/d");
        },
        || {
            for path in ["/m/up/secret", "/m/up/../outside/secret", "/m/swap/secret", "/m/e/up/secret"] {
                if let Ok(bytes) = read(&vfs, path) {
                    assert_eq!(bytes, b"harmless", "{path}");
                }
            }
        },
    );
}

#[test]
fn v2_whole_tree_is_removed_while_links_come_and_go_and_nothing_outside_is() {
    let host = host();
    let vfs = mount(&host.mounted(), MountMode::ReadWrite);
    race(
        || {
            let _ = fs::create_dir_all(host.at("t/a/b"));
            let _ = fs::rename(host.at("t/a"), host.at("t/parked"));
            let _ = symlink(host.outside(), host.at("t/a"));
        },
        || {
            let _ = vfs.remove_all(ROOT, "/m/t");
        },
    );
    assert_eq!(fs::read(host.outside().join("secret")).unwrap(), b"secret");
}

#[test]
fn overlay_is_taken_over_once_by_threads_that_race() {
    let host = host();
    (0..40).for_each(|number| fs::write(host.at(&format!("d/{number}")), number.to_string()).unwrap());
    for _ in 0..50 {
        let vfs = mount(&host.mounted(), MountMode::Overlay);
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let vfs = &vfs;
                scope.spawn(move || {
                    for number in 0..40 {
                        let path = format!("/m/d/{number}");
                        let file = open(vfs, &path, OpenOptions::APPEND).unwrap();
                        file.write_at(format!("+{worker}").as_bytes(), 0).unwrap();
                    }
                });
            }
        });
        for number in 0..40 {
            let text = String::from_utf8(read(&vfs, &format!("/m/d/{number}")).unwrap()).unwrap();
            let mut parts: Vec<_> = text.split('+').collect();
            assert_eq!(parts.remove(0), number.to_string());
            parts.sort_unstable();
            assert_eq!(parts, ["0", "1", "2", "3"]);
        }
    }
}
