use wasmtime::{Error, ResourceLimiter, Result};

/// What an element of a table takes.
const ELEMENT_BYTES: usize = size_of::<usize>();

/// Bounds the memories and tables of a guest together.
#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    limit: usize,
    used: usize,
    peak: usize,
    /// What was granted last, in case that it can't be had.
    granted: usize,
    refused: bool,
}

impl MemoryLimiter {
    pub(crate) fn new(limit_mb: u32) -> Self {
        Self { limit: (limit_mb as usize) << 20, used: 0, peak: 0, granted: 0, refused: false }
    }

    /// The most bytes that the guest had at any time.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    /// Whether the guest was refused something that it asked for.
    pub(crate) fn refused(&self) -> bool {
        self.refused
    }

    fn grow(&mut self, by: usize) -> bool {
        let Some(used) = self.used.checked_add(by).filter(|used| *used <= self.limit) else {
            self.refused = true;
            return false;
        };
        self.granted = by;
        self.used = used;
        self.peak = self.peak.max(used);
        true
    }

    fn take_back(&mut self) {
        self.used -= std::mem::take(&mut self.granted);
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        // What the program itself rules out is no matter of the limit's.
        Ok(maximum.is_none_or(|maximum| desired <= maximum) && self.grow(desired - current))
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        tracing::debug!(%error, "a memory did not grow");
        self.take_back();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        let bytes = (desired - current).saturating_mul(ELEMENT_BYTES);
        Ok(maximum.is_none_or(|maximum| desired <= maximum) && self.grow(bytes))
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        tracing::debug!(%error, "a table did not grow");
        self.take_back();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limiter_counts_memories_and_tables_together() {
        let mut limiter = MemoryLimiter::new(1);
        assert!(limiter.memory_growing(0, 512 << 10, None).unwrap());
        assert!(limiter.table_growing(0, 1 << 10, None).unwrap());
        assert!(!limiter.memory_growing(512 << 10, 1 << 20, None).unwrap());
        assert!(limiter.refused());
        assert_eq!(limiter.peak(), (512 << 10) + (1 << 10) * ELEMENT_BYTES);
    }

    #[test]
    fn limiter_takes_back_what_could_not_be_had() {
        let mut limiter = MemoryLimiter::new(1);
        assert!(limiter.memory_growing(0, 1 << 20, None).unwrap());
        limiter.memory_grow_failed(Error::msg("no memory")).unwrap();
        assert!(limiter.memory_growing(0, 1 << 20, None).unwrap());
        assert!(!limiter.refused());
    }

    #[test]
    fn limiter_does_not_count_what_the_program_itself_rules_out() {
        let mut limiter = MemoryLimiter::new(1);
        assert!(!limiter.memory_growing(0, 2 << 20, Some(1 << 20)).unwrap());
        assert!(!limiter.table_growing(0, usize::MAX, Some(10)).unwrap());
        assert!(!limiter.refused());
        assert!(!limiter.table_growing(0, usize::MAX, None).unwrap());
        assert!(limiter.refused());
    }
}
