//! What is left open when a thread of Node's ends its environment: a worker that was terminated closes nothing by itself.

use crate::connection::Slot;
use napi::bindgen_prelude::{Env, Result};
use std::cell::RefCell;
use std::rc::{Rc, Weak};

thread_local! {
    /// The connections of this thread's environment; `None` until the first, which has the environment's end watched.
    static CONNECTIONS: RefCell<Option<Vec<Weak<Slot>>>> = const { RefCell::new(None) };
}

/// Has the connection closed when the environment is torn down.
pub fn close_with(env: &Env, connection: &Rc<Slot>) -> Result<()> {
    CONNECTIONS.with_borrow_mut(|connections| {
        let connections = match connections {
            Some(connections) => connections,
            none => {
                env.add_env_cleanup_hook((), |()| close_all())?;
                none.insert(Vec::new())
            }
        };
        connections.retain(|connection| connection.strong_count() > 0);
        connections.push(Rc::downgrade(connection));
        Ok(())
    })
}

fn close_all() {
    for connection in CONNECTIONS.take().unwrap_or_default() {
        if let Some(connection) = connection.upgrade() {
            connection.close();
        }
    }
}
