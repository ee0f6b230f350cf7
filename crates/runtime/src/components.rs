//! Components, as hosts register and call them.

use crate::connection::Connection;
use crate::error::RequestError;
use crate::files::send_download;
use crate::link::Link;
use crate::runtime::Shared;
use crate::upload::UploadTarget;
use bytes::Bytes;
use hotcell_guest::{Ending, EventSink, Guest, GuestOptions, Lifecycle};
use hotcell_protocol::{
    ComponentChange, ComponentSource, ErrorCode, ErrorInfo, Event, GuestId, LimitOverrides, Notice, Reply, RequestId,
    RetireReason, SandboxId, StdinMode,
};
use hotcell_wasm::component::{
    Call, CallError, CallInput as Input, ComponentCalls, MAX_CAPACITY, MetadataStore, RegistryOptions, Returned,
    RunnerSource, Source,
};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Instant;

/// The sandbox of calls, which is none: ids of sandboxes begin at 1.
const NO_SANDBOX: SandboxId = 0;

/// What components are loaded and called with.
pub struct ComponentOptions {
    pub runners: Arc<dyn RunnerSource>,
    /// The directory in which is remembered what components' functions are.
    pub metadata: Option<PathBuf>,
    /// Components that are loaded at the same time.
    pub loaders: usize,
}

impl ComponentOptions {
    /// Components that are loaded at the same time, unless something else is asked for: as many as there are cores, and at
    /// most four.
    pub fn default_loaders() -> usize {
        std::thread::available_parallelism().map_or(1, usize::from).min(4)
    }
}

/// The components of a runtime, which tells its hosts of them.
pub(crate) fn components(options: ComponentOptions, runtime: &Weak<Shared>) -> ComponentCalls {
    let ComponentOptions { runners, metadata, loaders } = options;
    let runtime = Weak::clone(runtime);
    let on_change = move |component: &str, change: ComponentChange, error: Option<&str>| {
        let Some(runtime) = runtime.upgrade() else { return };
        let notice = Notice::Component { component: component.into(), change, error: error.map(Into::into) };
        for link in runtime.live_links() {
            link.send(Event::Notice { id: 0, notice: notice.clone() });
        }
    };
    let metadata = metadata.map(MetadataStore::new);
    ComponentCalls::new(runners, RegistryOptions { loaders, metadata, on_change: Box::new(on_change) })
}

/// A call whose input is still on its way.
pub(crate) struct PendingCall {
    component: String,
    function: String,
    guest: CallGuest,
    /// Grows with what has come, never with what was announced.
    pub bytes: Vec<u8>,
}

impl Connection {
    pub(crate) fn add_component(
        &self,
        id: RequestId,
        component: String,
        source: ComponentSource,
    ) -> Result<(), RequestError> {
        if self.runtime.is_closing() {
            return Err(RequestError::Closed);
        }
        let source = match source {
            ComponentSource::File { path } => Source::File(path.into()),
            ComponentSource::Blob { digest } => {
                let bytes = self.runtime.options.modules.get(&digest).ok_or(RequestError::UnknownBlob { digest })?;
                Source::Bytes { digest, bytes }
            }
        };
        let (link, registry) = (Arc::clone(&self.link), self.runtime.components.registry().clone());
        self.runtime.components.registry().when_listed(move || {
            let added = registry.add(&component, source);
            link.answer(id, added.map(|()| Reply::Done).map_err(|error| ErrorInfo::from(&error)));
        });
        Ok(())
    }

    pub(crate) fn remove_component(&self, id: RequestId, component: String) {
        let (link, registry) = (Arc::clone(&self.link), self.runtime.components.registry().clone());
        self.runtime.components.registry().when_listed(move || {
            let removed = registry.remove(&component);
            link.answer(id, removed.map(|()| Reply::Done).map_err(|error| ErrorInfo::from(&error)));
        });
    }

    pub(crate) fn list_components(&self, id: RequestId) {
        let (link, registry) = (Arc::clone(&self.link), self.runtime.components.registry().clone());
        self.runtime.components.registry().when_listed(move || {
            link.answer(id, Ok(Reply::Components { components: registry.list() }));
        });
    }

    pub(crate) fn get_component(&self, id: RequestId, component: String) {
        let (link, runtime) = (Arc::clone(&self.link), Arc::clone(&self.runtime));
        self.runtime.components.registry().when_listed(move || {
            runtime.components.details(component, move |details| {
                let reply = details.map(|component| Reply::Component { component: Box::new(component) });
                link.answer(id, reply.map_err(|error| ErrorInfo::from(&error)));
            });
        });
    }

    pub(crate) fn call_with_json(
        &mut self,
        id: RequestId,
        component: String,
        function: String,
        arguments: Value,
        limits: LimitOverrides,
    ) -> Result<(), RequestError> {
        let guest = self.call_guest(id, limits)?;
        self.start_call(component, function, Input::Json(arguments), guest);
        Ok(())
    }

    /// What a call's input is for that was announced.
    pub(crate) fn call_target(
        &self,
        id: RequestId,
        component: String,
        function: String,
        length: u64,
        limits: LimitOverrides,
    ) -> Result<UploadTarget, RequestError> {
        if length > MAX_CAPACITY as u64 {
            let message = format!("A call takes at most {MAX_CAPACITY} bytes, but {length} were announced.");
            return Err(RequestError::InvalidOption(message));
        }
        let guest = self.call_guest(id, limits)?;
        Ok(UploadTarget::Call(Box::new(PendingCall { component, function, guest, bytes: Vec::new() })))
    }

    /// The guest of a call: its limits, and what a kill finds.
    fn call_guest(&self, id: RequestId, limits: LimitOverrides) -> Result<CallGuest, RequestError> {
        if self.runtime.is_closing() {
            return Err(RequestError::Closed);
        }
        self.link.check_new_guest(id)?;
        let limits = limits.over(self.limits).map_err(|error| RequestError::InvalidOption(error.to_string()))?;
        let link = Arc::new(CallLink(Arc::clone(&self.link)));
        let guest = Guest::new(GuestOptions {
            id,
            limits,
            stdin: StdinMode::Empty,
            credit: u32::MAX,
            sink: Arc::clone(&link) as Arc<dyn EventSink>,
            lifecycle: link as Arc<dyn Lifecycle>,
            warden: Arc::clone(&self.runtime.warden),
            received: Instant::now(),
            fuel: None,
            ready: None,
            phases: false,
        });
        self.link.enter(NO_SANDBOX, &guest);
        Ok(CallGuest { guest, link: Arc::clone(&self.link) })
    }

    /// Starts a call whose input has come.
    pub(crate) fn start_pending(&mut self, call: PendingCall) {
        let PendingCall { component, function, guest, bytes } = call;
        self.start_call(component, function, Input::Bytes(Bytes::from(bytes)), guest);
    }

    fn start_call(&mut self, component: String, function: String, input: Input, guest: CallGuest) {
        if self.runtime.is_closing() {
            // Asked again: another connection's shutdown may have gone through the table just before.
            guest.guest.end(Ending::Cancelled);
        }
        let call = Call { guest: Arc::clone(&guest.guest), component, function, input };
        let answer = CallAnswer { guest, given: false };
        let (runtime, session) = (Arc::clone(&self.runtime), Arc::clone(self.calls.get_or_init(Arc::default)));
        self.runtime.components.registry().when_listed(move || {
            runtime.components.call(&session, call, move |returned| answer.give(returned));
        });
    }
}

/// The guest of a call: counts as living until this is dropped.
struct CallGuest {
    guest: Arc<Guest>,
    link: Arc<Link>,
}

impl Drop for CallGuest {
    fn drop(&mut self) {
        // Only where the call was never made.
        self.guest.finish(Ending::Cancelled, 0);
        self.link.call_left();
    }
}

/// The one answer to a call, which comes whatever happens.
struct CallAnswer {
    guest: CallGuest,
    given: bool,
}

impl CallAnswer {
    fn give(mut self, returned: Result<Returned, CallError>) {
        self.given = true;
        let (id, link) = (self.guest.guest.id(), &self.guest.link);
        match returned {
            Ok(Returned::Json(result)) => link.answer(id, Ok(Reply::Returned { result })),
            Ok(Returned::Bytes(bytes)) => send_download(id, bytes.into(), &**link),
            Err(error) => link.answer(id, Err(ErrorInfo::from(&error))),
        }
    }
}

impl Drop for CallAnswer {
    fn drop(&mut self) {
        if !self.given {
            let message = "The sidecar failed while it made the call; its log says where.";
            self.guest.link.answer(self.guest.guest.id(), Err(ErrorInfo::new(ErrorCode::Internal, message)));
        }
    }
}

/// What the guests of calls tell: their host is told by the call's answer instead.
struct CallLink(Arc<Link>);

impl EventSink for CallLink {
    fn send(&self, event: Event) {
        match event {
            Event::Notice { notice: Notice::Exit { .. }, .. } => self.0.call_ends(),
            Event::Output { guest, stream, bytes } => {
                tracing::debug!(call = guest, ?stream, text = %String::from_utf8_lossy(&bytes), "a component wrote");
            }
            _ => {}
        }
    }
}

impl Lifecycle for CallLink {
    fn ended(&self, guest: GuestId) {
        self.0.ended(guest);
    }

    fn retire(&self, reason: RetireReason, message: String, finish: &mut dyn FnMut()) {
        self.0.retire(reason, message, finish);
    }
}
