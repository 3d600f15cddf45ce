//! One sequence of values: the whole run in buckets, and the last steps one by one. Any thread.

use super::CurvePoint;

/// The whole run is kept in no more buckets than this.
pub(super) const MOST_BUCKETS: u64 = 4096;

/// So many of the last steps are kept one by one.
pub(super) const RECENT_STEPS: u64 = 4096;

/// What the values of a bucket's steps have in common. NaN throughout where there are none.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    minimum: f32,
    maximum: f32,
    last: f32,
}

impl Bucket {
    const EMPTY: Self = Self {
        minimum: f32::NAN,
        maximum: f32::NAN,
        last: f32::NAN,
    };

    /// Together with a bucket that comes later. `min` and `max` pass over NaN.
    fn followed_by(self, later: Self) -> Self {
        Self {
            minimum: self.minimum.min(later.minimum),
            maximum: self.maximum.max(later.maximum),
            last: if later.last.is_nan() {
                self.last
            } else {
                later.last
            },
        }
    }

    fn is_empty(self) -> bool {
        self.last.is_nan()
    }
}

/// The values of one series. Which steps a bucket stands for, and which of the last steps are still
/// there, the history knows: it is the same for all series.
#[derive(Debug, Clone)]
pub(super) struct Track {
    buckets: Vec<Bucket>,
    /// The value of step s stands at s modulo the length; NaN where there is none.
    recent: Box<[f32]>,
}

impl Track {
    pub(super) fn new() -> Self {
        Self {
            buckets: Vec::new(),
            recent: vec![f32::NAN; RECENT_STEPS as usize].into(),
        }
    }

    /// Prepares the place of a step that has no value yet.
    pub(super) fn clear(&mut self, step: u64) {
        self.recent[slot(step)] = f32::NAN;
    }

    /// `value` is finite.
    pub(super) fn set(&mut self, step: u64, bucket_width: u64, value: f32) {
        self.recent[slot(step)] = value;
        self.add_to_bucket(step / bucket_width, value);
    }

    fn add_to_bucket(&mut self, index: u64, value: f32) {
        let index = index as usize;
        if self.buckets.len() <= index {
            self.buckets.resize(index + 1, Bucket::EMPTY);
        }
        self.buckets[index] = self.buckets[index].followed_by(Bucket {
            minimum: value,
            maximum: value,
            last: value,
        });
    }

    /// Makes each two buckets one.
    pub(super) fn merge_pairs(&mut self) {
        self.buckets = self
            .buckets
            .chunks(2)
            .map(|pair| {
                pair.iter()
                    .fold(Bucket::EMPTY, |sum, &bucket| sum.followed_by(bucket))
            })
            .collect();
    }

    /// Forgets `end` and everything after. Of the bucket that `end` falls into, only what is among the
    /// recent steps, from `recent_first` on, can be told apart and stays.
    pub(super) fn rewind(&mut self, end: u64, bucket_width: u64, recent_first: u64) {
        let boundary = end / bucket_width;
        self.buckets.truncate(boundary as usize);
        for step in recent_first.max(boundary * bucket_width)..end {
            let value = self.recent[slot(step)];
            if !value.is_nan() {
                self.add_to_bucket(boundary, value);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.buckets.iter().all(|bucket| bucket.is_empty())
    }

    /// The value of one of the last steps.
    pub(super) fn recent(&self, step: u64) -> Option<f32> {
        let value = self.recent[slot(step)];
        (!value.is_nan()).then_some(value)
    }

    /// The bucket that holds the steps from `index * bucket_width` on.
    pub(super) fn bucket(&self, index: u64, bucket_width: u64) -> Option<CurvePoint> {
        let bucket = self.buckets.get(index as usize)?;
        (!bucket.is_empty()).then_some(CurvePoint {
            first_step: index * bucket_width,
            last_step: index * bucket_width + (bucket_width - 1),
            minimum: bucket.minimum,
            maximum: bucket.maximum,
            last: bucket.last,
        })
    }

    #[cfg(test)]
    pub(super) fn stored_floats(&self) -> usize {
        self.buckets.capacity() * 3 + self.recent.len()
    }
}

fn slot(step: u64) -> usize {
    (step % RECENT_STEPS) as usize
}
