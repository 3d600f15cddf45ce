//! When a picture on the way is to be kept. Pure: the clock is passed in.

use std::time::{Duration, Instant};

/// So many of a run are looked at.
pub const MOST_KEPT: usize = 24;
/// However fast the steps are, a person looks at no more.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(400);

/// What the next one depends on.
#[derive(Debug, Clone, Default)]
pub struct SnapshotSchedule {
    last: Option<(u64, Instant)>,
}

impl SnapshotSchedule {
    /// Whether one is to be kept now, at `step` of `steps`; it then counts as kept.
    pub fn is_due(&mut self, now: Instant, step: u64, steps: u64) -> bool {
        let apart = (steps / MOST_KEPT as u64).max(1);
        let due = match self.last {
            None => step > 0,
            // A run that went back keeps states on its new way too.
            Some((last, at)) => {
                now.duration_since(at) >= SHORTEST_INTERVAL && (step >= last + apart || step < last)
            }
        };
        if due {
            self.last = Some((step, now));
        }
        due
    }
}
