use super::directory::HostDirectory;
use super::errno::errno;
use crate::errno::Errno;

/// Entries of a directory that are looked at in one go.
const BATCH: u64 = 10_000;

/// Removes a directory and everything in it. Symbolic links are not followed. With two descriptors and no recursion, however
/// deep it is; where others make files in it meanwhile it fails as `rmdir` does.
pub(super) fn remove_all(parent: &HostDirectory, name: &str) -> Result<(), Errno> {
    let top = parent.path_of(name);
    let mut path = top.clone();
    loop {
        let here = match parent.mount.directory(&path) {
            Ok(here) => here,
            // Someone else was faster.
            Err(Errno::ENOENT) if path == top => return Ok(()),
            Err(error) => return Err(error),
        };
        match remove_files(&here)? {
            Some(below) => path = here.path_of(&below),
            None => {
                let above = here.parent()?;
                let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
                match above.dir.remove_dir(&name).map_err(|error| errno(&error)) {
                    Ok(()) | Err(Errno::ENOENT) => {}
                    Err(error) => return Err(error),
                }
                if path == top {
                    return Ok(());
                }
                path = above.path().to_owned();
            }
        }
    }
}

/// Removes all that is no directory. A directory that is left, where there is one.
fn remove_files(here: &HostDirectory) -> Result<Option<String>, Errno> {
    loop {
        let mut seen = 0;
        let mut below = None;
        for entry in here.dir.entries().map_err(|error| errno(&error))? {
            let entry = entry.map_err(|error| errno(&error))?;
            let name = entry.file_name();
            let is_directory = entry.file_type().is_ok_and(|file_type| file_type.is_dir());
            if is_directory {
                // One whose name no guest can say is left, and so is what it is in.
                below = Some(name.into_string().map_err(|_| Errno::ENOTEMPTY)?);
                continue;
            }
            match here.dir.remove_file(&name).map_err(|error| errno(&error)) {
                Ok(()) | Err(Errno::ENOENT) => {}
                Err(error) => return Err(error),
            }
            seen += 1;
            if seen == BATCH {
                break;
            }
        }
        if seen < BATCH {
            return Ok(below);
        }
    }
}
