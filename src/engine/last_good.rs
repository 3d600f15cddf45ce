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

/// Copies in the host's memory, renewed now and then.
#[derive(Debug)]
pub(super) struct LastGood {
    /// A state after which losses were sound; `None` where there never was one.
    proven: Option<Progress>,
    /// A newer one, whose losses are not known yet.
    unproven: Option<Progress>,
    /// When the next copy may be made.
    due: Instant,
}

impl LastGood {
    /// Begins with the state that the lane goes on from.
    pub(super) fn new(lane: &Lane) -> Self {
        Self {
            proven: copied(lane),
            unproven: None,
            due: Instant::now(),
        }
    }

    /// The same of the candidates at `rows` only.
    pub(super) fn rows(&self, rows: &[usize]) -> Self {
        let of = |state: &Option<Progress>| state.as_ref()?.rows(rows).ok();
        Self {
            proven: of(&self.proven),
            unproven: of(&self.unproven),
            due: self.due,
        }
    }

    /// Copies the lane's state where it is time to and it is finite. To be called when the losses of all steps have
    /// been read and are sound.
    pub(super) fn renew(&mut self, lane: &Lane) {
        // Its own losses came with the step after it.
        if let Some(state) = self
            .unproven
            .take_if(|state| state.step < lane.step_count())
        {
            self.proven = Some(state);
        }
        let began = Instant::now();
        if began >= self.due {
            self.unproven = copied(lane);
            self.due = Instant::now() + pause_after(began.elapsed());
        }
    }

    /// The newest state that later losses have shown to be good.
    pub(super) fn state(&self) -> Option<&Progress> {
        self.proven.as_ref()
    }

    /// What is worth saving of a run that failed with `error`.
    pub(super) fn pictures(&self, lane: &Lane, error: &EngineError) -> Option<Pictures> {
        let proven = || pictures_at(lane, self.proven.as_ref()?);
        // A failing device gives nothing, and pictures that are not finite are none.
        let newest = || {
            let is_finite = lane.progress().is_finite().unwrap_or(false);
            is_finite.then(|| lane.pictures().ok()).flatten()
        };
        // Where the loss is lost, the pictures may be finite and yet far from anything to be seen.
        if matches!(error, EngineError::Unwell { .. }) {
            proven().or_else(newest)
        } else {
            newest().or_else(proven)
        }
    }
}

/// `None` where the state is not finite, or cannot be copied: what fails here fails the next step too, or was a matter
/// of memory, and the run goes on without.
fn copied(lane: &Lane) -> Option<Progress> {
    lane.good_state().ok()?
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
