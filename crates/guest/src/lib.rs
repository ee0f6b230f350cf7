//! What every guest has, whichever engine runs it: stdio that flows against credit, one switch that ends it, deadlines
//! that the [`Warden`] holds, and exactly one exit.
//!
//! The life of a guest: the runtime makes a [`Guest`] (which the warden watches from then on) and hands it with a
//! [`GuestSpec`] to an engine. The engine registers how its execution is interrupted ([`Guest::on_interrupt`]), runs the
//! program, and calls [`Guest::finish`]. Whoever wants the guest to end earlier calls [`Guest::end`]: the first reason
//! counts. A guest that does not yield within [`GRACE`] of that loses its process ([`Lifecycle::retire`]).

mod block_on;
mod cpu_clock;
mod deadlines;
mod ending;
mod guest;
mod input;
mod output;
mod phases;
mod spec;
mod warden;
mod wasi;

pub use cpu_clock::ThreadCpuClock;
pub use ending::Ending;
pub use guest::{EventSink, Guest, GuestOptions, Interrupt, Lifecycle, Near, WaitGuard};
pub use input::InputPipe;
pub use output::{MAX_OUTPUT_CHUNK, OutputPipe};
pub use phases::Making;
pub use spec::{GuestProgram, GuestSpec, Userland};
pub use warden::{GRACE, LONGEST_GRACE, Warden};
pub use wasi::{CLOCK_RESOLUTION, wasi_ctx};

/// Why a stream of a guest can't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The guest is being ended; whoever waits for the stream gives up and unwinds.
    #[error("The guest is being ended.")]
    Ending,
}
