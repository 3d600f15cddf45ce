//! How long this thread has computed, waiting left out. Any thread, about itself.

use std::time::{Duration, Instant};

/// A point in a thread's own time.
#[derive(Debug)]
pub(super) struct ProcessorTime {
    computed: Option<Duration>,
    clock: Instant,
}

impl ProcessorTime {
    pub(super) fn now() -> Self {
        Self {
            computed: computed(),
            clock: Instant::now(),
        }
    }

    /// Seconds since then: of computing where the system says so, else of the clock.
    pub(super) fn seconds(&self) -> f64 {
        let computed = computed()
            .zip(self.computed)
            .map(|(now, then)| now.saturating_sub(then));
        // The system's count moves in ticks; it cannot have been more than the clock says.
        let clock = self.clock.elapsed();
        computed.unwrap_or(clock).min(clock).as_secs_f64()
    }
}

/// The first number is nanoseconds on a core (proc(5)).
fn computed() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    (nanoseconds > 0).then(|| Duration::from_nanos(nanoseconds))
}
