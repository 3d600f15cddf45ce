//! Text that travels inside a picture file: what made the picture, and how.
//!
//! * PNG: an `iTXt` chunk an entry, compressed when long. All of `tEXt`, `zTXt` and `iTXt` are read,
//!   before and after the pixels.
//! * JPEG: a comment segment an entry, "keyword: text" in UTF-8, at most 65533 bytes each. Comments
//!   of other programs, which have no keyword, are read under the keyword `Comment`.
//! * TIFF, WebP and the rest: none is written and none is read.
//!
//! Functions of a path; any thread.

pub(super) mod jpeg;
pub(super) mod png;

use std::path::Path;

use crate::pixels::decode::{PictureFormat, ReadError, read_whole};

/// Longest text that is read, unpacked, in bytes. A few kB of PNG can unpack to gigabytes.
pub const TEXT_BYTES_LIMIT: usize = 1 << 20;

/// One text in a picture file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEntry {
    /// What the text is, such as `Software`. For writing, 1 to 79 printable ASCII characters without
    /// a colon and without spaces at the ends (PNG's rule, and a little more for JPEG).
    pub keyword: String,
    /// Any text. What was read from a file may hold control characters: escape it before it reaches
    /// a terminal.
    pub text: String,
}

impl TextEntry {
    /// An entry of `keyword` and `text`; see the fields for what they may hold.
    pub fn new(keyword: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            keyword: keyword.into(),
            text: text.into(),
        }
    }

    /// Whether the keyword may be written.
    pub fn has_valid_keyword(&self) -> bool {
        (1..=79).contains(&self.keyword.len())
            && self
                .keyword
                .bytes()
                .all(|byte| (b' '..=b'~').contains(&byte) && byte != b':')
            && self.keyword.trim() == self.keyword
    }
}

/// The texts in the picture file at `path`, empty where there are none or the format has none here.
///
/// An entry that is damaged or longer than [`TEXT_BYTES_LIMIT`] is left out. The pixels are not decoded.
///
/// # Errors
///
/// [`ReadError`]: what can be wrong with the file, or with a PNG's structure up to its end.
pub fn read_text(path: &Path) -> Result<Vec<TextEntry>, ReadError> {
    let bytes = read_whole(path)?;
    match PictureFormat::of(&bytes) {
        Ok(PictureFormat::Png) => png::entries(&bytes)
            .map_err(|error| ReadError::damaged(path, PictureFormat::Png, error)),
        Ok(PictureFormat::Jpeg) => Ok(jpeg::entries(&bytes)),
        Ok(_) => Ok(Vec::new()),
        Err(looks_like) => Err(ReadError::not_a_picture(path, looks_like)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::fixture;

    #[test]
    fn text_of_every_kind_is_read_on_both_sides_of_the_pixels() {
        let mut entries = read_text(&fixture::path("texts.png")).unwrap();
        entries.sort_by(|a, b| a.keyword.cmp(&b.keyword));
        let expected = [
            TextEntry::new("Comment", "été"),
            TextEntry::new("Long", "né ".repeat(100)),
            TextEntry::new("Software", "a maker of pictures"),
            TextEntry::new("Title", "café"),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn a_text_that_unpacks_to_megabytes_is_left_out() {
        let entries = read_text(&fixture::path("text_bomb.png")).unwrap();
        assert_eq!(entries, [TextEntry::new("After", "still read")]);
    }

    #[test]
    fn formats_without_text_have_none_and_what_is_no_picture_is_an_error() {
        assert_eq!(read_text(&fixture::path("scene.bmp")).unwrap(), []);
        assert_eq!(read_text(&fixture::path("quarters.jpg")).unwrap(), []);
        assert!(read_text(&fixture::path("make.py")).is_err());
    }

    #[test]
    fn keywords_follow_the_rule() {
        for good in ["a", "Software", "stylescope preset", &"x".repeat(79)] {
            assert!(TextEntry::new(good, "").has_valid_keyword(), "{good}");
        }
        for bad in ["", " a", "a ", "a: b", "é", "a\nb", &"x".repeat(80)] {
            assert!(!TextEntry::new(bad, "").has_valid_keyword(), "{bad}");
        }
    }
}
