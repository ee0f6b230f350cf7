use std::path::Path;
use std::{env, fs};

/// Compares a file of the repository, named by its path from the root, with what it should hold; writes it instead
/// where `HOTCELL_UPDATE` is set.
pub fn check(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if env::var_os("HOTCELL_UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, expected).unwrap();
        return;
    }
    let actual = fs::read_to_string(&file).unwrap_or_default();
    let line = actual.lines().zip(expected.lines()).take_while(|(actual, expected)| actual == expected).count();
    assert!(
        actual == expected,
        "{path} differs from line {} on: run `HOTCELL_UPDATE=1 cargo test --release -p hotcell-protocol`.\n  there:  {:?}\n  \
         wanted: {:?}",
        line + 1,
        actual.lines().nth(line),
        expected.lines().nth(line),
    );
}
