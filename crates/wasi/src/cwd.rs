//! The working directory of programs that can't ask for it.
//!
//! WASI has no working directory. A program's libc joins relative paths with what it takes for one, and passes the result,
//! without its first slash, to the preopened directory that it lies in. What it takes for the working directory differs:
//!
//! - Some start from `PWD`, as shells and the newer command packages do. All their paths are then absolute, and right.
//! - wasi-libc takes `/`, or, where nothing in the program calls `chdir`, nothing at all: `/a.txt` and `a.txt` both come here
//!   as `a.txt` in the directory that is preopened as `/` (wasi-libc issue 484). [`WorkingDirectory`] tells which was meant.
//! - `getcwd` of wasi-libc answers from a variable that begins as `/`. [`tell_libc`] sets it.
//!
//! None of this matters to a guest whose working directory is `/`, and none of it opens anything: whoever has the root
//! preopened can reach the working directory anyway.

use hotcell_vfs::{Base, FileKind, FollowSymlinks, OpenFile};
use wiggle::{GuestMemory, GuestPtr};

use crate::{error::Result, preview1::path::PathArgument};

/// Stands in for the root where a path was meant to be relative.
#[derive(Debug)]
pub(crate) struct WorkingDirectory {
    file: OpenFile,
    /// The program's arguments that can be relative paths, without a leading `./`, or absolute ones, without leading slashes;
    /// all without trailing slashes.
    relative_arguments: Vec<String>,
    absolute_arguments: Vec<String>,
}

impl WorkingDirectory {
    pub(crate) fn new(file: OpenFile, args: &[Vec<u8>]) -> WorkingDirectory {
        let mut directory = WorkingDirectory { file, relative_arguments: Vec::new(), absolute_arguments: Vec::new() };
        for argument in args.iter().skip(1).filter_map(|argument| std::str::from_utf8(argument).ok()) {
            let (list, path) = match argument.strip_prefix('/') {
                Some(path) => (&mut directory.absolute_arguments, path.trim_start_matches('/')),
                None => (&mut directory.relative_arguments, argument.strip_prefix("./").unwrap_or(argument)),
            };
            let path = path.trim_end_matches('/');
            list.push(if path == "." { String::new() } else { path.to_owned() });
        }
        directory
    }

    /// Where a path starts that was passed to the root.
    pub(crate) fn base<'a>(&'a self, root: &'a OpenFile, path: &PathArgument<'_>) -> Base<'a> {
        if self.is_meant(root, path) { Base::Directory(&self.file) } else { Base::Directory(root) }
    }

    /// Whether a path was meant to be relative. wasi-libc strips slashes by moving its pointer, so that a slash before the path
    /// says it was absolute. Libraries that copy the path leave only the program's arguments to compare it with, and at last
    /// what there is.
    fn is_meant(&self, root: &OpenFile, path: &PathArgument<'_>) -> bool {
        if path.follows_slash {
            return false;
        }
        let matches = |arguments: &[String]| arguments.iter().any(|argument| leads_to(argument, &path.text));
        match (matches(&self.relative_arguments), matches(&self.absolute_arguments)) {
            (true, false) => return true,
            (false, true) => return false,
            _ => {}
        }
        let stat = |base, path: &str| self.file.vfs().stat(base, path, FollowSymlinks::No);
        if stat(Base::Directory(&self.file), &path.text).is_ok() {
            return true;
        }
        if stat(Base::Directory(root), &path.text).is_ok() {
            return false;
        }
        match path.text.trim_end_matches('/').rsplit_once('/') {
            None => true,
            Some((parent, _)) => {
                stat(Base::Directory(&self.file), parent).is_ok_and(|stat| stat.kind == FileKind::Directory)
            }
        }
    }
}

/// Whether a path is that of an argument or of something within it. Of an argument that is a base itself (`.` or `/`) only the
/// base: whatever is within it can be within the other as well.
fn leads_to(argument: &str, path: &str) -> bool {
    if argument.is_empty() {
        return path == ".";
    }
    path.strip_prefix(argument).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Bytes before the environment in which wasi-libc's variables are looked for. They lie between the program's constants and
/// its heap, which the environment is one of the first things on.
const SEARCHED_BYTES: u32 = 256 << 10;

/// Sets the working directory that wasi-libc's `getcwd` tells: its variable `__wasilibc_cwd`, a pointer to `"/"`, which the
/// linker lays beside `__wasilibc_environ`, which is -1 until the environment is there. Where exactly one place in memory looks
/// like these two, the first is made to point to the value of `PWD`. To be called while the guest fetches its environment.
///
/// `environ` is where the variables' bytes were written, `value` the offset in them of the value of `PWD`.
pub(crate) fn tell_libc(memory: &mut GuestMemory<'_>, environ: GuestPtr<u8>, value: u32) -> Result<()> {
    let end = environ.offset() & !3;
    let start = end.saturating_sub(SEARCHED_BYTES);
    let searched = memory.as_cow(GuestPtr::new((start, end - start)))?;
    let words = searched.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    let mut candidates = words
        .clone()
        .zip(words.skip(1))
        .enumerate()
        .filter(|&(_, (cwd, environ))| environ == u32::MAX && points_to_root(memory, cwd))
        .map(|(index, _)| start + index as u32 * 4);
    let (Some(variable), None) = (candidates.next(), candidates.next()) else {
        return Ok(());
    };
    Ok(memory.write(GuestPtr::<u32>::new(variable), environ.add(value)?.offset())?)
}

/// Whether there is a string `"/"`, after the end of another one.
fn points_to_root(memory: &GuestMemory<'_>, pointer: u32) -> bool {
    let Some(before) = pointer.checked_sub(1) else { return false };
    let string = GuestPtr::<u8>::new(before).as_array(3);
    memory.to_vec(string).is_ok_and(|bytes| bytes == *b"\0/\0")
}
