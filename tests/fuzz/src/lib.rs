//! The readers of `src/weights/format.rs`, and what must hold of whatever they return.

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

/// What a person reads has no character that a terminal acts on.
fn check_message(error: &FormatError) {
    let message = error.to_string();
    assert!(!message.contains(char::is_control), "{message:?}");
    assert!(message.len() < 2000, "{message}");
}

fn check_contents(contents: &Contents) {
    assert!(
        contents
            .tensors
            .values()
            .all(|entry| entry.shape.len() < 1 << 20)
    );
}
