//! Arithmetic of picture sizes: what size a picture gets under a rule. Pure; any thread.

/// How large the working picture is to be. All numbers are pixels, at least 1 (0 is taken as 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeRule {
    /// The longer side.
    Longer(u32),
    /// The shorter side.
    Shorter(u32),
    /// The height, whichever side is longer.
    Height(u32),
    /// Width and height; the shape of the original is not kept.
    Exact(u32, u32),
    /// The size the file has.
    Native,
}

/// The size of a picture of `original` (width, height) under `rule`.
///
/// `Longer`, `Shorter` and `Height` keep the shape; the side that follows is rounded to the nearest
/// pixel and is never 0. Without `enlarge` a picture whose longer side is at most the target keeps its
/// own size under these three (the rule of the reference program, whose shorter side can still grow).
/// `Exact` and `Native` do as they say, whatever `enlarge` is.
pub fn fitted_size(original: (u32, u32), rule: SizeRule, enlarge: bool) -> (u32, u32) {
    let (width, height) = (original.0.max(1), original.1.max(1));
    let (side, target) = match rule {
        SizeRule::Native => return (width, height),
        SizeRule::Exact(exact_width, exact_height) => {
            return (exact_width.max(1), exact_height.max(1));
        }
        SizeRule::Longer(target) => (width.max(height), target.max(1)),
        SizeRule::Shorter(target) => (width.min(height), target.max(1)),
        SizeRule::Height(target) => (height, target.max(1)),
    };
    if !enlarge && width.max(height) <= target {
        return (width, height);
    }
    (scaled(width, target, side), scaled(height, target, side))
}

/// `length × target / side`, rounded to nearest, in `1..=u32::MAX`.
fn scaled(length: u32, target: u32, side: u32) -> u32 {
    let (length, target, side) = (u64::from(length), u64::from(target), u64::from(side));
    // Cannot overflow: (2³² − 1)² + 2³¹ < 2⁶⁴.
    let rounded = (length * target + side / 2) / side;
    u32::try_from(rounded.max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_rule_fixes_its_side() {
        assert_eq!(
            fitted_size((4000, 3000), SizeRule::Longer(512), false),
            (512, 384)
        );
        assert_eq!(
            fitted_size((3000, 4000), SizeRule::Longer(512), false),
            (384, 512)
        );
        assert_eq!(
            fitted_size((4000, 3000), SizeRule::Shorter(512), false),
            (683, 512)
        );
        assert_eq!(
            fitted_size((4000, 3000), SizeRule::Height(600), false),
            (800, 600)
        );
        assert_eq!(
            fitted_size((4000, 3000), SizeRule::Exact(10, 20), false),
            (10, 20)
        );
        assert_eq!(
            fitted_size((4000, 3000), SizeRule::Native, true),
            (4000, 3000)
        );
    }

    #[test]
    fn small_pictures_stay_small_unless_told_otherwise() {
        assert_eq!(
            fitted_size((300, 200), SizeRule::Longer(512), false),
            (300, 200)
        );
        assert_eq!(
            fitted_size((300, 200), SizeRule::Longer(600), true),
            (600, 400)
        );
        assert_eq!(
            fitted_size((300, 200), SizeRule::Shorter(300), false),
            (300, 200)
        );
        // Longer than 256, so the reference program makes the shorter side 256.
        assert_eq!(
            fitted_size((300, 200), SizeRule::Shorter(256), false),
            (384, 256)
        );
        assert_eq!(
            fitted_size((300, 200), SizeRule::Exact(600, 600), false),
            (600, 600)
        );
    }

    #[test]
    fn no_side_becomes_zero() {
        assert_eq!(
            fitted_size((10_000, 3), SizeRule::Longer(100), false),
            (100, 1)
        );
        assert_eq!(fitted_size((1, 1), SizeRule::Longer(0), true), (1, 1));
        assert_eq!(fitted_size((0, 0), SizeRule::Exact(0, 0), true), (1, 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_rule_holds_and_the_shape_is_kept(width: u32, height: u32, target in 1..100_000_u32, enlarge: bool) {
            let (width, height) = (width.max(1), height.max(1));
            for rule in [SizeRule::Longer(target), SizeRule::Shorter(target), SizeRule::Height(target)] {
                let side = match rule {
                    SizeRule::Longer(_) => width.max(height),
                    SizeRule::Shorter(_) => width.min(height),
                    _ => height,
                };
                let fitted = fitted_size((width, height), rule, enlarge);
                prop_assert!(fitted.0 >= 1 && fitted.1 >= 1);
                if !enlarge && width.max(height) <= target {
                    prop_assert_eq!(fitted, (width, height));
                } else {
                    let factor = f64::from(target) / f64::from(side);
                    for (length, fitted) in [(width, fitted.0), (height, fitted.1)] {
                        let wanted = (f64::from(length) * factor).clamp(1.0, f64::from(u32::MAX));
                        prop_assert!((f64::from(fitted) - wanted).abs() <= 0.5 + wanted * 1e-12);
                    }
                }
            }
        }
    }
}
