//! Texts in JPEG files: comment segments of the form "keyword: text". Pure; any thread.

use super::{TEXT_BYTES_LIMIT, TextEntry};
use crate::pixels::jpeg_segments::{COM, Segments};

const SEPARATOR: &str = ": ";
/// The length of a segment is stored in 16 bit and counts itself.
const LONGEST_COMMENT_BYTES: usize = 65533;
/// Keyword of a comment that has none.
const NO_KEYWORD: &str = "Comment";

/// The segment that holds `entry`, marker included; `None` where it is too long for one.
pub(in crate::pixels) fn segment(entry: &TextEntry) -> Option<Vec<u8>> {
    let comment = [&entry.keyword, SEPARATOR, &entry.text].concat();
    if comment.len() > LONGEST_COMMENT_BYTES {
        return None;
    }
    let length = u16::try_from(comment.len() + 2).ok()?;
    Some([&[0xFF, COM], &length.to_be_bytes()[..], comment.as_bytes()].concat())
}

/// All comments of a JPEG file, in its order; those after any damage are missing.
pub(in crate::pixels) fn entries(bytes: &[u8]) -> Vec<TextEntry> {
    Segments::of(bytes)
        .filter(|segment| segment.marker == COM && segment.payload.len() <= TEXT_BYTES_LIMIT)
        .map(|segment| entry(segment.payload))
        .collect()
}

fn entry(comment: &[u8]) -> TextEntry {
    // Many programs end a comment with a zero byte. What is not UTF-8 is most likely Latin-1.
    let comment = comment.strip_suffix(b"\0").unwrap_or(comment);
    let comment = std::str::from_utf8(comment).map_or_else(
        |_| comment.iter().map(|&byte| char::from(byte)).collect(),
        str::to_owned,
    );
    if let Some((keyword, text)) = comment.split_once(SEPARATOR) {
        let entry = TextEntry::new(keyword, text);
        if entry.has_valid_keyword() {
            return entry;
        }
    }
    TextEntry::new(NO_KEYWORD, comment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(comment: &[u8]) -> Vec<u8> {
        let length = (comment.len() as u16 + 2).to_be_bytes();
        [b"\xFF\xD8\xFF\xFE", &length[..], comment, b"\xFF\xD9"].concat()
    }

    #[test]
    fn comments_of_others_are_read_as_they_are() {
        let one = |comment: &[u8]| entries(&file(comment)).remove(0);
        assert_eq!(
            one(b"Created with GIMP\0"),
            TextEntry::new("Comment", "Created with GIMP")
        );
        assert_eq!(one(b"caf\xE9"), TextEntry::new("Comment", "café"));
        assert_eq!(one(b": b"), TextEntry::new("Comment", ": b"));
        assert_eq!(one(b"Software: x: y"), TextEntry::new("Software", "x: y"));
        assert_eq!(one(b""), TextEntry::new("Comment", ""));
    }

    #[test]
    fn what_does_not_fit_a_segment_is_not_written() {
        let longest = LONGEST_COMMENT_BYTES - "k: ".len();
        assert!(segment(&TextEntry::new("k", "x".repeat(longest))).is_some());
        assert!(segment(&TextEntry::new("k", "x".repeat(longest + 1))).is_none());
    }
}
