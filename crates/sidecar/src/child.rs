use crate::beacon;
use crate::connection::{Admission, serve};
use crate::error::SidecarError;
use crate::lockdown::{self, Profile};
use crate::os::adopt_socket;
use crate::settings::Settings;
use crate::sidecar::{EngineSource, Sidecar, event_loop};
use std::os::fd::RawFd;
use std::pin::pin;
use tokio::net::UnixStream;

/// The descriptor that a host passes its end of the conversation on.
pub const CHANNEL: RawFd = 3;

/// The descriptor that a host may pass the end of another socket on, to learn of the end of this process. Nothing is sent there.
pub const BEACON: RawFd = 4;

/// The exit code where the host did what the protocol does not allow: `EX_PROTOCOL` of `sysexits.h`.
const EXIT_PROTOCOL: i32 = 76;

/// Serves the host that started this process, until it closes its end or dies: then the process ends at once, and its guests
/// with it.
///
/// # Errors
/// Where descriptor 3 is no socket, or nothing can be started. Returns only then.
pub fn run(engine: &EngineSource, settings: &Settings) -> Result<std::convert::Infallible, SidecarError> {
    let no_channel = |reason| SidecarError::NoChannel { descriptor: CHANNEL, reason };
    let socket = adopt_socket(CHANNEL).map_err(no_channel)?;
    socket.set_nonblocking(true).map_err(|error| no_channel(error.to_string()))?;
    lockdown::before_threads(engine, settings, None)?;
    if let Ok(socket) = adopt_socket(BEACON) {
        // Its thread comes before the engine's, which it never meets.
        beacon::light(socket.into());
    }
    let sidecar = Sidecar::start(engine, settings)?;
    lockdown::before_guests(settings, Profile::Child)?;
    event_loop()?.block_on(async {
        let socket = UnixStream::from_std(socket).map_err(SidecarError::NoResources)?;
        let admission = Admission::default();
        // Not within the select, which would drop the connection with what it still has to send.
        let mut serving = pin!(serve(&sidecar, socket, &admission));
        let code = tokio::select! {
            result = &mut serving => match result {
                Ok(()) => 0,
                Err(error) => {
                    tracing::error!(%error, "the connection ended");
                    EXIT_PROTOCOL
                }
            },
            () = sidecar.shut_down() => 0,
        };
        sidecar.end(code)
    })
}
