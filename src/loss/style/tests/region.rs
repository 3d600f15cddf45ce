//! Regions of pictures by themselves.

use super::*;

#[test]
fn a_region_of_everything_is_no_region() {
    let (features, style) = (doubles(1, &[2, 5, 4, 6]), doubles(2, &[1, 5, 7, 3]));
    let (ones, style_ones) = (
        features.narrow(1, 0, 1).ones_like(),
        style.narrow(1, 0, 1).ones_like(),
    );
    for rule in all_rules() {
        let masked = style_sample(&style, Some(&style_ones), &rule, 99.0).unwrap();
        let masked = style_target(&[&masked], &[3.0], &rule).unwrap();
        let masked = StyleTarget::joined(&[&masked, &masked]).unwrap().unwrap();
        let whole = target(&style, &rule);
        let whole = StyleTarget::joined(&[&whole, &whole]).unwrap().unwrap();
        let (expected, expected_gradient) = loss(&features, None, &whole, &rule);
        for region in [ones.shallow_clone(), ones.narrow(0, 0, 1)] {
            let (value, gradient) = loss(&features, Some(&region), &masked, &rule);
            assert_close(&value, &expected, 1e-9);
            assert_close(&gradient, &expected_gradient, 1e-9);
        }
    }
}

/// A region of whole positions is worth what a picture of these positions alone is.
#[test]
fn a_region_is_compared_by_itself() {
    let (features, style) = (doubles(1, &[1, 4, 2, 6]), doubles(2, &[1, 4, 4, 5]));
    let left = |tensor: &Tensor, columns: i64| {
        let region = tensor.narrow(1, 0, 1).zeros_like();
        let _ = region.narrow(3, 0, columns).fill_(1.0);
        (region, tensor.narrow(3, 0, columns).contiguous())
    };
    let ((region, part), (style_region, style_part)) = (left(&features, 3), left(&style, 4));
    for rule in all_rules() {
        let masked = style_sample(&style, Some(&style_region), &rule, 99.0).unwrap();
        let masked = style_target(&[&masked], &[1.0], &rule).unwrap();
        let (value, gradient) = loss(&features, Some(&region), &masked, &rule);
        let (expected, expected_gradient) = loss(&part, None, &target(&style_part, &rule), &rule);
        assert_close(&value, &expected, 1e-9);
        assert_close(&gradient.narrow(3, 0, 3), &expected_gradient, 1e-9);
        assert_eq!(gradient.narrow(3, 3, 3).abs().max().double_value(&[]), 0.0);
    }
}

/// Whoever has no such region, the picture or the style picture.
#[test]
fn a_region_that_does_not_exist_gives_nothing() {
    let (features, style) = (doubles(1, &[2, 4, 3, 3]), doubles(2, &[1, 4, 5, 5]));
    let none = style.narrow(1, 0, 1).zeros_like();
    let places = features.narrow(1, 0, 1).zeros_like();
    let _ = places.narrow(0, 1, 1).fill_(1.0);
    let _ = places.narrow(3, 0, 1).narrow(0, 0, 1).fill_(0.1);
    for rule in all_rules() {
        let whole = target(&style, &rule);
        let whole = StyleTarget::joined(&[&whole, &whole]).unwrap().unwrap();
        let (value, gradient) = loss(&features, Some(&places), &whole, &rule);
        assert!(
            value.double_value(&[0]) == 0.0 && value.double_value(&[1]) > 0.0,
            "{rule:?}"
        );
        let size = |row| gradient.get(row).abs().max().double_value(&[]);
        assert!(size(0) == 0.0 && size(1) > 0.0, "{rule:?}");

        let absent = style_sample(&style, Some(&none), &rule, 99.0).unwrap();
        let absent = style_target(&[&absent], &[1.0], &rule).unwrap();
        let unwanted = style_target(&[], &[], &rule).unwrap();
        for absent in [absent, unwanted] {
            let (value, gradient) = loss(&features.narrow(0, 1, 1), None, &absent, &rule);
            assert_eq!(value.double_value(&[0]), 0.0, "{rule:?}");
            assert_eq!(gradient.abs().max().double_value(&[]), 0.0, "{rule:?}");
        }
    }
}

#[test]
fn a_picture_without_the_region_takes_no_part_in_a_blend() {
    let (features, style) = (doubles(1, &[1, 4, 3, 3]), doubles(2, &[1, 4, 5, 5]));
    let none = style.narrow(1, 0, 1).zeros_like();
    for rule in all_rules() {
        let present = sample(&style, &rule);
        let absent = style_sample(&style, Some(&none), &rule, 99.0).unwrap();
        let mixed = style_target(&[&absent, &present], &[5.0, 0.5], &rule).unwrap();
        let found = loss(&features, None, &mixed, &rule);
        assert_eq!(
            found,
            loss(&features, None, &target(&style, &rule), &rule),
            "{rule:?}"
        );
    }
}
