//! Threat S1: nothing that was changed, cut off, or written by somebody else is handed out.

use crate::log::logged;
use crate::store::{HEADER, ROOMY, SNAPSHOT, artifact_path, fresh, key, names, open};
use hotcell_modules::{ArtifactKind, ArtifactStore};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const ARTIFACT: &[u8] = b"code that is run without being looked at again";

/// The artifact does not load, one warning says why, it is gone, and a new one takes its place.
fn assert_is_thrown_away(store: &ArtifactStore, directory: &Path, why: &str) {
    let lines = logged(tracing::Level::WARN, || assert_eq!(store.load(SNAPSHOT, &key(1)), None));
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("thrown away") && lines[0].contains(why), "{why}: {lines:#?}");
    assert!(!artifact_path(directory, 1).exists());
    store.save(SNAPSHOT, &key(1), ARTIFACT);
    assert_eq!(store.load(SNAPSHOT, &key(1)).as_deref(), Some(ARTIFACT));
}

#[test]
fn load_throws_away_an_artifact_with_any_bit_flipped() {
    let (_parent, directory) = fresh();
    let store = open(&directory);
    store.save(SNAPSHOT, &key(1), ARTIFACT);
    let path = artifact_path(&directory, 1);
    let good = fs::read(&path).unwrap();
    assert_eq!(good.len() as u64, HEADER + ARTIFACT.len() as u64);
    for position in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[position / 8] ^= 1 << (position % 8);
        fs::write(&path, bad).unwrap();
        assert_eq!(store.load(SNAPSHOT, &key(1)), None, "bit {position}");
        assert!(!path.exists(), "bit {position}");
    }
    fs::write(&path, good).unwrap();
    assert_eq!(
        store.load(SNAPSHOT, &key(1)).as_deref(),
        Some(ARTIFACT),
        "what was tampered with is the only difference"
    );
}

#[test]
fn load_throws_away_an_artifact_of_any_other_length() {
    let (_parent, directory) = fresh();
    let store = open(&directory);
    store.save(SNAPSHOT, &key(1), ARTIFACT);
    let path = artifact_path(&directory, 1);
    let good = fs::read(&path).unwrap();
    for length in 0..good.len() {
        fs::write(&path, &good[..length]).unwrap();
        assert_eq!(store.load(SNAPSHOT, &key(1)), None, "{length} bytes");
        assert!(!path.exists(), "{length} bytes");
    }
    fs::write(&path, [&good[..], &[0]].concat()).unwrap();
    assert_is_thrown_away(&store, &directory, "promises 46 bytes in a file of 103");
}

#[test]
fn load_says_what_is_wrong_with_a_header() {
    let (_parent, directory) = fresh();
    let store = open(&directory);
    let cases: [(usize, &[u8], &str); 5] = [
        (0, b"hotcold\n", "no artifact"),
        (8, &2_u32.to_le_bytes(), "format version 2, not 1"),
        (12, &2_u32.to_le_bytes(), "kind 2, not 1"),
        (16, &u64::MAX.to_le_bytes(), "promises 18446744073709551615 bytes"),
        (24, &[0; 32], "damaged"),
    ];
    for (at, bytes, why) in cases {
        store.save(SNAPSHOT, &key(1), ARTIFACT);
        let path = artifact_path(&directory, 1);
        let mut file = fs::read(&path).unwrap();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        fs::write(&path, file).unwrap();
        assert_is_thrown_away(&store, &directory, why);
    }
}

#[test]
fn load_throws_away_two_artifacts_that_were_swapped() {
    let (_parent, directory) = fresh();
    let store = open(&directory);
    store.save(SNAPSHOT, &key(1), b"for one");
    store.save(SNAPSHOT, &key(2), b"for two");
    let (one, two) = (artifact_path(&directory, 1), artifact_path(&directory, 2));
    let (first, second) = (fs::read(&one).unwrap(), fs::read(&two).unwrap());
    fs::write(&one, second).unwrap();
    fs::write(&two, first).unwrap();
    assert_eq!(store.load(SNAPSHOT, &key(2)), None);
    assert_is_thrown_away(&store, &directory, "written for something else");
}

#[test]
fn load_throws_away_an_artifact_of_another_kind_or_directory() {
    let (_parent, directory) = fresh();
    let store = open(&directory);
    store.save(ArtifactKind::CompiledModule, &key(1), ARTIFACT);
    fs::rename(directory.join(format!("compiled-module-{}", key(1))), artifact_path(&directory, 1)).unwrap();
    assert_is_thrown_away(&store, &directory, "kind 2, not 1");

    let (_parent, elsewhere) = fresh();
    open(&elsewhere).save(SNAPSHOT, &key(1), ARTIFACT);
    fs::copy(artifact_path(&elsewhere, 1), artifact_path(&directory, 1)).unwrap();
    assert_is_thrown_away(&store, &directory, "by somebody else");
}

#[test]
fn load_throws_away_an_artifact_that_is_larger_than_the_bound() {
    let (_parent, directory) = fresh();
    let store = ArtifactStore::open(&directory, HEADER + ARTIFACT.len() as u64).unwrap();
    open(&directory).save(SNAPSHOT, &key(1), &[7; 1000]);
    assert_is_thrown_away(&store, &directory, "promises 1000 bytes");
}

#[test]
fn load_opens_nothing_but_regular_files() {
    let (parent, directory) = fresh();
    let store = open(&directory);
    store.save(SNAPSHOT, &key(1), ARTIFACT);
    let path = artifact_path(&directory, 1);
    let aside = parent.path().join("aside");
    fs::rename(&path, &aside).unwrap();

    let assert_refused_and_replaced = || {
        let lines = logged(tracing::Level::WARN, || assert_eq!(store.load(SNAPSHOT, &key(1)), None));
        assert!(lines.len() == 1 && lines[0].contains("no regular file"), "{lines:#?}");
        store.save(SNAPSHOT, &key(1), ARTIFACT);
        assert_eq!(store.load(SNAPSHOT, &key(1)).as_deref(), Some(ARTIFACT));
        fs::remove_file(&path).unwrap();
    };
    symlink(&aside, &path).unwrap();
    assert_refused_and_replaced();
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    assert_refused_and_replaced();
    fs::create_dir(&path).unwrap();
    let lines = logged(tracing::Level::WARN, || {
        assert_eq!(store.load(SNAPSHOT, &key(1)), None);
        store.save(SNAPSHOT, &key(1), ARTIFACT);
        store.save(SNAPSHOT, &key(1), ARTIFACT);
    });
    assert!(lines.len() == 2 && lines[1].contains("can't be written"), "one warning for each of the two: {lines:#?}");
    assert_eq!(names(&directory), [format!("snapshot-{}", key(1))], "no temporary file stays");
}

#[test]
fn open_makes_a_damaged_secret_anew() {
    type Damage<'a> = (&'a str, &'a dyn Fn(&Path));
    let damages: [Damage<'_>; 5] = [
        ("another length", &|secret| fs::write(secret, [1; 31]).unwrap()),
        ("another length", &|secret| fs::write(secret, []).unwrap()),
        ("Others than its owner", &|secret| fs::set_permissions(secret, fs::Permissions::from_mode(0o640)).unwrap()),
        ("no regular file", &|secret| {
            fs::rename(secret, secret.with_extension("moved")).unwrap();
            symlink("secret.moved", secret).unwrap();
        }),
        ("no regular file", &|secret| {
            fs::remove_file(secret).unwrap();
            rustix::fs::mknodat(rustix::fs::CWD, secret, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
                .unwrap();
        }),
    ];
    for (why, damage) in damages {
        let (_parent, directory) = fresh();
        open(&directory).save(SNAPSHOT, &key(1), ARTIFACT);
        damage(&directory.join("secret"));
        let mut store = None;
        let lines = logged(tracing::Level::WARN, || store = ArtifactStore::open(&directory, ROOMY).ok());
        assert!(lines.len() == 1 && lines[0].contains(why) && lines[0].contains("secret"), "{why}: {lines:#?}");
        let secret = fs::metadata(directory.join("secret")).unwrap();
        assert_eq!((secret.len(), secret.permissions().mode() & 0o7777), (32, 0o600));
        assert_is_thrown_away(&store.unwrap(), &directory, "damaged");
        assert_eq!(open(&directory).load(SNAPSHOT, &key(1)).as_deref(), Some(ARTIFACT));
    }
}

#[test]
fn open_trusts_a_changed_secret_with_nothing_that_is_older() {
    let (_parent, directory) = fresh();
    open(&directory).save(SNAPSHOT, &key(1), ARTIFACT);
    let path = directory.join("secret");
    let mut secret = fs::read(&path).unwrap();
    secret[31] ^= 1;
    fs::write(&path, secret).unwrap();
    assert_is_thrown_away(&open(&directory), &directory, "damaged");
}
