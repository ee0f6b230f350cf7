//! Waiting: `poll_oneoff`, `sched_yield`, and sleeping for the command ABI.

use std::{
    future::poll_fn,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use wiggle::{GuestMemory, GuestPtr, GuestType};

use crate::{
    WasiCtx,
    abi::types::*,
    error::{Result, Trap},
    fd_table::Object,
    stdio::{Readiness, StreamError},
};

/// Subscriptions that one call takes; more are `EINVAL`.
const MAX_SUBSCRIPTIONS: u32 = 1024;

/// What a subscription waits for.
enum Interest {
    /// A moment; `None` is one too far away to come.
    Clock(Option<Instant>),
    Read(u32),
    Write(u32),
    /// Nothing: the clock can't be waited for.
    Unsupported,
}

struct Waiting {
    userdata: Userdata,
    interest: Interest,
}

pub(super) async fn poll_oneoff(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    subscriptions: GuestPtr<[Subscription]>,
    out: GuestPtr<Event>,
) -> Result<Size> {
    let count = subscriptions.len();
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::Inval.into());
    }
    memory.as_slice(out.cast::<u8>().as_array(count * Event::guest_size()))?;

    let mut waiting = Vec::with_capacity(count as usize);
    for subscription in subscriptions.iter() {
        let Subscription { userdata, u } = memory.read(subscription?)?;
        let interest = match u {
            SubscriptionU::Clock(clock) => clock_interest(ctx, &clock),
            SubscriptionU::FdRead(fd) => Interest::Read(fd.file_descriptor.into()),
            SubscriptionU::FdWrite(fd) => Interest::Write(fd.file_descriptor.into()),
        };
        waiting.push(Waiting { userdata, interest });
    }

    let mut events = Vec::with_capacity(count as usize);
    poll_fn(|cx| poll_events(ctx, cx, &waiting, &mut events)).await?;
    for (index, event) in events.iter().enumerate() {
        memory.write(out.add(index as u32)?, event.clone())?;
    }
    Ok(events.len() as u32)
}

fn clock_interest(ctx: &WasiCtx, subscription: &SubscriptionClock) -> Interest {
    let now = match subscription.id {
        Clockid::Realtime => ctx.clocks.realtime(),
        Clockid::Monotonic => ctx.clocks.monotonic(),
        Clockid::ProcessCputimeId | Clockid::ThreadCputimeId => return Interest::Unsupported,
    };
    let timeout = Duration::from_nanos(subscription.timeout);
    let absolute = subscription.flags.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME);
    let from_now = if absolute { timeout.saturating_sub(now) } else { timeout };
    Interest::Clock(Instant::now().checked_add(from_now))
}

/// Collects the events that have occurred; pending while there are none.
fn poll_events(
    ctx: &mut WasiCtx,
    cx: &mut Context<'_>,
    waiting: &[Waiting],
    events: &mut Vec<Event>,
) -> Poll<Result<(), Trap>> {
    let mut next_moment: Option<Instant> = None;
    for Waiting { userdata, interest } in waiting {
        let (eventtype, ready) = match *interest {
            Interest::Clock(moment) => {
                next_moment = match (next_moment, moment) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
                continue;
            }
            Interest::Unsupported => (Eventtype::Clock, Poll::Ready(Err(Errno::Notsup))),
            Interest::Read(fd) => (Eventtype::FdRead, poll_read_ready(ctx, cx, fd)?),
            Interest::Write(fd) => (Eventtype::FdWrite, poll_write_ready(ctx, cx, fd)?),
        };
        if let Poll::Ready(readiness) = ready {
            events.push(event(*userdata, eventtype, readiness));
        }
    }

    if let Some(moment) = next_moment
        && let Poll::Ready(reached) = ctx.timers.poll_wait_until(cx, moment)
    {
        // A timer has no other end than the guest's.
        reached.map_err(|_| Trap::Killed)?;
        for Waiting { userdata, interest } in waiting {
            if let Interest::Clock(Some(due)) = interest
                && *due <= moment
            {
                events.push(event(*userdata, Eventtype::Clock, Ok(Readiness::default())));
            }
        }
    }
    if events.is_empty() { Poll::Pending } else { Poll::Ready(Ok(())) }
}

fn event(userdata: Userdata, type_: Eventtype, readiness: Result<Readiness, Errno>) -> Event {
    let (error, Readiness { bytes, hangup }) = match readiness {
        Ok(readiness) => (Errno::Success, readiness),
        Err(error) => (error, Readiness::default()),
    };
    let mut flags = Eventrwflags::empty();
    flags.set(Eventrwflags::FD_READWRITE_HANGUP, hangup);
    Event { userdata, error, type_, fd_readwrite: EventFdReadwrite { nbytes: bytes, flags } }
}

type Ready = Poll<Result<Readiness, Errno>>;

fn poll_read_ready(ctx: &mut WasiCtx, cx: &mut Context<'_>, fd: u32) -> Result<Ready, Trap> {
    let rights = Rights::POLL_FD_READWRITE.union(Rights::FD_READ);
    match ctx.fds.with_rights(fd, rights) {
        Err(error) => Ok(Poll::Ready(Err(error))),
        Ok(description) => match &description.object {
            Object::File(file) => {
                let bytes = file.size().saturating_sub(description.position);
                Ok(Poll::Ready(Ok(Readiness { bytes, hangup: false })))
            }
            Object::Stdin => stream_ready(ctx.stdin.poll_ready(cx)),
            Object::Stdout | Object::Stderr | Object::Directory(_) => Ok(Poll::Ready(Err(Errno::Badf))),
        },
    }
}

fn poll_write_ready(ctx: &mut WasiCtx, cx: &mut Context<'_>, fd: u32) -> Result<Ready, Trap> {
    let rights = Rights::POLL_FD_READWRITE.union(Rights::FD_WRITE);
    match ctx.fds.with_rights(fd, rights) {
        Err(error) => Ok(Poll::Ready(Err(error))),
        Ok(description) => match &description.object {
            Object::File(_) => Ok(Poll::Ready(Ok(Readiness::default()))),
            Object::Stdout => stream_ready(ctx.stdout.poll_ready(cx)),
            Object::Stderr => stream_ready(ctx.stderr.poll_ready(cx)),
            Object::Stdin | Object::Directory(_) => Ok(Poll::Ready(Err(Errno::Badf))),
        },
    }
}

fn stream_ready(poll: Poll<Result<Readiness, StreamError>>) -> Result<Ready, Trap> {
    match poll {
        Poll::Pending => Ok(Poll::Pending),
        Poll::Ready(Ok(readiness)) => Ok(Poll::Ready(Ok(readiness))),
        Poll::Ready(Err(StreamError::Closed)) => Ok(Poll::Ready(Ok(Readiness { bytes: 0, hangup: true }))),
        Poll::Ready(Err(StreamError::Killed)) => Err(Trap::Killed),
    }
}

/// Lets whatever else is to run on this thread go first, once.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

pub(crate) async fn sleep(ctx: &mut WasiCtx, duration: Duration) -> Result<(), Trap> {
    let Some(moment) = Instant::now().checked_add(duration) else {
        return std::future::pending().await;
    };
    poll_fn(|cx| ctx.timers.poll_wait_until(cx, moment)).await.map_err(|_| Trap::Killed)
}
