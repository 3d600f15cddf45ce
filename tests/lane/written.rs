//! From the iterates to the file: nothing of a picture is lost on the way.

use std::path::Path;

use image::{ColorType, Rgb32FImage};
use stylescope::pixels::{self, BitDepth, WriteOptions};
use tch::{Kind, Tensor};

use super::{lane, small_candidates};

/// The decay of each candidate's average; the second has none.
const DECAYS: [f64; 2] = [0.9, 0.0];

/// Σ dⁿ⁻ᵏ pₖ / Σ dⁿ⁻ᵏ over the iterates p₀ … pₙ, each `[N, 3, H, W]`, of the candidate at `row`: what is written
/// of it where nothing is rounded or cut off. Interleaved.
fn average(iterates: &[Tensor], row: i64, decay: f64) -> Vec<f64> {
    let weights: Vec<f64> = (0..iterates.len() as i32)
        .rev()
        .map(|age| decay.powi(age))
        .collect();
    let weighted = iterates
        .iter()
        .zip(&weights)
        .map(|(iterate, &weight)| iterate.get(row).to_kind(Kind::Double) * weight);
    let sum: Tensor = weighted.sum();
    let average = sum / weights.iter().sum::<f64>();
    average
        .permute([1, 2, 0])
        .flatten(0, -1)
        .try_into()
        .unwrap()
}

/// What the `image` crate, which shares nothing with what wrote it, finds in a file with 16 bits a channel.
fn deep_samples(path: &Path) -> Vec<u16> {
    let picture = image::open(path).unwrap();
    assert_eq!(picture.color(), ColorType::Rgb16, "{}", path.display());
    picture.into_rgb16().into_raw()
}

fn written(path: &Path, picture: &Rgb32FImage) -> Vec<u16> {
    let options = WriteOptions {
        bit_depth: BitDepth::Sixteen,
        ..WriteOptions::default()
    };
    pixels::write(path, picture, options, &[]).unwrap();
    deep_samples(path)
}

#[test]
fn sixteen_bits_are_the_moving_average_cut_off_and_rounded_to_the_nearest_level() {
    let mut candidates =
        small_candidates(&DECAYS.map(|decay| format!("optimizer.averaging={decay}")));
    for candidate in &mut candidates {
        // Far steps without limits, so that averages are far from iterates and leave the range.
        candidate.preset.optimizer.clamp = false;
        candidate.preset.optimizer.learning_rate = 0.1;
    }
    let mut lane = lane(candidates);
    let mut iterates = vec![lane.picture().copy()];
    for _ in 0..12 {
        lane.step().unwrap();
        iterates.push(lane.picture().copy());
    }
    let folder = tempfile::tempdir().unwrap();
    let pictures = lane.pictures().unwrap();
    for ((row, decay), picture) in (0..).zip(DECAYS).zip(&pictures.pictures) {
        let unbounded = average(&iterates, row, decay);
        let least = unbounded.iter().copied().fold(0.0, f64::min);
        let most = unbounded.iter().copied().fold(1.0, f64::max);
        assert!(
            least < -0.01 && most > 1.01,
            "{least} to {most} say nothing"
        );
        for name in ["out.png", "out.tif"] {
            let samples = written(&folder.path().join(name), picture);
            assert_eq!(samples.len(), unbounded.len());
            for (value, sample) in picture.iter().zip(&samples) {
                assert_eq!(*sample, (f64::from(*value) * 65535.0).round() as u16);
            }
            // Sums in single precision are off by some of the last bits, and a level is hundreds of these.
            for (value, sample) in unbounded.iter().zip(&samples) {
                let off = value.clamp(0.0, 1.0) * 65535.0 - f64::from(*sample);
                assert!(off.abs() < 0.6, "{name} holds {sample} for {value}");
            }
        }
        let newest = average(&iterates, row, 0.0);
        let apart = unbounded
            .iter()
            .zip(&newest)
            .map(|(one, other)| (one.clamp(0.0, 1.0) - other.clamp(0.0, 1.0)).abs())
            .fold(0.0, f64::max);
        assert_eq!(apart > 0.05, decay > 0.0, "candidate {row}: {apart}");
    }
}
