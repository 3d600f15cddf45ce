//! The picture that the optimisation starts from. Worker thread.

use image::{Rgb, Rgb32FImage};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use tch::Tensor;

use super::EngineError;
use super::preparation::Seen;
use super::size::resized;
use crate::network::convention::IMAGENET_MEAN;
use crate::pixels;
use crate::pixels::tensor::to_tensor;
use crate::preset::{Init, Preset};

/// The first iterate, `[1, 3, H, W]`, RGB in [0, 1] (noise may leave that range), in the size of the content
/// picture as it is seen.
pub(super) fn first_picture(preset: &Preset, seen: &Seen) -> Result<Tensor, EngineError> {
    let content = &seen.content;
    let image = &preset.image;
    let (_, _, height, width) = content.size4()?;
    let size = (width as u32, height as u32);
    let device = content.device();
    match image.init {
        Init::Content => Ok(content.f_detach_copy()?),
        Init::Style => Ok(seen
            .styles
            .first()
            .unwrap_or(content)
            .f_upsample_bilinear2d([height, width], false, None, None)?
            .f_clamp(0.0, 1.0)?),
        Init::Noise => Ok(to_tensor(
            &noise(size, image.noise_deviation, preset.schedule.seed),
            device,
        )?),
        Init::File => {
            let path = image.init_file.as_ref().ok_or_else(|| {
                EngineError::InitFile(
                    "image.init is \"file\", but no file is named; set image.init_file".to_owned(),
                )
            })?;
            let decoded =
                pixels::read(path).map_err(|error| EngineError::InitFile(error.to_string()))?;
            Ok(to_tensor(
                &resized(&decoded.picture, size, image.filter),
                device,
            )?)
        }
    }
}

/// Normal noise around `ImageNet`'s mean colour, the same for a seed on every machine and device.
fn noise((width, height): (u32, u32), deviation: f64, seed: u64) -> Rgb32FImage {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut channel = |mean: f32| {
        let value: f64 = StandardNormal.sample(&mut random);
        mean + (value * deviation) as f32
    };
    Rgb32FImage::from_fn(width, height, |_, _| Rgb(IMAGENET_MEAN.map(&mut channel)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_depends_on_the_seed_alone() {
        assert_eq!(noise((9, 7), 0.2, 5), noise((9, 7), 0.2, 5));
        assert_ne!(noise((9, 7), 0.2, 5), noise((9, 7), 0.2, 6));
    }

    #[test]
    fn noise_has_the_deviation_asked_for() {
        let picture = noise((100, 100), 0.25, 0);
        let values: Vec<f64> = picture
            .pixels()
            .map(|pixel| f64::from(pixel.0[0]))
            .collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / values.len() as f64;
        assert!(
            (mean - 0.485).abs() < 0.01 && (variance.sqrt() - 0.25).abs() < 0.01,
            "{mean} {variance}"
        );
    }
}
