//! What was done to a picture while it was read. Plain data; any thread.

use std::fmt;

/// Something about how a file was read that a person may want to know. `Display` is a short phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Some pixels were not opaque; they were laid over white.
    AlphaOverWhite,
    /// The picture was turned or mirrored to be upright.
    Turned {
        /// The orientation the file states, 2 to 8, as EXIF numbers them.
        exif_orientation: u8,
    },
    /// The file is an animation; this is its first frame.
    FirstFrame,
    /// Cyan, magenta, yellow and black were turned into red, green and blue without a profile.
    FourInks,
    /// Samples outside 0 to 1 were clipped.
    Clipped,
    /// The samples were linear light and were encoded as sRGB.
    LinearLightEncoded,
    /// The file carries a colour profile that is not sRGB; it was not applied.
    ProfileIgnored {
        /// What the profile calls itself, control characters escaped; empty where it says nothing.
        name: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlphaOverWhite => formatter.write_str("alpha composited over white"),
            Self::Turned { exif_orientation } => {
                let how = match exif_orientation {
                    2 => "mirrored left to right",
                    3 => "turned by 180°",
                    4 => "mirrored top to bottom",
                    5 => "mirrored along the main diagonal",
                    6 => "turned clockwise by 90°",
                    7 => "mirrored along the other diagonal",
                    _ => "turned anticlockwise by 90°",
                };
                write!(
                    formatter,
                    "{how}, as its EXIF orientation {exif_orientation} asks"
                )
            }
            Self::FirstFrame => formatter.write_str("the first frame of an animation"),
            Self::FourInks => formatter.write_str("CMYK turned into RGB without a colour profile"),
            Self::Clipped => formatter.write_str("values below black or above white clipped"),
            Self::LinearLightEncoded => formatter.write_str("linear light encoded as sRGB"),
            Self::ProfileIgnored { name } if name.is_empty() => {
                formatter.write_str("colour profile ignored, read as sRGB")
            }
            Self::ProfileIgnored { name } => {
                write!(formatter, "colour profile \"{name}\" ignored, read as sRGB")
            }
        }
    }
}
