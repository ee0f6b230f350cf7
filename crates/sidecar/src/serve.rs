use crate::cli::ServeOptions;
use crate::connection::{Admission, serve};
use crate::error::SidecarError;
use crate::lockdown::{self, Profile};
use crate::os::{bind_private, effective_user};
use crate::settings::Settings;
use crate::sidecar::{EngineSource, Sidecar, event_loop};
use crate::token;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long a host may take to say hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// Hosts that may be connected at once, those that have not said hello included.
const MAX_CONNECTIONS: usize = 256;

/// How long to wait before connections are accepted again, where the system had no descriptor for one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How long guests may take to end after SIGINT or SIGTERM: beyond the grace after which they are given up.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(3);

/// Serves the hosts that connect to a socket, until a signal or a host says that it is enough.
///
/// # Errors
/// Where the socket can't be made, or nothing can be started. Returns only then.
pub fn run(
    engine: &EngineSource,
    settings: &Settings,
    options: ServeOptions,
) -> Result<std::convert::Infallible, SidecarError> {
    let ServeOptions { socket: path, token_file } = options;
    let token = token::choose(settings)?;
    // Before the engine is started, whose threads must not see the changed file mask.
    let _lock = lock(&path)?;
    let listener = bind(&path)?;
    let _socket = SocketFile(&path);
    if let Some(file) = &token_file {
        token::write(file, &token)?;
    }
    lockdown::before_threads(engine, settings, Some(&path))?;
    let sidecar = Arc::new(Sidecar::start(engine, settings)?);
    lockdown::before_guests(settings, Profile::Serve)?;
    sidecar.remove_at_end(path.clone());
    let shown = (settings.token.is_none() && token_file.is_none()).then_some(token.as_str());
    let admission = Admission { token: Some(token.as_str().into()), hello_timeout: Some(HELLO_TIMEOUT) };
    event_loop()?.block_on(async {
        listener.set_nonblocking(true).map_err(SidecarError::NoResources)?;
        let listener = UnixListener::from_std(listener).map_err(SidecarError::NoResources)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(SidecarError::NoResources)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(SidecarError::NoResources)?;
        announce(&path, shown);
        tokio::select! {
            never = accept_all(&sidecar, &listener, &admission) => match never {},
            _ = interrupt.recv() => sidecar.runtime.shut_down(),
            _ = terminate.recv() => sidecar.runtime.shut_down(),
            () = sidecar.shut_down() => sidecar.end(0),
        }
        let _ = tokio::time::timeout(SHUTDOWN_PATIENCE, sidecar.shut_down()).await;
        sidecar.end(0)
    })
}

/// Removes the socket's file where the server never gets to serve. Where it does, that is for the process's end.
struct SocketFile<'a>(&'a Path);

impl Drop for SocketFile<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.0);
    }
}

/// Tells whoever started this that hosts can connect.
fn announce(path: &Path, token: Option<&str>) {
    let mut line = serde_json::json!({ "socket": path.to_string_lossy(), "pid": std::process::id() });
    if let Some(token) = token {
        line["token"] = token.into();
    }
    crate::print(&format!("{line}\n"));
}

async fn accept_all(
    sidecar: &Arc<Sidecar>,
    listener: &UnixListener,
    admission: &Admission,
) -> std::convert::Infallible {
    let places = Arc::new(tokio::sync::Semaphore::new(MAX_CONNECTIONS));
    loop {
        // Those beyond the bound wait to be accepted.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { continue };
        match listener.accept().await {
            Ok((socket, _)) => {
                let (sidecar, admission) = (Arc::clone(sidecar), admission.clone());
                tokio::spawn(async move {
                    if let Err(error) = serve(&sidecar, socket, &admission).await {
                        tracing::warn!(%error, "a connection ended");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::error!(%error, "a connection can't be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Makes this the only server of that path, for as long as the file is held. The file stays: to remove it would let two servers
/// hold a lock each.
fn lock(path: &Path) -> Result<File, SidecarError> {
    let fail = |reason| SidecarError::Socket { path: path.into(), reason };
    check_directory(path).map_err(fail)?;
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock_path = PathBuf::from(lock_path);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&lock_path);
    let file =
        file.map_err(|error| fail(format!("its lock file {} can't be opened ({error}).", lock_path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(fail(ALREADY_SERVED.into())),
        Err(TryLockError::Error(error)) => Err(fail(format!("its lock file can't be locked ({error})."))),
    }
}

const ALREADY_SERVED: &str = "a server listens there already. Stop it, or choose another path.";

/// Checks that nobody else can put a socket of their own in the place of this one.
fn check_directory(path: &Path) -> Result<(), String> {
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let metadata = std::fs::metadata(parent)
        .map_err(|error| format!("its directory {} can't be used ({error}).", parent.display()))?;
    if !metadata.is_dir() {
        return Err(format!("{} is no directory.", parent.display()));
    }
    if ![0, effective_user()].contains(&metadata.uid()) {
        return Err(format!("its directory {} belongs to another user. Choose one of your own.", parent.display()));
    }
    let (others_write, sticky) = (metadata.mode() & 0o022 != 0, metadata.mode() & 0o1000 != 0);
    if others_write && !sticky {
        return Err(format!(
            "others may write to its directory {}. Take that away from them, or choose another.",
            parent.display()
        ));
    }
    Ok(())
}

/// Binds the socket, in the place of one whose server has died. To be called with the lock held.
fn bind(path: &Path) -> Result<std::os::unix::net::UnixListener, SidecarError> {
    let fail = |reason| SidecarError::Socket { path: path.into(), reason };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(fail(format!("it can't be looked at ({error})."))),
        Ok(metadata) if !metadata.file_type().is_socket() => {
            return Err(fail("there is a file that is no socket. Choose another path.".into()));
        }
        Ok(_) => match StdUnixStream::connect(path) {
            Ok(_) => return Err(fail(ALREADY_SERVED.into())),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => remove_stale(path).map_err(fail)?,
            Err(error) => return Err(fail(format!("there is a socket that can't be tried ({error})."))),
        },
    }
    bind_private(path).map_err(|error: io::Error| fail(format!("it can't be made ({error}).")))
}

fn remove_stale(path: &Path) -> Result<(), String> {
    tracing::info!(path = %path.display(), "a socket whose server has died is replaced");
    std::fs::remove_file(path).map_err(|error| format!("the socket of a server that died can't be removed ({error})."))
}
