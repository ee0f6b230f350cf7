use super::client::{Client, Failed};
use hotcell_protocol::{ErrorCode, ErrorInfo};
use serde_json::json;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use tempfile::Builder;

/// Puts a component into a directory, whole or not at all, once it has been found that it loads.
pub fn add(
    mut client: Client,
    file: &Path,
    id: Option<String>,
    directory: Option<&Path>,
    as_json: bool,
) -> Result<u8, Failed> {
    let failed = |message: String| Failed(ErrorInfo::new(ErrorCode::InvalidOption, message));
    let directory = directory.ok_or_else(|| {
        failed("There is no directory to add to: name one with --components, or set HOTCELL_COMPONENTS.".into())
    })?;
    let id = match id.or_else(|| Some(file.file_stem()?.to_str()?.to_owned())) {
        Some(id) if !id.contains('/') => id,
        _ => {
            return Err(failed(
                "The component needs an id that a file can have: give one without a slash with --id.".into(),
            ));
        }
    };
    let file = std::path::absolute(file).map_err(|error| failed(error.to_string()))?;
    client.add_file(&id, &file)?;
    client.get(&id)?;
    let target = directory.join(format!("{id}.wasm"));
    copy(&file, directory, &target).map_err(|error| {
        failed(format!("The component can't be written to {} ({error}): name a directory that can.", target.display()))
    })?;
    if as_json {
        crate::print(&format!("{}\n", json!({ "id": id, "path": target })));
    } else {
        crate::print(&format!("{}\n", target.display()));
    }
    Ok(0)
}

fn copy(file: &Path, directory: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let mut temporary = Builder::new().prefix(".component-").tempfile_in(directory)?;
    io::copy(&mut File::open(file)?, temporary.as_file_mut())?;
    temporary.as_file().sync_all()?;
    // As other files of the user's are, not for the user alone as temporary ones.
    temporary.as_file().set_permissions(fs::metadata(file)?.permissions())?;
    temporary.persist(target)?;
    Ok(())
}
