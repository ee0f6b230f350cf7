//! Compiled modules on disk: found again by whoever would compile the same, and by nobody else.

use crate::harness::{Setup, command};
use hotcell_modules::{ArtifactStore, CacheBounds, digest_of};
use hotcell_wasm::{CompiledModules, EngineOptions, PoolFull, WasiRunner, WasmEngine, WasmError};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use tempfile::TempDir;

const SMALL: EngineOptions = EngineOptions { instances: 4, when_full: PoolFull::Wait, fuel: false };

static ENGINE: LazyLock<WasmEngine> = LazyLock::new(|| WasmEngine::new(SMALL).unwrap());

fn store(directory: &Path) -> Arc<ArtifactStore> {
    Arc::new(ArtifactStore::open(directory, ArtifactStore::DEFAULT_MAX_BYTES).unwrap())
}

/// What a new process would begin with.
fn modules(directory: &Path) -> CompiledModules {
    CompiledModules::new(ENGINE.clone(), CacheBounds::default(), Some(store(directory)))
}

/// A program that exits with that code.
fn program(code: u8) -> Vec<u8> {
    command("", &format!("(call $proc_exit (i32.const {code}))"))
}

/// Runs a program in what a new process would begin with: its exit code, and how many compilations and loads it took.
fn run(directory: &Path, program: &[u8]) -> (u8, u64, u64) {
    let runner = WasiRunner::start(modules(directory)).unwrap();
    let ran = Setup::default().start_on(&runner, program).end();
    runner.modules().close().unwrap();
    let stats = runner.modules().stats();
    (ran.exit.exit_code.unwrap(), stats.compiles, stats.loads)
}

fn artifacts(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("compiled-module-")).collect();
    files.sort();
    files
}

/// A directory with the artifact of a program that exits with 1.
fn warm() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run(directory.path(), &program(1)), (1, 1, 0));
    let [artifact] = artifacts(directory.path()).try_into().expect("there is one artifact");
    (directory, artifact)
}

#[test]
fn second_start_compiles_nothing() {
    let (directory, artifact) = warm();
    assert_eq!(run(directory.path(), &program(1)), (1, 0, 1));
    assert_eq!(artifacts(directory.path()), [artifact]);
}

#[test]
fn artifact_that_was_changed_anywhere_is_compiled_anew() {
    let (directory, artifact) = warm();
    let good = fs::read(&artifact).unwrap();
    // Every byte of what describes the artifact, and some of each part of the code.
    let step = good.len() / 64;
    for at in (0..64).chain((64..good.len()).step_by(step)) {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        fs::write(&artifact, bad).unwrap();
        assert_eq!(run(directory.path(), &program(1)), (1, 1, 0), "byte {at} of {}", good.len());
        assert_eq!(run(directory.path(), &program(1)), (1, 0, 1), "the artifact was not made anew");
    }
}

#[test]
fn artifact_that_was_cut_off_is_compiled_anew() {
    let (directory, artifact) = warm();
    let good = fs::read(&artifact).unwrap();
    for length in [0, 1, 55, 56, 57, good.len() / 2, good.len() - 1] {
        fs::write(&artifact, &good[..length]).unwrap();
        assert_eq!(run(directory.path(), &program(1)), (1, 1, 0), "{length} bytes");
    }
    fs::write(&artifact, [good.as_slice(), b"more"].concat()).unwrap();
    assert_eq!(run(directory.path(), &program(1)), (1, 1, 0));
}

#[test]
fn artifacts_that_were_swapped_are_compiled_anew() {
    let (directory, first) = warm();
    run(directory.path(), &program(2));
    let second = artifacts(directory.path()).into_iter().find(|path| *path != first).unwrap();
    let (one, two) = (fs::read(&first).unwrap(), fs::read(&second).unwrap());
    fs::write(&first, two).unwrap();
    fs::write(&second, one).unwrap();
    assert_eq!(run(directory.path(), &program(1)), (1, 1, 0));
    assert_eq!(run(directory.path(), &program(2)), (2, 1, 0));
}

#[test]
fn program_of_the_same_size_is_another_program() {
    let (directory, _) = warm();
    assert_eq!(program(1).len(), program(2).len());
    assert_eq!(run(directory.path(), &program(2)), (2, 1, 0));
    assert_eq!(artifacts(directory.path()).len(), 2);
}

#[test]
fn engine_that_compiles_otherwise_has_artifacts_of_its_own() {
    let (directory, _) = warm();
    let engine = WasmEngine::new(EngineOptions { fuel: true, ..SMALL }).unwrap();
    let modules = CompiledModules::new(engine, CacheBounds::default(), Some(store(directory.path())));
    modules.get(digest_of(&program(1)), &program(1)).unwrap();
    assert_eq!((modules.stats().compiles, modules.stats().loads), (1, 0));
    assert_eq!(artifacts(directory.path()).len(), 2);
    assert_eq!(run(directory.path(), &program(1)), (1, 0, 1));
}

#[test]
fn artifact_from_another_directory_is_compiled_anew() {
    let (theirs, artifact) = warm();
    let (ours, same) = warm();
    assert_eq!(artifact.file_name(), same.file_name());
    fs::copy(artifact, same).unwrap();
    assert_eq!(run(ours.path(), &program(1)), (1, 1, 0));
    drop(theirs);
}

#[test]
fn directory_that_others_can_write_to_is_not_used() {
    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert!(ArtifactStore::open(directory.path(), ArtifactStore::DEFAULT_MAX_BYTES).is_err());
}

#[test]
fn module_is_compiled_once_for_memory_and_disk() {
    let directory = tempfile::tempdir().unwrap();
    let modules = modules(directory.path());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| modules.get(digest_of(&program(1)), &program(1)).unwrap());
        }
    });
    modules.close().unwrap();
    assert_eq!((modules.stats().compiles, artifacts(directory.path()).len()), (1, 1));
}

#[test]
fn artifacts_keep_to_the_stores_bound_least_recently_used_first() {
    let (directory, first) = warm();
    let bytes = fs::metadata(&first).unwrap().len();
    let store = Arc::new(ArtifactStore::open(directory.path(), 2 * bytes + bytes / 2).unwrap());
    let modules = CompiledModules::new(ENGINE.clone(), CacheBounds::default(), Some(store));
    for code in [2, 3] {
        modules.get(digest_of(&program(code)), &program(code)).unwrap();
    }
    modules.close().unwrap();
    assert_eq!(artifacts(directory.path()).len(), 2);
    assert!(!first.exists());
}

#[test]
fn closing_tells_everything_that_could_not_be_kept() {
    let directory = tempfile::tempdir().unwrap();
    let modules = modules(directory.path());
    // The store goes on with the directory that it opened, which has no path any more.
    fs::remove_dir_all(directory.path()).unwrap();
    let programs = [program(1), program(2)];
    for program in &programs {
        modules.get(digest_of(program), program).unwrap();
    }
    let Err(WasmError::NotKept(errors)) = modules.close() else { panic!("closing told nothing") };
    assert_eq!(errors.len(), 2);
    let told = WasmError::NotKept(errors).to_string();
    assert!(programs.iter().all(|program| told.contains(&digest_of(program).to_string())), "{told}");
    modules.close().unwrap();
}
