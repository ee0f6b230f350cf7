//! `NativeFs`: the sandbox's files, as JavaScript sees them.

use super::{NativeFunction, set, string, throw, try_string, uint8_array, with_bytes, with_claim};
use crate::state::Claim;
use hotcell_vfs::{Base, Errno, FileKind, FollowSymlinks, OpenOptions, SetTime};
use v8::MapFnTo;

pub(super) fn functions() -> Vec<NativeFunction> {
    vec![
        ("readFile", read_file.map_fn_to()),
        ("writeFile", write_file.map_fn_to()),
        ("stat", stat.map_fn_to()),
        ("readdir", readdir.map_fn_to()),
        ("mkdir", mkdir.map_fn_to()),
        ("rmdir", rmdir.map_fn_to()),
        ("unlink", unlink.map_fn_to()),
        ("rm", rm.map_fn_to()),
        ("rename", rename.map_fn_to()),
        ("symlink", symlink.map_fn_to()),
        ("link", link.map_fn_to()),
        ("readlink", readlink.map_fn_to()),
        ("realpath", realpath.map_fn_to()),
        ("chmod", chmod.map_fn_to()),
        ("truncate", truncate.map_fn_to()),
        ("utimes", utimes.map_fn_to()),
        ("chdir", chdir.map_fn_to()),
        ("cwd", cwd.map_fn_to()),
    ]
}

type Scope<'a, 's, 'i> = &'a mut v8::PinScope<'s, 'i>;

/// Runs an operation on the paths that the first `PATHS` arguments are, made absolute, and throws what it fails with as Node does.
fn operate<'s, 'i, const PATHS: usize, R>(
    scope: Scope<'_, 's, 'i>,
    args: &v8::FunctionCallbackArguments<'s>,
    syscall: &str,
    operation: impl FnOnce(&mut v8::PinScope<'s, 'i>, &Claim, [&str; PATHS]) -> Result<R, Errno>,
) -> Option<R> {
    let given: [String; PATHS] = std::array::from_fn(|index| args.get(index as i32).to_rust_string_lossy(scope));
    let mut outcome = None;
    with_claim(scope, |scope, _, claim| {
        let absolute = given.each_ref().map(|path| join(&claim.cwd.borrow(), path));
        match operation(scope, claim, absolute.each_ref().map(String::as_str)) {
            Ok(result) => outcome = Some(result),
            Err(errno) => throw_errno(scope, errno, syscall, &given),
        }
    });
    outcome
}

/// `path` as seen from `cwd`; the empty path stays empty, which the file system refuses.
pub(crate) fn join(cwd: &str, path: &str) -> String {
    if path.starts_with('/') || path.is_empty() {
        path.to_owned()
    } else if cwd.ends_with('/') {
        format!("{cwd}{path}")
    } else {
        format!("{cwd}/{path}")
    }
}

/// An error as Node's `fs` throws it: `ENOENT: no such file or directory, open '/x'`, with code, errno, syscall and paths.
fn throw_errno(scope: Scope<'_, '_, '_>, errno: Errno, syscall: &str, paths: &[String]) {
    let mut message = format!("{}: {errno}, {syscall}", errno.name());
    for (index, path) in paths.iter().enumerate() {
        message.push_str(if index == 0 { " '" } else { " -> '" });
        message.push_str(path);
        message.push('\'');
    }
    let Some(message) = try_string(scope, &message) else { return };
    let error = v8::Exception::error(scope, message);
    if let Ok(object) = error.try_cast::<v8::Object>() {
        let number = v8::Integer::new(scope, -errno.linux_number());
        set(scope, object, "errno", number.into());
        let properties = [("code", errno.name()), ("syscall", syscall)];
        let paths = ["path", "dest"].into_iter().zip(paths.iter().map(String::as_str));
        for (name, value) in properties.into_iter().chain(paths) {
            let value = string(scope, value);
            set(scope, object, name, value.into());
        }
    }
    scope.throw_exception(error);
}

fn follow(yes: bool) -> FollowSymlinks {
    if yes { FollowSymlinks::Yes } else { FollowSymlinks::No }
}

fn kind_number(kind: FileKind) -> i32 {
    match kind {
        FileKind::File => 0,
        FileKind::Directory => 1,
        FileKind::Symlink => 2,
        FileKind::CharacterDevice => 3,
    }
}

fn read_file<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, mut result: v8::ReturnValue<'_>) {
    let snapshot = operate(scope, &args, "open", |_, claim, [path]| claim.vfs.snapshot(Base::Root, path));
    if let Some(snapshot) = snapshot
        && let Some(array) = uint8_array(scope, &snapshot.bytes)
    {
        result.set(array.into());
    }
}

fn write_file<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    let data = args.get(1);
    let bytes = match data.try_cast::<v8::String>() {
        Ok(text) => text.to_rust_string_lossy(scope).into_bytes(),
        Err(_) => match with_bytes(data, <[u8]>::to_vec) {
            Some(bytes) => bytes,
            None => return throw(scope, v8::Exception::type_error, "Only text or bytes can be written to a file."),
        },
    };
    let flag = args.get(2).to_rust_string_lossy(scope);
    let permissions = args.get(3).uint32_value(scope).unwrap_or(OpenOptions::DEFAULT_PERMISSIONS);
    operate(scope, &args, "open", |_, claim, [path]| {
        let exclusive = flag.contains('x');
        let base = if flag.starts_with('a') { OpenOptions::APPEND } else { OpenOptions::REPLACE };
        let file = claim.vfs.open(Base::Root, path, &OpenOptions { exclusive, permissions, ..base })?;
        let mut offset = 0;
        while (offset as usize) < bytes.len() {
            offset += file.write_at(&bytes[offset as usize..], offset)?.bytes as u64;
        }
        Ok(())
    });
}

fn stat<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, mut result: v8::ReturnValue<'_>) {
    let followed = follow(args.get(1).boolean_value(scope));
    let syscall = if followed == FollowSymlinks::Yes { "stat" } else { "lstat" };
    let Some(stat) = operate(scope, &args, syscall, |_, claim, [path]| claim.vfs.stat(Base::Root, path, followed))
    else {
        return;
    };
    let milliseconds = |nanoseconds: i64| nanoseconds as f64 / 1e6;
    let numbers = [
        f64::from(kind_number(stat.kind)),
        stat.size as f64,
        f64::from(stat.mode()),
        stat.inode as f64,
        stat.links as f64,
        milliseconds(stat.atime_ns),
        milliseconds(stat.mtime_ns),
        milliseconds(stat.ctime_ns),
    ];
    let numbers = numbers.map(|number| v8::Number::new(scope, number).into());
    result.set(v8::Array::new_with_elements(scope, &numbers).into());
}

fn readdir<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, mut result: v8::ReturnValue<'_>) {
    let Some(entries) = operate(scope, &args, "scandir", |_, claim, [path]| claim.vfs.read_dir(Base::Root, path))
    else {
        return;
    };
    let mut names = Vec::with_capacity(entries.len());
    let mut kinds = Vec::with_capacity(entries.len());
    for entry in &entries {
        names.push(string(scope, &entry.name).into());
        kinds.push(v8::Integer::new(scope, kind_number(entry.kind)).into());
    }
    let names = v8::Array::new_with_elements(scope, &names).into();
    let kinds = v8::Array::new_with_elements(scope, &kinds).into();
    result.set(v8::Array::new_with_elements(scope, &[names, kinds]).into());
}

fn mkdir<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, mut result: v8::ReturnValue<'_>) {
    let recursive = args.get(1).boolean_value(scope);
    let permissions = args.get(2).uint32_value(scope).unwrap_or(0o777);
    let made = operate(scope, &args, "mkdir", |_, claim, [path]| {
        if recursive {
            claim.vfs.create_dir_all(Base::Root, path, permissions)
        } else {
            claim.vfs.create_dir(Base::Root, path, permissions).map(|()| None)
        }
    });
    if let Some(Some(topmost)) = made {
        let topmost = string(scope, &topmost);
        result.set(topmost.into());
    }
}

fn rmdir<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    operate(scope, &args, "rmdir", |_, claim, [path]| claim.vfs.remove_dir(Base::Root, path));
}

fn unlink<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    operate(scope, &args, "unlink", |_, claim, [path]| claim.vfs.unlink(Base::Root, path));
}

fn rm<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    let recursive = args.get(1).boolean_value(scope);
    let force = args.get(2).boolean_value(scope);
    operate(scope, &args, "rm", |_, claim, [path]| claim.vfs.remove(Base::Root, path, recursive, force));
}

fn rename<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    operate(scope, &args, "rename", |_, claim, [from, to]| claim.vfs.rename(Base::Root, from, Base::Root, to));
}

fn symlink<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    let target = args.get(0).to_rust_string_lossy(scope);
    operate(scope, &args, "symlink", |_, claim, [_, path]| claim.vfs.symlink(&target, Base::Root, path));
}

fn link<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    operate(scope, &args, "link", |_, claim, [from, to]| {
        claim.vfs.link(Base::Root, from, FollowSymlinks::No, Base::Root, to)
    });
}

fn readlink<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, mut result: v8::ReturnValue<'_>) {
    if let Some(target) = operate(scope, &args, "readlink", |_, claim, [path]| claim.vfs.read_link(Base::Root, path)) {
        let target = string(scope, &target);
        result.set(target.into());
    }
}

fn realpath<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, mut result: v8::ReturnValue<'_>) {
    if let Some(path) = operate(scope, &args, "realpath", |_, claim, [path]| claim.vfs.real_path(Base::Root, path)) {
        let path = string(scope, &path);
        result.set(path.into());
    }
}

fn chmod<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    let permissions = args.get(1).uint32_value(scope).unwrap_or(0);
    operate(scope, &args, "chmod", |_, claim, [path]| {
        claim.vfs.set_permissions(Base::Root, path, permissions, FollowSymlinks::Yes)
    });
}

fn truncate<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    let length = args.get(1).number_value(scope).unwrap_or(0.0).max(0.0) as u64;
    operate(scope, &args, "open", |_, claim, [path]| claim.vfs.truncate(Base::Root, path, length));
}

fn utimes<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    let time = |scope: Scope<'_, 's, '_>, index| {
        SetTime::To((args.get(index).number_value(scope).unwrap_or(0.0) * 1e6) as i64)
    };
    let (atime, mtime) = (time(scope, 1), time(scope, 2));
    operate(scope, &args, "utime", |_, claim, [path]| {
        claim.vfs.set_times(Base::Root, path, atime, mtime, FollowSymlinks::Yes)
    });
}

fn chdir<'s>(scope: Scope<'_, 's, '_>, args: v8::FunctionCallbackArguments<'s>, _: v8::ReturnValue<'_>) {
    operate(scope, &args, "chdir", |_, claim, [path]| {
        let path = claim.vfs.real_path(Base::Root, path)?;
        if claim.vfs.stat(Base::Root, &path, FollowSymlinks::Yes)?.kind != FileKind::Directory {
            return Err(Errno::ENOTDIR);
        }
        *claim.cwd.borrow_mut() = path;
        Ok(())
    });
}

fn cwd(scope: &mut v8::PinScope<'_, '_>, _: v8::FunctionCallbackArguments<'_>, mut result: v8::ReturnValue<'_>) {
    with_claim(scope, |scope, _, claim| {
        let cwd = string(scope, &claim.cwd.borrow());
        result.set(cwd.into());
    });
}
