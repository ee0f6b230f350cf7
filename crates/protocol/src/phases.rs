use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// What a guest's time goes to. A run need not come through all of them, nor in this order: a worker that has to be made is
/// waited for before and after its making.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// From the request's arrival until it is handled.
    Queue,
    /// Finding the program, its bytes and their digest, and making the guest.
    ModuleGet,
    /// Finding the snapshot.
    SnapshotGet,
    /// Making the isolate. Nothing where the worker was parked.
    IsolateNew,
    /// Making the context and the userland in it. Nothing where the worker was parked.
    Context,
    /// Waiting for a worker, and its waking up.
    Claim,
    /// Handing the guest its particulars.
    Inject,
    /// Compiling the program.
    Compile,
    /// The program's first run, to its last synchronous statement.
    UserCode,
    /// The event loop, until nothing is left to do.
    Drain,
    /// From there to the exit.
    Exit,
}

impl Phase {
    /// All of them, as they are listed.
    pub const ALL: [Self; 11] = [
        Self::Queue,
        Self::ModuleGet,
        Self::SnapshotGet,
        Self::IsolateNew,
        Self::Context,
        Self::Claim,
        Self::Inject,
        Self::Compile,
        Self::UserCode,
        Self::Drain,
        Self::Exit,
    ];

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::ModuleGet => "module_get",
            Self::SnapshotGet => "snapshot_get",
            Self::IsolateNew => "isolate_new",
            Self::Context => "context",
            Self::Claim => "claim",
            Self::Inject => "inject",
            Self::Compile => "compile",
            Self::UserCode => "user_code",
            Self::Drain => "drain",
            Self::Exit => "exit",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Where a guest's time went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Phases {
    /// When the request arrived, in milliseconds since 1970.
    pub received_ms: f64,
    /// Whether a parked worker took the guest: its isolate and context were there already.
    pub warm_worker: bool,
    /// In the order in which they happened, from the request's arrival to the exit without a gap. A phase that was left and
    /// entered again has several.
    pub spans: Vec<PhaseSpan>,
}

impl Phases {
    /// Microseconds that a phase took, all of its spans together.
    pub fn total_us(&self, phase: Phase) -> f64 {
        // Not `sum`, which makes -0.0 of nothing.
        self.spans.iter().filter(|span| span.phase == phase).fold(0.0, |sum, span| sum + span.duration_us)
    }
}

/// A stretch of a guest's time that went to one phase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct PhaseSpan {
    pub phase: Phase,
    /// Microseconds from the request's arrival to the span's start.
    pub start_us: f64,
    pub duration_us: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_listed_once_each_by_the_names_that_messages_have() {
        for (index, phase) in Phase::ALL.into_iter().enumerate() {
            assert_eq!(phase as usize, index);
            assert_eq!(serde_json::to_value(phase).unwrap(), phase.name());
        }
        assert!(serde_json::from_value::<Phase>("dispose".into()).is_err());
    }

    #[test]
    fn total_adds_up_the_spans_of_a_phase() {
        let span = |phase, start_us, duration_us| PhaseSpan { phase, start_us, duration_us };
        let spans = vec![span(Phase::Claim, 0.0, 1.5), span(Phase::Context, 1.5, 2.0), span(Phase::Claim, 3.5, 0.25)];
        let phases = Phases { spans, ..Phases::default() };
        assert_eq!(phases.total_us(Phase::Claim), 1.75);
        assert!(phases.total_us(Phase::Exit).is_sign_positive());
    }
}
