use crate::error::ConnectionError;
use crate::outbox::Outbox;
use crate::sidecar::{FLUSH_PATIENCE, Sidecar, VERSION};
use bytes::BufMut;
use hotcell_js::JsEngine;
use hotcell_protocol::frame::{CommandDecoder, HostMessage, ProtocolError};
use hotcell_protocol::{ErrorCode, ErrorInfo, HostHello, PROTOCOL_VERSION, SidecarHello};
use std::io;
use std::sync::Arc;
use std::time::Duration;
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
    let reader = Reader { socket: &socket, decoder: CommandDecoder::new(sidecar.max_frame) };
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
    tracing::debug!(agent = hello.agent, "a host said hello");
    let reply = SidecarHello {
        protocol: PROTOCOL_VERSION,
        version: VERSION.into(),
        v8_version: JsEngine::v8_version().into(),
        pid: std::process::id(),
        max_frame: sidecar.max_frame,
    };
    outbox.hello(&reply, hello.max_frame)?;
    loop {
        outbox.cork();
        let handled = handle_all(&mut reader.decoder, &mut connection);
        outbox.uncork();
        handled?;
        outbox.room_for_replies().await;
        if !reader.read().await? {
            return Ok(());
        }
    }
}

/// Handles what has been read.
fn handle_all(
    decoder: &mut CommandDecoder,
    connection: &mut hotcell_runtime::Connection,
) -> Result<(), ConnectionError> {
    while let Some(message) = decoder.next_message()? {
        match message {
            HostMessage::Command(command) => connection.handle(command)?,
            HostMessage::Hello(_) => return Err(ProtocolError::HelloRepeated.into()),
        }
    }
    Ok(())
}

struct Reader<'a> {
    socket: &'a UnixStream,
    decoder: CommandDecoder,
}

impl Reader<'_> {
    /// The host's first message; `None` where it left without a word.
    async fn hello(&mut self) -> Result<Option<HostHello>, ConnectionError> {
        loop {
            match self.decoder.next_message()? {
                Some(HostMessage::Hello(hello)) => return Ok(Some(hello)),
                Some(HostMessage::Command(_)) => unreachable!("the decoder lets nothing pass before the hello"),
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
                Ok(_) => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
