use hotcell_wasi::{Trap, calls::wasi_snapshot_preview1 as wasi};

use crate::{harness::*, standard::*};

#[test]
fn proc_exit_ends_the_guest_with_its_code() {
    for code in [0, 1, 42, 137, -1] {
        let end = Guest::new().try_call(|ctx, memory| wasi::proc_exit(ctx, memory, code));
        assert_eq!(end, Err(Trap::Exit(code as u32)));
    }
}

#[test]
fn proc_raise_acts_as_the_standard_says_of_each_signal() {
    let raise = |signal| Guest::new().try_call(|ctx, memory| wasi::proc_raise(ctx, memory, signal));
    for (signal, name) in [(1, "SIGHUP"), (6, "SIGABRT"), (9, "SIGKILL"), (15, "SIGTERM"), (30, "SIGSYS")] {
        assert_eq!(raise(signal), Err(Trap::Raised(name)));
    }
    // pipe, chld, cont, urg and winch are ignored.
    for signal in [13, 16, 17, 22, 27] {
        assert_eq!(raise(signal), Ok(errno::SUCCESS));
    }
    // stop, tstp, ttin and ttou would stop the guest for ever.
    for signal in 18..=21 {
        assert_eq!(raise(signal), Ok(errno::NOTSUP));
    }
    assert_eq!(raise(0), Ok(errno::INVAL));
    assert_eq!(raise(31), Ok(errno::INVAL));
    assert_eq!(raise(-1), Ok(errno::INVAL));
}

#[test]
fn sched_yield_lets_others_run_once() {
    let mut guest = Guest::new();
    let ready = guest.call(|ctx, memory| {
        let mut call = Box::pin(wasi::sched_yield(ctx, memory));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(call.as_mut().poll(&mut cx).is_pending());
        Ok(call.as_mut().poll(&mut cx))
    });
    assert_eq!(ready, std::task::Poll::Ready(Ok(errno::SUCCESS)));
    assert_eq!(guest.call(|ctx, memory| block_on(wasi::sched_yield(ctx, memory))), errno::SUCCESS);
}

#[test]
fn random_get_fills_the_buffer_and_nothing_else() {
    let mut guest = Guest::new();
    let buffer = guest.room(128);
    assert_eq!(guest.call(|ctx, memory| wasi::random_get(ctx, memory, buffer + 8, 64)), errno::SUCCESS);
    assert_eq!(guest.get(buffer, 8), [0; 8]);
    assert_eq!(guest.get(buffer + 72, 56), [0; 56]);
    let first = guest.get(buffer + 8, 64).to_vec();
    assert_ne!(first, [0; 64]);
    assert_eq!(guest.call_shared(|ctx, memory| wasi::random_get(ctx, memory, buffer + 8, 64)), errno::SUCCESS);
    assert_ne!(guest.get(buffer + 8, 64), first);
    assert_eq!(guest.call(|ctx, memory| wasi::random_get(ctx, memory, buffer, 0)), errno::SUCCESS);
}

#[test]
fn random_get_refuses_what_does_not_fit_or_takes_too_long() {
    let mut guest = Guest::new();
    assert_eq!(guest.call(|ctx, memory| wasi::random_get(ctx, memory, 65_530, 16)), errno::FAULT);
    assert_eq!(guest.call(|ctx, memory| wasi::random_get(ctx, memory, 0, -1)), errno::INVAL);
}

#[test]
fn sockets_are_not_supported() {
    let mut guest = Guest::new();
    let (list, ret) = (guest.buffers(&[(64, 8)]), guest.room(8));
    assert_eq!(guest.call(|ctx, memory| wasi::sock_accept(ctx, memory, 0, 0, ret)), errno::NOTSUP);
    assert_eq!(guest.call(|ctx, memory| wasi::sock_recv(ctx, memory, 0, list, 1, 0, ret, ret + 4)), errno::NOTSUP);
    assert_eq!(guest.call(|ctx, memory| wasi::sock_send(ctx, memory, 1, list, 1, 0, ret)), errno::NOTSUP);
    assert_eq!(guest.call(|ctx, memory| wasi::sock_shutdown(ctx, memory, 1, 1)), errno::NOTSUP);
}
