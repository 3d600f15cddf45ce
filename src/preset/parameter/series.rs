//! Round numbers to turn a value through: 24 in each decade, eight of them from 1 to 2, from 2 to 5 and
//! from 5 to 10.
//!
//! Pure, any thread. Turning up and down again gives back any number of the series; a number between
//! two of them goes to its neighbour first.

use super::super::field::FloatRange;

/// Tenths. Has every number of one digit, so that what people write is on it.
const SERIES: [u8; 24] = [
    10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 25, 28, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 90,
];
const PER_DECADE: i32 = 24;

/// One coarse turn: 1, 2, 5, 10.
pub(super) const COARSE: i32 = 8;

/// Numbers this close to one of the series are taken for it: a smaller turn would hardly be seen.
const TOLERANCE: f64 = 0.01;

/// What fades slower than this does not fade within any run, and 1 − x loses its digits.
const SLOWEST_FADE: f64 = 1e-9;

/// `(mantissa, exponent)`: the number is mantissa · 10^exponent.
fn parts(position: i32) -> (u8, i32) {
    let place = position.rem_euclid(PER_DECADE) as usize;
    let mantissa = SERIES.get(place).copied().unwrap_or(10);
    (mantissa, position.div_euclid(PER_DECADE) - 1)
}

/// The number itself, the float nearest to its decimal digits.
fn number_at(position: i32) -> f64 {
    let (mantissa, exponent) = parts(position);
    format!("{mantissa}e{exponent}")
        .parse()
        .unwrap_or(f64::INFINITY)
}

/// A place in the series.
#[derive(Clone, Copy)]
struct Place {
    position: i32,
    /// The number stands on the position and not above it.
    is_exact: bool,
}

impl Place {
    /// Of a finite number above 0.
    fn of(number: f64) -> Self {
        let start = (number.log10().floor() as i32 - 1) * PER_DECADE;
        let mut position = start;
        while position < start + 3 * PER_DECADE
            && number_at(position + 1) <= number * (1.0 + TOLERANCE)
        {
            position += 1;
        }
        Self {
            position,
            is_exact: number_at(position) >= number * (1.0 - TOLERANCE),
        }
    }

    fn after(self, notches: i32) -> i32 {
        let between = i32::from(!self.is_exact && notches < 0);
        self.position + between + notches
    }
}

/// A weight or a rate after `notches` turns, downwards where negative. `scale` is a usual value: a
/// hundredth of it is the last stop above 0. None at the end of `range`.
pub(super) fn turned_float(
    number: f64,
    range: FloatRange,
    scale: f64,
    notches: i32,
) -> Option<f64> {
    let least = Place::of(scale / 100.0).position;
    if number == 0.0 {
        return Some(number_at(least)).filter(|next| notches > 0 && range.contains(*next));
    }
    let place = Place::of(number);
    let next = place.after(notches);
    let turned = if next < least && place.position >= least && range.contains(0.0) {
        0.0
    } else {
        number_at(next).min(range.maximum.unwrap_or(f64::INFINITY))
    };
    let moved = if notches > 0 {
        turned > number
    } else {
        turned < number
    };
    (moved && range.contains(turned)).then_some(turned)
}

/// A decay x from 0 to 1 after `notches` turns, which go through 1 − x: 0.9, 0.91, … 0.99, 0.991.
pub(super) fn turned_decay(decay: f64, notches: i32) -> Option<f64> {
    let place = Place::of(1.0 - decay);
    let next = place.after(-notches).min(0);
    let decimals = usize::try_from(-parts(next).1).unwrap_or(0);
    let fade = number_at(next);
    let turned: f64 = format!("{:.decimals$}", 1.0 - fade).parse().ok()?;
    let moved = if notches > 0 {
        turned > decay && fade >= SLOWEST_FADE
    } else {
        turned < decay
    };
    moved.then_some(turned)
}

/// A count after `notches` turns, through the whole numbers of the series.
pub(super) fn turned_integer(number: i64, minimum: i64, maximum: i64, notches: i32) -> Option<i64> {
    let direction = notches.signum();
    let turned = if number <= 0 {
        i64::from(direction.max(0))
    } else {
        let mut position = Place::of(number as f64).after(notches);
        while position > 0 && number_at(position).fract() != 0.0 {
            position += direction;
        }
        // Casting a float that is too large gives the largest integer.
        if position < 0 {
            0
        } else {
            number_at(position) as i64
        }
    };
    let turned = turned.clamp(minimum, maximum);
    let moved = if direction > 0 {
        turned > number
    } else {
        turned < number
    };
    moved.then_some(turned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn turns(start: f64, count: usize, notches: i32) -> Vec<f64> {
        let mut number = start;
        (0..count)
            .map(|_| {
                number = turned_float(number, FloatRange::WEIGHT, 1.0, notches).unwrap();
                number
            })
            .collect()
    }

    #[test]
    fn turning_gives_round_numbers() {
        assert_eq!(turns(0.05, 4, 1), [0.055, 0.06, 0.065, 0.07]);
        assert_eq!(turns(1e5, 3, -1), [9e4, 8e4, 7.5e4]);
        assert_eq!(turns(1.0, 4, COARSE), [2.0, 5.0, 10.0, 20.0]);
        assert_eq!(turns(0.23, 1, 1), [0.25]);
        assert_eq!(turns(0.23, 1, -1), [0.22]);
        assert_eq!(turns(0.0299, 1, 1), [0.035]);
        assert_eq!(turns(0.0, 3, COARSE), [0.01, 0.02, 0.05]);
        assert_eq!(turns(0.02, 2, -COARSE), [0.01, 0.0]);
    }

    #[test]
    fn decays_turn_through_what_is_left_of_them() {
        let turns = |start: f64, count: usize, notches: i32| -> Vec<f64> {
            let mut number = start;
            (0..count)
                .map(|_| {
                    number = turned_decay(number, notches).unwrap();
                    number
                })
                .collect()
        };
        assert_eq!(turns(0.9, 3, 1), [0.91, 0.92, 0.925]);
        assert_eq!(turns(0.99, 2, 1), [0.991, 0.992]);
        assert_eq!(turns(0.0, 4, COARSE), [0.5, 0.8, 0.9, 0.95]);
        assert_eq!(turns(0.5, 1, -COARSE), [0.0]);
        assert_eq!(turned_decay(0.0, -1), None);
        assert_eq!(turned_decay(1.0 - SLOWEST_FADE, 1), None);
    }

    #[test]
    fn counts_stay_whole_and_in_range() {
        let turned = |number, notches| turned_integer(number, 1, 10_000_000, notches);
        assert_eq!(turned(500, 1), Some(550));
        assert_eq!(turned(500, COARSE), Some(1000));
        assert_eq!(turned(1234, -1), Some(1200));
        assert_eq!(turned(1, 1), Some(2));
        assert_eq!(turned(3, -COARSE), Some(1));
        assert_eq!(turned(1, -1), None);
        assert_eq!(turned(9_000_000, COARSE), Some(10_000_000));
        assert_eq!(turned(10_000_000, 1), None);
        assert_eq!(turned_integer(0, 0, i64::MAX, 1), Some(1));
        assert_eq!(turned_integer(1, 0, i64::MAX, -1), Some(0));
        assert_eq!(turned_integer(0, 0, i64::MAX, -1), None);
    }

    fn any_notches() -> impl Strategy<Value = i32> {
        prop_oneof![Just(1), Just(COARSE)]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_float_stays_in_range(
            number in prop::num::f64::POSITIVE | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
            notches in any_notches(),
            is_down: bool,
            range in prop_oneof![
                Just(FloatRange::WEIGHT),
                Just(FloatRange::POSITIVE),
                Just(FloatRange::positive_to(1.0)),
            ],
        ) {
            prop_assume!(range.contains(number));
            let notches = if is_down { -notches } else { notches };
            if let Some(turned) = turned_float(number, range, 1.0, notches) {
                prop_assert!(range.contains(turned));
                let has_moved = if is_down { turned < number } else { turned > number };
                prop_assert!(has_moved);
            }
        }

        #[test]
        fn up_and_down_again_gives_the_number_back(
            position in -48_i32..400,
            notches in any_notches(),
        ) {
            let number = number_at(position);
            let up = turned_float(number, FloatRange::WEIGHT, 1.0, notches).unwrap();
            let back = turned_float(up, FloatRange::WEIGHT, 1.0, -notches);
            prop_assert_eq!(back, Some(number));
        }

        #[test]
        fn a_decay_comes_back(position in -190_i32..=0, notches in any_notches()) {
            let decimals = usize::try_from(-parts(position).1).unwrap();
            let decay: f64 = format!("{:.decimals$}", 1.0 - number_at(position)).parse().unwrap();
            let up = turned_decay(decay, notches).unwrap();
            prop_assert!(FloatRange::DECAY.contains(up));
            prop_assert_eq!(turned_decay(up, -notches), Some(decay));
        }

        #[test]
        fn a_count_comes_back(number in 1_i64..100_000, notches in any_notches()) {
            let up = turned_integer(number, 1, 10_000_000, notches).unwrap();
            let back = turned_integer(up, 1, 10_000_000, -notches).unwrap();
            let nearest = number_at(Place::of(number as f64).position);
            let is_in_series = nearest as i64 == number && nearest.fract() == 0.0;
            if is_in_series {
                prop_assert_eq!(back, number);
            } else {
                prop_assert!(back < up);
            }
        }

        #[test]
        fn any_decay_stays_in_range(decay in 0.0..1.0_f64, notches in any_notches(), is_down: bool) {
            let notches = if is_down { -notches } else { notches };
            if let Some(turned) = turned_decay(decay, notches) {
                prop_assert!(FloatRange::DECAY.contains(turned));
            }
        }
    }
}
