//! Whether the metadata of a WebP file lie inside it. Pure; any thread.
//!
//! `image-webp` 0.2.4 makes room for as many bytes as the head of such a chunk promises, up to 4 GB, before it looks
//! whether they are there, and knows no limit that could be set from here.

/// Chunks that are read whole besides the picture.
const METADATA: [&[u8; 4]; 3] = [b"ICCP", b"EXIF", b"XMP "];

/// Whether every chunk of metadata in `bytes`, a whole file, ends before the file does.
pub(super) fn metadata_fit(bytes: &[u8]) -> bool {
    // `RIFF`, the length of the rest, `WEBP`.
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((name, after)) = rest.split_first_chunk::<4>() {
        let Some((length, content)) = after.split_first_chunk::<4>() else {
            return true;
        };
        let length = u32::from_le_bytes(*length) as usize;
        if length > content.len() {
            return !METADATA.contains(&name);
        }
        // Chunks begin at even places.
        rest = content.get(length + length % 2..).unwrap_or_default();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::fixture;

    #[test]
    fn a_chunk_that_promises_gigabytes_is_seen() {
        let sound = fixture::bytes("turned_6.webp");
        assert!(metadata_fit(&sound));
        let at = sound.windows(4).position(|name| name == b"EXIF").unwrap();
        let mut lying = sound.clone();
        lying[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(!metadata_fit(&lying));
        for length in 0..sound.len() {
            let _ = metadata_fit(&sound[..length]);
        }
    }
}
