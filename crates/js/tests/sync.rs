//! Threads and locks of the model checker's, for [`crate::shelf_model`].

pub(crate) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard, mpsc};

pub(crate) mod thread {
    use shuttle::thread::JoinHandle;
    use std::cell::Cell;
    use std::io;

    thread_local! {
        /// Threads that the system will still give. All threads of a model run on one of the system's.
        static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
    }

    pub(crate) fn set_left(threads: usize) {
        LEFT.set(threads);
    }

    pub(crate) struct Builder(shuttle::thread::Builder);

    impl Builder {
        pub(crate) fn new() -> Self {
            Self(shuttle::thread::Builder::new())
        }

        pub(crate) fn name(self, name: String) -> Self {
            Self(self.0.name(name))
        }

        /// What is asked for is far more than a model needs.
        pub(crate) fn stack_size(self, _bytes: usize) -> Self {
            self
        }

        pub(crate) fn spawn<T: Send + 'static>(
            self,
            body: impl FnOnce() -> T + Send + 'static,
        ) -> io::Result<JoinHandle<T>> {
            match LEFT.get() {
                0 => Err(io::Error::other("the model has none left")),
                left => {
                    LEFT.set(left - 1);
                    self.0.spawn(body)
                }
            }
        }
    }
}
