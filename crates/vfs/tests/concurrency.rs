use crate::{READ_WRITE, ROOT, lstat, names, open, vfs, vfs_with, write};
use hotcell_vfs::{Base, Errno, FollowSymlinks, OpenFile, OpenOptions, Vfs, VfsOptions};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

fn is_shared<T: Send + Sync>() {}

#[test]
fn file_systems_and_open_files_are_shared_between_threads() {
    is_shared::<Vfs>();
    is_shared::<OpenFile>();
}

/// Runs `work` on three threads while `others` run once each, until those are done.
fn while_running(others: &[&(dyn Fn() + Sync)], work: &(dyn Fn(usize) + Sync)) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for number in 0..3 {
            let done = &done;
            scope.spawn(move || {
                while !done.load(Relaxed) {
                    work(number);
                }
            });
        }
        let running: Vec<_> = others.iter().map(|other| scope.spawn(other)).collect();
        let results: Vec<_> = running.into_iter().map(|thread| thread.join()).collect();
        done.store(true, Relaxed);
        results.into_iter().for_each(|result| result.unwrap());
    });
}

#[test]
fn renamed_name_is_always_there_once() {
    let vfs = vfs_with(&["/d/x/f"]);
    let files = || {
        for _ in 0..20_000 {
            vfs.rename(ROOT, "/d/x", ROOT, "/d/y").unwrap();
            vfs.rename(ROOT, "/d/y", ROOT, "/d/x").unwrap();
        }
    };
    let (outer, inner) = (crate::directory(&vfs, "/d"), crate::directory(&vfs, "/d/x"));
    while_running(&[&files], &|_| {
        let listed = outer.read_dir(2, 10).unwrap();
        assert!(matches!(listed.as_slice(), [one] if ["x", "y"].contains(&&*one.name)), "{listed:?}");
        assert!(vfs.stat(Base::Directory(&inner), "f", FollowSymlinks::Yes).is_ok());
        assert!(["/d/x", "/d/y"].contains(&inner.path().unwrap().as_str()));
    });
}

#[test]
fn replaced_name_is_never_missing() {
    let vfs = vfs_with(&["/d/name"]);
    let replace = || {
        for number in 0..20_000 {
            write(&vfs, "/d/new", format!("{number}").as_bytes());
            vfs.rename(ROOT, "/d/new", ROOT, "/d/name").unwrap();
        }
    };
    let handle = crate::directory(&vfs, "/d");
    while_running(&[&replace], &|_| {
        assert!(!vfs.snapshot(ROOT, "/d/name").unwrap().bytes.is_empty());
        let listed = handle.read_dir(0, 10).unwrap();
        assert_eq!(listed.iter().filter(|entry| &*entry.name == "name").count(), 1);
    });
    assert_eq!(vfs.usage().inodes, 2);
}

#[test]
fn path_beneath_a_directory_never_leads_out_while_directories_move() {
    let vfs = vfs_with(&["/jail/in/deep/", "/out/secret"]);
    let jail = crate::directory(&vfs, "/jail");
    let storm = || {
        for _ in 0..20_000 {
            vfs.rename(ROOT, "/jail/in/deep", ROOT, "/out/deep").unwrap();
            vfs.rename(ROOT, "/out/deep", ROOT, "/jail/in/deep").unwrap();
            vfs.symlink("../../out", ROOT, "/jail/in/link").unwrap();
            vfs.unlink(ROOT, "/jail/in/link").unwrap();
        }
    };
    while_running(&[&storm], &|_| {
        for path in ["in/deep/../secret", "in/deep/../../out/secret", "in/link/secret", "in/deep/../../../out/secret"] {
            let error = vfs.stat(Base::Beneath(&jail), path, FollowSymlinks::Yes).unwrap_err();
            assert!(matches!(error, Errno::EPERM | Errno::ENOENT), "{path} {error:?}");
        }
    });
}

#[test]
fn directories_that_are_moved_into_each_other_never_form_a_loop() {
    let vfs = vfs();
    let names = ["a", "b", "c", "d"];
    for name in names {
        vfs.create_dir(ROOT, name, 0o755).unwrap();
    }
    thread::scope(|scope| {
        for seed in 1..4usize {
            let vfs = &vfs;
            scope.spawn(move || {
                let handles: Vec<_> = names.iter().map(|name| crate::open(vfs, name, OpenOptions::DIRECTORY)).collect();
                let handles: Vec<_> = handles.into_iter().flatten().collect();
                let mut state = seed;
                for _ in 0..10_000 {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    let (from, to) = ((state >> 33) % names.len(), (state >> 40) % names.len());
                    let Some((into, parent)) = handles.get(to).zip(handles.get((state >> 50) % names.len())) else {
                        continue;
                    };
                    let _ = vfs.rename(Base::Directory(parent), names[from], Base::Directory(into), names[from]);
                    let _ = vfs.rename(Base::Directory(parent), names[from], ROOT, names[from]);
                }
            });
        }
    });
    let mut found = 0;
    let mut pending = vec!["".to_owned()];
    while let Some(path) = pending.pop() {
        for entry in vfs.read_dir(ROOT, &format!("{path}/")).unwrap() {
            if names.contains(&&*entry.name) {
                found += 1;
                pending.push(format!("{path}/{}", entry.name));
            }
        }
    }
    assert_eq!((found, vfs.usage().inodes), (4, 4));
}

#[test]
fn appends_of_many_threads_are_whole() {
    let vfs = vfs();
    thread::scope(|scope| {
        for number in 0..4u8 {
            let vfs = &vfs;
            scope.spawn(move || {
                let file = open(vfs, "/log", OpenOptions::APPEND).unwrap();
                for _ in 0..1_000 {
                    assert_eq!(file.write_at(&[b'0' + number; 37], 0).unwrap().bytes, 37);
                }
            });
        }
    });
    let bytes = vfs.snapshot(ROOT, "/log").unwrap().bytes;
    assert_eq!(bytes.len(), 4 * 1_000 * 37);
    assert!(bytes.chunks(37).all(|record| record.iter().all(|byte| *byte == record[0])));
}

#[test]
fn whole_file_is_replaced_in_one_step() {
    let vfs = vfs();
    write(&vfs, "/f", &[0; 5_000]);
    let writer = || {
        for number in 0..2_000u32 {
            write(&vfs, "/f", &vec![number as u8; 1_000 + (number as usize * 7) % 9_000]);
        }
    };
    let file = open(&vfs, "/f", OpenOptions::READ).unwrap();
    while_running(&[&writer], &|_| {
        let mut buffer = [0; 10_000];
        let count = file.read_at(&mut buffer, 0).unwrap();
        assert!(count >= 1_000 && buffer[..count].iter().all(|byte| *byte == buffer[0]));
        let (first, second) = (file.snapshot().unwrap(), file.snapshot().unwrap());
        assert_eq!(first.stat.size, first.bytes.len() as u64);
        assert_eq!(first.fingerprint == second.fingerprint, first.bytes == second.bytes);
    });
}

#[test]
fn new_file_is_never_seen_without_its_content() {
    let vfs = vfs();
    let maker = || {
        for _ in 0..5_000 {
            write(&vfs, "/f", b"content");
            vfs.unlink(ROOT, "/f").unwrap();
        }
    };
    while_running(&[&maker], &|_| {
        if let Ok(content) = crate::read(&vfs, "/f") {
            assert_eq!(content, "content");
        }
    });
}

#[test]
fn exclusive_create_has_one_winner() {
    let vfs = vfs();
    let exclusive = OpenOptions { exclusive: true, ..OpenOptions::REPLACE };
    for round in 0..500 {
        let path = format!("/f{round}");
        let winners = thread::scope(|scope| {
            let openers: Vec<_> = (0..3).map(|_| scope.spawn(|| open(&vfs, &path, exclusive).map(drop))).collect();
            openers.into_iter().map(|opener| opener.join().unwrap()).filter(Result::is_ok).count()
        });
        assert_eq!(winners, 1);
    }
}

#[test]
fn trees_are_removed_while_others_work_in_them() {
    let vfs = vfs();
    let before = vfs.usage();
    let remover = || {
        for _ in 0..500 {
            vfs.create_dir_all(ROOT, "/tree/a/b/c/d", 0o755).unwrap();
            write(&vfs, "/tree/a/b/f", b"content");
            vfs.remove_all(ROOT, "/tree").unwrap();
        }
    };
    while_running(&[&remover], &|number| {
        let Ok(b) = vfs.open(ROOT, "/tree/a/b", &OpenOptions::DIRECTORY) else { return };
        let base = Base::Directory(&b);
        let _ = vfs.write_file(base, &format!("late{number}"), b"late".to_vec(), 0o644, true);
        let _ = vfs.create_dir_all(base, &format!("c/late{number}/x"), 0o755);
        let _ = vfs.rename(base, "c", base, "moved");
        let _ = vfs.rename(base, "f", ROOT, &format!("/tmp/saved{number}"));
        let _ = vfs.link(base, "f", FollowSymlinks::No, ROOT, &format!("/tmp/linked{number}"));
    });
    for name in names(&vfs, "/tmp") {
        let path = format!("/tmp/{name}");
        assert_eq!(crate::read(&vfs, &path).as_deref(), Ok("content"));
        vfs.unlink(ROOT, &path).unwrap();
    }
    let _ = vfs.remove_all(ROOT, "/tree");
    assert_eq!(vfs.usage(), before);
}

#[test]
fn quota_is_exact_after_threads_raced_for_it() {
    let vfs = Vfs::new(VfsOptions { max_bytes: 1_000, max_inodes: 10, ..VfsOptions::default() });
    thread::scope(|scope| {
        for number in 0..4 {
            let vfs = &vfs;
            scope.spawn(move || {
                for round in 0..2_000u64 {
                    let path = format!("/tmp/{}", (number + round) % 7);
                    match round % 5 {
                        0 => drop(vfs.write_file(ROOT, &path, vec![1; (round % 400) as usize], 0o644, false)),
                        1 => drop(open(vfs, &path, READ_WRITE).and_then(|file| file.write_at(&[2; 100], round % 300))),
                        2 => drop(vfs.link(ROOT, &path, FollowSymlinks::No, ROOT, &format!("/tmp/l{number}"))),
                        3 => drop(vfs.truncate(ROOT, &path, round % 200)),
                        _ => drop(vfs.unlink(ROOT, &path)),
                    }
                    assert!(vfs.usage().bytes <= 1_000 && vfs.usage().inodes <= 10);
                }
            });
        }
    });
    let sizes = |name: &String| {
        let stat = lstat(&vfs, &format!("/tmp/{name}")).unwrap();
        (stat.inode, stat.size)
    };
    let entries = names(&vfs, "/tmp");
    let by_inode: std::collections::HashMap<_, _> = entries.iter().map(sizes).collect();
    assert_eq!((vfs.usage().bytes, vfs.usage().inodes), (by_inode.values().sum(), entries.len() as u64));
    vfs.remove_all(ROOT, "/tmp").unwrap();
    assert_eq!((vfs.usage().bytes, vfs.usage().inodes), (0, 0));
}
