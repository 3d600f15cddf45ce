//! What goes into a picture beside CONTENT and STYLE: further style pictures and masks. Main thread.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueHint};

/// The heading of these options in the help.
const HEADING: &str = "Several style pictures, and masks";

/// Pictures beside CONTENT and STYLE.
#[derive(Debug, Clone, Default, Args)]
pub struct MorePictures {
    /// One more style picture beside STYLE (repeatable)
    ///
    /// All of them count alike, unless --blend or the preset's style.blend says otherwise; style.source gives a layer
    /// one of them alone.
    #[arg(
        id = "more_styles",
        long = "style",
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        help_heading = HEADING
    )]
    pub styles: Vec<PathBuf>,

    /// Shares of the style pictures in their order, such as 2,1; style.blend
    #[arg(
        long,
        value_name = "WEIGHTS",
        allow_hyphen_values = true,
        help_heading = HEADING
    )]
    pub blend: Option<Blend>,

    /// A picture of the content's size in which each colour is a region
    ///
    /// Each region takes its style from the region of the same colour in the style masks, from whole pictures where
    /// there are none. style.regions and content.regions of the preset weigh regions. At most 16 colours, without soft
    /// edges, so PNG rather than JPEG.
    #[arg(
        long,
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        help_heading = HEADING
    )]
    pub content_mask: Option<PathBuf>,

    /// The same for a style picture (repeatable: one for each of them, in their order)
    #[arg(
        id = "style_masks",
        long = "style-mask",
        value_name = "FILE",
        value_hint = ValueHint::FilePath,
        help_heading = HEADING
    )]
    pub style_masks: Vec<PathBuf>,
}

/// Shares of the style pictures, in their order: at least one, none below 0, not all 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Blend(pub Vec<f64>);

impl FromStr for Blend {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shares: Option<Vec<f64>> = text
            .split(',')
            .map(|share| share.trim().parse().ok())
            .collect();
        match shares {
            Some(shares)
                if shares
                    .iter()
                    .any(|share| *share < 0.0 || !share.is_finite()) =>
            {
                Err("a share cannot be below 0, or endless".to_owned())
            }
            Some(shares) if shares.iter().all(|share| *share == 0.0) => {
                Err("expected at least one share above 0".to_owned())
            }
            Some(shares) => Ok(Self(shares)),
            None => Err("expected numbers with commas between them, such as 2,1".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blend_is_numbers_of_which_one_is_above_zero() {
        assert_eq!("2,1".parse(), Ok(Blend(vec![2.0, 1.0])));
        assert_eq!(" 0 , 1e-2 ".parse(), Ok(Blend(vec![0.0, 0.01])));
        assert_eq!("1".parse(), Ok(Blend(vec![1.0])));
        for text in [
            "", "1,", ",1", "1;2", "a", "0", "0,0", "-1,2", "nan,1", "inf",
        ] {
            assert!(text.parse::<Blend>().is_err(), "{text}");
        }
    }
}
