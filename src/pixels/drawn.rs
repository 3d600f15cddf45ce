//! The two pictures that `stylescope demo` needs no files for: a content
//! scene and a painterly style picture, both drawn here by code.
//!
//! This file owns the public entry points. Everything below it is pure: the
//! result depends on the size alone, there is no clock, file or global random
//! state, and any thread may call it.

mod canvas;
mod colour;
mod frame;
mod noise;
mod painting;
mod random;
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
