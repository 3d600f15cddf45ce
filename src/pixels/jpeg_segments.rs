//! The segments of a JPEG file, for what the decoder does not tell: whether the file ends before the
//! picture does, how many inks it has, and its comments. Pure; any thread.
//!
//! Layout: ITU-T T.81, annex B.

/// End of image.
const EOI: u8 = 0xD9;
/// Start of scan: entropy-coded data follows its header.
const SOS: u8 = 0xDA;
/// A comment.
pub(super) const COM: u8 = 0xFE;

/// One marker and what belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    /// Second byte of the marker; the first is always `0xFF`.
    pub(super) marker: u8,
    /// The segment without its length; empty for markers that stand alone.
    pub(super) payload: &'a [u8],
}

/// Walks over the segments up to the end of the image. It stops early where the bytes end early,
/// which [`Segments::reached_end_of_image`] tells apart afterwards.
#[derive(Debug)]
pub(super) struct Segments<'a> {
    rest: &'a [u8],
    ended: bool,
    complete: bool,
    saw_scan: bool,
}

impl<'a> Segments<'a> {
    /// `bytes` is a whole file that starts with the two bytes of "start of image".
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes.get(2..).unwrap_or_default(),
            ended: false,
            complete: false,
            saw_scan: false,
        }
    }

    /// Whether the walk, run to its end, came to "end of image" after at least one scan.
    pub(super) fn reached_end_of_image(mut self) -> bool {
        self.by_ref().for_each(drop);
        self.complete && self.saw_scan
    }

    /// Moves past everything that is not a marker and returns the marker's second byte.
    ///
    /// Within entropy-coded data `FF 00` is a data byte and `FF D0` to `FF D7` are restarts.
    fn next_marker(&mut self) -> Option<u8> {
        loop {
            let at = self.rest.iter().position(|&byte| byte == 0xFF)?;
            let after = self.rest.get(at + 1..)?;
            // A marker may be preceded by any number of fill bytes FF.
            let fill = after.iter().take_while(|&&byte| byte == 0xFF).count();
            let marker = *after.get(fill)?;
            self.rest = after.get(fill + 1..).unwrap_or_default();
            if !matches!(marker, 0x00 | 0x01 | 0xD0..=0xD7) {
                return Some(marker);
            }
        }
    }

    fn next_segment(&mut self) -> Option<Segment<'a>> {
        let marker = self.next_marker()?;
        if marker == EOI {
            self.complete = true;
            return None;
        }
        let length = usize::from(u16::from_be_bytes([
            *self.rest.first()?,
            *self.rest.get(1)?,
        ]));
        let payload = self.rest.get(2..length)?;
        self.rest = self.rest.get(length..)?;
        self.saw_scan |= marker == SOS;
        Some(Segment { marker, payload })
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        if self.ended {
            return None;
        }
        let segment = self.next_segment();
        self.ended = segment.is_none();
        segment
    }
}

/// Number of colour components, from the frame header; `None` where there is none.
pub(super) fn component_count(bytes: &[u8]) -> Option<u8> {
    Segments::of(bytes)
        .find(is_frame_header)
        .and_then(|frame| frame.payload.get(5).copied())
}

/// Whether the file is sequential (not progressive), yet holds its components in scans of their own.
pub(super) fn has_separate_scans(bytes: &[u8]) -> bool {
    let sequential = Segments::of(bytes)
        .find(is_frame_header)
        .is_some_and(|frame| matches!(frame.marker, 0xC0 | 0xC1));
    sequential
        && Segments::of(bytes)
            .filter(|segment| segment.marker == SOS)
            .count()
            > 1
}

fn is_frame_header(segment: &Segment<'_>) -> bool {
    // C4, C8 and CC share the range of the frame headers without being one.
    matches!(segment.marker, 0xC0..=0xCF) && !matches!(segment.marker, 0xC4 | 0xC8 | 0xCC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::fixture;

    #[test]
    fn a_whole_file_reaches_its_end_and_no_prefix_of_it_does() {
        for name in [
            "quarters.jpg",
            "quarters_progressive.jpg",
            "grey.jpg",
            "inks_adobe.jpg",
            "turned_6.jpg",
        ] {
            let bytes = fixture::bytes(name);
            assert!(Segments::of(&bytes).reached_end_of_image(), "{name}");
            for length in 2..bytes.len() - 1 {
                assert!(
                    !Segments::of(&bytes[..length]).reached_end_of_image(),
                    "{name} cut to {length} bytes"
                );
            }
        }
    }

    #[test]
    fn a_lone_end_of_image_is_no_picture() {
        assert!(!Segments::of(&[0xFF, 0xD8, 0xFF, 0xD9]).reached_end_of_image());
    }

    #[test]
    fn components_are_counted() {
        assert_eq!(component_count(&fixture::bytes("grey.jpg")), Some(1));
        assert_eq!(
            component_count(&fixture::bytes("quarters_progressive.jpg")),
            Some(3)
        );
        assert_eq!(component_count(&fixture::bytes("inks_plain.jpg")), Some(4));
        assert_eq!(component_count(b"\xFF\xD8"), None);
    }

    #[test]
    fn separate_scans_are_told_from_progressive_ones() {
        assert!(has_separate_scans(&fixture::bytes(
            "quarters_separate_scans.jpg"
        )));
        assert!(!has_separate_scans(&fixture::bytes(
            "quarters_progressive.jpg"
        )));
        assert!(!has_separate_scans(&fixture::bytes("quarters.jpg")));
    }
}
