//! The picture to show: the result, what it came from, or both. Pure; runs on the thread "preview".

use image::{Rgb, RgbImage, imageops};

use super::layout::{Layout, Panes};
use super::sample::{Part, resampled};
use super::view::{Subject, View};
use crate::engine::message::Seen;

/// The pictures there are.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// In a size of its own, of nearly the result's shape.
    pub content: &'a RgbImage,
    /// In a size and shape of its own.
    pub style: &'a RgbImage,
    /// What the engine last sent of the candidate, whichever region it is of.
    pub result: Option<&'a Seen>,
    /// The same of another candidate, which takes the place of content or snapshot beside the result.
    pub other: Option<&'a Seen>,
    /// All of a snapshot.
    pub snapshot: Option<&'a RgbImage>,
    /// Where there is no picture.
    pub margin: Rgb<u8>,
}

/// What `view` shows, at `pixels`: those of `layout`, or fewer for a lower quality. Parts of the result that
/// the engine has not sent are margin.
///
/// The difference is result − content around mid-grey (128), each channel by itself and cut off at ±127: what
/// the style changed shows in the colour that it added.
pub fn compose(
    view: &View,
    layout: &Layout,
    sources: &Sources<'_>,
    pixels: (u32, u32),
) -> RgbImage {
    let size = (pixels.0.max(1), pixels.1.max(1));
    let content = Some(Source::whole(sources.content));
    let result = sources.result.map(Source::seen);
    let other = sources.other.map(Source::seen);
    let pane = |source, size| pane(source, layout, size, sources.margin);
    match view.subject {
        Subject::Result => pane(result, size),
        Subject::Content => pane(content, size),
        Subject::Style => pane(Some(Source::whole(sources.style)), size),
        Subject::Difference => {
            let mut picture = pane(result, size);
            if result.is_some() {
                subtract(&mut picture, &pane(content, size));
            }
            picture
        }
        Subject::Split => {
            let mut picture = pane(result, size);
            let at = (view.split.clamp(0.0, 1.0) * size.0 as f32).round() as u32;
            let left = pane(other.or(content), size);
            let left = imageops::crop_imm(&left, 0, 0, at, size.1);
            imageops::replace(&mut picture, &*left, 0, 0);
            divide(&mut picture, at, false);
            picture
        }
        Subject::Beside => {
            let stacked = layout.panes == Panes::Stacked;
            let (first, second, at) = if stacked {
                let half = size.1 / 2;
                ((size.0, half), (size.0, size.1 - half), (0, half))
            } else {
                let half = size.0 / 2;
                ((half, size.1), (size.0 - half, size.1), (half, 0))
            };
            let mut picture = RgbImage::from_pixel(size.0, size.1, sources.margin);
            let snapshot = sources.snapshot.map(Source::whole);
            imageops::replace(&mut picture, &pane(other.or(snapshot), first), 0, 0);
            let (x, y) = (i64::from(at.0), i64::from(at.1));
            imageops::replace(&mut picture, &pane(result, second), x, y);
            divide(&mut picture, at.0.max(at.1), stacked);
            picture
        }
    }
}

/// A picture, and which part of the whole one it is of, in fractions.
#[derive(Clone, Copy)]
struct Source<'a> {
    picture: &'a RgbImage,
    covers: Part,
}

impl<'a> Source<'a> {
    fn whole(picture: &'a RgbImage) -> Self {
        let covers = Part {
            x: 0.0,
            y: 0.0,
            width: 1.0,
            height: 1.0,
        };
        Self { picture, covers }
    }

    fn seen(seen: &'a Seen) -> Self {
        let region = seen.region;
        let (width, height) = (f64::from(seen.size.0), f64::from(seen.size.1));
        Self {
            picture: &seen.picture,
            covers: Part {
                x: f64::from(region.x) / width,
                y: f64::from(region.y) / height,
                width: f64::from(region.width) / width,
                height: f64::from(region.height) / height,
            },
        }
    }
}

/// The region of `layout` in `source` where it belongs in a pane of `size` pixels.
fn pane(
    source: Option<Source<'_>>,
    layout: &Layout,
    size: (u32, u32),
    margin: Rgb<u8>,
) -> RgbImage {
    let mut canvas = RgbImage::from_pixel(size.0, size.1, margin);
    let Some(Source { picture, covers }) = source else {
        return canvas;
    };
    let (width, height) = (f64::from(layout.size.0), f64::from(layout.size.1));
    let wanted = Part {
        x: f64::from(layout.region.x) / width,
        y: f64::from(layout.region.y) / height,
        width: f64::from(layout.region.width) / width,
        height: f64::from(layout.region.height) / height,
    };
    let Some(shared) = wanted.shared(covers) else {
        return canvas;
    };
    let across = f64::from(size.0) / f64::from(layout.pane.0.max(1));
    let down = f64::from(size.1) / f64::from(layout.pane.1.max(1));
    let place = Part {
        x: f64::from(layout.place.x) * across,
        y: f64::from(layout.place.y) * down,
        width: f64::from(layout.place.width) * across,
        height: f64::from(layout.place.height) * down,
    };
    let pixels = Part {
        x: 0.0,
        y: 0.0,
        width: f64::from(picture.width()),
        height: f64::from(picture.height()),
    };
    let from = shared.mapped(covers, pixels);
    let to = shared.mapped(wanted, place);
    let target = (
        (to.width.round() as u32).max(1),
        (to.height.round() as u32).max(1),
    );
    let real = layout.real && f64::from(target.0) >= from.width;
    if let Some(drawn) = resampled(picture, from, target, real) {
        if drawn.dimensions() == size && to.x == 0.0 && to.y == 0.0 {
            return drawn;
        }
        let (x, y) = (to.x.round() as i64, to.y.round() as i64);
        imageops::replace(&mut canvas, &drawn, x, y);
    }
    canvas
}

/// `picture` − `other` around mid-grey.
fn subtract(picture: &mut RgbImage, other: &RgbImage) {
    for (value, other) in picture.iter_mut().zip(other.iter()) {
        *value = (128 + i16::from(*value) - i16::from(*other)).clamp(1, 255) as u8;
    }
}

/// From this many pixels on, a divider has a dark side, to be seen on white as well.
const WIDE: u32 = 160;

/// Draws a line of one or two pixels that begins at column `at`, or with `across` at row `at`.
fn divide(picture: &mut RgbImage, at: u32, across: bool) {
    let (width, height) = picture.dimensions();
    let mut line = |at: u32, colour: Rgb<u8>| {
        let (last_x, last_y) = (width - 1, height - 1);
        if across {
            let y = at.min(last_y);
            (0..width).for_each(|x| picture.put_pixel(x, y, colour));
        } else {
            let x = at.min(last_x);
            (0..height).for_each(|y| picture.put_pixel(x, y, colour));
        }
    };
    if width >= WIDE {
        line(at.saturating_sub(1), Rgb([0; 3]));
    }
    line(at, Rgb([255; 3]));
}

#[cfg(test)]
mod tests;
