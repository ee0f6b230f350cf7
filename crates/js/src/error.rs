/// Why the engine can't do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum JsError {
    /// The userland's script is not what the native side expects.
    #[error("The userland is broken: {0}. Build it anew from bridge/guest.")]
    Userland(String),
    /// V8 refused to make or to take a snapshot.
    #[error("V8 made no snapshot: {0}.")]
    Snapshot(String),
    /// The operating system gave no thread for a guest.
    #[error("No thread could be started for a guest: {0}. Lower the number of guests that run at once.")]
    Thread(#[from] std::io::Error),
}
