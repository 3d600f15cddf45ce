//! The part of a preset that says how large the pictures are and where the optimisation starts.
//!
//! Plain data like the rest of [`super`]; any thread.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Sizes of the pictures and where the optimisation starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImagePreset {
    /// Pixels of the side that `fit` names.
    pub size: u32,
    /// What `size` means.
    pub fit: Fit,
    /// `exact` only.
    pub width: u32,
    /// `exact` only.
    pub height: u32,
    /// False: a picture whose longer side is at most `size` keeps its own size.
    pub enlarge: bool,
    /// False: a style picture is never made larger, also where `enlarge` is true.
    pub enlarge_style: bool,
    /// How large the style picture is.
    pub style_fit: StyleFit,
    /// Factor on the style picture's size where `style_fit` is `own`.
    pub style_scale: f64,
    /// Where `style_fit` is `own`: what counts for the style picture in place of `size`, at every scale; 0
    /// for the same.
    pub style_size: u32,
    /// How pictures are resized.
    pub filter: Filter,
    /// Which picture takes on the other's colours before anything else is done with it.
    pub match_colours: ColourMatch,
    /// Where the optimisation starts.
    pub init: Init,
    /// `init = "file"` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_file: Option<PathBuf>,
    /// `init = "noise"`: standard deviation of the noise around the `ImageNet` mean colour.
    pub noise_deviation: f64,
    /// What becomes of colours that are no colours when a picture is shown or saved.
    pub gamut: Gamut,
}

/// What becomes of colours outside black to white.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gamut {
    /// Every channel is cut off by itself, which is fast and turns the hue.
    Clip,
    /// The colour is moved towards the grey of its lightness as far as needed, which keeps the hue.
    KeepHue,
}

/// Which picture takes on the mean and covariance of the other's colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColourMatch {
    /// Both keep their own.
    None,
    /// The content picture takes on the style's, and is then what content is measured against.
    ContentToStyle,
    /// The style picture takes on the content's, so that the result keeps the content's colours.
    StyleToContent,
    /// The same by the histogram of every channel in place of mean and covariance.
    StyleToContentHistogram,
    /// Both become grey, the style picture with the content's mean and deviation of lightness; the result
    /// has its own lightness and the content's colours (Gatys et al., arXiv:1611.07865).
    Luminance,
}

/// Which side of the content picture becomes `size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The longer side becomes `size`.
    Longer,
    /// The shorter side becomes `size`.
    Shorter,
    /// The height becomes `size`.
    Height,
    /// `width` × `height`, whatever the picture's shape.
    Exact,
    /// The picture's own size.
    Native,
}

/// How large the style picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StyleFit {
    /// Its own shape, sized by the same rule as the content, times `style_scale`.
    Own,
    /// Stretched to the content's height and width.
    Stretch,
}

/// How pictures are resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// The nearest pixel.
    Nearest,
    /// Linear, widened when the picture becomes smaller.
    Bilinear,
    /// Cubic, widened when the picture becomes smaller.
    Bicubic,
    /// Windowed sinc over three lobes.
    Lanczos3,
}

/// The picture from which the optimisation starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// The content picture.
    Content,
    /// Noise around the `ImageNet` mean colour.
    Noise,
    /// The style picture, at the content's size.
    Style,
    /// The picture that `init_file` names.
    File,
}
