use hotcell_guest::Guest;
use hotcell_wasi::Timers;
use hotcell_wasi::stdio::StreamError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::time::Sleep;

/// Waits of a guest that has no thread of its own: one timer of the executor's, made for the first of them.
pub(crate) struct ExecutorTimers {
    guest: Arc<Guest>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl ExecutorTimers {
    pub(crate) fn new(guest: &Arc<Guest>) -> Self {
        Self { guest: Arc::clone(guest), sleep: None }
    }
}

impl Timers for ExecutorTimers {
    fn poll_wait_until(&mut self, context: &mut Context<'_>, moment: Instant) -> Poll<Result<(), StreamError>> {
        if self.guest.poll_ending(context).is_ready() {
            return Poll::Ready(Err(StreamError::Killed));
        }
        let moment = moment.into();
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(moment)));
        if sleep.deadline() != moment {
            sleep.as_mut().reset(moment);
        }
        sleep.as_mut().poll(context).map(Ok)
    }
}
