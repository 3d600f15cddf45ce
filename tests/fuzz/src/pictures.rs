//! Pictures: what must hold of whatever is read of one.

use crate::assert_harmless;
use crate::pixels::decode::Decoded;
use crate::pixels::mask::Mask;
use crate::pixels::read;
use crate::pixels::text::TEXT_BYTES_LIMIT;

/// Small, so that a header that promises much is refused as a larger one is in the program, and inputs stay quick.
const PIXEL_LIMIT: u64 = 1 << 16;

/// Reads `bytes` as a picture, its texts, and it as a mask.
///
/// # Panics
///
/// When the picture is not what it says of itself, or a message would act on a terminal.
pub fn check(bytes: &[u8]) {
    let (decoded, texts) = read(bytes, PIXEL_LIMIT);
    match decoded {
        Ok(decoded) => check_picture(&decoded),
        Err(error) => {
            let message = error.to_string();
            assert_harmless(&message);
            assert!(message.lines().count() <= 2, "{message:?}");
            assert!(message.len() < 2000, "{message}");
        }
    }
    for entry in texts.into_iter().flatten() {
        // Latin-1 takes two bytes a character in UTF-8.
        assert!(
            entry.text.len() <= 2 * TEXT_BYTES_LIMIT,
            "{}",
            entry.keyword
        );
    }
}

fn check_picture(decoded: &Decoded) {
    let (width, height) = decoded.stored_size;
    let (shown_width, shown_height) = decoded.picture.dimensions();
    assert!(
        (shown_width, shown_height) == (width, height)
            || (shown_height, shown_width) == (width, height)
    );
    assert!(u64::from(width) * u64::from(height) <= PIXEL_LIMIT);
    assert!(
        decoded
            .picture
            .iter()
            .all(|sample| (0.0..=1.0).contains(sample))
    );
    for note in &decoded.notes {
        let note = note.to_string();
        assert_harmless(&note);
        assert!(!note.contains('\n'), "{note:?}");
    }
    if let Ok(mask) = Mask::of(&decoded.picture) {
        assert_eq!(mask.size(), (shown_width, shown_height));
    }
}
