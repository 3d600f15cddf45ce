//! The last good state of a lane: what it goes back to when its numbers go wrong, and what is saved of it when it fails.
//! Worker thread.

use std::time::{Duration, Instant};

use super::EngineError;
use super::lane::Lane;
use super::message::Pictures;
use super::preview::pictures_of;
use super::progress::Progress;

/// States are copied no more often than this.
const INTERVAL: Duration = Duration::from_millis(500);
/// Copying takes at most one part in so many of the time: large pictures are copied more rarely.
const COST_LIMIT: u32 = 1000;

/// A copy in the host's memory, renewed now and then. There is only one, since it is as large as the run itself.
#[derive(Debug)]
pub(super) struct LastGood {
    /// A state whose own losses were sound; `None` where there never was one.
    state: Option<Progress>,
    /// When the next copy may be made.
    due: Instant,
}

impl LastGood {
    /// Begins with the state that the lane goes on from.
    pub(super) fn new(lane: &Lane) -> Self {
        let mut begun = Self {
            state: None,
            due: Instant::now(),
        };
        begun.take(lane);
        begun
    }

    /// The same of the candidates at `rows` only.
    pub(super) fn rows(&self, rows: &[usize]) -> Self {
        Self {
            state: self.state.as_ref().and_then(|state| state.rows(rows).ok()),
            due: self.due,
        }
    }

    /// Whether it is time to renew it.
    pub(super) fn is_due(&self) -> bool {
        Instant::now() >= self.due
    }

    /// Copies the lane's state where it is finite. To be called when the losses of the pictures as they are have been found
    /// to be sound.
    pub(super) fn renew(&mut self, lane: &Lane) {
        let began = Instant::now();
        self.take(lane);
        self.due = Instant::now() + pause_after(began.elapsed());
    }

    /// What cannot be copied fails the next step too, or was a matter of memory, and the run goes on without.
    fn take(&mut self, lane: &Lane) {
        if is_finite(lane) {
            // Never both at once.
            self.state = None;
            self.state = lane.light_state().ok();
        }
    }

    /// The newest state that is known to be good.
    pub(super) fn state(&self) -> Option<&Progress> {
        self.state.as_ref()
    }

    /// What is worth saving of a run that failed with `error`.
    pub(super) fn pictures(&self, lane: &Lane, error: &EngineError) -> Option<Pictures> {
        let proven = || pictures_at(lane, self.state.as_ref()?);
        // A failing device gives nothing, and pictures that are not finite are none.
        let newest = || is_finite(lane).then(|| lane.pictures().ok()).flatten();
        // Where the loss is lost, the pictures may be finite and yet far from anything to be seen.
        if matches!(error, EngineError::Unwell { .. }) {
            proven().or_else(newest)
        } else {
            newest().or_else(proven)
        }
    }
}

/// False also where the device does not answer.
fn is_finite(lane: &Lane) -> bool {
    lane.progress().is_finite().unwrap_or(false)
}

fn pictures_at(lane: &Lane, state: &Progress) -> Option<Pictures> {
    let shown = lane
        .shown_at(state)
        // Better without the last touch than not at all: the device may be lost, or the size another one by now.
        .or_else(|_| tch::no_grad(|| state.shown()))
        .ok()?;
    pictures_of(&shown, lane.numbers(), state.step).ok()
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
