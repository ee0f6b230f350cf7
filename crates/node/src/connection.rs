use crate::batch;
use crate::engine;
use crate::environment;
use crate::error::NodeError;
use crate::hosts::{LogMode, Membership};
use crate::mailbox::Mailbox;
use crate::wake::Wake;
use bytes::Bytes;
use hotcell_protocol::frame::MAX_MESSAGE;
use hotcell_protocol::{Command, HostHello, MAX_ID, Request};
use napi::bindgen_prelude::{Array, BufferSlice, Env, Function};
use napi_derive::napi;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// What is thrown: its status is the `code` of the JavaScript error.
type Result<T> = std::result::Result<T, napi::Error<String>>;

/// Connects a host to the engine of this process, which is started where this is its first host.
///
/// - `hello`: the host's hello, as JSON.
/// - `settings`: the environment variables that set the engine up. Every host of a process must give the same.
/// - `log`: what this host wants of the engine's log: `inherit` (to this process's stderr), `ignore`, or `lines`, which come
///   with the other messages.
/// - `binary`: the `hotcell` program, which makes snapshots for the engine; where there is none, its own is made in this process,
///   and sandboxes can't have a userland of their own. That of the first host counts.
/// - `wake`: called from a turn of its own when something waits that [`Connection::take`] gives. Called again only after that.
#[napi]
pub fn connect(
    env: Env,
    hello: String,
    settings: BTreeMap<String, String>,
    log: String,
    binary: Option<String>,
    wake: Function<'_, (), ()>,
) -> Result<Connection> {
    let hello = HostHello::from_json(hello.as_bytes()).map_err(NodeError::from)?;
    let log: LogMode = log.parse()?;
    let wake = Arc::new(Wake::new(&wake).map_err(NodeError::from)?);
    let mailbox = Arc::new(Mailbox::new({
        let wake = Arc::clone(&wake);
        move || wake.call()
    }));
    let membership = Membership::new(log, &mailbox);
    let (runtime, hello) = engine::connect(&settings, binary.map(PathBuf::from), hello, Arc::clone(&mailbox) as _)?;
    let slot = Rc::new(Slot(RefCell::new(Some(Live { runtime, mailbox, wake, _membership: membership }))));
    environment::close_with(&env, &slot).map_err(NodeError::from)?;
    Ok(Connection { hello: batch::json(&hello).map_err(NodeError::from)?, slot })
}

/// A host's connection to the engine. Used from the thread that it was made on.
#[napi]
pub struct Connection {
    hello: String,
    slot: Rc<Slot>,
}

/// A connection until it is closed.
pub struct Slot(RefCell<Option<Live>>);

struct Live {
    runtime: hotcell_runtime::Connection,
    mailbox: Arc<Mailbox>,
    wake: Arc<Wake>,
    _membership: Membership,
}

impl Slot {
    pub fn close(&self) {
        let live = self.0.borrow_mut().take();
        if let Some(live) = live {
            // First, so that nothing of the guests that are cancelled with the connection is kept for a host that has gone.
            live.mailbox.close();
        }
    }
}

#[napi]
impl Connection {
    /// The sidecar's hello, as JSON.
    #[napi(getter)]
    pub fn hello(&self) -> &str {
        &self.hello
    }

    /// Hands a request over, as JSON.
    #[napi]
    pub fn request(&self, id: f64, request: String) -> Result<()> {
        let received = Instant::now();
        if request.len() > MAX_MESSAGE {
            return Err(NodeError::MessageTooLarge.into());
        }
        let request = serde_json::from_str(&request).map_err(NodeError::Request)?;
        if matches!(request, Request::Shutdown) {
            return Err(NodeError::Shutdown.into());
        }
        self.handle_received(Command::Request { id: id_of("id", id)?, request }, received)
    }

    /// Hands over part of the bytes that the request announced.
    #[napi]
    pub fn upload(&self, id: f64, bytes: BufferSlice<'_>, last: bool) -> Result<()> {
        self.handle(Command::Upload { id: id_of("id", id)?, bytes: Bytes::copy_from_slice(&bytes), last })
    }

    /// Hands over input for a guest.
    #[napi]
    pub fn stdin(&self, guest: f64, bytes: BufferSlice<'_>, last: bool) -> Result<()> {
        self.handle(Command::Stdin { guest: id_of("guest", guest)?, bytes: Bytes::copy_from_slice(&bytes), last })
    }

    /// All that waits for the host, as [`batch::array`] writes it.
    #[napi]
    pub fn take<'env>(&self, env: &'env Env) -> Result<Array<'env>> {
        let mail = self.slot.0.borrow().as_ref().map(|live| live.mailbox.take()).unwrap_or_default();
        Ok(batch::array(env, mail).map_err(NodeError::from)?)
    }

    /// Keeps Node's loop alive from now on.
    #[napi(js_name = "ref")]
    pub fn reference(&self, env: Env) {
        if let Some(live) = &*self.slot.0.borrow() {
            live.wake.reference(&env);
        }
    }

    /// No longer keeps it alive, as at first.
    #[napi(js_name = "unref")]
    pub fn unreference(&self, env: Env) {
        if let Some(live) = &*self.slot.0.borrow() {
            live.wake.unreference(&env);
        }
    }

    /// Cancels the guests and frees the sandboxes; nothing comes any more. Closing again does nothing.
    #[napi]
    pub fn close(&self) {
        self.slot.close();
    }

    fn handle(&self, command: Command) -> Result<()> {
        self.handle_received(command, Instant::now())
    }

    fn handle_received(&self, command: Command, received: Instant) -> Result<()> {
        match &mut *self.slot.0.borrow_mut() {
            Some(live) => Ok(live.runtime.handle_received(command, received).map_err(NodeError::from)?),
            None => Err(NodeError::Closed.into()),
        }
    }
}

fn id_of(name: &'static str, value: f64) -> std::result::Result<u64, NodeError> {
    if value >= 0.0 && value <= MAX_ID as f64 && value.fract() == 0.0 {
        Ok(value as u64)
    } else {
        Err(NodeError::Id { name, value })
    }
}
