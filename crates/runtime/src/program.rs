use crate::error::RequestError;
use crate::sandbox::join;
use hotcell_vfs::{Base, Errno, Snapshot, Vfs};

/// The PATH of guests whose environment has none.
pub const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

const WASM_MAGIC: &[u8] = b"\0asm";

/// What a command's name led to.
#[derive(Debug)]
pub(crate) struct Executable {
    /// Absolute; symbolic links in it are not resolved.
    pub path: String,
    pub content: Snapshot,
    pub kind: ExecutableKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExecutableKind {
    Wasm,
    Script,
}

/// Finds a program as a shell does: a name with a slash is a path, any other is looked for in each directory of PATH, as it
/// is and with `.wasm` after it. Files without an execute bit are passed over there, and refused where nothing else is found.
///
/// Costs one look-up in the file system per name that is tried, and copies nothing.
pub(crate) fn find(vfs: &Vfs, command: &str, cwd: &str, path: &str) -> Result<Executable, RequestError> {
    if command.contains('/') {
        return match look(vfs, join(cwd, command)) {
            Look::Found(path, content) => classify(path, content),
            Look::Refused(error) => Err(error),
            Look::Missing => Err(RequestError::NoSuchProgram { path: command.into() }),
        };
    }
    let missing = || RequestError::NotOnPath { command: command.into(), path: path.into() };
    if command.is_empty() {
        return Err(missing());
    }
    let mut refused = None;
    for directory in path.split(':') {
        // An empty entry is the working directory, as POSIX has it.
        let directory = if directory.is_empty() { cwd.to_string() } else { join(cwd, directory) };
        for suffix in ["", ".wasm"] {
            match look(vfs, join(&directory, &format!("{command}{suffix}"))) {
                Look::Found(path, content) => return classify(path, content),
                Look::Refused(error) => refused = refused.or(Some(error)),
                Look::Missing => {}
            }
        }
    }
    Err(refused.unwrap_or_else(missing))
}

enum Look {
    Found(String, Snapshot),
    Refused(RequestError),
    Missing,
}

fn look(vfs: &Vfs, path: String) -> Look {
    let reason = match vfs.snapshot(Base::Root, &path) {
        Ok(content) if content.stat.is_executable() => return Look::Found(path, content),
        Ok(_) => "it has no execute permission. Give the file a mode such as 0o755.".into(),
        Err(Errno::ENOENT | Errno::ENOTDIR) => return Look::Missing,
        Err(Errno::EISDIR) => "it is a directory.".into(),
        Err(errno) => format!("{} ({errno}).", errno.name()),
    };
    Look::Refused(RequestError::NotExecutable { path, reason })
}

fn classify(path: String, content: Snapshot) -> Result<Executable, RequestError> {
    match kind_of(&path, &content.bytes) {
        Ok(kind) => Ok(Executable { path, content, kind }),
        Err(reason) => Err(RequestError::NotExecutable { path, reason }),
    }
}

/// What those bytes are, or why they are nothing that runs.
fn kind_of(path: &str, bytes: &[u8]) -> Result<ExecutableKind, String> {
    if is_wasm(bytes) {
        return Ok(ExecutableKind::Wasm);
    }
    if path.ends_with(".wasm") {
        return Err("its name ends in .wasm, but it does not begin as a WebAssembly module does.".into());
    }
    if let Some(interpreter) = interpreter(bytes) {
        return match interpreter {
            "node" | "nodejs" | "hotcell" => Ok(ExecutableKind::Script),
            _ => Err(format!("its first line asks for {interpreter:?}. Scripts can ask for node or hotcell.")),
        };
    }
    // As shells take any other text for a script of theirs; a NUL tells a binary, as it does for them.
    let is_text = !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok();
    is_text
        .then_some(ExecutableKind::Script)
        .ok_or_else(|| "it is neither a WebAssembly module nor JavaScript text in UTF-8.".into())
}

pub(crate) fn is_wasm(bytes: &[u8]) -> bool {
    bytes.starts_with(WASM_MAGIC)
}

/// The name of the program that a `#!` line asks for: the last part of its path, or for `env` that of its argument.
fn interpreter(bytes: &[u8]) -> Option<&str> {
    let line = bytes.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).unwrap_or("?");
    let mut words = line.split_ascii_whitespace().map(base_name);
    match words.next() {
        Some("env") => Some(words.find(|word| !word.starts_with('-') && !word.contains('=')).unwrap_or("env")),
        name => Some(name.unwrap_or_default()),
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreter_is_read_as_the_kernel_and_env_do() {
        for (text, expected) in [
            ("#!/usr/bin/env node\nx", Some("node")),
            ("#! /usr/bin/node --flag", Some("node")),
            ("#!/usr/bin/env -S FOO=1 node --flag\r\n", Some("node")),
            ("#!/usr/bin/env\n", Some("env")),
            ("#!hotcell run", Some("hotcell")),
            ("#!", Some("")),
            ("#!/bin/\u{e9}\n", Some("\u{e9}")),
            ("# !/usr/bin/node", None),
            ("", None),
        ] {
            assert_eq!(interpreter(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(interpreter(b"#!/bin/\xff"), Some("?"));
    }

    #[test]
    fn kind_of_tells_programs_from_what_can_not_run() {
        use ExecutableKind::{Script, Wasm};
        let cases: &[(&str, &[u8], Option<ExecutableKind>)] = &[
            ("/bin/ls", b"\0asm\x01\0\0\0", Some(Wasm)),
            ("/bin/ls.wasm", b"\0asm\x01\0\0\0", Some(Wasm)),
            ("/bin/ls.wasm", b"console.log(1)", None),
            ("/app/a.js", b"console.log(1)", Some(Script)),
            ("/app/a.mjs", b"", Some(Script)),
            ("/bin/tool", b"#!/usr/bin/env node\n1", Some(Script)),
            ("/bin/tool", b"#!/bin/sh\necho", None),
            ("/bin/tool.js", b"#!/bin/sh\necho", None),
            ("/bin/tool", b"console.log(1)", Some(Script)),
            ("/bin/tool", b"\x7fELF\x02\x01\x01\0", None),
            ("/bin/tool", b"\xff\xfe", None),
        ];
        for (path, bytes, expected) in cases {
            assert_eq!(kind_of(path, bytes).ok(), *expected, "{path} {bytes:?}");
        }
    }
}
