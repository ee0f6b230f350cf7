use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The limits that hold for one guest. Every one is on by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Milliseconds from the guest's start to its end, waiting counted. [`Limits::MIN_WALL_MS`] to
    /// [`Limits::MAX_WALL_MS`].
    pub wall_ms: u64,
    /// Milliseconds that the guest's own thread may spend on a CPU, waiting not counted.
    /// [`Limits::MIN_CPU_MS`] to [`Limits::MAX_CPU_MS`].
    pub cpu_ms: u64,
    /// MiB of the JavaScript heap. [`Limits::MIN_HEAP_MB`] to [`Limits::MAX_HEAP_MB`].
    pub heap_mb: u32,
    /// MiB outside of the JavaScript heap: ArrayBuffers and WebAssembly memories.
    /// [`Limits::MIN_EXTERNAL_MB`] to [`Limits::MAX_EXTERNAL_MB`].
    pub external_mb: u32,
    /// Bytes that the guest may write to stdout, and as many to stderr. [`Limits::MIN_OUTPUT_BYTES`] to
    /// [`Limits::MAX_OUTPUT_BYTES`].
    pub output_bytes: u64,
}

impl Limits {
    pub const MIN_WALL_MS: u64 = 1;
    pub const DEFAULT_WALL_MS: u64 = 60_000;
    pub const MAX_WALL_MS: u64 = 24 * 60 * 60 * 1000;
    pub const MIN_CPU_MS: u64 = 1;
    pub const DEFAULT_CPU_MS: u64 = 30_000;
    pub const MAX_CPU_MS: u64 = 24 * 60 * 60 * 1000;
    pub const DEFAULT_HEAP_MB: u32 = 128;
    pub const MIN_HEAP_MB: u32 = 8;
    pub const MAX_HEAP_MB: u32 = 4096;
    pub const MIN_EXTERNAL_MB: u32 = 1;
    pub const DEFAULT_EXTERNAL_MB: u32 = 256;
    pub const MAX_EXTERNAL_MB: u32 = 4096;
    pub const MIN_OUTPUT_BYTES: u64 = 0;
    pub const DEFAULT_OUTPUT_BYTES: u64 = 64 << 20;
    pub const MAX_OUTPUT_BYTES: u64 = 1 << 40;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_ms: Self::DEFAULT_WALL_MS,
            cpu_ms: Self::DEFAULT_CPU_MS,
            heap_mb: Self::DEFAULT_HEAP_MB,
            external_mb: Self::DEFAULT_EXTERNAL_MB,
            output_bytes: Self::DEFAULT_OUTPUT_BYTES,
        }
    }
}

/// The limits that a sandbox or a run sets for itself; what it leaves out holds as before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(optional_fields)]
pub struct LimitOverrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heap_mb: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_mb: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u64>,
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

impl LimitOverrides {
    /// `base` with these limits laid over it.
    ///
    /// # Errors
    /// [`LimitOutOfRange`] names the first limit that lies outside of its range.
    pub fn over(&self, base: Limits) -> Result<Limits, LimitOutOfRange> {
        let wide = |name, value: Option<u64>, base, min, max| match value {
            None => Ok(base),
            Some(value) if (min..=max).contains(&value) => Ok(value),
            Some(value) => Err(LimitOutOfRange { name, min, max, value }),
        };
        let narrow = |name, value: Option<u32>, base: u32, min: u32, max: u32| {
            wide(name, value.map(u64::from), base.into(), min.into(), max.into()).map(|value| value as u32)
        };
        Ok(Limits {
            wall_ms: wide("wallMs", self.wall_ms, base.wall_ms, Limits::MIN_WALL_MS, Limits::MAX_WALL_MS)?,
            cpu_ms: wide("cpuMs", self.cpu_ms, base.cpu_ms, Limits::MIN_CPU_MS, Limits::MAX_CPU_MS)?,
            heap_mb: narrow("heapMb", self.heap_mb, base.heap_mb, Limits::MIN_HEAP_MB, Limits::MAX_HEAP_MB)?,
            external_mb: narrow(
                "externalMb",
                self.external_mb,
                base.external_mb,
                Limits::MIN_EXTERNAL_MB,
                Limits::MAX_EXTERNAL_MB,
            )?,
            output_bytes: wide(
                "outputBytes",
                self.output_bytes,
                base.output_bytes,
                Limits::MIN_OUTPUT_BYTES,
                Limits::MAX_OUTPUT_BYTES,
            )?,
        })
    }
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
}
