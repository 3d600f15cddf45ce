//! Kept states of the run: when the next is due, which go when there are too many, which one is looked at.
//! UI thread; the states themselves are the worker's.

use std::sync::Arc;
use std::time::Instant;

use image::Rgb32FImage;

use crate::engine::message::Snapshot;
use crate::record::snapshot_schedule::{MOST_KEPT, SnapshotSchedule};

/// Fewest that are kept, however large the picture.
const FEWEST_KEPT: usize = 3;
/// Memory for all of them, about, with those of others in the same batch.
const BUDGET_BYTES: u64 = 512 << 20;
/// A picture, its two moments and its average, and the copy that is looked at, four bytes a number.
const BYTES_A_PIXEL: u64 = 3 * 4 * 5;

/// One kept state.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// What the worker calls it.
    pub(super) number: u64,
    pub(super) step: u64,
    pub(super) picture: Arc<Rgb32FImage>,
    /// A person asked for it: it is the last to go.
    pub(super) asked_for: bool,
}

/// All kept states, oldest first.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    kept: Vec<Kept>,
    /// Which one is looked at; `None` for the picture as it is now.
    chosen: Option<usize>,
    schedule: SnapshotSchedule,
    /// Asked for by a person, and not here yet.
    waiting: usize,
}

impl Timeline {
    pub(super) fn kept(&self) -> &[Kept] {
        &self.kept
    }

    pub(super) fn chosen(&self) -> Option<&Kept> {
        self.kept.get(self.chosen?)
    }

    /// Its place among all, from 0.
    pub(super) fn chosen_index(&self) -> Option<usize> {
        self.chosen
    }

    pub(super) fn newest(&self) -> Option<&Kept> {
        self.kept.last()
    }

    /// Whether a state is to be kept now, at `step` of `steps`.
    pub(super) fn is_due(&mut self, now: Instant, step: u64, steps: u64) -> bool {
        self.schedule.is_due(now, step, steps)
    }

    /// A person asked for one.
    pub(super) fn ask(&mut self) {
        self.waiting += 1;
    }

    /// What a person asked for does not come.
    pub(super) fn give_up(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
    }

    /// Takes one in; says which have to go, and whether a person waited for it.
    pub(super) fn add(&mut self, snapshot: &Snapshot, candidate: usize) -> (Vec<u64>, bool) {
        let Some(picture) = snapshot.pictures.of(candidate) else {
            return (vec![snapshot.number], false);
        };
        let asked_for = self.waiting > 0;
        self.waiting = self.waiting.saturating_sub(1);
        self.kept.push(Kept {
            number: snapshot.number,
            step: snapshot.pictures.step,
            picture: Arc::clone(picture),
            asked_for,
        });
        let (width, height) = picture.dimensions();
        let together = snapshot.pictures.pictures.len() as u64;
        let bytes = u64::from(width) * u64::from(height) * BYTES_A_PIXEL * together;
        let most =
            (BUDGET_BYTES / bytes.max(1)).clamp(FEWEST_KEPT as u64, MOST_KEPT as u64) as usize;
        let mut gone = Vec::new();
        while self.kept.len() > most {
            gone.push(self.drop_least_missed());
        }
        (gone, asked_for)
    }

    /// The one whose neighbours are closest together, never the first, the last or the one looked at.
    fn drop_least_missed(&mut self) -> u64 {
        let gap = |index: usize| {
            let step = |index: usize| self.kept.get(index).map_or(0, |kept| kept.step);
            step(index + 1).abs_diff(step(index - 1))
        };
        let inner = 1..self.kept.len().saturating_sub(1);
        let index = inner
            .filter(|index| Some(*index) != self.chosen)
            .min_by_key(|index| {
                let asked_for = self.kept.get(*index).is_some_and(|kept| kept.asked_for);
                (asked_for, gap(*index))
            })
            .unwrap_or(0);
        if let Some(chosen) = &mut self.chosen
            && *chosen > index
        {
            *chosen -= 1;
        }
        self.kept.remove(index).number
    }

    /// One state back; from now to the newest.
    pub(super) fn back(&mut self) {
        self.chosen = match self.chosen {
            None => self.kept.len().checked_sub(1),
            Some(index) => Some(index.saturating_sub(1)),
        };
    }

    /// One state on; from the newest to now.
    pub(super) fn forward(&mut self) {
        self.chosen = self
            .chosen
            .map(|index| index + 1)
            .filter(|index| *index < self.kept.len());
    }

    /// Looks at the picture as it is now.
    pub(super) fn now(&mut self) {
        self.chosen = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::message::Pictures;

    fn snapshot(number: u64, step: u64, side: u32) -> Snapshot {
        Snapshot {
            number,
            pictures: Pictures {
                candidates: [0].into(),
                step,
                pictures: vec![Arc::new(Rgb32FImage::new(side, side))],
            },
        }
    }

    #[test]
    fn states_stay_spread_over_the_run_and_those_asked_for_stay() {
        let mut timeline = Timeline::default();
        let mut gone = Vec::new();
        for number in 1..=100 {
            if number == 7 {
                timeline.ask();
            }
            gone.extend(timeline.add(&snapshot(number, number * 10, 4), 0).0);
        }
        let steps: Vec<u64> = timeline.kept().iter().map(|kept| kept.step).collect();
        assert_eq!(steps.len(), MOST_KEPT);
        assert_eq!((steps[0], steps[MOST_KEPT - 1]), (10, 1000));
        assert!(steps.contains(&70), "{steps:?}");
        assert_eq!(gone.len(), 100 - MOST_KEPT);
        let widest = steps.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(widest <= Some(160), "{steps:?}");
    }

    #[test]
    fn large_pictures_are_kept_less_often() {
        let mut timeline = Timeline::default();
        for number in 1..=10 {
            let _ = timeline.add(&snapshot(number, number, 1700), 0);
        }
        assert_eq!(timeline.kept().len(), FEWEST_KEPT);
    }

    #[test]
    fn stepping_back_and_on_again() {
        let mut timeline = Timeline::default();
        timeline.back();
        assert!(timeline.chosen().is_none());
        for number in 1..=3 {
            let _ = timeline.add(&snapshot(number, number, 4), 0);
        }
        timeline.back();
        timeline.back();
        assert_eq!(timeline.chosen().map(|kept| kept.number), Some(2));
        timeline.forward();
        timeline.forward();
        assert!(timeline.chosen().is_none());
    }

    #[test]
    fn one_is_due_every_so_many_steps_but_not_too_often() {
        let mut timeline = Timeline::default();
        let start = Instant::now();
        assert!(!timeline.is_due(start, 0, 240));
        assert!(timeline.is_due(start, 1, 240));
        assert!(!timeline.is_due(start, 100, 240));
        let later = start + Duration::from_secs(1);
        assert!(!timeline.is_due(later, 10, 240));
        assert!(timeline.is_due(later, 11, 240));
        assert!(timeline.is_due(later + Duration::from_secs(1), 3, 240));
    }
}
