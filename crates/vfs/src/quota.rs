use crate::errno::Errno;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// How much of one resource is in use. The counter guards no other memory, so relaxed ordering is enough.
#[derive(Debug)]
pub(crate) struct Quota {
    used: AtomicU64,
    max: u64,
}

impl Quota {
    pub fn new(max: u64) -> Arc<Self> {
        Arc::new(Self { used: AtomicU64::new(0), max })
    }

    pub fn used(&self) -> u64 {
        self.used.load(Relaxed)
    }

    pub fn max(&self) -> u64 {
        self.max
    }

    /// Takes as much as there is, at least `least` and at most `most`, or nothing.
    pub fn take(&self, least: u64, most: u64) -> Option<u64> {
        let mut used = self.used.load(Relaxed);
        loop {
            let taken = most.min(self.max.saturating_sub(used));
            if taken < least {
                return None;
            }
            match self.used.compare_exchange_weak(used, used + taken, Relaxed, Relaxed) {
                Ok(_) => return Some(taken),
                Err(now) => used = now,
            }
        }
    }

    pub fn give_back(&self, amount: u64) {
        self.used.fetch_sub(amount, Relaxed);
    }
}

/// A part of a quota, given back on drop.
#[derive(Debug)]
pub(crate) struct Charge {
    quota: Arc<Quota>,
    amount: u64,
}

impl Charge {
    /// A charge of nothing, which can grow.
    pub fn none(quota: &Arc<Quota>) -> Self {
        Self { quota: Arc::clone(quota), amount: 0 }
    }

    /// A charge of `amount`, or `exhausted` where there is not so much left.
    pub fn new(quota: &Arc<Quota>, amount: u64, exhausted: Errno) -> Result<Self, Errno> {
        quota.take(amount, amount).ok_or(exhausted)?;
        Ok(Self { quota: Arc::clone(quota), amount })
    }

    pub fn amount(&self) -> u64 {
        self.amount
    }

    pub fn quota(&self) -> &Arc<Quota> {
        &self.quota
    }

    /// Grows to as much as there is, at least `least` and at most `most`; `ENOSPC`, and no change, where it can't. Never shrinks.
    pub fn grow(&mut self, least: u64, most: u64) -> Result<u64, Errno> {
        let taken = self
            .quota
            .take(least.saturating_sub(self.amount), most.saturating_sub(self.amount))
            .ok_or(Errno::ENOSPC)?;
        self.amount += taken;
        Ok(self.amount)
    }

    /// Shrinks to `amount`. Never grows.
    pub fn shrink(&mut self, amount: u64) {
        if amount < self.amount {
            self.quota.give_back(self.amount - amount);
            self.amount = amount;
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.quota.give_back(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charge_grows_to_what_is_left_and_gives_all_back() {
        let quota = Quota::new(10);
        let first = Charge::new(&quota, 4, Errno::ENOSPC).unwrap();
        let mut second = Charge::none(&quota);
        assert_eq!(second.grow(7, 9), Err(Errno::ENOSPC));
        assert_eq!(quota.used(), 4);
        assert_eq!(second.grow(5, 9), Ok(6));
        assert_eq!(second.grow(3, 4), Ok(6));
        second.shrink(1);
        assert_eq!(quota.used(), 5);
        drop((first, second));
        assert_eq!(quota.used(), 0);
    }

    #[test]
    fn quota_is_never_exceeded_by_threads_that_race() {
        let quota = Quota::new(1000);
        let taken: u64 = std::thread::scope(|scope| {
            let takers: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..500).filter_map(|_| quota.take(1, 1)).sum::<u64>())).collect();
            takers.into_iter().map(|taker| taker.join().unwrap()).sum()
        });
        assert_eq!((taken, quota.used()), (1000, 1000));
    }
}
