//! A search for a step's length by the strong Wolfe conditions (Nocedal and Wright, algorithms 3.5 and
//! 3.6), as `torch.optim.LBFGS` does it. Numbers only, no tensors. Worker thread.
//!
//! A search does not evaluate anything: it is told what was found at the length that it asked for, and
//! says which one to try next. So all candidates of a lane can search at once.

/// The loss must fall by at least this share of what the slope at the beginning promises.
const SUFFICIENT_DECREASE: f64 = 1e-4;

/// The slope must flatten to at most this share of the one at the beginning.
const CURVATURE: f64 = 0.9;

/// Lengths that are tried after the first one.
const MOST_TRIALS: u32 = 25;

/// What is known at one length along the direction.
#[derive(Debug, Clone)]
pub(super) struct Point<R> {
    /// In units of the direction, from 0.
    pub(super) length: f64,
    pub(super) loss: f64,
    /// Derivative of the loss by the length.
    pub(super) slope: f64,
    /// Whatever the caller wants back with the point that is found.
    pub(super) seen: R,
}

impl<R> Point<R> {
    /// As it is, or infinitely high where anything of it is not a number: so it is never the better end
    /// of an interval, and nothing is interpolated through it.
    fn sound(self) -> Self {
        if self.loss.is_finite() && self.slope.is_finite() {
            return self;
        }
        Self {
            loss: f64::INFINITY,
            slope: f64::NAN,
            ..self
        }
    }
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Next<R> {
    /// Evaluate at this length and tell the search.
    Try(f64, Search<R>),
    /// Take this point. Its length is 0 where nothing better than the beginning was found.
    Found(Point<R>),
}

/// A search in progress.
#[derive(Debug)]
pub(super) struct Search<R> {
    terms: Terms<R>,
    phase: Phase<R>,
}

/// What stays the same from trial to trial, and their number.
#[derive(Debug)]
struct Terms<R> {
    begin: Point<R>,
    /// The direction's largest element.
    reach: f64,
    /// An interval over which no element changes by as much is not divided further.
    tolerance: f64,
    /// Lengths tried after the first one.
    trials: u32,
}

#[derive(Debug)]
enum Phase<R> {
    /// Ever longer, until an interval is known to hold a good length; with the trial before.
    Bracketing(Point<R>),
    Zooming(Interval<R>),
}

/// Holds a good length.
#[derive(Debug)]
struct Interval<R> {
    /// The end with the lower loss.
    low: Point<R>,
    high: Point<R>,
    /// Whether the low end is the first of torch's pair, which counts as the lower one of equals.
    low_is_first: bool,
    /// Whether the last trial was close to an end.
    was_close: bool,
}

impl<R: Clone> Search<R> {
    /// From `begin`, whose length is 0 and whose slope is below 0, along a direction whose largest element
    /// is `reach`. The first length to be tried is the caller's.
    pub(super) fn new(begin: Point<R>, reach: f64, tolerance: f64) -> Self {
        Self {
            phase: Phase::Bracketing(begin.clone()),
            terms: Terms {
                begin,
                reach,
                tolerance,
                trials: 0,
            },
        }
    }

    /// Goes on from what was found at the length that was asked for.
    pub(super) fn tell(self, trial: Point<R>) -> Next<R> {
        let trial = trial.sound();
        match self.phase {
            Phase::Bracketing(before) => self.terms.bracket(before, trial),
            Phase::Zooming(interval) => self.terms.narrow(interval, trial),
        }
    }
}

impl<R: Clone> Terms<R> {
    fn bracket(self, before: Point<R>, trial: Point<R>) -> Next<R> {
        if self.trials == MOST_TRIALS {
            return Next::Found(Interval::new(self.begin, trial).low);
        }
        let rises = self.trials > 1 && trial.loss >= before.loss;
        if rises || self.is_too_high(&trial) {
            return self.zoom(Interval::new(before, trial));
        }
        if self.is_flat(&trial) {
            return Next::Found(trial);
        }
        if trial.slope >= 0.0 {
            return self.zoom(Interval::new(before, trial));
        }
        let least = trial.length + 0.01 * (trial.length - before.length);
        let length = lowest_between(&before, &trial, (least, trial.length * 10.0));
        self.again(length, Phase::Bracketing(trial))
    }

    /// Takes `trial`, which lies in `interval`, as one of its ends.
    fn narrow(self, interval: Interval<R>, trial: Point<R>) -> Next<R> {
        if self.is_too_high(&trial) || trial.loss >= interval.low.loss {
            return self.zoom(interval.with_high(trial));
        }
        if self.is_flat(&trial) {
            return Next::Found(trial);
        }
        let rises_to_high = trial.slope * (interval.high.length - interval.low.length) >= 0.0;
        self.zoom(Interval {
            high: if rises_to_high {
                interval.low
            } else {
                interval.high
            },
            low: trial,
            ..interval
        })
    }

    fn zoom(self, mut interval: Interval<R>) -> Next<R> {
        let width = (interval.high.length - interval.low.length).abs();
        let is_small = width * self.reach < self.tolerance || width <= 0.0;
        if is_small || self.trials == MOST_TRIALS {
            return Next::Found(interval.low);
        }
        let length = interval.next_length();
        self.again(length, Phase::Zooming(interval))
    }

    fn again(mut self, length: f64, phase: Phase<R>) -> Next<R> {
        self.trials += 1;
        Next::Try(length, Search { terms: self, phase })
    }

    /// The Armijo condition does not hold.
    fn is_too_high(&self, trial: &Point<R>) -> bool {
        let promised = SUFFICIENT_DECREASE * trial.length * self.begin.slope;
        trial.loss > self.begin.loss + promised
    }

    /// The strong curvature condition holds.
    fn is_flat(&self, trial: &Point<R>) -> bool {
        trial.slope.abs() <= -CURVATURE * self.begin.slope
    }
}

impl<R> Interval<R> {
    fn new(first: Point<R>, second: Point<R>) -> Self {
        let low_is_first = first.loss <= second.loss;
        let (low, high) = if low_is_first {
            (first, second)
        } else {
            (second, first)
        };
        Self {
            low,
            high,
            low_is_first,
            was_close: false,
        }
    }

    /// `end` in place of the high end. It may be the lower one all the same: it was only too high for the
    /// line that the loss must get below.
    fn with_high(self, end: Point<R>) -> Self {
        let (first, second) = if self.low_is_first {
            (self.low, end)
        } else {
            (end, self.low)
        };
        Self {
            was_close: self.was_close,
            ..Self::new(first, second)
        }
    }

    /// Where to try: the lowest point of the cubic through both ends, but not at an end, nor twice in turn
    /// close to one, or the interval would hardly shrink.
    fn next_length(&mut self) -> f64 {
        let (near, far) = in_order(&self.low, &self.high);
        let (shortest, longest) = (near.length, far.length);
        let length = lowest_between(near, far, (shortest, longest));
        let margin = 0.1 * (longest - shortest);
        let is_close = (longest - length).min(length - shortest) < margin;
        let is_within = length > shortest && length < longest;
        if !is_close || (is_within && !self.was_close) {
            self.was_close = is_close;
            return length;
        }
        self.was_close = false;
        if (length - longest).abs() < (length - shortest).abs() {
            longest - margin
        } else {
            shortest + margin
        }
    }
}

fn in_order<'a, R>(one: &'a Point<R>, other: &'a Point<R>) -> (&'a Point<R>, &'a Point<R>) {
    if one.length <= other.length {
        (one, other)
    } else {
        (other, one)
    }
}

/// The length within `bounds` at which the cubic that has both points' losses and slopes is lowest; the
/// middle where there is no such cubic or it has no lowest point.
fn lowest_between<R>(one: &Point<R>, other: &Point<R>, bounds: (f64, f64)) -> f64 {
    let (near, far) = in_order(one, other);
    let secant = (near.loss - far.loss) / (near.length - far.length);
    let bend = near.slope + far.slope - 3.0 * secant;
    let root = (bend * bend - near.slope * far.slope).sqrt();
    let share = (far.slope + root - bend) / (far.slope - near.slope + 2.0 * root);
    let lowest = far.length - (far.length - near.length) * share;
    if lowest.is_nan() {
        return f64::midpoint(bounds.0, bounds.1);
    }
    lowest.max(bounds.0).min(bounds.1)
}
