//! How many bytes of pictures a person allows a second. Pure, any thread.

use std::time::{Duration, Instant};

/// What may be spent at once after a pause, in seconds of the rate.
const LARGEST_SAVINGS: f64 = 0.1;

/// A purse that fills steadily. What is taken may exceed what is in it, and is paid back before more is.
#[derive(Debug)]
pub(super) struct Budget {
    bytes_per_second: f64,
    savings: f64,
    counted: Instant,
}

impl Budget {
    pub(super) fn new(bytes_per_second: u64, now: Instant) -> Self {
        Self {
            bytes_per_second: bytes_per_second.max(1) as f64,
            savings: 0.0,
            counted: now,
        }
    }

    /// When something may be spent, however much; `None` for now.
    pub(super) fn allows_from(&mut self, now: Instant) -> Option<Instant> {
        let passed = now.saturating_duration_since(self.counted).as_secs_f64();
        self.counted = now;
        self.savings = (self.savings + passed * self.bytes_per_second)
            .min(LARGEST_SAVINGS * self.bytes_per_second);
        (self.savings < 0.0).then(|| {
            now + Duration::from_secs_f64((-self.savings / self.bytes_per_second).min(60.0))
        })
    }

    pub(super) fn spend(&mut self, bytes: usize) {
        self.savings -= bytes as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_allowed_and_hardly_less() {
        let start = Instant::now();
        let mut budget = Budget::new(10_000, start);
        let mut now = start;
        let mut spent = 0;
        while now < start + Duration::from_secs(10) {
            match budget.allows_from(now) {
                None => {
                    budget.spend(3000);
                    spent += 3000;
                }
                Some(later) => now = later,
            }
        }
        assert!((95_000..=105_000).contains(&spent), "{spent}");
    }
}
