use std::{
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use hotcell_wasi::{
    Trap, User,
    calls::{host_net, host_process, host_tty, host_user},
};

use crate::{harness::*, standard::*};

#[test]
fn user_is_one_without_privileges() {
    let mut guest = Guest::new();
    let ret = guest.room(8);
    for call in [host_user::getuid, host_user::geteuid, host_user::getgid, host_user::getegid] {
        assert_eq!(guest.call(|ctx, memory| call(ctx, memory, ret)), errno::SUCCESS);
        assert_eq!(guest.get_u32(ret), 1000);
        assert_eq!(guest.call(|ctx, memory| call(ctx, memory, 65_536)), errno::FAULT);
    }
    for call in [host_user::setuid, host_user::seteuid, host_user::setgid, host_user::setegid] {
        assert_eq!(guest.call(|ctx, memory| call(ctx, memory, 1000)), errno::SUCCESS);
        assert_eq!(guest.call(|ctx, memory| call(ctx, memory, 0)), errno::PERM);
    }
    for call in [host_user::setresuid, host_user::setresgid] {
        assert_eq!(guest.call(|ctx, memory| call(ctx, memory, -1, 1000, -1)), errno::SUCCESS);
        assert_eq!(guest.call(|ctx, memory| call(ctx, memory, 1000, 1000, 0)), errno::PERM);
    }
    assert_eq!(guest.call(|ctx, memory| host_user::setgroups(ctx, memory, 1, ret)), errno::PERM);
    for (size, expected) in [(0, errno::SUCCESS), (1, errno::SUCCESS), (8, errno::SUCCESS), (-1, errno::INVAL)] {
        assert_eq!(guest.call(|ctx, memory| host_user::getgroups(ctx, memory, size, ret, ret + 4)), expected);
    }
    assert_eq!((guest.get_u32(ret), guest.get_u32(ret + 4)), (1000, 1));
}

#[test]
fn user_database_knows_the_user_and_nobody_else() {
    let user = User { name: "alice".into(), uid: 7, gid: 8, home: "/home/alice".into(), shell: "/bin/sh".into() };
    let mut guest = Guest::with(|builder| builder.user(user));
    let (buffer, ret) = (guest.room(64), guest.room(4));
    let (name, other) = (guest.text("alice"), guest.text("bob"));
    type Look<'a> =
        &'a dyn Fn(&mut hotcell_wasi::WasiCtx, &mut hotcell_wasi::GuestMemory<'_>, i32) -> Result<i32, Trap>;
    let passwd = "alice:x:7:8:alice:/home/alice:/bin/sh";
    let group = "alice:x:8:";
    let looks: [(&str, Look<'_>, Look<'_>); 6] = [
        (passwd, &|ctx, memory, room| host_user::getpwuid(ctx, memory, 7, buffer, room, ret), &|ctx, memory, room| {
            host_user::getpwuid(ctx, memory, 0, buffer, room, ret)
        }),
        (
            passwd,
            &|ctx, memory, room| host_user::getpwnam(ctx, memory, name.0, name.1, buffer, room, ret),
            &|ctx, memory, room| host_user::getpwnam(ctx, memory, other.0, other.1, buffer, room, ret),
        ),
        (passwd, &|ctx, memory, room| host_user::getpwent(ctx, memory, 0, buffer, room, ret), &|ctx, memory, room| {
            host_user::getpwent(ctx, memory, 1, buffer, room, ret)
        }),
        (group, &|ctx, memory, room| host_user::getgrgid(ctx, memory, 8, buffer, room, ret), &|ctx, memory, room| {
            host_user::getgrgid(ctx, memory, 7, buffer, room, ret)
        }),
        (
            group,
            &|ctx, memory, room| host_user::getgrnam(ctx, memory, name.0, name.1, buffer, room, ret),
            &|ctx, memory, room| host_user::getgrnam(ctx, memory, other.0, other.1, buffer, room, ret),
        ),
        (group, &|ctx, memory, room| host_user::getgrent(ctx, memory, 0, buffer, room, ret), &|ctx, memory, room| {
            host_user::getgrent(ctx, memory, 1, buffer, room, ret)
        }),
    ];
    for (line, known, unknown) in looks {
        assert_eq!(guest.call(|ctx, memory| known(ctx, memory, 64)), errno::SUCCESS);
        assert_eq!(guest.get_u32(ret) as usize, line.len());
        assert_eq!(guest.get(buffer, line.len()), line.as_bytes());
        assert_eq!(guest.call(|ctx, memory| known(ctx, memory, line.len() as i32 - 1)), errno::RANGE);
        assert_eq!(guest.get_u32(ret) as usize, line.len(), "the length that is needed");
        assert_eq!(guest.call(|ctx, memory| unknown(ctx, memory, 64)), errno::NOENT);
    }
}

#[test]
fn isatty_is_asked_of_the_terminal() {
    for terminal in [false, true] {
        let mut guest = Guest::with(|builder| builder.terminal(terminal));
        let fd = guest.open("a", oflags::CREAT).unwrap();
        let ret = guest.room(4);
        for (fd, expected) in [(0, terminal), (1, terminal), (2, terminal), (ROOT, false), (fd, false)] {
            assert_eq!(guest.call(|ctx, memory| host_user::isatty(ctx, memory, fd, ret)), errno::SUCCESS);
            assert_eq!(guest.get_u32(ret), u32::from(expected));
            assert_eq!(guest.call(|ctx, memory| host_tty::isatty(ctx, memory, fd)), i32::from(expected));
        }
        assert_eq!(guest.call(|ctx, memory| host_user::isatty(ctx, memory, 99, ret)), errno::BADF);
        assert_eq!(guest.call(|ctx, memory| host_tty::isatty(ctx, memory, 99)), 0);
        assert_eq!(guest.call(|ctx, memory| host_tty::get_size(ctx, memory, 0, ret, ret)), 25);
        assert_eq!(guest.call(|ctx, memory| host_tty::get_size(ctx, memory, 99, ret, ret)), 9);
        assert_eq!(guest.call(|ctx, memory| host_tty::set_raw_mode(ctx, memory, 1)), errno::NOTTY);
    }
}

#[test]
fn tty_read_waits_for_stdin_or_the_time() {
    let mut guest = Guest::new();
    let buffer = guest.room(8);
    let (stdin, timers) = (guest.streams.stdin.clone(), guest.streams.timers.clone());
    let mut read = |timeout, happen: &dyn Fn()| {
        guest.call(|ctx, memory| {
            let mut call = Box::pin(host_tty::read(ctx, memory, buffer, 8, timeout));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(call.as_mut().poll(&mut cx).is_pending());
            happen();
            match call.as_mut().poll(&mut cx) {
                Poll::Ready(count) => count,
                Poll::Pending => panic!("the call still waits"),
            }
        })
    };
    assert_eq!(read(-1, &|| stdin.push(b"abc")), 3);
    assert_eq!(timers.asked(), None);
    assert_eq!(read(1000, &|| stdin.push(b"d")), 1);
    assert_eq!(read(1000, &|| timers.reach(timers.asked().unwrap())), 0);
    assert_eq!(read(-1, &|| stdin.close()), 0);
    assert_eq!(guest.call(|ctx, memory| block_on(host_tty::read(ctx, memory, 65_530, 8, -1))), 0);
    assert_eq!(guest.call(|ctx, memory| block_on(host_tty::read(ctx, memory, buffer, 0, -1))), 0);
    guest.streams.stdin.kill();
    let end = guest.try_call(|ctx, memory| block_on(host_tty::read(ctx, memory, buffer, 8, -1)));
    assert_eq!(end, Err(Trap::Killed));
}

#[test]
fn process_is_alone() {
    let mut guest = Guest::with(|builder| builder.pids(42, 7));
    let ret = guest.room(24);
    assert_eq!(guest.call(|ctx, memory| host_process::proc_getpid(ctx, memory, ret)), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret), 42);
    assert_eq!(guest.call(|ctx, memory| host_process::proc_getppid(ctx, memory, ret)), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret), 7);
    for (pid, expected) in [(0, errno::SUCCESS), (42, errno::SUCCESS), (7, errno::SRCH), (-1, errno::SRCH)] {
        assert_eq!(guest.call(|ctx, memory| host_process::proc_getpgid(ctx, memory, pid, ret)), expected);
    }
    assert_eq!(guest.get_u32(ret), 42);
    for options in [0, 1] {
        let errno = guest.call(|ctx, memory| host_process::proc_waitpid(ctx, memory, -1, options, ret));
        assert_eq!(errno, errno::CHILD);
    }
    let errno = guest.call(|ctx, memory| host_process::proc_waitpid_v3(ctx, memory, -1, 0, ret, ret));
    assert_eq!(errno, errno::CHILD);
    let errno = guest.call(|ctx, memory| host_process::proc_spawn(ctx, memory, ret, 0, ret, 0, 0, 1, 2, ret, 0, ret));
    assert_eq!(errno, errno::NOSYS);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_pipe(ctx, memory, ret, ret)), errno::NOSYS);
    assert_eq!(guest.call(|ctx, memory| host_net::net_socket(ctx, memory, 1, 1, 0, ret)), errno::NOSYS);
}

#[test]
fn proc_kill_reaches_the_guest_itself() {
    let mut guest = Guest::with(|builder| builder.pids(42, 7));
    let mut kill = |pid, signal| guest.try_call(|ctx, memory| host_process::proc_kill(ctx, memory, pid, signal));
    assert_eq!(kill(42, 0), Ok(errno::SUCCESS));
    assert_eq!(kill(42, 15), Err(Trap::Raised("SIGTERM")));
    assert_eq!(kill(0, 9), Err(Trap::Raised("SIGKILL")));
    assert_eq!(kill(42, 17), Ok(errno::SUCCESS), "SIGCHLD is ignored");
    assert_eq!(kill(42, 19), Ok(errno::NOTSUP), "SIGSTOP");
    assert_eq!(kill(7, 15), Ok(errno::SRCH));
    assert_eq!(kill(-7, 15), Ok(errno::SRCH));
    assert_eq!(kill(42, 65), Ok(errno::INVAL));
    assert_eq!(kill(42, -1), Ok(errno::INVAL));
}

#[test]
fn proc_getrlimit_tells_the_limit_of_descriptors() {
    let mut guest = Guest::with(|builder| builder.max_descriptors(50));
    let ret = guest.room(16);
    let mut limit = |resource| {
        let errno = guest.call(|ctx, memory| host_process::proc_getrlimit(ctx, memory, resource, ret, ret + 8));
        (errno, guest.get_u64(ret), guest.get_u64(ret + 8))
    };
    assert_eq!(limit(7), (errno::SUCCESS, 50, 50));
    assert_eq!(limit(0), (errno::SUCCESS, u64::MAX, u64::MAX));
    assert_eq!(limit(10).0, errno::INVAL);
    assert_eq!(limit(-1).0, errno::INVAL);
}

#[test]
fn sleep_ms_waits_on_the_timers() {
    let mut guest = Guest::new();
    let timers = guest.streams.timers.clone();
    let before = Instant::now();
    let slept = guest.call(|ctx, memory| {
        let mut call = Box::pin(host_process::sleep_ms(ctx, memory, 5_000));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut cx).is_pending());
        let asked = timers.asked().unwrap();
        assert!(asked - before >= Duration::from_secs(5) && asked - before < Duration::from_secs(6));
        timers.reach(asked);
        Ok(call.as_mut().poll(&mut cx))
    });
    assert_eq!(slept, Poll::Ready(Ok(errno::SUCCESS)));
    timers.kill();
    let end = guest.try_call(|ctx, memory| block_on(host_process::sleep_ms(ctx, memory, 1)));
    assert_eq!(end, Err(Trap::Killed));
}

#[test]
fn duplicates_share_the_position_and_outlive_each_other() {
    let mut guest = Guest::with_files(&[("/a", "0123456789")]);
    let fd = guest.open("a", 0).unwrap();
    let ret = guest.room(4);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup(ctx, memory, fd, ret)), errno::SUCCESS);
    let copy = guest.get_u32(ret) as i32;
    assert_eq!(copy, fd + 1);
    guest.read(fd, 3).unwrap();
    assert_eq!(guest.read(copy, 3), Ok(b"345".to_vec()));
    guest.close(fd);
    assert_eq!(guest.read(copy, 3), Ok(b"678".to_vec()));
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup_min(ctx, memory, copy, 100, ret)), errno::SUCCESS);
    assert_eq!(guest.get_u32(ret), 100);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup2(ctx, memory, copy, 1)), errno::SUCCESS);
    guest.write(1, b"!").unwrap();
    assert_eq!(guest.content("/a"), b"012345678!");
    assert_eq!(guest.streams.stdout.drain(), b"");
    let before = guest.vfs.usage().open_files;
    assert_eq!(guest.call(|ctx, memory| host_process::proc_closefrom(ctx, memory, 1)), errno::SUCCESS);
    assert_eq!(guest.vfs.usage().open_files, before - 2, "the file and the root");
    assert_eq!(guest.read(copy, 1), Err(errno::BADF));
}

#[test]
fn duplicates_that_can_not_be_are_told() {
    let mut guest = Guest::with(|builder| builder.max_descriptors(5));
    let ret = guest.room(4);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup(ctx, memory, 99, ret)), errno::BADF);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup_min(ctx, memory, 0, 5, ret)), errno::INVAL);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup_min(ctx, memory, 0, -1, ret)), errno::INVAL);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup2(ctx, memory, 0, 5)), errno::BADF);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup2(ctx, memory, 99, 1)), errno::BADF);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup2(ctx, memory, 0, 0)), errno::SUCCESS);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup(ctx, memory, 0, 65_536)), errno::FAULT);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup(ctx, memory, 0, ret)), errno::SUCCESS, "nothing was kept");
    assert_eq!(guest.call(|ctx, memory| host_process::fd_dup(ctx, memory, 0, ret)), errno::MFILE);
}

#[test]
fn descriptor_flags_are_its_own() {
    let mut guest = Guest::new();
    let ret = guest.room(4);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_setfd(ctx, memory, 0, 1)), errno::SUCCESS);
    guest.call(|ctx, memory| host_process::fd_dup(ctx, memory, 0, ret));
    let copy = guest.get_u32(ret) as i32;
    for (fd, flags) in [(0, 1), (copy, 0)] {
        assert_eq!(guest.call(|ctx, memory| host_process::fd_getfd(ctx, memory, fd, ret)), errno::SUCCESS);
        assert_eq!(guest.get_u32(ret), flags);
    }
    assert_eq!(guest.call(|ctx, memory| host_process::fd_setfd(ctx, memory, 0, 2)), errno::INVAL);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_setfd(ctx, memory, 99, 0)), errno::BADF);
    assert_eq!(guest.call(|ctx, memory| host_process::fd_getfd(ctx, memory, 99, ret)), errno::BADF);
}
