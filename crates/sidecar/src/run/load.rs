use super::outcome::Failure;
use crate::cli::RunOptions;
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path};

/// The directory in the sandbox that programs lie in.
pub const APP: &str = "/app";

/// What is copied into the sandbox.
pub struct Files {
    /// Absolute.
    pub program: String,
    /// By absolute path.
    pub entries: BTreeMap<String, Entry>,
}

pub enum Entry {
    File { bytes: Vec<u8>, mode: u32 },
    Directory,
    Symlink { target: String },
}

/// Reads the program and what is included with it.
pub fn collect(options: &RunOptions) -> Result<Files, Failure> {
    let mut entries = BTreeMap::new();
    let program = format!("{APP}/{}", name_of(&options.file)?);
    let bytes = read(&options.file)?;
    // Whoever names a file to be run means it to run, as with `node FILE`.
    entries.insert(program.clone(), Entry::File { bytes, mode: 0o755 });
    for path in &options.include {
        let place = format!("{APP}/{}", place_of(path, &options.file)?);
        copy(path, place, &program, &mut entries)?;
    }
    Ok(Files { program, entries })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        let message = format!("{} can't be read: {error}.", path.display());
        if error.kind() == ErrorKind::NotFound { Failure::not_found(message) } else { Failure::other(message) }
    })
}

fn name_of(path: &Path) -> Result<&str, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.ok_or_else(|| {
        Failure::other(format!("{} has no name in UTF-8 to be known by in the sandbox.", path.display()))
    })
}

/// Where an included path lies under [`APP`]: as it lies relative to the program's directory, or just by its name where it is
/// not beneath that.
fn place_of(path: &Path, program: &Path) -> Result<String, Failure> {
    let base = program.parent().unwrap_or(Path::new(""));
    let relative = path.strip_prefix(base).ok().and_then(plain_parts);
    match relative {
        Some(parts) if !parts.is_empty() => Ok(parts.join("/")),
        _ => name_of(path).map(String::from),
    }
}

/// The names that a path is made of; `None` where it goes up, or has a name that is not UTF-8.
fn plain_parts(path: &Path) -> Option<Vec<&str>> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.map(|part| if let Component::Normal(name) = part { name.to_str() } else { None }).collect()
}

fn copy(path: &Path, place: String, program: &str, entries: &mut BTreeMap<String, Entry>) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::other(format!("{} can't be included: {error}.", path.display()));
    let metadata = fs::symlink_metadata(path).map_err(fail)?;
    let kind = metadata.file_type();
    let entry = if kind.is_dir() {
        for entry in fs::read_dir(path).map_err(fail)? {
            let entry = entry.map_err(fail)?.path();
            let place = format!("{place}/{}", name_of(&entry)?);
            copy(&entry, place, program, entries)?;
        }
        Entry::Directory
    } else if kind.is_symlink() {
        let target = fs::read_link(path).map_err(fail)?;
        let target = target.to_str().map(String::from);
        let target = target.ok_or_else(|| Failure::other(format!("{} leads to no path in UTF-8.", path.display())))?;
        Entry::Symlink { target }
    } else if kind.is_file() {
        Entry::File { bytes: read(path)?, mode: metadata.permissions().mode() & 0o777 }
    } else {
        return Err(Failure::other(format!("{} is neither file nor directory.", path.display())));
    };
    // An included directory may hold the program itself, which is there already.
    if place != program {
        entries.insert(place, entry);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_of_keeps_what_lies_beside_the_program_in_its_place() {
        for (path, program, expected) in [
            ("lib", "app.js", "lib"),
            ("lib/a.js", "app.js", "lib/a.js"),
            ("./lib/a.js", "./app.js", "lib/a.js"),
            ("/src/lib/a.js", "/src/app.js", "lib/a.js"),
            ("/data/a.json", "/src/app.js", "a.json"),
            ("../a.json", "app.js", "a.json"),
            ("dir/lib/", "dir/app.js", "lib"),
        ] {
            assert_eq!(place_of(Path::new(path), Path::new(program)).unwrap(), expected, "{path} {program}");
        }
        assert!(place_of(Path::new(".."), Path::new("app.js")).is_err());
    }
}
