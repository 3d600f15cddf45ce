//! The sizes through which a picture grows, and at which step it is at which.
//!
//! Pure, any thread.

use serde::{Deserialize, Serialize};

use super::Preset;

/// The most sizes a pyramid may have, the full one included.
pub const MOST_SCALES: usize = 32;

/// A pyramid of sizes: the picture forms small first, so that large strokes are settled before fine ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScalesPreset {
    /// The first size in the units of `image.size`; 0 for no pyramid.
    pub start: u32,
    /// From one size to the next, above 1.
    pub factor: f64,
    /// Steps at each size before the last one, which has `schedule.steps`; the last number is that of all
    /// further sizes.
    pub steps: Vec<u64>,
}

impl ScalesPreset {
    /// The sizes before the full one, smallest first: `start`·`factor`ᵏ to the nearest whole number, each
    /// once. One that is less than a tenth below `size`, or just that, is left out: it would cost nearly what
    /// the full size does and show nothing else.
    pub(crate) fn smaller_than(&self, size: u32) -> impl Iterator<Item = u32> {
        let (start, factor, size) = (f64::from(self.start), self.factor, f64::from(size));
        let is_pyramid = start > 0.0 && factor > 1.0;
        let mut power = 0.0_f64;
        let mut next = move || {
            let here = (start * factor.powf(power)).round();
            // To where the next whole number begins; a loop could take for ever with a factor near 1.
            let begins = ((here + 0.5) / start).ln() / factor.ln();
            power = begins.ceil().max(power + 1.0);
            // In range: below a number of 32 bits.
            (here * 10.0 < size * 9.0).then_some(here as u32)
        };
        let mut last = 0;
        let sizes = std::iter::from_fn(move || if is_pyramid { next() } else { None });
        // The logarithm may miss by its last bit.
        sizes.filter(move |size| std::mem::replace(&mut last, *size) != *size)
    }

    /// How many steps the size at `index` has, where it is not the full one.
    fn steps_at(&self, index: usize) -> u64 {
        let steps = self.steps.get(index).or_else(|| self.steps.last());
        steps.copied().unwrap_or(0)
    }
}

impl Preset {
    /// What `image.size` is at each scale, from small to full; the last is `image.size` itself, and the only
    /// one where there is no pyramid. At most [`MOST_SCALES`].
    #[must_use]
    pub fn scale_sizes(&self) -> Vec<u32> {
        let size = self.image.size;
        let smaller = self.scales.smaller_than(size).take(MOST_SCALES - 1);
        smaller.chain([size]).collect()
    }

    /// How many steps there are before the picture has its full size; 0 where there is no pyramid.
    #[must_use]
    pub fn steps_before_full_size(&self) -> u64 {
        let smaller = 0..self.scale_sizes().len() - 1;
        smaller.fold(0, |sum: u64, index| {
            sum.saturating_add(self.scales.steps_at(index))
        })
    }

    /// How many steps there are at all sizes together.
    #[must_use]
    pub fn total_steps(&self) -> u64 {
        self.steps_before_full_size()
            .saturating_add(self.schedule.steps)
    }

    /// The place in [`Self::scale_sizes`] of the size that step number `step` is made at, from 0: the first
    /// one's for 0, and the last one's for all steps beyond.
    #[must_use]
    pub fn scale_at(&self, step: u64) -> usize {
        let last = self.scale_sizes().len() - 1;
        let mut end = 0_u64;
        (0..last)
            .find(|index| {
                end = end.saturating_add(self.scales.steps_at(*index));
                step < end
            })
            .unwrap_or(last)
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::SQRT_2;

    use proptest::prelude::*;

    use super::*;
    use crate::preset::from_toml;

    fn preset(start: u32, factor: f64, size: u32, steps: &[u64]) -> Preset {
        let mut preset = from_toml("schedule.steps = 100", "scales").unwrap();
        preset.scales = ScalesPreset {
            start,
            factor,
            steps: steps.to_vec(),
        };
        preset.image.size = size;
        preset
    }

    #[test]
    fn a_picture_as_small_as_the_first_size_has_no_pyramid() {
        for size in [100, 128, 140] {
            let preset = preset(128, SQRT_2, size, &[7]);
            assert_eq!(preset.scale_sizes(), [size]);
            assert_eq!((preset.total_steps(), preset.scale_at(0)), (100, 0));
        }
        let text = "extends = \"crowsonkb\"\nimage.size = 128";
        assert_eq!(from_toml(text, "small").unwrap().scale_sizes(), [128]);
    }

    fn sizes(start: u32, factor: f64, size: u32) -> Vec<u32> {
        preset(start, factor, size, &[10]).scale_sizes()
    }

    #[test]
    fn sizes_grow_to_the_full_one() {
        assert_eq!(sizes(128, SQRT_2, 512), [128, 181, 256, 362, 512]);
        assert_eq!(sizes(256, 2.0, 2048), [256, 512, 1024, 2048]);
        assert_eq!(sizes(100, 2.0, 700), [100, 200, 400, 700]);
        assert_eq!(sizes(0, SQRT_2, 512), [512]);
        assert_eq!(sizes(512, SQRT_2, 512), [512]);
        assert_eq!(sizes(600, SQRT_2, 512), [512]);
    }

    #[test]
    fn the_last_two_are_never_nearly_alike() {
        assert_eq!(sizes(50, 2.0, 100), [50, 100]);
        assert_eq!(sizes(89, 2.0, 100), [89, 100]);
        assert_eq!(sizes(90, 2.0, 100), [100]);
        assert_eq!(sizes(128, SQRT_2, 540), [128, 181, 256, 362, 540]);
        assert_eq!(sizes(128, SQRT_2, 400), [128, 181, 256, 400]);
    }

    #[test]
    fn nothing_is_endless() {
        assert_eq!(sizes(16, 1.0, 512), [512]);
        assert_eq!(sizes(16, f64::NAN, 512), [512]);
        assert_eq!(sizes(16, -2.0, 512), [512]);
        assert_eq!(sizes(16, f64::INFINITY, 512), [16, 512]);
        assert_eq!(sizes(16, 1.001, 16_384).len(), MOST_SCALES);
        assert_eq!(sizes(16, 1.0 + f64::EPSILON, 20), [16, 17, 20]);
        assert_eq!(sizes(16, 1.02, 20), [16, 17, 20]);
    }

    #[test]
    fn steps_belong_to_sizes() {
        let preset = preset(128, SQRT_2, 512, &[1000, 500]);
        assert_eq!(preset.steps_before_full_size(), 2500);
        assert_eq!(preset.total_steps(), 2600);
        for (step, scale) in [
            (0, 0),
            (999, 0),
            (1000, 1),
            (1499, 1),
            (1500, 2),
            (2000, 3),
            (2499, 3),
            (2500, 4),
            (2600, 4),
            (u64::MAX, 4),
        ] {
            assert_eq!(preset.scale_at(step), scale, "{step}");
        }
    }

    #[test]
    fn without_a_pyramid_every_step_is_at_full_size() {
        let preset = preset(0, SQRT_2, 512, &[1000]);
        assert_eq!(preset.steps_before_full_size(), 0);
        assert_eq!(preset.total_steps(), 100);
        assert_eq!(preset.scale_at(0), 0);
        assert_eq!(preset.scale_at(u64::MAX), 0);
    }

    #[test]
    fn more_numbers_than_sizes_are_not_used() {
        let preset = preset(256, 2.0, 512, &[7, 1000, 1000]);
        assert_eq!(preset.total_steps(), 107);
        assert_eq!([6, 7].map(|step| preset.scale_at(step)), [0, 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_step_has_its_size(
            start in 0_u32..600,
            factor in 1.0..3.0_f64,
            size in 16_u32..2000,
            steps in prop::collection::vec(1_u64..50, 1..4),
        ) {
            let preset = preset(start, factor, size, &steps);
            let sizes = preset.scale_sizes();
            prop_assert!(sizes.len() <= MOST_SCALES);
            prop_assert_eq!(sizes.last(), Some(&size));
            prop_assert!(sizes.is_sorted_by(|one, next| one < next), "{:?}", sizes);
            let before = preset.steps_before_full_size();
            let scales: Vec<usize> = (0..=before).map(|step| preset.scale_at(step)).collect();
            prop_assert!(scales.is_sorted());
            prop_assert_eq!(scales.last(), Some(&(sizes.len() - 1)));
            for index in 0..sizes.len() - 1 {
                let count = scales.iter().filter(|scale| **scale == index).count() as u64;
                prop_assert_eq!(count, steps[index.min(steps.len() - 1)]);
            }
        }
    }
}
