use crossbeam_channel::{Receiver, Sender, unbounded};
use hotcell_guest::Interrupt;
use hotcell_protocol::Signal;
use std::task::{Wake, Waker};
use std::{sync::Arc, time::Instant};

/// What wakes an isolate's thread.
pub(crate) enum Mail {
    /// V8 wants this run on the isolate's thread.
    Task(v8::Task),
    DelayedTask(Instant, v8::Task),
    /// The read of stdin that is under way may have come to something.
    StdinReady,
    /// A signal that the guest listens for.
    Signal(Signal),
    /// The guest is to end.
    Interrupt,
}

/// The sending end of the one channel that an isolate's thread waits on.
#[derive(Clone)]
pub(crate) struct Mailbox(Sender<Mail>);

impl Mailbox {
    pub(crate) fn new() -> (Self, Inbox) {
        let (sender, receiver) = unbounded();
        (Self(sender), Inbox(receiver))
    }

    /// Never blocks. Mail for a thread that is gone is dropped.
    pub(crate) fn post(&self, mail: Mail) {
        let _ = self.0.send(mail);
    }

    /// A waker for the guest's read of stdin.
    pub(crate) fn stdin_waker(&self) -> Waker {
        Waker::from(Arc::new(StdinWaker(self.clone())))
    }
}

struct StdinWaker(Mailbox);

impl Wake for StdinWaker {
    fn wake(self: Arc<Self>) {
        self.0.post(Mail::StdinReady);
    }
}

/// The receiving end.
pub(crate) struct Inbox(Receiver<Mail>);

impl Inbox {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Mail that is there already.
    pub(crate) fn take(&self) -> Option<Mail> {
        self.0.try_recv().ok()
    }

    /// Waits for mail, until `deadline` where there is one. `None` once that has passed.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> Option<Mail> {
        match deadline {
            None => self.0.recv().ok(),
            Some(deadline) => self.0.recv_deadline(deadline).ok(),
        }
    }
}

/// Interrupts an isolate that runs a guest.
pub(crate) struct IsolateInterrupt {
    pub isolate: v8::IsolateHandle,
    pub mailbox: Mailbox,
}

impl Interrupt for IsolateInterrupt {
    fn interrupt(&self) {
        self.isolate.terminate_execution();
        self.mailbox.post(Mail::Interrupt);
    }

    fn signal(&self, signal: Signal) {
        self.mailbox.post(Mail::Signal(signal));
    }
}
