//! `wasi_snapshot_preview1`, by the meaning that the standard's definition gives each function.

mod buffers;
mod clock;
mod fd;
pub(crate) mod io;
pub(crate) mod path;
pub(crate) mod poll;
mod readdir;

use wiggle::{GuestMemory, GuestPtr};

use crate::{
    WasiCtx,
    abi::{types::*, wasi_snapshot_preview1::WasiSnapshotPreview1},
    cwd,
    error::{Error, Result, Trap},
};

/// Bytes that one call of `random_get` gives at most; a larger buffer is `EINVAL`. A call can't be interrupted, and this many
/// take a fraction of a second.
const MAX_RANDOM_BYTES: u32 = 64 << 20;

impl WasiSnapshotPreview1 for WasiCtx {
    fn args_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        argv: GuestPtr<GuestPtr<u8>>,
        argv_buf: GuestPtr<u8>,
    ) -> Result<()> {
        self.args.write(memory, argv, argv_buf)
    }

    fn args_sizes_get(&mut self, _: &mut GuestMemory<'_>) -> Result<(Size, Size)> {
        Ok((self.args.count(), self.args.byte_len()))
    }

    fn environ_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        environ: GuestPtr<GuestPtr<u8>>,
        environ_buf: GuestPtr<u8>,
    ) -> Result<()> {
        self.env.write(memory, environ, environ_buf)?;
        if self.cwd != "/" {
            let value = self.env.byte_len() - (self.cwd.len() as u32 + 1);
            cwd::tell_libc(memory, environ_buf, value)?;
        }
        Ok(())
    }

    fn environ_sizes_get(&mut self, _: &mut GuestMemory<'_>) -> Result<(Size, Size)> {
        Ok((self.env.count(), self.env.byte_len()))
    }

    fn clock_res_get(&mut self, _: &mut GuestMemory<'_>, id: Clockid) -> Result<Timestamp> {
        clock::resolution(self, id)
    }

    fn clock_time_get(&mut self, _: &mut GuestMemory<'_>, id: Clockid, _precision: Timestamp) -> Result<Timestamp> {
        clock::time(self, id)
    }

    fn fd_advise(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: Fd,
        offset: Filesize,
        len: Filesize,
        _advice: Advice,
    ) -> Result<()> {
        fd::advise(self, fd.into(), offset, len)
    }

    fn fd_allocate(&mut self, _: &mut GuestMemory<'_>, fd: Fd, offset: Filesize, len: Filesize) -> Result<()> {
        fd::allocate(self, fd.into(), offset, len)
    }

    fn fd_close(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<()> {
        Ok(self.fds.close(fd.into())?)
    }

    fn fd_datasync(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<()> {
        fd::sync(self, fd.into(), Rights::FD_DATASYNC)
    }

    fn fd_fdstat_get(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<Fdstat> {
        fd::fdstat(self, fd.into())
    }

    fn fd_fdstat_set_flags(&mut self, _: &mut GuestMemory<'_>, fd: Fd, flags: Fdflags) -> Result<()> {
        fd::set_flags(self, fd.into(), flags)
    }

    fn fd_fdstat_set_rights(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: Fd,
        fs_rights_base: Rights,
        fs_rights_inheriting: Rights,
    ) -> Result<()> {
        fd::set_rights(self, fd.into(), fs_rights_base, fs_rights_inheriting)
    }

    fn fd_filestat_get(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<Filestat> {
        fd::filestat(self, fd.into())
    }

    fn fd_filestat_set_size(&mut self, _: &mut GuestMemory<'_>, fd: Fd, size: Filesize) -> Result<()> {
        fd::set_size(self, fd.into(), size)
    }

    fn fd_filestat_set_times(
        &mut self,
        _: &mut GuestMemory<'_>,
        fd: Fd,
        atim: Timestamp,
        mtim: Timestamp,
        fst_flags: Fstflags,
    ) -> Result<()> {
        fd::set_times(self, fd.into(), atim, mtim, fst_flags)
    }

    fn fd_pread(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        iovs: GuestPtr<[Iovec]>,
        offset: Filesize,
    ) -> Result<Size> {
        io::pread(self, memory, fd.into(), iovs, offset)
    }

    fn fd_prestat_get(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<Prestat> {
        fd::prestat(self, fd.into())
    }

    fn fd_prestat_dir_name(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        path: GuestPtr<u8>,
        path_len: Size,
    ) -> Result<()> {
        fd::prestat_name(self, memory, fd.into(), path.as_array(path_len))
    }

    fn fd_pwrite(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        iovs: GuestPtr<[Ciovec]>,
        offset: Filesize,
    ) -> Result<Size> {
        io::pwrite(self, memory, fd.into(), iovs, offset)
    }

    async fn fd_read(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, iovs: GuestPtr<[Iovec]>) -> Result<Size> {
        io::read(self, memory, fd.into(), iovs).await
    }

    fn fd_readdir(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        buf: GuestPtr<u8>,
        buf_len: Size,
        cookie: Dircookie,
    ) -> Result<Size> {
        readdir::readdir(self, memory, fd.into(), buf.as_array(buf_len), cookie)
    }

    fn fd_renumber(&mut self, _: &mut GuestMemory<'_>, fd: Fd, to: Fd) -> Result<()> {
        Ok(self.fds.renumber(fd.into(), to.into())?)
    }

    fn fd_seek(&mut self, _: &mut GuestMemory<'_>, fd: Fd, offset: Filedelta, whence: Whence) -> Result<Filesize> {
        io::seek(self, fd.into(), offset, whence)
    }

    fn fd_sync(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<()> {
        fd::sync(self, fd.into(), Rights::FD_SYNC)
    }

    fn fd_tell(&mut self, _: &mut GuestMemory<'_>, fd: Fd) -> Result<Filesize> {
        io::seek(self, fd.into(), 0, Whence::Cur)
    }

    async fn fd_write(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, iovs: GuestPtr<[Ciovec]>) -> Result<Size> {
        io::write(self, memory, fd.into(), iovs).await
    }

    fn path_create_directory(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, path: GuestPtr<str>) -> Result<()> {
        path::create_directory(self, memory, fd.into(), path)
    }

    fn path_filestat_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        flags: Lookupflags,
        path: GuestPtr<str>,
    ) -> Result<Filestat> {
        path::filestat(self, memory, fd.into(), flags, path)
    }

    fn path_filestat_set_times(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        flags: Lookupflags,
        path: GuestPtr<str>,
        atim: Timestamp,
        mtim: Timestamp,
        fst_flags: Fstflags,
    ) -> Result<()> {
        path::set_times(self, memory, fd.into(), flags, path, fd::times(atim, mtim, fst_flags)?)
    }

    fn path_link(
        &mut self,
        memory: &mut GuestMemory<'_>,
        old_fd: Fd,
        old_flags: Lookupflags,
        old_path: GuestPtr<str>,
        new_fd: Fd,
        new_path: GuestPtr<str>,
    ) -> Result<()> {
        path::link(self, memory, old_fd.into(), old_flags, old_path, new_fd.into(), new_path)
    }

    fn path_open(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        dirflags: Lookupflags,
        path: GuestPtr<str>,
        oflags: Oflags,
        fs_rights_base: Rights,
        fs_rights_inheriting: Rights,
        fdflags: Fdflags,
    ) -> Result<Fd> {
        let request =
            path::Open { dirflags, oflags, rights: fs_rights_base, inheriting: fs_rights_inheriting, fdflags };
        path::open(self, memory, fd.into(), path, request).map(Fd::from)
    }

    fn path_readlink(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        path: GuestPtr<str>,
        buf: GuestPtr<u8>,
        buf_len: Size,
    ) -> Result<Size> {
        path::read_link(self, memory, fd.into(), path, buf.as_array(buf_len))
    }

    fn path_remove_directory(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, path: GuestPtr<str>) -> Result<()> {
        path::remove_directory(self, memory, fd.into(), path)
    }

    fn path_rename(
        &mut self,
        memory: &mut GuestMemory<'_>,
        fd: Fd,
        old_path: GuestPtr<str>,
        new_fd: Fd,
        new_path: GuestPtr<str>,
    ) -> Result<()> {
        path::rename(self, memory, fd.into(), old_path, new_fd.into(), new_path)
    }

    fn path_symlink(
        &mut self,
        memory: &mut GuestMemory<'_>,
        old_path: GuestPtr<str>,
        fd: Fd,
        new_path: GuestPtr<str>,
    ) -> Result<()> {
        path::symlink(self, memory, old_path, fd.into(), new_path)
    }

    fn path_unlink_file(&mut self, memory: &mut GuestMemory<'_>, fd: Fd, path: GuestPtr<str>) -> Result<()> {
        path::unlink(self, memory, fd.into(), path)
    }

    async fn poll_oneoff(
        &mut self,
        memory: &mut GuestMemory<'_>,
        subscriptions: GuestPtr<Subscription>,
        events: GuestPtr<Event>,
        nsubscriptions: Size,
    ) -> Result<Size> {
        poll::poll_oneoff(self, memory, subscriptions.as_array(nsubscriptions), events).await
    }

    fn proc_exit(&mut self, _: &mut GuestMemory<'_>, rval: Exitcode) -> wiggle::error::Error {
        wiggle::error::Error::from(Trap::Exit(rval))
    }

    fn proc_raise(&mut self, _: &mut GuestMemory<'_>, sig: Signal) -> Result<()> {
        raise(sig)
    }

    async fn sched_yield(&mut self, _: &mut GuestMemory<'_>) -> Result<()> {
        poll::yield_now().await;
        Ok(())
    }

    fn random_get(&mut self, memory: &mut GuestMemory<'_>, buf: GuestPtr<u8>, buf_len: Size) -> Result<()> {
        random(memory, buf.as_array(buf_len))
    }

    fn sock_accept(&mut self, _: &mut GuestMemory<'_>, _: Fd, _: Fdflags) -> Result<Fd> {
        Err(Errno::Notsup.into())
    }

    fn sock_recv(
        &mut self,
        _: &mut GuestMemory<'_>,
        _: Fd,
        _: GuestPtr<[Iovec]>,
        _: Riflags,
    ) -> Result<(Size, Roflags)> {
        Err(Errno::Notsup.into())
    }

    fn sock_send(&mut self, _: &mut GuestMemory<'_>, _: Fd, _: GuestPtr<[Ciovec]>, _: Siflags) -> Result<Size> {
        Err(Errno::Notsup.into())
    }

    fn sock_shutdown(&mut self, _: &mut GuestMemory<'_>, _: Fd, _: Sdflags) -> Result<()> {
        Err(Errno::Notsup.into())
    }
}

/// A signal acts as the standard says of it: most end the guest, a few are ignored. None stops it, since nothing could let it
/// go on.
fn raise(signal: Signal) -> Result<()> {
    let name = match signal {
        Signal::None => return Err(Errno::Inval.into()),
        Signal::Pipe | Signal::Chld | Signal::Cont | Signal::Urg | Signal::Winch => return Ok(()),
        Signal::Stop | Signal::Tstp | Signal::Ttin | Signal::Ttou => return Err(Errno::Notsup.into()),
        Signal::Hup => "SIGHUP",
        Signal::Int => "SIGINT",
        Signal::Quit => "SIGQUIT",
        Signal::Ill => "SIGILL",
        Signal::Trap => "SIGTRAP",
        Signal::Abrt => "SIGABRT",
        Signal::Bus => "SIGBUS",
        Signal::Fpe => "SIGFPE",
        Signal::Kill => "SIGKILL",
        Signal::Usr1 => "SIGUSR1",
        Signal::Segv => "SIGSEGV",
        Signal::Usr2 => "SIGUSR2",
        Signal::Alrm => "SIGALRM",
        Signal::Term => "SIGTERM",
        Signal::Xcpu => "SIGXCPU",
        Signal::Xfsz => "SIGXFSZ",
        Signal::Vtalrm => "SIGVTALRM",
        Signal::Prof => "SIGPROF",
        Signal::Poll => "SIGPOLL",
        Signal::Pwr => "SIGPWR",
        Signal::Sys => "SIGSYS",
    };
    Err(Error::Trap(Trap::Raised(name)))
}

fn random(memory: &mut GuestMemory<'_>, buffer: GuestPtr<[u8]>) -> Result<()> {
    if buffer.len() > MAX_RANDOM_BYTES {
        return Err(Errno::Inval.into());
    }
    buffers::fill(memory, buffer, |bytes| {
        getrandom::fill(bytes).map_err(|_| Errno::Io)?;
        Ok(bytes.len())
    })?;
    Ok(())
}
