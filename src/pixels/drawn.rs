//! The pictures that `stylescope demo` needs no files for: a content scene, a
//! painting and a mosaic as style pictures, and a mask of each, all drawn here
//! by code.
//!
//! This file owns the public entry points. Everything below it is pure: the
//! result depends on the size alone, there is no clock, file or global random
//! state, and any thread may call it.

mod canvas;
mod colour;
mod frame;
mod mosaic;
mod noise;
mod painting;
mod random;
mod regions;
mod scene;
mod shape;
#[cfg(test)]
mod tests;
mod vector;

use image::Rgb32FImage;

/// What the scene is called where a file's name would stand.
pub const CONTENT_NAME: &str = "drawn scene";
/// What the painting is called.
pub const STYLE_NAME: &str = "drawn painting";
/// What the mosaic is called.
pub const SECOND_STYLE_NAME: &str = "drawn mosaic";
/// What the scene's mask is called.
pub const CONTENT_REGIONS_NAME: &str = "regions of the scene";
/// What the painting's mask is called.
pub const STYLE_REGIONS_NAME: &str = "regions of the painting";
/// What the mosaic's mask is called.
pub const SECOND_STYLE_REGIONS_NAME: &str = "regions of the mosaic";

/// Draws a picture of the width and height that it is given.
pub type Draw = fn(u32, u32) -> Rgb32FImage;

/// What draws the picture or mask that is called `name`.
pub fn named(name: &str) -> Option<Draw> {
    Some(match name {
        CONTENT_NAME => content_scene,
        STYLE_NAME => painting,
        SECOND_STYLE_NAME => mosaic,
        CONTENT_REGIONS_NAME => content_regions,
        STYLE_REGIONS_NAME => painting_regions,
        SECOND_STYLE_REGIONS_NAME => mosaic_regions,
        _ => return None,
    })
}

/// A lighthouse headland at evening: the picture whose layout style transfer
/// keeps.
///
/// `width` and `height` are in pixels; 4:3 shows the whole composition, wider
/// frames show more of it, narrower ones crop around the lighthouse. Values
/// are sRGB-encoded red, green, blue in `0.0..=1.0`.
pub fn content_scene(width: u32, height: u32) -> Rgb32FImage {
    scene::draw(width, height)
}

/// An oil painting in bold swirling strokes: the picture whose manner style
/// transfer borrows.
///
/// `width` and `height` are in pixels, the composition adapts as for
/// [`content_scene`]. Values are sRGB-encoded red, green, blue in
/// `0.0..=1.0`.
pub fn painting(width: u32, height: u32) -> Rgb32FImage {
    painting::draw(width, height)
}

/// A mosaic of a setting sun over waves, in warm colours with dark joints: a
/// second manner, as unlike [`painting`] as can be.
///
/// `width` and `height` are in pixels, the composition adapts as for
/// [`content_scene`]. Values are sRGB-encoded red, green, blue in
/// `0.0..=1.0`.
pub fn mosaic(width: u32, height: u32) -> Rgb32FImage {
    mosaic::draw(width, height)
}

/// The mask of [`content_scene`]'s picture of the same size: which pixels are
/// sky (`#0000ff`), sea (`#00ffff`) and land (`#00ff00`). Values are exactly
/// 0.0 or 1.0, edges are hard.
pub fn content_regions(width: u32, height: u32) -> Rgb32FImage {
    scene::regions(width, height)
}

/// The mask of [`painting`]'s picture of the same size, in the colours of
/// [`content_regions`].
pub fn painting_regions(width: u32, height: u32) -> Rgb32FImage {
    painting::regions(width, height)
}

/// The mask of [`mosaic`]'s picture of the same size, in the colours of
/// [`content_regions`].
pub fn mosaic_regions(width: u32, height: u32) -> Rgb32FImage {
    mosaic::regions(width, height)
}
