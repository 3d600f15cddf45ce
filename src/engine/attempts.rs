//! How often a candidate has gone back for the same trouble. Pure; worker thread.

/// So often it goes back by itself: an eighth of the rate is enough where the rate is the reason at all.
pub(super) const MOST_ATTEMPTS: u32 = 3;
/// Halving the rate makes the same trouble come later, but no more than twice as late. Who has got this many times as
/// far beyond the step of the failure as it had got from the good state has left that trouble behind.
const BEYOND: u64 = 4;
/// And at least so many steps.
const LEAST_BEYOND: u64 = 100;

/// The count.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attempts {
    made: u32,
    /// A failure after this step is another trouble.
    settled_after: u64,
}

impl Attempts {
    /// Counts a failure at `failed` after which it goes back to `good`; which attempt that is, `None` where there were
    /// enough.
    pub(super) fn next(&mut self, failed: u64, good: u64) -> Option<u32> {
        if failed > self.settled_after {
            self.made = 0;
        }
        self.made += 1;
        let distance = failed.saturating_sub(good).saturating_mul(BEYOND);
        let settled_after = failed.saturating_add(distance.max(LEAST_BEYOND));
        self.settled_after = self.settled_after.max(settled_after);
        (self.made <= MOST_ATTEMPTS).then_some(self.made)
    }

    /// How many there were.
    pub(super) fn made(&self) -> u32 {
        self.made.min(MOST_ATTEMPTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_trouble_is_tried_three_times() {
        let mut attempts = Attempts::default();
        let tried = [(120, 80), (160, 80), (240, 80), (400, 80)]
            .map(|(failed, good)| attempts.next(failed, good));
        assert_eq!(tried, [Some(1), Some(2), Some(3), None]);
        assert_eq!(attempts.made(), 3);
    }

    #[test]
    fn far_beyond_it_is_another_trouble() {
        let mut attempts = Attempts::default();
        assert_eq!(attempts.next(10, 5), Some(1));
        assert_eq!(attempts.next(110, 105), Some(2));
        assert_eq!(attempts.next(211, 205), Some(1));
        // What was settled late once is not settled early because the next failure was.
        assert_eq!(attempts.next(1000, 0), Some(1));
        assert_eq!(attempts.next(20, 0), Some(2));
        assert_eq!(attempts.next(1500, 1499), Some(3));
    }
}
