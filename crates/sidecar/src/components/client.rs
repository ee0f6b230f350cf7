use bytes::Bytes;
use hotcell_guest::EventSink;
use hotcell_protocol::{
    CallInput, Command, ComponentDetails, ComponentSource, ComponentSummary, ErrorCode, ErrorInfo, Event,
    LimitOverrides, Reply, Request,
};
use hotcell_runtime::{Connection, Runtime};
use parking_lot::Mutex;
use serde_json::Value as Json;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// What the runtime answered, or what could not be asked.
pub struct Failed(pub ErrorInfo);

/// A host within this process, that asks for one thing after the other.
pub struct Client {
    connection: Connection,
    events: Receiver<Event>,
    last_id: u64,
}

struct Sink(Mutex<Sender<Event>>);

impl EventSink for Sink {
    fn send(&self, event: Event) {
        let _ = self.0.lock().send(event);
    }
}

impl Client {
    pub fn connect(runtime: &Runtime) -> Result<Self, ErrorInfo> {
        let (sender, events) = channel();
        let connection = runtime.connect(Arc::new(Sink(Mutex::new(sender))), LimitOverrides::default())?;
        Ok(Self { connection, events, last_id: 0 })
    }

    pub fn list(&mut self) -> Result<Vec<ComponentSummary>, Failed> {
        match self.ask(Request::ListComponents)? {
            Reply::Components { components } => Ok(components),
            other => Err(unexpected(&other)),
        }
    }

    pub fn get(&mut self, component: &str) -> Result<ComponentDetails, Failed> {
        match self.ask(Request::GetComponent { component: component.into() })? {
            Reply::Component { component } => Ok(*component),
            other => Err(unexpected(&other)),
        }
    }

    pub fn add_file(&mut self, component: &str, file: &Path) -> Result<(), Failed> {
        let Some(path) = file.to_str() else {
            let message = format!("The path {} is not text in UTF-8: rename the file.", file.display());
            return Err(Failed(ErrorInfo::new(ErrorCode::InvalidOption, message)));
        };
        let source = ComponentSource::File { path: path.into() };
        self.ask(Request::AddComponent { component: component.into(), source }).map(drop)
    }

    pub fn call(
        &mut self,
        component: &str,
        function: &str,
        arguments: Json,
        limits: LimitOverrides,
    ) -> Result<Json, Failed> {
        let input = CallInput::Json { arguments };
        match self.ask(Request::CallComponent {
            component: component.into(),
            function: function.into(),
            input,
            limits,
        })? {
            Reply::Returned { result } => Ok(result),
            other => Err(unexpected(&other)),
        }
    }

    pub fn call_with_bytes(
        &mut self,
        component: &str,
        function: &str,
        bytes: Vec<u8>,
        limits: LimitOverrides,
    ) -> Result<Vec<u8>, Failed> {
        let input = CallInput::Bytes { length: bytes.len() as u64 };
        let request = Request::CallComponent { component: component.into(), function: function.into(), input, limits };
        let id = self.post(request)?;
        self.handle(Command::Upload { id, bytes: Bytes::from(bytes), last: true })?;
        let mut output = Vec::new();
        loop {
            match self.next()? {
                Event::Download { id: of, bytes, last } if of == id => {
                    output.extend_from_slice(&bytes);
                    if last {
                        return Ok(output);
                    }
                }
                Event::Reply { id: of, reply } if of == id => return Err(failed(reply)),
                _ => {}
            }
        }
    }

    fn ask(&mut self, request: Request) -> Result<Reply, Failed> {
        let id = self.post(request)?;
        loop {
            match self.next()? {
                Event::Reply { id: of, reply: reply @ Reply::Failed { .. } } if of == id => return Err(failed(reply)),
                Event::Reply { id: of, reply } if of == id => return Ok(reply),
                _ => {}
            }
        }
    }

    fn post(&mut self, request: Request) -> Result<u64, Failed> {
        self.last_id += 1;
        self.handle(Command::Request { id: self.last_id, request })?;
        Ok(self.last_id)
    }

    fn handle(&mut self, command: Command) -> Result<(), Failed> {
        self.connection.handle(command).map_err(|violation| Failed(ErrorInfo::from(&violation)))
    }

    fn next(&self) -> Result<Event, Failed> {
        let gone = || Failed(ErrorInfo::new(ErrorCode::Internal, "The runtime has ended."));
        self.events.recv().map_err(|_| gone())
    }
}

fn failed(reply: Reply) -> Failed {
    match reply {
        Reply::Failed { error } => Failed(error),
        other => unexpected(&other),
    }
}

fn unexpected(reply: &Reply) -> Failed {
    Failed(ErrorInfo::new(ErrorCode::Internal, format!("The runtime answered with {reply:?}.")))
}
