//! The losses of one candidate, from the first step to the last, in bounded memory. Whoever owns it, on
//! any thread.
//!
//! Every series keeps the whole run in at most 4096 buckets of equal width, each with its least, its
//! greatest and its last value, so that no spike is lost; when they are full, each two become one. The
//! last 4096 steps are kept one by one besides, so that a look at them is sharp.

mod latest;
mod track;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use crate::engine::message::{LossBlock, LossTerm, TermKind};
pub use latest::{Latest, TermLoss};
use track::{MOST_BUCKETS, RECENT_STEPS, Track};

/// One candidate's losses. Terms may come and go when the network is rebuilt.
#[derive(Debug, Clone)]
pub struct History {
    tracks: Vec<(Series, Track)>,
    /// How many steps a bucket stands for; the first begins at step 0.
    bucket_width: u64,
    /// The first step of all.
    first: u64,
    /// The first step whose value is still kept for itself.
    recent_first: u64,
    /// The step after the last one.
    next: u64,
    latest: Option<Latest>,
}

/// A sequence of losses that can be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Series {
    /// The weighted sum of all terms.
    Total,
    /// The weighted sum of the terms of one kind.
    Kind(TermKind),
    /// The sum of the terms of one kind without the kind's weight and the layers'.
    UnweightedKind(TermKind),
    /// One term with its weight.
    Weighted(LossTerm),
    /// One term without its weight.
    Unweighted(LossTerm),
}

/// What a curve did during consecutive steps. All values are finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// The first of the steps.
    pub first_step: u64,
    /// The last of the steps.
    pub last_step: u64,
    /// The least value.
    pub minimum: f32,
    /// The greatest value.
    pub maximum: f32,
    /// The value at the latest step that has one.
    pub last: f32,
}

const KINDS: [TermKind; 3] = [TermKind::Content, TermKind::Style, TermKind::Variation];

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl History {
    /// Without any step.
    pub fn new() -> Self {
        Self {
            tracks: Vec::new(),
            bucket_width: 1,
            first: 0,
            recent_first: 0,
            next: 0,
            latest: None,
        }
    }

    /// Adds the losses of `candidate`. Where the block begins before the end of what is there already, it
    /// replaces it. What is not a number leaves a gap in its curve.
    pub fn add(&mut self, block: &LossBlock, candidate: usize) {
        if block.rows(candidate).next().is_none() {
            return;
        }
        self.rewind(block.first_step);
        let total = self.track_of(&Series::Total);
        let kinds: Vec<(TermKind, usize, usize)> = KINDS
            .into_iter()
            .filter(|kind| block.terms.iter().any(|term| term.kind == *kind))
            .map(|kind| {
                (
                    kind,
                    self.track_of(&Series::Kind(kind)),
                    self.track_of(&Series::UnweightedKind(kind)),
                )
            })
            .collect();
        let terms: Vec<(usize, usize)> = block
            .terms
            .iter()
            .map(|term| {
                (
                    self.track_of(&Series::Unweighted(term.clone())),
                    self.track_of(&Series::Weighted(term.clone())),
                )
            })
            .collect();
        let mut last = None;
        for losses in block.rows(candidate) {
            self.begin_step(losses.step);
            self.set(total, losses.step, losses.total());
            for &(kind, weighted, unweighted) in &kinds {
                self.set(weighted, losses.step, losses.sum_of(kind));
                let of_kind = losses.each().filter(|(term, ..)| term.kind == kind);
                let sum = of_kind.map(|(_, value, _)| value).sum();
                self.set(unweighted, losses.step, sum);
            }
            for ((_, unweighted, weighted), tracks) in losses.each().zip(&terms) {
                self.set(tracks.0, losses.step, unweighted);
                self.set(tracks.1, losses.step, weighted);
            }
            last = Some(losses);
        }
        self.latest = last.as_ref().map(Latest::of);
    }

    /// Forgets `step` and everything after, because the run went back to it; a restart goes back to 0.
    /// Of a kept bucket that the step falls into, the part that is older than the last 4096 steps is
    /// forgotten too: what is shown did happen.
    pub fn rewind(&mut self, step: u64) {
        if step >= self.next {
            return;
        }
        if step <= self.first {
            *self = Self::new();
            return;
        }
        self.next = step;
        self.recent_first = self.recent_first.min(step);
        for (_, track) in &mut self.tracks {
            track.rewind(step, self.bucket_width, self.recent_first);
        }
        self.tracks.retain(|(_, track)| !track.is_empty());
        self.latest = self
            .latest
            .take()
            .and_then(|latest| self.as_of(&latest, step - 1));
    }

    /// The steps that were made, whether or not they left a value.
    pub fn steps(&self) -> Option<RangeInclusive<u64>> {
        (self.first < self.next).then(|| self.first..=self.next - 1)
    }

    /// The losses of the last step. After [`History::rewind`] those of the step before, under the
    /// weights that count now; `None` where they are not kept any more.
    pub fn latest(&self) -> Option<&Latest> {
        self.latest.as_ref()
    }

    /// What a series did within `steps`, in at most `most_points` points of about equally many steps,
    /// in the order of the steps. Where a point does not begin right after the one before, there is a
    /// gap. The last 4096 steps are exact; before them, a point at an edge may speak of a few steps
    /// beyond it.
    pub fn curve(
        &self,
        series: &Series,
        steps: RangeInclusive<u64>,
        most_points: usize,
    ) -> Vec<CurvePoint> {
        let Some((_, track)) = self.tracks.iter().find(|(name, _)| name == series) else {
            return Vec::new();
        };
        let from = self.first.max(*steps.start());
        let end = self.next.min(steps.end().saturating_add(1));
        if from >= end || most_points == 0 {
            return Vec::new();
        }
        let fine_from = self.fine_from(from);
        let buckets_end = if from < fine_from {
            fine_from.min(end).div_ceil(self.bucket_width)
        } else {
            0
        };
        let coarse = (from / self.bucket_width..buckets_end)
            .filter_map(|index| track.bucket(index, self.bucket_width))
            .map(|point| CurvePoint {
                first_step: point.first_step.max(from),
                last_step: point.last_step.min(end - 1),
                ..point
            });
        let fine = (fine_from..end).filter_map(|step| {
            track.recent(step).map(|value| CurvePoint {
                first_step: step,
                last_step: step,
                minimum: value,
                maximum: value,
                last: value,
            })
        });
        let group =
            |step: u64| u128::from(step - from) * most_points as u128 / u128::from(end - from);
        let mut points: Vec<CurvePoint> = Vec::new();
        for point in coarse.chain(fine) {
            match points.last_mut() {
                Some(last) if group(last.first_step) == group(point.first_step) => {
                    last.last_step = point.last_step;
                    last.minimum = last.minimum.min(point.minimum);
                    last.maximum = last.maximum.max(point.maximum);
                    last.last = point.last;
                }
                _ => points.push(point),
            }
        }
        points
    }

    /// From which step on a curve that begins at `from` can be read step by step, so that no bucket
    /// before it speaks of a step after it.
    fn fine_from(&self, from: u64) -> u64 {
        if from >= self.recent_first {
            from
        } else {
            self.recent_first.div_ceil(self.bucket_width) * self.bucket_width
        }
    }

    fn track_of(&mut self, series: &Series) -> usize {
        let known = self.tracks.iter().position(|(name, _)| name == series);
        known.unwrap_or_else(|| {
            self.tracks.push((series.clone(), Track::new()));
            self.tracks.len() - 1
        })
    }

    /// Makes room for a step after the last one; those between leave a gap.
    fn begin_step(&mut self, step: u64) {
        if self.first == self.next {
            (self.first, self.recent_first, self.next) = (step, step, step);
        }
        while step / self.bucket_width >= MOST_BUCKETS {
            self.bucket_width *= 2;
            for (_, track) in &mut self.tracks {
                track.merge_pairs();
            }
        }
        for skipped in self.next.max(step.saturating_sub(RECENT_STEPS - 1))..=step {
            for (_, track) in &mut self.tracks {
                track.clear(skipped);
            }
        }
        self.next = step + 1;
        self.recent_first = self
            .recent_first
            .max(self.next.saturating_sub(RECENT_STEPS));
    }

    fn set(&mut self, track: usize, step: u64, value: f64) {
        if value.is_finite() {
            let narrow = value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32;
            self.tracks[track].1.set(step, self.bucket_width, narrow);
        }
    }

    /// The terms and weights of `latest` with the values at `step`.
    fn as_of(&self, latest: &Latest, step: u64) -> Option<Latest> {
        if step < self.recent_first {
            return None;
        }
        let value = |term: &LossTerm| {
            let series = Series::Unweighted(term.clone());
            let (_, track) = self.tracks.iter().find(|(name, _)| *name == series)?;
            track.recent(step)
        };
        let terms: Vec<TermLoss> = latest
            .terms
            .iter()
            .filter_map(|loss| {
                let unweighted = f64::from(value(&loss.term)?);
                Some(TermLoss {
                    unweighted,
                    weighted: unweighted * loss.weight,
                    ..loss.clone()
                })
            })
            .collect();
        (!terms.is_empty()).then_some(Latest { step, terms })
    }
}
