use std::time::{SystemTime, UNIX_EPOCH};

/// The wall clock, made coarse.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    granularity_ns: i64,
}

impl Clock {
    pub fn new(granularity_ns: u64) -> Self {
        Self { granularity_ns: i64::try_from(granularity_ns).unwrap_or(i64::MAX).max(1) }
    }

    /// Nanoseconds since 1970, rounded down. Outside of 1678 to 2262 it is the nearest of the two.
    pub fn now_ns(self) -> i64 {
        let exact = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
        };
        exact.saturating_sub(exact.rem_euclid(self.granularity_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_is_rounded_to_the_granularity_and_close_to_the_system_clock() {
        let system = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64;
        let before = system();
        let now = Clock::new(1_000_000).now_ns();
        assert_eq!(now % 1_000_000, 0);
        assert!(now > before - 1_000_000 && now <= system());
        assert!(Clock::new(0).now_ns() >= before);
    }
}
