//! `host_user`: who the guest is told it is. There is one user and one group of the same name.

use wiggle::{GuestMemory, GuestPtr};

use super::{bytes_at, store, str_at};
use crate::{
    Trap, WasiCtx,
    abi::types::Errno,
    ctx::User,
    error::{Result, errno_value},
    fd_table::Object,
};

/// Names longer than this are those of nobody.
const MAX_NAME_BYTES: u32 = 4096;

/// The user's number, to `ret_uid`.
pub fn getuid(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, ret_uid: i32) -> Result<i32, Trap> {
    errno_value(store(memory, ret_uid, ctx.user.uid))
}

/// As [`getuid`].
pub fn geteuid(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, ret_uid: i32) -> Result<i32, Trap> {
    getuid(ctx, memory, ret_uid)
}

/// The group's number, to `ret_gid`.
pub fn getgid(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, ret_gid: i32) -> Result<i32, Trap> {
    errno_value(store(memory, ret_gid, ctx.user.gid))
}

/// As [`getgid`].
pub fn getegid(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, ret_gid: i32) -> Result<i32, Trap> {
    getgid(ctx, memory, ret_gid)
}

/// The groups that the user is in, at most `size`, to `groups_ptr`, and their number to `ret_count`; only the number where
/// `size` is 0. `EINVAL` where there are more.
pub fn getgroups(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    size: i32,
    groups_ptr: i32,
    ret_count: i32,
) -> Result<i32, Trap> {
    errno_value((|| {
        match size {
            0 => {}
            1.. => store(memory, groups_ptr, ctx.user.gid)?,
            _ => return Err(Errno::Inval.into()),
        }
        store(memory, ret_count, 1u32)
    })())
}

/// What an unprivileged user may make of an id: what it is already. -1 keeps it.
fn keep_id(own: u32, wanted: &[i32]) -> Result<i32, Trap> {
    let kept = wanted.iter().all(|&id| id == -1 || id as u32 == own);
    errno_value(if kept { Ok(()) } else { Err(Errno::Perm.into()) })
}

/// `EPERM` for anything but the user's own number.
pub fn setuid(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, uid: i32) -> Result<i32, Trap> {
    keep_id(ctx.user.uid, &[uid])
}

/// As [`setuid`].
pub fn seteuid(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, uid: i32) -> Result<i32, Trap> {
    keep_id(ctx.user.uid, &[uid])
}

/// As [`setuid`], for each of the three.
pub fn setresuid(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, uid: i32, euid: i32, suid: i32) -> Result<i32, Trap> {
    keep_id(ctx.user.uid, &[uid, euid, suid])
}

/// `EPERM` for anything but the group's own number.
pub fn setgid(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, gid: i32) -> Result<i32, Trap> {
    keep_id(ctx.user.gid, &[gid])
}

/// As [`setgid`].
pub fn setegid(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, gid: i32) -> Result<i32, Trap> {
    keep_id(ctx.user.gid, &[gid])
}

/// As [`setgid`], for each of the three.
pub fn setresgid(ctx: &mut WasiCtx, _: &mut GuestMemory<'_>, gid: i32, egid: i32, sgid: i32) -> Result<i32, Trap> {
    keep_id(ctx.user.gid, &[gid, egid, sgid])
}

/// `EPERM`, as for every unprivileged user.
pub fn setgroups(_: &mut WasiCtx, _: &mut GuestMemory<'_>, _count: i32, _groups_ptr: i32) -> Result<i32, Trap> {
    Ok(Errno::Perm as i32)
}

/// Whether the descriptor leads to a terminal, as 1 or 0 to `ret_bool`. `EBADF`.
pub fn isatty(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, fd: i32, ret_bool: i32) -> Result<i32, Trap> {
    errno_value((|| store(memory, ret_bool, u32::from(is_terminal(ctx, fd)?)))())
}

pub(super) fn is_terminal(ctx: &WasiCtx, fd: i32) -> Result<bool, Errno> {
    let object = &ctx.fds.description(fd as u32)?.object;
    Ok(ctx.is_terminal && matches!(object, Object::Stdin | Object::Stdout | Object::Stderr))
}

/// A line of the user database: `name:x:uid:gid:full name:home:shell`.
fn passwd_line(user: &User) -> String {
    format!("{0}:x:{1}:{2}:{0}:{3}:{4}", user.name, user.uid, user.gid, user.home, user.shell)
}

/// A line of the group database: `name:x:gid:members`.
fn group_line(user: &User) -> String {
    format!("{}:x:{}:", user.name, user.gid)
}

/// Writes a line and its length. Where the buffer is too small only the length, with `ERANGE`.
fn store_line(memory: &mut GuestMemory<'_>, line: &str, buffer: GuestPtr<[u8]>, ret_len: i32) -> Result<()> {
    let len = u32::try_from(line.len())?;
    store(memory, ret_len, len)?;
    if buffer.len() < len {
        return Err(Errno::Range.into());
    }
    Ok(memory.copy_from_slice(line.as_bytes(), buffer.as_ptr().as_array(len))?)
}

fn name_is(memory: &GuestMemory<'_>, name: GuestPtr<str>, expected: &str) -> Result<bool> {
    Ok(name.len() <= MAX_NAME_BYTES && memory.as_cow_str(name)? == expected)
}

macro_rules! look_up {
    ($(
        $(#[$doc:meta])*
        $function:ident($($parameter:ident),*): |$ctx:ident, $memory:ident| $found:expr => $line:ident;
    )*) => { $(
        $(#[$doc])*
        pub fn $function(
            $ctx: &mut WasiCtx,
            $memory: &mut GuestMemory<'_>,
            $($parameter: i32,)*
            buf_ptr: i32,
            buf_len: i32,
            ret_len: i32,
        ) -> Result<i32, Trap> {
            errno_value((|| {
                if !$found {
                    return Err(Errno::Noent.into());
                }
                store_line($memory, &$line(&$ctx.user), bytes_at(buf_ptr, buf_len), ret_len)
            })())
        }
    )* };
}

look_up! {
    /// The user's line by number. `ENOENT`, `ERANGE`.
    getpwuid(uid): |ctx, memory| uid as u32 == ctx.user.uid => passwd_line;
    /// The user's line by name. `ENOENT`, `ERANGE`.
    getpwnam(name_ptr, name_len): |ctx, memory| name_is(memory, str_at(name_ptr, name_len), &ctx.user.name)? => passwd_line;
    /// The user database's line at an index from 0; `ENOENT` after the last. `ERANGE`.
    getpwent(index): |ctx, memory| index == 0 => passwd_line;
    /// The group's line by number. `ENOENT`, `ERANGE`.
    getgrgid(gid): |ctx, memory| gid as u32 == ctx.user.gid => group_line;
    /// The group's line by name. `ENOENT`, `ERANGE`.
    getgrnam(name_ptr, name_len): |ctx, memory| name_is(memory, str_at(name_ptr, name_len), &ctx.user.name)? => group_line;
    /// The group database's line at an index from 0; `ENOENT` after the last. `ERANGE`.
    getgrent(index): |ctx, memory| index == 0 => group_line;
}
