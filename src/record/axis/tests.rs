//! Marks for ranges of every kind.

use proptest::prelude::*;

use super::*;

fn labels(axis: &Axis) -> Vec<&str> {
    axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
}

fn linear(minimum: f64, maximum: f64, most: usize) -> Axis {
    Axis::new(Scale::Linear, minimum, maximum, most)
}

fn logarithmic(minimum: f64, maximum: f64, most: usize) -> Axis {
    Axis::new(Scale::Logarithmic, minimum, maximum, most)
}

#[track_caller]
fn assert_sound(axis: &Axis, most: usize) {
    assert!(axis.minimum < axis.maximum, "{axis:?}");
    assert!((2..=most).contains(&axis.ticks.len()), "{axis:?}");
    for tick in &axis.ticks {
        assert!(
            (axis.minimum..=axis.maximum).contains(&tick.value),
            "{axis:?}"
        );
        assert!(tick.label.is_ascii() && tick.label.len() <= 7, "{axis:?}");
        let written: f64 = tick.label.parse().unwrap();
        let room = (axis.maximum - axis.minimum) * 1e-6 + tick.value.abs() * 1e-9;
        assert!((written - tick.value).abs() <= room, "{axis:?}");
    }
    for pair in axis.ticks.windows(2) {
        assert!(pair[0].value < pair[1].value, "{axis:?}");
        assert_ne!(pair[0].label, pair[1].label, "{axis:?}");
    }
}

#[test]
fn linear_marks_are_round() {
    assert_eq!(
        labels(&linear(0.0, 1.0, 6)),
        ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    );
    assert_eq!(labels(&linear(0.13, 0.19, 4)), ["0.14", "0.16", "0.18"]);
    assert_eq!(
        labels(&linear(3.0, 9700.0, 5)),
        ["2000", "4000", "6000", "8000"]
    );
    assert_eq!(labels(&linear(0.0, 3.1e5, 4)), ["0", "1e5", "2e5", "3e5"]);
    assert_eq!(labels(&linear(0.0, 3.1e5, 8))[1..3], ["5e4", "1e5"]);
    assert_eq!(
        labels(&linear(1.2e-6, 1.9e-6, 4)),
        ["1.2e-6", "1.4e-6", "1.6e-6", "1.8e-6"]
    );
    assert_eq!(
        labels(&linear(123_410.0, 123_590.0, 4)),
        ["123450", "123500", "123550"]
    );
    assert_eq!(
        labels(&linear(6.0185e11, 6.0255e11, 4)),
        ["6020e8", "6022e8", "6024e8"]
    );
}

#[test]
fn logarithmic_marks_follow_the_decades() {
    assert_eq!(
        labels(&logarithmic(0.5, 2e4, 6)),
        ["1", "10", "100", "1000", "10000"]
    );
    assert_eq!(labels(&logarithmic(0.5, 2e4, 3)), ["1", "100", "10000"]);
    assert_eq!(
        labels(&logarithmic(1e-9, 1e9, 4)),
        ["1e-9", "0.001", "1000", "1e9"]
    );
    assert_eq!(
        labels(&logarithmic(1.5, 70.0, 6)),
        ["2", "5", "10", "20", "50"]
    );
    assert_eq!(labels(&logarithmic(3e5, 4e6, 6)), ["5e5", "1e6", "2e6"]);
    assert_eq!(labels(&logarithmic(1.1, 5.4, 6)), ["2", "3", "4", "5"]);
    assert_eq!(
        labels(&logarithmic(1.12, 1.19, 4)),
        ["1.12", "1.14", "1.16", "1.18"]
    );
}

#[test]
fn a_logarithmic_axis_has_no_room_for_zero() {
    for (minimum, maximum) in [
        (0.0, 10.0),
        (-5.0, 10.0),
        (0.0, 0.0),
        (-2.0, -1.0),
        (f64::NAN, f64::NAN),
    ] {
        let axis = logarithmic(minimum, maximum, 5);
        assert!(axis.minimum > 0.0);
        assert_sound(&axis, 5);
        assert!(axis.position(0.0) < 0.0 && axis.position(-1.0) < 0.0);
    }
}

#[test]
fn equal_and_nearly_equal_values_get_a_range() {
    for value in [
        0.0,
        1.0,
        -3.5,
        6.025e11,
        1e-30,
        1.234_567_8e-10,
        f64::MAX,
        f64::MIN_POSITIVE,
    ] {
        for nearly in [
            value,
            value * (1.0 + 1e-12),
            value * (1.0 + 1e-5),
            value * 1.001,
        ] {
            for most in [2, 3, 7] {
                assert_sound(&linear(value, nearly, most), most);
                assert_sound(&logarithmic(value, nearly, most), most);
            }
        }
    }
}

#[test]
fn steps_are_whole() {
    assert_eq!(
        labels(&Axis::counting(&(0..=499), 6)),
        ["0", "100", "200", "300", "400"]
    );
    assert_eq!(labels(&Axis::counting(&(0..=1), 6)), ["0", "1"]);
    assert_eq!(labels(&Axis::counting(&(7..=7), 6)), ["7"]);
    assert_eq!(
        labels(&Axis::counting(&(0..=20_000), 3)),
        ["0", "10k", "20k"]
    );
    assert_eq!(
        labels(&Axis::counting(&(0..=1_000_000), 3)),
        ["0", "0.5M", "1.0M"]
    );
    assert_eq!(
        labels(&Axis::counting(&(123_456..=123_459), 4)),
        ["123456", "123457", "123458", "123459"]
    );
}

#[test]
fn positions_go_from_0_to_1() {
    let axis = linear(10.0, 20.0, 4);
    assert!((axis.position(12.5) - 0.25).abs() < 1e-9);
    let axis = logarithmic(1.0, 1e4, 4);
    assert!((axis.position(10.0) - 0.25).abs() < 1e-9);
    assert!(axis.position(1e5) > 1.0);
}

proptest! {
    #[test]
    fn marks_are_sound_for_any_range(
        centre in -35.0..35.0,
        sign in prop_oneof![Just(-1.0), Just(0.0), Just(1.0)],
        width in -12.0..12.0,
        most in 2usize..12,
    ) {
        let low: f64 = sign * 10f64.powf(centre);
        let high = low + 10f64.powf(centre + width);
        let axis = linear(low, high, most);
        assert_sound(&axis, most);
        prop_assert!(axis.minimum <= low && axis.maximum >= high);
        assert_sound(&logarithmic(low, high, most), most);
    }

    #[test]
    fn marks_of_steps_are_sound(start in 0u64..9_000_000, span in 1u64..999_999, most in 2usize..12) {
        let axis = Axis::counting(&(start..=start + span), most);
        prop_assert!((2..=most).contains(&axis.ticks.len()), "{axis:?}");
        for pair in axis.ticks.windows(2) {
            prop_assert!(pair[0].value < pair[1].value && pair[0].label != pair[1].label);
        }
        for tick in &axis.ticks {
            prop_assert!(tick.label.len() <= 7 && tick.value.fract() == 0.0, "{axis:?}");
            prop_assert!((start as f64..=(start + span) as f64).contains(&tick.value));
        }
    }
}
