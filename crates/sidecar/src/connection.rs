use crate::error::ConnectionError;
use crate::outbox::Outbox;
use crate::sidecar::{FLUSH_PATIENCE, Sidecar, VERSION};
use bytes::BufMut;
use hotcell_protocol::frame::{CommandDecoder, HostMessage, Kind, ProtocolError};
use hotcell_protocol::{ErrorCode, ErrorInfo, HostHello, PROTOCOL_VERSION, SidecarHello};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// What a carrier demands of those who connect.
#[derive(Clone, Default)]
pub struct Admission {
    /// The token that a host must know.
    pub token: Option<Arc<str>>,
    /// How long a host may take to say hello.
    pub hello_timeout: Option<Duration>,
}

/// Serves a host until it closes the connection, which cancels its guests.
///
/// # Errors
/// Where the connection ended otherwise. The host has been told why, as far as it listened.
pub async fn serve(sidecar: &Sidecar, socket: UnixStream, admission: &Admission) -> Result<(), ConnectionError> {
    let socket = Arc::new(socket);
    let outbox = Arc::new(Outbox::new(Arc::clone(&socket)));
    sidecar.register(&outbox);
    let decoder = CommandDecoder::new(sidecar.max_frame);
    let reader = Reader { socket: &socket, decoder, last_read: Instant::now() };
    let result = tokio::select! {
        result = talk(sidecar, reader, &outbox, admission) => result,
        result = outbox.run() => result.map_err(ConnectionError::Io),
    };
    if let Some(refusal) = result.as_ref().err().and_then(ConnectionError::refusal) {
        outbox.refuse(&refusal);
        let _ = timeout(FLUSH_PATIENCE, async {
            tokio::select! { _ = outbox.run() => {}, () = outbox.flushed() => {} }
        })
        .await;
    }
    outbox.close();
    result
}

async fn talk(
    sidecar: &Sidecar,
    mut reader: Reader<'_>,
    outbox: &Arc<Outbox>,
    admission: &Admission,
) -> Result<(), ConnectionError> {
    let hello = match admission.hello_timeout {
        None => reader.hello().await,
        Some(limit) => timeout(limit, reader.hello()).await.unwrap_or_else(|_| {
            let message = format!("No hello came within {} s.", limit.as_secs());
            Err(ConnectionError::Refused(ErrorInfo::new(ErrorCode::Protocol, message)))
        }),
    }?;
    let Some(hello) = hello else { return Ok(()) };
    if let Some(token) = &admission.token {
        hello.authorize(token)?;
    }
    let limits = hello.limits.unwrap_or_default();
    let mut connection = sidecar.runtime.connect(outbox.clone(), limits).map_err(ConnectionError::Refused)?;
    // Only now: a connection that was there before is told where the sidecar gives itself up later.
    if sidecar.runtime.retired().is_some() {
        let message = "The sidecar gives itself up and takes no new work. Connect to the one that takes its place.";
        return Err(ConnectionError::Refused(ErrorInfo::new(ErrorCode::Closed, message)));
    }
    tracing::debug!(agent = hello.agent, "a host said hello");
    let reply = SidecarHello {
        protocol: PROTOCOL_VERSION,
        version: VERSION.into(),
        v8_version: sidecar.v8_version.into(),
        pid: std::process::id(),
        max_frame: sidecar.max_frame,
    };
    outbox.hello(&reply, hello.max_frame)?;
    loop {
        outbox.cork();
        let handled = handle_all(&mut reader, &mut connection);
        outbox.uncork();
        handled?;
        outbox.room_for_replies().await;
        if !reader.read().await? {
            return Ok(());
        }
    }
}

/// Handles what has been read.
fn handle_all(reader: &mut Reader<'_>, connection: &mut hotcell_runtime::Connection) -> Result<(), ConnectionError> {
    while let Some(message) = reader.decoder.next_message()? {
        match message {
            HostMessage::Command(command) => connection.handle_received(command, reader.last_read)?,
            HostMessage::Hello(_) => return Err(ProtocolError::HelloRepeated.into()),
        }
    }
    Ok(())
}

struct Reader<'a> {
    socket: &'a UnixStream,
    decoder: CommandDecoder,
    /// When what is decoded next came to its end.
    last_read: Instant,
}

impl Reader<'_> {
    /// The host's first message; `None` where it left without a word.
    async fn hello(&mut self) -> Result<Option<HostHello>, ConnectionError> {
        loop {
            match self.decoder.next_message()? {
                Some(HostMessage::Hello(hello)) => return Ok(Some(hello)),
                Some(HostMessage::Command(_)) => return Err(ProtocolError::HelloMissing { kind: Kind::Request }.into()),
                None if !self.read().await? => return Ok(None),
                None => {}
            }
        }
    }

    /// Waits for more bytes; whether there were any before the end. To be called when no message is left.
    async fn read(&mut self) -> Result<bool, ConnectionError> {
        loop {
            self.socket.readable().await?;
            let mut buffer = self.decoder.read_buffer();
            debug_assert!(buffer.has_remaining_mut());
            match self.socket.try_read_buf(&mut buffer) {
                Ok(0) => {
                    self.decoder.finish()?;
                    return Ok(false);
                }
                Ok(_) => {
                    self.last_read = Instant::now();
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::sidecar::EngineSource;
    use hotcell_guest::{GuestSpec, Userland};
    use hotcell_protocol::frame::{EventDecoder, SidecarMessage, WriteQueue};
    use hotcell_protocol::{Command, Request};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    struct NoEngine;

    impl hotcell_runtime::Engine for NoEngine {
        fn run(&self, _spec: GuestSpec) {
            panic!("no guest is to be run here");
        }

        fn prepare_userland(&self, _source: Arc<str>) -> Result<Arc<Userland>, ErrorInfo> {
            panic!("no sandbox is to be made here");
        }
    }

    /// Serves one connection, for which `host` writes the first bytes; what the sidecar sent until it closed, and how it ended.
    fn converse(
        admission: Admission,
        host: impl FnOnce(&mut WriteQueue),
    ) -> (Vec<SidecarMessage>, Result<(), ConnectionError>) {
        let engine = EngineSource {
            v8_version: "0",
            start_processes: Box::new(|| Ok(())),
            start: Box::new(|_| Ok(Arc::new(NoEngine))),
        };
        let sidecar = Sidecar::start(&engine, &Settings::default()).unwrap();
        crate::sidecar::event_loop().unwrap().block_on(async {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let mut wire = WriteQueue::new();
            host(&mut wire);
            theirs.write_all_buf(&mut wire).await.unwrap();
            let mut received = Vec::new();
            let (result, read) = tokio::join!(serve(&sidecar, ours, &admission), theirs.read_to_end(&mut received));
            read.unwrap();
            let mut decoder = EventDecoder::new(1 << 20);
            decoder.push(&mut &received[..]);
            let messages = std::iter::from_fn(|| decoder.next_message().unwrap()).collect();
            (messages, result)
        })
    }

    fn hello(token: Option<&str>) -> HostHello {
        let token = token.map(String::from);
        HostHello { protocol: PROTOCOL_VERSION, agent: "test".into(), max_frame: 1 << 20, token, limits: None }
    }

    fn refusal(messages: &[SidecarMessage]) -> &ErrorInfo {
        match messages {
            [SidecarMessage::Refusal(error)] => error,
            messages => panic!("expected a refusal and nothing else, but {messages:?} came"),
        }
    }

    #[test]
    fn host_that_says_nothing_is_refused_in_time() {
        let admission = Admission { token: None, hello_timeout: Some(Duration::from_millis(20)) };
        let (messages, result) = converse(admission, |_| ());
        assert_eq!(refusal(&messages).code, ErrorCode::Protocol);
        assert!(matches!(result, Err(ConnectionError::Refused(_))));
    }

    #[test]
    fn host_with_a_wrong_token_is_refused_before_anything_is_done() {
        for token in [None, Some("wrong")] {
            let admission = Admission { token: Some("right".into()), hello_timeout: None };
            let (messages, _) = converse(admission, |wire| {
                wire.push_host_hello(&hello(token)).unwrap();
                wire.push_command(&Command::Request { id: 1, request: Request::Stats }).unwrap();
            });
            assert_eq!(refusal(&messages).code, ErrorCode::Unauthorized);
        }
    }

    #[test]
    fn host_that_breaks_the_protocol_gets_its_answers_first_and_then_a_refusal() {
        let (messages, result) = converse(Admission::default(), |wire| {
            wire.push_host_hello(&hello(None)).unwrap();
            wire.push_command(&Command::Request { id: 1, request: Request::Stats }).unwrap();
            wire.push_command(&Command::Upload { id: 2, bytes: Default::default(), last: true }).unwrap();
            wire.push_command(&Command::Request { id: 3, request: Request::Stats }).unwrap();
        });
        let [SidecarMessage::Hello(_), SidecarMessage::Event(_), SidecarMessage::Refusal(error)] = &messages[..] else {
            panic!("{messages:?}")
        };
        assert_eq!(error.code, ErrorCode::Protocol);
        assert!(matches!(result, Err(ConnectionError::Violation(_))), "{result:?}");
    }

    #[test]
    fn host_with_limits_that_can_not_be_had_is_refused() {
        let limits = hotcell_protocol::LimitOverrides { heap_mb: Some(1), ..Default::default() };
        let (messages, _) = converse(Admission::default(), |wire| {
            wire.push_host_hello(&HostHello { limits: Some(limits), ..hello(None) }).unwrap();
        });
        assert_eq!(refusal(&messages).code, ErrorCode::InvalidOption);
    }
}
