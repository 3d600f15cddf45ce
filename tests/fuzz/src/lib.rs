//! The readers of what comes from elsewhere, and what must hold of whatever they return: weights files here, presets
//! and pictures in files of their own.

pub mod pictures;
pub mod presets;

/// Whole rooms.
#[path = "../../../src"]
mod rooms {
    pub mod preset;
}

pub use rooms::preset;

/// The room `pixels` without what makes tensors and files.
#[allow(dead_code)]
#[path = "../../../src/pixels"]
pub mod pixels {
    pub mod decode;
    mod file_name;
    mod jpeg_segments;
    pub mod mask;
    pub mod text;

    /// What [`decode::read`] and [`text::read_text`] do with the bytes of a file.
    pub fn read(
        bytes: &[u8],
        pixel_limit: u64,
    ) -> (
        Result<decode::Decoded, decode::ReadError>,
        Result<Vec<text::TextEntry>, String>,
    ) {
        let path = std::path::Path::new("a picture");
        let texts = match decode::PictureFormat::of(bytes) {
            Ok(decode::PictureFormat::Png) => {
                text::png::entries(bytes).map_err(|error| error.to_string())
            }
            Ok(decode::PictureFormat::Jpeg) => Ok(text::jpeg::entries(bytes)),
            _ => Ok(Vec::new()),
        };
        (decode::decode(bytes, path, pixel_limit), texts)
    }
}

/// The room `weights`, of which only the readers are here.
#[path = "../../../src/weights"]
pub mod weights {
    pub mod format;
}

use weights::format::{Contents, FormatError, Number, read};

/// Reads `bytes`, and then the elements of every tensor, as far as they are few enough to be quick.
///
/// # Panics
///
/// When elements are promised that are not there, or in another number than the shape says.
pub fn check(bytes: &[u8]) {
    let contents = match read(bytes) {
        Ok(contents) => contents,
        Err(error) => {
            check_message(&error);
            return;
        }
    };
    let mut left_bytes = 1 << 20;
    for (name, entry) in &contents.tensors {
        let elements = entry
            .elements(bytes)
            .unwrap_or_else(|| panic!("{name} is not there"));
        let count: usize = entry.shape.iter().product();
        let element_bytes = match entry.number {
            Number::F64 => 8,
            Number::F32 => 4,
            Number::F16 | Number::BF16 => 2,
            Number::Other(_) => continue,
        };
        assert_eq!(elements.len(), count * element_bytes, "{name}");
        assert!(
            elements.len() <= bytes.len(),
            "{name} is larger than the file"
        );
        left_bytes -= elements.len().min(left_bytes);
        if left_bytes == 0 {
            break;
        }
    }
    check_contents(&contents);
}

fn check_message(error: &FormatError) {
    let message = error.to_string();
    assert_harmless(&message);
    assert!(!message.contains('\n'), "{message:?}");
    assert!(message.len() < 2000, "{message}");
}

/// Fails where `message` holds a character that a terminal acts on, or one that turns a line around.
///
/// # Panics
///
/// Then.
pub fn assert_harmless(message: &str) {
    let acts = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!message.contains(acts), "{message:?}");
}

fn check_contents(contents: &Contents) {
    assert!(
        contents
            .tensors
            .values()
            .all(|entry| entry.shape.len() < 1 << 20)
    );
}
