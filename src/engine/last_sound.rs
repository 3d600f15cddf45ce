//! The last pictures that are sound, for a run that fails. Worker thread.

use std::time::{Duration, Instant};

use tch::Tensor;

use super::EngineError;
use super::lane::Lane;
use super::message::Pictures;
use super::preview::pictures_of;

/// Pictures are copied no more often than this.
const INTERVAL: Duration = Duration::from_secs(2);
/// Copying takes at most one part in so many of the time: large pictures are copied more rarely.
const COST_LIMIT: u32 = 1000;

/// A copy in the host's memory, renewed now and then.
#[derive(Debug)]
pub(super) struct LastSound {
    /// Pictures whose losses were numbers; `None` where there never were any.
    proven: Option<Copied>,
    /// Newer ones, whose losses are not known yet.
    unproven: Option<Copied>,
    /// When the next copy may be made.
    due: Instant,
}

#[derive(Debug)]
struct Copied {
    step: u64,
    /// `[N, 3, H, W]` in the host's memory, finite.
    pictures: Tensor,
}

impl Copied {
    /// `None` where the pictures are not finite, or cannot be copied: what fails here fails the next step
    /// too, or was a matter of memory, and the run goes on without.
    fn new(lane: &Lane) -> Option<Self> {
        let step = lane.step_count();
        let pictures = lane.finite_copy().ok()??;
        Some(Self { step, pictures })
    }
}

impl LastSound {
    /// Begins with the pictures that the lane goes on from.
    pub(super) fn new(lane: &Lane) -> Self {
        Self {
            proven: Copied::new(lane),
            unproven: None,
            due: Instant::now(),
        }
    }

    /// Copies the lane's pictures where it is time to and they are finite. To be called when the losses of
    /// all steps have been read and are numbers.
    pub(super) fn renew(&mut self, lane: &Lane) {
        // Its own losses came with the step after it.
        if let Some(copied) = self
            .unproven
            .take_if(|copied| copied.step < lane.step_count())
        {
            self.proven = Some(copied);
        }
        let began = Instant::now();
        if began >= self.due {
            self.unproven = Copied::new(lane);
            self.due = Instant::now() + pause_after(began.elapsed());
        }
    }

    /// What is worth saving of a run that failed with `error`.
    pub(super) fn pictures(&self, lane: &Lane, error: &EngineError) -> Option<Pictures> {
        let proven = self.proven.as_ref();
        let newest = Copied::new(lane);
        // Where the loss is not a number, the pictures may be finite and yet far from anything to be seen.
        let chosen = if matches!(error, EngineError::NotFinite { .. }) {
            proven.or(newest.as_ref())
        } else {
            newest.as_ref().or(proven)
        }?;
        pictures_of(&chosen.pictures, lane.numbers(), chosen.step).ok()
    }
}

fn pause_after(cost: Duration) -> Duration {
    INTERVAL.max(cost.saturating_mul(COST_LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slower_a_copy_is_the_rarer_it_is_made() {
        assert_eq!(pause_after(Duration::from_micros(300)), INTERVAL);
        assert_eq!(
            pause_after(Duration::from_millis(50)),
            Duration::from_secs(50)
        );
    }
}
