//! Which size the pictures are computed at. Pure arithmetic, any thread.

use image::Rgb32FImage;

use super::EngineError;
use crate::network::INPUT_LAYER;
use crate::network::architecture::Operation;
use crate::network::geometry;
use crate::pixels::{self, SizeRule};
use crate::preset::{Filter, Fit, ImagePreset, Padding, Preset, Statistic, StyleFit};

fn rule(image: &ImagePreset) -> SizeRule {
    match image.fit {
        Fit::Longer => SizeRule::Longer(image.size),
        Fit::Shorter => SizeRule::Shorter(image.size),
        Fit::Height => SizeRule::Height(image.size),
        Fit::Exact => SizeRule::Exact(image.width, image.height),
        Fit::Native => SizeRule::Native,
    }
}

/// The sizes that `preset` has at `step`: its own, or smaller ones while the pyramid is being climbed.
pub fn image_at(preset: &Preset, step: u64) -> ImagePreset {
    let mut image = preset.image.clone();
    let sizes = preset.scale_sizes();
    if let Some(&size) = sizes.get(preset.scale_at(step)) {
        let share = f64::from(size) / f64::from(image.size.max(1));
        image.style_size = (f64::from(image.style_size) * share).round() as u32;
        image.size = size;
    }
    image
}

/// Width and height at which a content picture of size `original` is optimised.
pub fn content_size(image: &ImagePreset, original: (u32, u32)) -> (u32, u32) {
    pixels::fitted_size(original, rule(image), image.enlarge)
}

/// Width and height at which a style picture of size `original` is seen by the network.
pub fn style_size(image: &ImagePreset, original: (u32, u32), content: (u32, u32)) -> (u32, u32) {
    if image.style_fit == StyleFit::Stretch {
        return content;
    }
    // An exact size is the content's; the style picture keeps its shape at the same longer side.
    let rule = match (rule(image), image.style_size) {
        (SizeRule::Shorter(_), size) if size > 0 => SizeRule::Shorter(size),
        (SizeRule::Height(_), size) if size > 0 => SizeRule::Height(size),
        (_, size) if size > 0 => SizeRule::Longer(size),
        (SizeRule::Exact(width, height), _) => SizeRule::Longer(width.max(height)),
        (rule, _) => rule,
    };
    let enlarge = image.enlarge && image.enlarge_style;
    let (width, height) = pixels::fitted_size(original, rule, enlarge);
    let scaled = |side: u32| ((f64::from(side) * image.style_scale).round() as u32).max(1);
    (scaled(width), scaled(height))
}

/// Refuses pictures for which a layer would have no features, as given or as resized, and those that
/// resizing would blow up beyond what any picture may have. Costs nothing: no pixel is touched.
pub(super) fn check_sizes(
    preset: &Preset,
    operations: &[Operation],
    layers: &[String],
    sizes: &[(&'static str, (u32, u32))],
) -> Result<(), EngineError> {
    // The tap `input` alone would do with one pixel, which is no picture.
    let smallest = geometry::smallest_side(operations, layers, preset.network.padding).max(2);
    let padding_side = if preset.network.padding == Padding::Zeros {
        smallest
    } else {
        smallest.max(3)
    };
    for &(role, (width, height)) in sizes {
        let limit = pixels::decode::PIXEL_LIMIT;
        if u64::from(width) * u64::from(height) > limit {
            return Err(EngineError::PictureTooLarge {
                role,
                width,
                height,
                limit,
            });
        }
        if i64::from(width.min(height)) < padding_side {
            return Err(EngineError::PictureTooSmall {
                role,
                width,
                height,
                smallest: padding_side,
                layers: by_depth(operations, layers).join(", "),
            });
        }
    }
    Ok(())
}

/// Refuses statistics that say nothing of the few features that a layer has of a picture. Costs nothing.
pub(super) fn check_statistics(
    preset: &Preset,
    operations: &[Operation],
    sizes: &[(&'static str, (u32, u32))],
) -> Result<(), EngineError> {
    for layer in preset.style.layers.keys() {
        let statistic = preset.style.statistic_at(layer);
        if matches!(statistic, Statistic::Gram | Statistic::Mean) || layer == INPUT_LAYER {
            continue;
        }
        let side = |side: u32| {
            geometry::side_after(operations, layer, preset.network.padding, i64::from(side))
        };
        // What counts is what the network gets to see.
        let seen = sizes.iter().filter(|(role, _)| role.starts_with("resized"));
        for &(role, (width, height)) in seen {
            if let (Some(1), Some(1)) = (side(width), side(height)) {
                return Err(EngineError::TooDeep {
                    role,
                    width,
                    height,
                    statistic,
                    layer: layer.clone(),
                });
            }
        }
    }
    Ok(())
}

/// The layers, the deepest last.
fn by_depth<'a>(operations: &[Operation], layers: &'a [String]) -> Vec<&'a str> {
    let mut sorted: Vec<&str> = layers.iter().map(String::as_str).collect();
    // `input` is no operation and comes before all of them.
    sorted.sort_by_key(|layer| {
        operations
            .iter()
            .position(|operation| operation.layer == *layer)
    });
    sorted
}

/// `picture` at `size`, by the preset's filter.
pub(super) fn resized(
    picture: &Rgb32FImage,
    (width, height): (u32, u32),
    filter: Filter,
) -> Rgb32FImage {
    if picture.dimensions() == (width, height) {
        return picture.clone();
    }
    let filter = match filter {
        Filter::Nearest => pixels::Filter::Nearest,
        Filter::Bilinear => pixels::Filter::Bilinear,
        Filter::Bicubic => pixels::Filter::Bicubic,
        Filter::Lanczos3 => pixels::Filter::Lanczos3,
    };
    pixels::resize(picture, width, height, filter)
}
