//! Which directories a store works in.

use crate::log::logged;
use crate::store::{ROOMY, SNAPSHOT, fresh, key, names, open};
use hotcell_modules::ArtifactStore;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn refusal(directory: &Path) -> String {
    let error = ArtifactStore::open(directory, ROOMY).expect_err("it is refused").to_string();
    assert!(error.contains(directory.to_str().unwrap()), "{error}");
    error
}

#[test]
fn open_makes_the_directory_for_its_user_alone() {
    let (parent, _) = fresh();
    let directory = parent.path().join("above").join("cache");
    let store = open(&directory);
    assert_eq!(store.path(), directory);
    store.save(SNAPSHOT, &key(1), b"one");
    assert_eq!((mode(&parent.path().join("above")), mode(&directory)), (0o700, 0o700));
    for file in fs::read_dir(&directory).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn open_refuses_a_directory_that_others_can_write() {
    for (bits, refused) in [(0o720, true), (0o702, true), (0o777, true), (0o755, false), (0o1700, false)] {
        let (_parent, directory) = fresh();
        fs::create_dir(&directory).unwrap();
        set_mode(&directory, bits);
        if refused {
            let error = refusal(&directory);
            assert!(error.contains("others can write to it. Take that from them"), "{error}");
            assert_eq!(names(&directory), Vec::<String>::new());
        } else {
            open(&directory);
        }
    }
}

#[test]
fn open_refuses_a_symbolic_link_however_it_is_spelled() {
    let (parent, directory) = fresh();
    fs::create_dir(&directory).unwrap();
    let link = parent.path().join("link");
    symlink(&directory, &link).unwrap();
    for end in ["", "/", "/.", "//"] {
        let error = ArtifactStore::open(Path::new(&format!("{}{end}", link.display())), ROOMY).unwrap_err().to_string();
        assert!(error.contains("is a symbolic link"), "{error}");
    }
    open(&link.join("below"));
}

#[test]
fn open_refuses_what_belongs_to_another_user() {
    let (_parent, directory) = fresh();
    let foreign = if rustix::process::geteuid().is_root() {
        fs::create_dir(&directory).unwrap();
        chown(&directory, Some(NOBODY), None).unwrap();
        directory
    } else {
        "/".into()
    };
    let error = refusal(&foreign);
    assert!(error.contains("belongs to the user with the id"), "{error}");
}

#[test]
fn open_refuses_what_is_no_directory() {
    let (_parent, file) = fresh();
    fs::write(&file, "").unwrap();
    assert!(refusal(&file).contains("it can't be made"));
    assert!(refusal(&file.join("below")).contains("it can't be made"));
}

#[test]
fn open_does_not_wait_for_another_that_replaces_the_secret() {
    let (_parent, directory) = fresh();
    open(&directory);
    fs::write(directory.join("secret"), "damaged").unwrap();
    let other = File::open(&directory).unwrap();
    flock(&other, FlockOperation::LockExclusive).unwrap();
    assert!(refusal(&directory).contains("its secret can't be had"));
    drop(other);
    open(&directory);
}

#[test]
fn store_goes_on_without_a_directory_that_became_read_only() {
    let (parent, directory) = fresh();
    set_mode(parent.path(), 0o777);
    as_plain_user(|| {
        let store = open(&directory);
        store.save(SNAPSHOT, &key(1), b"one");
        set_mode(&directory, 0o500);
        let lines = logged(tracing::Level::WARN, || {
            for number in 2..6 {
                store.save(SNAPSHOT, &key(number), b"two");
                assert_eq!(store.load(SNAPSHOT, &key(number)), None);
            }
        });
        assert!(lines.len() == 1 && lines[0].contains("can't be written"), "{lines:#?}");
        assert_eq!(store.load(SNAPSHOT, &key(1)).as_deref(), Some(&b"one"[..]));
        assert_eq!(open(&directory).load(SNAPSHOT, &key(1)).as_deref(), Some(&b"one"[..]));
        fs::remove_file(directory.join("secret")).expect_err("it can't be written");
        set_mode(&directory, 0o700);
        fs::remove_file(directory.join("secret")).unwrap();
        set_mode(&directory, 0o500);
        assert!(refusal(&directory).contains("its secret can't be had"));
        set_mode(&directory, 0o700);
    });
}

#[test]
fn store_stays_with_the_directory_that_it_opened() {
    let (parent, directory) = fresh();
    let store = open(&directory);
    let aside = parent.path().join("aside");
    fs::rename(&directory, &aside).unwrap();
    fs::create_dir(&directory).unwrap();
    store.save(SNAPSHOT, &key(1), b"one");
    assert_eq!(names(&directory), Vec::<String>::new());
    assert_eq!(open(&aside).load(SNAPSHOT, &key(1)).as_deref(), Some(&b"one"[..]));
}

/// The user `nobody`, or at least no one else.
const NOBODY: u32 = 65534;

/// Runs `action` as a user whom permissions bind: root is not bound by them.
fn as_plain_user(action: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            if rustix::process::geteuid().is_root() {
                let nobody = rustix::thread::Uid::from_raw(NOBODY);
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            action();
        });
    });
}
