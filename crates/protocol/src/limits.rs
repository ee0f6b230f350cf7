//! Every limit of guests and of sandboxes: the one table that code, docs and hosts take their figures from.

use crate::error::ErrorCode;
use crate::outcome::Outcome;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What comes of it where a limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PastLimit {
    /// The guest ends with that outcome; its error names the limit.
    Ends(Outcome),
    /// What the guest asked for fails, with that error: the name of a JavaScript class, or a POSIX error number's.
    Fails(&'static str),
    /// The host's request is refused with that code, and nothing was started.
    Refused(ErrorCode),
    /// The other side waits until there is room.
    Waits,
}

/// A row of the table of limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The option's name, such as `wallMs`.
    pub name: &'static str,
    pub min: u64,
    pub default: u64,
    pub max: u64,
    pub past: PastLimit,
}

/// A limit was asked for that lies outside of what can be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The limit {name} must lie between {min} and {max}, but {value} was asked for.")]
pub struct LimitOutOfRange {
    pub name: &'static str,
    pub min: u64,
    pub max: u64,
    pub value: u64,
}

macro_rules! limits {
    (
        $(#[$about:meta])* $limits:ident, $(#[$about_overrides:meta])* $overrides:ident:
        $( $(#[doc = $doc:literal])+ $field:ident, $name:literal: $type:ty, $min:literal, $default:expr, $max:expr, $past:expr; )+
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $limits {
            $( $(#[doc = $doc])+ pub $field: $type, )+
        }

        impl $limits {
            /// What holds where nothing else is set.
            pub const DEFAULT: Self = Self { $( $field: $default, )+ };
            /// The least that each may be set to.
            pub const MIN: Self = Self { $( $field: $min, )+ };
            /// The most that each may be set to.
            pub const MAX: Self = Self { $( $field: $max, )+ };
            /// The table's rows, in its order.
            pub const TABLE: &'static [Limit] = &[
                $( Limit {
                    name: $name,
                    min: Self::MIN.$field as u64,
                    default: Self::DEFAULT.$field as u64,
                    max: Self::MAX.$field as u64,
                    past: $past,
                }, )+
            ];
        }

        impl Default for $limits {
            fn default() -> Self {
                Self::DEFAULT
            }
        }

        $(#[$about_overrides])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        #[ts(optional_fields)]
        pub struct $overrides {
            $( $(#[doc = $doc])+ #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$type>, )+
        }

        impl $overrides {
            /// `base` with these limits laid over it.
            ///
            /// # Errors
            /// [`LimitOutOfRange`] names the first limit that lies outside of its range.
            pub fn over(&self, base: $limits) -> Result<$limits, LimitOutOfRange> {
                Ok($limits { $(
                    $field: match self.$field {
                        None => base.$field,
                        Some(value) if ($min..=$max).contains(&value) => value,
                        Some(value) => {
                            let (min, max) = ($limits::MIN.$field as u64, $limits::MAX.$field as u64);
                            return Err(LimitOutOfRange { name: $name, min, max, value: value as u64 });
                        }
                    },
                )+ })
            }
        }
    };
}

/// A day.
const MAX_MS: u64 = 24 * 60 * 60 * 1000;

limits! {
    /// The limits that hold for one guest. Every one is on by default.
    Limits,
    /// The limits that a sandbox or a run sets for its guests; what it leaves out holds as before.
    LimitOverrides:
    /// Milliseconds from the guest's start to its end, waiting counted.
    wall_ms, "wallMs": u64, 1, 60_000, MAX_MS, PastLimit::Ends(Outcome::TimedOut);
    /// Milliseconds that the guest's own thread may spend on a CPU, waiting not counted.
    cpu_ms, "cpuMs": u64, 1, 30_000, MAX_MS, PastLimit::Ends(Outcome::TimedOut);
    /// MiB of the JavaScript heap.
    heap_mb, "heapMb": u32, 8, 128, 4096, PastLimit::Ends(Outcome::OutOfMemory);
    /// MiB outside of the JavaScript heap: ArrayBuffers, shared and resizable ones included, and WebAssembly memories.
    external_mb, "externalMb": u32, 1, 256, 4096, PastLimit::Fails("RangeError");
    /// KiB of stack that the guest's JavaScript and WebAssembly may fill.
    stack_kb, "stackKb": u32, 64, 984, 16_384, PastLimit::Fails("RangeError");
    /// Bytes written to stdout, and as many to stderr.
    output_bytes, "outputBytes": u64, 0, 64 << 20, 1 << 40, PastLimit::Ends(Outcome::LimitExceeded);
    /// Bytes of one line of output, its newline not counted.
    output_line_bytes, "outputLineBytes": u64, 1, 32 << 20, 1 << 40, PastLimit::Ends(Outcome::LimitExceeded);
    /// Bytes of stdin that the host may send ahead of the guest.
    stdin_buffer_bytes, "stdinBufferBytes": u32, 4096, 256 << 10, 16 << 20, PastLimit::Waits;
    /// Timers that wait at once.
    timers, "timers": u32, 0, 50_000, 1_000_000, PastLimit::Ends(Outcome::LimitExceeded);
    /// ES and CommonJS modules that the guest may load.
    modules, "modules": u32, 0, 10_000, 100_000, PastLimit::Ends(Outcome::LimitExceeded);
    /// Bytes of the WebAssembly program.
    module_bytes, "moduleBytes": u64, 0, 64 << 20, 256 << 20, PastLimit::Refused(ErrorCode::LimitExceeded);
    /// Bytes of the program's JavaScript text, in UTF-8.
    source_bytes, "sourceBytes": u64, 0, 32 << 20, 256 << 20, PastLimit::Refused(ErrorCode::LimitExceeded);
    /// Bytes of all arguments in UTF-8, one more for each.
    args_bytes, "argsBytes": u64, 0, 1 << 20, 8 << 20, PastLimit::Refused(ErrorCode::LimitExceeded);
    /// Bytes of all names and values of the environment in UTF-8, two more for each.
    env_bytes, "envBytes": u64, 0, 1 << 20, 8 << 20, PastLimit::Refused(ErrorCode::LimitExceeded);
}

limits! {
    /// The limits on what the guests of a sandbox share. Every one is on by default.
    SandboxLimits,
    /// The limits that a sandbox sets for what its guests share; what it leaves out holds by default.
    SandboxLimitOverrides:
    /// Bytes that the sandbox's files may hold.
    fs_bytes, "fsBytes": u64, 0, 256 << 20, 1 << 40, PastLimit::Fails("ENOSPC");
    /// Files, directories and links that the sandbox may hold.
    fs_inodes, "fsInodes": u64, 0, 100_000, 10_000_000, PastLimit::Fails("ENOSPC");
    /// Directories that may lie within each other.
    fs_depth, "fsDepth": u32, 0, 256, 4096, PastLimit::Fails("ENAMETOOLONG");
    /// Files that the sandbox's guests may have open at once.
    open_files, "openFiles": u64, 0, 4096, 100_000, PastLimit::Fails("ENFILE");
    /// Guests that may live at once in the sandbox.
    processes, "processes": u32, 0, 1024, 10_000, PastLimit::Refused(ErrorCode::TooManyGuests);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_keeps_the_base_where_nothing_is_set() {
        let base = Limits { wall_ms: 5, ..Limits::default() };
        let limits = LimitOverrides { heap_mb: Some(64), ..LimitOverrides::default() }.over(base).unwrap();
        assert_eq!(limits, Limits { heap_mb: 64, ..base });
    }

    #[test]
    fn over_names_the_limit_that_is_out_of_range() {
        let error =
            LimitOverrides { heap_mb: Some(1), ..LimitOverrides::default() }.over(Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "The limit heapMb must lie between 8 and 4096, but 1 was asked for.");
    }

    #[test]
    fn table_has_every_default_within_its_range() {
        for limit in Limits::TABLE.iter().chain(SandboxLimits::TABLE) {
            assert!((limit.min..=limit.max).contains(&limit.default), "{limit:?}");
            // They travel as JSON numbers.
            assert!(limit.max <= crate::MAX_ID, "{limit:?}");
        }
    }
}
