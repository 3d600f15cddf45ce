//! The axes of charts: what range they show, and where marks stand. Pure functions; any thread.

mod label;

#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use label::{Multiples, scaled};

/// How values are laid along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Equal factors take equal space.
    Logarithmic,
    /// Equal differences take equal space.
    Linear,
}

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where.
    pub value: f64,
    /// At most seven columns of ASCII.
    pub label: String,
}

/// The visible range of values and its marks.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// How values are laid along it.
    pub scale: Scale,
    /// The least visible value; positive on a logarithmic axis.
    pub minimum: f64,
    /// The greatest visible value; greater than the least.
    pub maximum: f64,
    /// In rising order, all within the visible range, their labels distinct.
    pub ticks: Vec<Tick>,
}

/// Magnitudes beyond these, or their reciprocals, are cut off: no loss is that large.
const LARGEST: f64 = 1e99;

/// Below this factor from end to end a logarithmic axis is marked like a linear one.
const NARROW_FACTOR: f64 = 7.0;

/// Below this factor 2 and 5 times the powers of ten are marked too.
const MEDIUM_FACTOR: f64 = 150.0;

impl Axis {
    /// An axis from `minimum` to `maximum` with 2 to `most_ticks` marks, 2 being the least that
    /// `most_ticks` can be. A range that is empty, or too narrow for short labels, is widened.
    pub fn new(scale: Scale, minimum: f64, maximum: f64, most_ticks: usize) -> Self {
        let most_ticks = most_ticks.max(2);
        match scale {
            Scale::Linear => Self::linear(minimum, maximum, most_ticks),
            Scale::Logarithmic => Self::logarithmic(minimum, maximum, most_ticks),
        }
    }

    /// An axis of whole numbers. Marks as for [`Axis::new`], except that a single number has one.
    pub fn counting(range: &RangeInclusive<u64>, most_ticks: usize) -> Self {
        let (start, end) = (*range.start() as f64, *range.end() as f64);
        let multiples = multiples(start, end, most_ticks.max(2), 0).unwrap_or(Multiples {
            units: vec![*range.start() as i64],
            exponent: 0,
        });
        Self {
            scale: Scale::Linear,
            minimum: start,
            maximum: end.max(start + 1.0),
            ticks: ticks(&multiples, multiples.counts(), start, end),
        }
    }

    /// Where `value` lies, from 0 at the least visible value to 1 at the greatest; beyond where it is
    /// beyond them. A logarithmic axis has no place for 0 and less, which lie at minus infinity.
    pub fn position(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => (value - self.minimum) / (self.maximum - self.minimum),
            Scale::Logarithmic if value > 0.0 => {
                (value / self.minimum).ln() / (self.maximum / self.minimum).ln()
            }
            Scale::Logarithmic => f64::NEG_INFINITY,
        }
    }

    fn linear(minimum: f64, maximum: f64, most_ticks: usize) -> Self {
        let (mut low, mut high) = sound(minimum, maximum, -LARGEST);
        if high - low < 1.0 / LARGEST {
            let half = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
            (low, high) = (low - half, high + half);
        }
        loop {
            let found = multiples(low, high, most_ticks, i32::MIN)
                .and_then(|multiples| multiples.labels().map(|labels| (multiples, labels)));
            if let Some((multiples, labels)) = found {
                return Self {
                    scale: Scale::Linear,
                    minimum: low,
                    maximum: high,
                    ticks: ticks(&multiples, labels, low, high),
                };
            }
            // The marks differ only in digits that no label has room for.
            let (centre, half) = (f64::midpoint(low, high), high - low);
            let half = half.max(centre.abs() * 1e-9);
            (low, high) = (centre - half, centre + half);
        }
    }

    fn logarithmic(minimum: f64, maximum: f64, most_ticks: usize) -> Self {
        let (low, high) = sound(minimum, maximum, f64::MIN);
        let high = if high > 0.0 {
            high.max(10.0 / LARGEST)
        } else {
            1.0
        };
        let low = if low > 0.0 {
            low.max(1.0 / LARGEST)
        } else {
            high * 1e-3
        };
        let (low, high) = if high / low < 1.0 + 1e-9 {
            (low / 1.1, high * 1.1)
        } else {
            (low, high)
        };
        if high / low >= NARROW_FACTOR {
            let ticks = if high / low < MEDIUM_FACTOR {
                ones_twos_fives(low, high, most_ticks)
            } else {
                powers(low, high, most_ticks)
            };
            return Self {
                scale: Scale::Logarithmic,
                minimum: low,
                maximum: high,
                ticks,
            };
        }
        // Widening may reach beyond zero only where the range is as wide as its values, which a narrow
        // one is not.
        let linear = Self::linear(low, high, most_ticks);
        if linear.minimum > 0.0 {
            Self {
                scale: Scale::Logarithmic,
                ..linear
            }
        } else {
            Self::logarithmic(low / NARROW_FACTOR, high * NARROW_FACTOR, most_ticks)
        }
    }
}

/// In order, finite, and not beyond what is meant to be shown.
fn sound(minimum: f64, maximum: f64, least: f64) -> (f64, f64) {
    let limit = |value: f64| {
        if value.is_nan() {
            0.0
        } else {
            value.clamp(least, LARGEST)
        }
    };
    let (a, b) = (limit(minimum), limit(maximum));
    (a.min(b), a.max(b))
}

fn ticks(multiples: &Multiples, labels: Vec<String>, low: f64, high: f64) -> Vec<Tick> {
    multiples
        .values()
        .zip(labels)
        .map(|(value, label)| Tick {
            value: value.clamp(low, high),
            label,
        })
        .collect()
}

/// Marks at multiples of 1, 2 or 5 times a power of ten, the most that are not too many, and at least
/// two. The power is at least `least_exponent`.
fn multiples(low: f64, high: f64, most: usize, least_exponent: i32) -> Option<Multiples> {
    let raw = (high - low) / most as f64;
    if raw <= 0.0 {
        return None;
    }
    let first = (raw.log10().floor() as i32 - 1).max(least_exponent);
    let mut too_many = None;
    for exponent in first..first.saturating_add(5) {
        for factor in [1, 2, 5] {
            let found = within(low, high, factor, exponent)?;
            let count = found.units.len();
            if count > most {
                too_many = Some(found);
            } else if count >= 2 {
                return Some(found);
            } else {
                return too_many.map(|many| thinned(many, most));
            }
        }
    }
    None
}

/// All multiples of `factor * 10^exponent`, unless there are absurdly many, or so few digits between them
/// that they cannot be told apart.
fn within(low: f64, high: f64, factor: i64, exponent: i32) -> Option<Multiples> {
    let step = scaled(factor as f64, exponent);
    let first = (low / step - 1e-9).ceil();
    let last = (high / step + 1e-9).floor();
    (first.abs() < 1e14 && last.abs() < 1e14 && last - first < 1e4).then(|| Multiples {
        units: (first as i64..=last as i64)
            .map(|multiple| multiple * factor)
            .collect(),
        exponent,
    })
}

/// Every n-th mark, so that no more than `most` are left and at least two.
fn thinned(many: Multiples, most: usize) -> Multiples {
    let stride = stride(many.units.len(), most);
    Multiples {
        units: many.units.into_iter().step_by(stride).collect(),
        exponent: many.exponent,
    }
}

fn stride(count: usize, most: usize) -> usize {
    count.saturating_sub(1).div_ceil(most.max(2) - 1).max(1)
}

fn tick(unit: i64, exponent: i32) -> Tick {
    let one = Multiples {
        units: vec![unit],
        exponent,
    };
    let label = match one.labels() {
        Some(labels) if unit != 1 => labels.concat(),
        _ => label::power(exponent),
    };
    Tick {
        value: scaled(unit as f64, exponent),
        label,
    }
}

fn exponents(low: f64, high: f64) -> RangeInclusive<i32> {
    low.log10().floor() as i32..=high.log10().ceil() as i32
}

/// 1, 2 and 5 times the powers of ten, or fewer.
fn ones_twos_fives(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let all: Vec<Tick> = exponents(low, high)
        .flat_map(|exponent| [1, 2, 5].map(|unit| tick(unit, exponent)))
        .filter(|tick| (low..=high).contains(&tick.value))
        .collect();
    if all.len() <= most {
        return all;
    }
    let powers = powers(low, high, most);
    if powers.len() >= 2 {
        return powers;
    }
    let stride = stride(all.len(), most);
    all.into_iter().step_by(stride).collect()
}

/// Every power of ten, or every second, third, …
fn powers(low: f64, high: f64, most: usize) -> Vec<Tick> {
    let all: Vec<Tick> = exponents(low, high)
        .map(|exponent| tick(1, exponent))
        .filter(|tick| (low..=high).contains(&tick.value))
        .collect();
    let stride = stride(all.len(), most);
    all.into_iter().step_by(stride).collect()
}
