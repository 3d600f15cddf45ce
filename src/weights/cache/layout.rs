//! The file that fetched tensors are kept in: a valid safetensors file without gaps, laid out before the
//! first of them arrives. Pure, any thread.
//!
//! The digests, which are only known at the end, have a fixed length, so the header is as long in
//! the end as in the beginning.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::digest::hexadecimal;
use crate::weights::format::Number;

/// A digest that is not known yet.
const NO_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Where tensors come from. All tensors of one file have the same facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::weights) struct Facts {
    /// The address.
    pub(in crate::weights) source: String,
    /// The `ETag` of the file there, empty where the server names none.
    pub(in crate::weights) validator: String,
    /// The SHA-256 of the header of the file there.
    pub(in crate::weights) header_sha256: String,
    /// The terms the weights come under.
    pub(in crate::weights) licence: String,
}

/// One tensor in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::weights) struct Slot {
    /// Its name.
    pub(in crate::weights) name: String,
    /// The type of its elements.
    pub(in crate::weights) number: Number,
    /// Its sides.
    pub(in crate::weights) shape: Vec<usize>,
    /// How long its elements are, in bytes.
    pub(in crate::weights) bytes: u64,
}

/// A file of tensors that are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::weights) struct Layout {
    facts: Facts,
    slots: Vec<Slot>,
}

impl Layout {
    /// The tensors in the order in which they will lie.
    pub(in crate::weights) fn new(facts: Facts, slots: Vec<Slot>) -> Self {
        Self { facts, slots }
    }

    /// The tensors, and where each begins, in bytes after the header.
    pub(in crate::weights) fn places(&self) -> impl Iterator<Item = (&Slot, u64)> {
        self.slots.iter().scan(0, |begin, slot| {
            let place = (slot, *begin);
            *begin += slot.bytes;
            Some(place)
        })
    }

    /// The header as long as nothing has arrived.
    pub(in crate::weights) fn open_header(&self) -> Vec<u8> {
        self.header(|_| NO_DIGEST.to_owned())
    }

    /// The header in the end; `digests` are those of the tensors in their order, of 64 digits each.
    pub(in crate::weights) fn closed_header(&self, digests: &[String]) -> Vec<u8> {
        self.header(|index| {
            digests
                .get(index)
                .map_or(NO_DIGEST, String::as_str)
                .to_owned()
        })
    }

    /// Differs with everything that decides what is in the file.
    pub(in crate::weights) fn key(&self) -> String {
        hexadecimal(&Sha256::digest(self.open_header()))
            .chars()
            .take(16)
            .collect()
    }

    fn header(&self, digest: impl Fn(usize) -> String) -> Vec<u8> {
        let mut metadata = Map::new();
        for (key, value) in [
            ("source", self.facts.source.as_str()),
            ("etag", &self.facts.validator),
            ("source_header_sha256", &self.facts.header_sha256),
            ("licence", &self.facts.licence),
        ] {
            metadata.insert(key.to_owned(), value.into());
        }
        for (index, slot) in self.slots.iter().enumerate() {
            metadata.insert(format!("sha256.{}", slot.name), digest(index).into());
        }
        let mut header = Map::new();
        header.insert("__metadata__".to_owned(), Value::Object(metadata));
        for (slot, begin) in self.places() {
            let entry = json!({
                "dtype": slot.number.to_string(),
                "shape": slot.shape,
                "data_offsets": [begin, begin + slot.bytes],
            });
            header.insert(slot.name.clone(), entry);
        }
        let mut text = Value::Object(header).to_string().into_bytes();
        // Elements begin at a multiple of eight bytes, so that they can be read where they lie.
        text.resize(text.len().next_multiple_of(8), b' ');
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(text);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::format;

    fn layout() -> Layout {
        let slot = |name: &str, shape: &[usize], bytes| Slot {
            name: name.to_owned(),
            number: Number::F32,
            shape: shape.to_vec(),
            bytes,
        };
        Layout::new(
            Facts {
                source: "https://example".to_owned(),
                validator: "\"1\"".to_owned(),
                header_sha256: NO_DIGEST.to_owned(),
                licence: "MIT".to_owned(),
            },
            vec![slot("b", &[3], 12), slot("a", &[1, 2], 8)],
        )
    }

    #[test]
    fn the_header_never_changes_its_length() {
        let digests = ["1".repeat(64), "2".repeat(64)];
        let open = layout().open_header();
        let closed = layout().closed_header(&digests);
        assert_eq!(open.len(), closed.len());
        assert_eq!(open.len() % 8, 0);
    }

    #[test]
    fn what_is_written_is_a_safetensors_file() {
        let mut bytes = layout().closed_header(&["1".repeat(64), "2".repeat(64)]);
        bytes.extend([0; 20]);
        let contents = format::read(&bytes).unwrap();
        assert_eq!(contents.tensors.keys().collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(contents.tensors["a"].shape, [1, 2]);
        assert_eq!(contents.metadata["sha256.a"], "2".repeat(64));
        assert_eq!(contents.metadata["etag"], "\"1\"");
    }

    #[test]
    fn the_key_follows_what_is_in_it() {
        let mut other = layout();
        assert_eq!(other.key(), layout().key());
        other.facts.validator = "\"2\"".to_owned();
        assert_ne!(other.key(), layout().key());
    }
}
