//! The name of an embedded ICC profile, to say that it is not applied. Pure; any thread.
//!
//! Layout: ICC.1:2022, sections 7.3 (tag table), 10.15 (`multiLocalizedUnicodeType`), and ICC.1:2001-04,
//! section 6.5.17 (`textDescriptionType`).

use super::note::Note;
use crate::pixels::file_name::one_line;

/// A note, unless the profile calls itself sRGB, which is what every picture is read as.
pub(super) fn note(icc: &[u8]) -> Option<Note> {
    if icc.len() < HEADER_BYTES {
        return None;
    }
    let name = description(icc).unwrap_or_default();
    if name.to_ascii_lowercase().contains("srgb") {
        None
    } else {
        Some(Note::ProfileIgnored {
            name: one_line(name),
        })
    }
}

const HEADER_BYTES: usize = 128;
const TAG_ENTRY_BYTES: usize = 12;

fn description(icc: &[u8]) -> Option<String> {
    let count = word(icc, HEADER_BYTES)?;
    let entries = icc.get(HEADER_BYTES + 4..)?.chunks_exact(TAG_ENTRY_BYTES);
    let entry = entries
        .take(count)
        .find(|entry| entry.starts_with(b"desc"))?;
    let offset = word(entry, 4)?;
    let tag = icc.get(offset..offset.checked_add(word(entry, 8)?)?)?;
    if tag.starts_with(b"desc") {
        let text = tag.get(12..12_usize.checked_add(word(tag, 8)?)?)?;
        return Some(
            String::from_utf8_lossy(text)
                .trim_end_matches('\0')
                .to_owned(),
        );
    }
    if tag.starts_with(b"mluc") {
        // The first translation is as good as any for a name.
        let (length, start) = (word(tag, 20)?, word(tag, 24)?);
        let (pairs, _) = tag.get(start..start.checked_add(length)?)?.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        return Some(
            String::from_utf16_lossy(&units)
                .trim_end_matches('\0')
                .to_owned(),
        );
    }
    None
}

/// The big-endian number at `at`.
fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let (word, _) = bytes.get(at..)?.split_first_chunk::<4>()?;
    usize::try_from(u32::from_be_bytes(*word)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(tag: &[u8]) -> Vec<u8> {
        let mut icc = vec![0; HEADER_BYTES];
        icc.extend(1_u32.to_be_bytes());
        icc.extend(b"desc");
        icc.extend(144_u32.to_be_bytes());
        icc.extend((tag.len() as u32).to_be_bytes());
        icc.extend(tag);
        icc
    }

    fn ascii(name: &str) -> Vec<u8> {
        let mut tag = b"desc\0\0\0\0".to_vec();
        tag.extend((name.len() as u32 + 1).to_be_bytes());
        tag.extend(name.as_bytes());
        tag.push(0);
        profile(&tag)
    }

    fn unicode(name: &str) -> Vec<u8> {
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let mut tag = b"mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenUS".to_vec();
        tag.extend((units.len() as u32).to_be_bytes());
        tag.extend(28_u32.to_be_bytes());
        tag.extend(units);
        profile(&tag)
    }

    #[test]
    fn a_profile_other_than_srgb_is_named() {
        let named = |name: &str| {
            Some(Note::ProfileIgnored {
                name: name.to_owned(),
            })
        };
        assert_eq!(note(&ascii("sRGB IEC61966-2.1")), None);
        assert_eq!(note(&unicode("sRGB built-in")), None);
        assert_eq!(note(&ascii("Adobe RGB (1998)")), named("Adobe RGB (1998)"));
        assert_eq!(note(&unicode("Display P3")), named("Display P3"));
        assert_eq!(note(&ascii("\u{1b}[2J")), named("\\u{1b}[2J"));
        assert_eq!(note(&profile(b"none")), named(""));
    }

    #[test]
    fn no_prefix_of_a_profile_is_read_past_its_end() {
        for icc in [ascii("Adobe RGB (1998)"), unicode("Display P3")] {
            for length in 0..icc.len() {
                let _ = note(&icc[..length]);
            }
        }
    }
}
