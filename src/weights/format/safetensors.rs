//! Reads the header of a safetensors file, whole or of its first bytes alone. Pure, any thread.
//!
//! <https://github.com/huggingface/safetensors#format>: the header's length in 8 bytes, the header as
//! JSON, then the elements of all tensors without a gap.

use std::collections::BTreeMap;

use ::safetensors::tensor::{Dtype, Metadata};
use indexmap::IndexMap;

use super::{Contents, Entry, Format, FormatError, Number, shown};

/// The bytes before the header: its length.
const LENGTH_BYTES: usize = 8;
/// The format's own limit on its header.
const LARGEST_BY_FORMAT_BYTES: u64 = 100_000_000;
/// The limit here: JSON takes many times its size while it is read, and 2000 tensors need 0.2 MB.
const LARGEST_BYTES: u64 = 4 << 20;

/// The longest file that there can be: systems count the bytes of files in 63 bits.
const LARGEST_FILE_BYTES: u64 = i64::MAX as u64;

/// One tensor as the header describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderEntry {
    /// The type of its elements.
    pub number: Number,
    /// Its sides; empty for a scalar.
    pub shape: Vec<usize>,
    /// Where its elements begin, in bytes after `data_start`.
    pub begin: u64,
    /// Where they end, not included.
    pub end: u64,
}

/// How far the first bytes of a file go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderState {
    /// The header does not end within them; this many from the beginning of the file are needed.
    NeedBytes(u64),
    /// The whole header.
    Header {
        /// Where the elements begin, in bytes from the beginning of the file.
        data_start: u64,
        /// Each tensor by name, in the order in which their elements lie, which is without gaps.
        tensors: IndexMap<String, HeaderEntry>,
        /// `__metadata__`.
        metadata: BTreeMap<String, String>,
    },
}

/// Whether a file of these first bytes may be one: a plausible length, then a JSON object.
pub(super) fn begins(first_bytes: &[u8]) -> bool {
    length(first_bytes).is_some_and(|length| length <= LARGEST_BY_FORMAT_BYTES)
        && first_bytes.get(LENGTH_BYTES) == Some(&b'{')
}

fn length(first_bytes: &[u8]) -> Option<u64> {
    first_bytes.first_chunk().copied().map(u64::from_le_bytes)
}

/// Reads the header from the first bytes of a file, which need not be all of it. Names and metadata are
/// as they stand in the file. An error if these bytes cannot begin a safetensors file.
pub fn header(first_bytes: &[u8]) -> Result<HeaderState, FormatError> {
    if first_bytes.len() <= LENGTH_BYTES {
        return Ok(HeaderState::NeedBytes(LENGTH_BYTES as u64 + 1));
    }
    let length = length(first_bytes)
        .filter(|_| begins(first_bytes))
        .ok_or_else(|| {
            FormatError::Unknown("it does not begin with the length of a header".to_owned())
        })?;
    if length > LARGEST_BYTES {
        return Err(FormatError::Unsupported(format!(
            "its header is {length} bytes long; no more than {LARGEST_BYTES} are read"
        )));
    }
    let data_start = LENGTH_BYTES as u64 + length;
    let Some(json) = first_bytes.get(LENGTH_BYTES..data_start as usize) else {
        return Ok(HeaderState::NeedBytes(data_start));
    };
    // `SafeTensors::read_metadata` wants the data as well; this checks the same of the header alone.
    let read: Metadata =
        serde_json::from_slice(json).map_err(|error| FormatError::Damaged(json_error(&error)))?;
    let mut tensors: Vec<(String, HeaderEntry)> = read
        .tensors()
        .into_iter()
        .map(|(name, info)| {
            let entry = HeaderEntry {
                number: number(info.dtype),
                shape: info.shape.clone(),
                begin: info.data_offsets.0 as u64,
                end: info.data_offsets.1 as u64,
            };
            (name, entry)
        })
        .collect();
    let data_bytes = tensors.iter().map(|(_, entry)| entry.end).max();
    // Seen here, whoever reads may add up lengths without a second thought.
    if data_bytes.is_some_and(|bytes| bytes > LARGEST_FILE_BYTES - data_start) {
        return Err(FormatError::Damaged(
            "its header describes more bytes than a file can have".to_owned(),
        ));
    }
    // The name settles the order of empty tensors, which share their place.
    tensors.sort_by(|(name, entry), (other_name, other)| {
        (entry.begin, entry.end, name).cmp(&(other.begin, other.end, other_name))
    });
    Ok(HeaderState::Header {
        data_start,
        tensors: tensors.into_iter().collect(),
        metadata: read
            .metadata()
            .iter()
            .flatten()
            .map(|(key, text)| (key.clone(), text.clone()))
            .collect(),
    })
}

/// What is wrong with the JSON, and where. The reason may quote the header, the place stands at its end.
fn json_error(error: &serde_json::Error) -> String {
    let reason = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let reason = reason.strip_suffix(&place).unwrap_or(&reason);
    format!(
        "its header is no description of tensors ({}{place})",
        shown(reason)
    )
}

fn number(dtype: Dtype) -> Number {
    match dtype {
        Dtype::F64 => Number::F64,
        Dtype::F32 => Number::F32,
        Dtype::F16 => Number::F16,
        Dtype::BF16 => Number::BF16,
        other => Number::Other(format!("{other:?}")),
    }
}

/// Reads the contents of a whole file; an error where it is shorter than its header promises.
pub(super) fn read(bytes: &[u8]) -> Result<Contents, FormatError> {
    let short = |expected_bytes| FormatError::Short {
        found_bytes: bytes.len() as u64,
        promise: "its header promises",
        expected_bytes,
    };
    let (data_start, tensors, metadata) = match header(bytes)? {
        HeaderState::NeedBytes(expected_bytes) => return Err(short(expected_bytes)),
        HeaderState::Header {
            data_start,
            tensors,
            metadata,
        } => (data_start, tensors, metadata),
    };
    let data_bytes = tensors.values().map(|entry| entry.end).max().unwrap_or(0);
    let expected_bytes = data_start + data_bytes;
    if (bytes.len() as u64) < expected_bytes {
        return Err(short(expected_bytes));
    }
    let tensors = tensors
        .into_iter()
        .map(|(name, entry)| {
            let place = |offset: u64| (data_start + offset) as usize;
            let (begin, end) = (place(entry.begin), place(entry.end));
            (
                name,
                Entry::contiguous(entry.number, entry.shape, begin..end),
            )
        })
        .collect();
    Ok(Contents {
        format: Format::Safetensors,
        tensors,
        metadata,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(json: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
        bytes.extend(json.as_bytes());
        bytes.extend(data);
        bytes
    }

    const TWO: &str = r#"{"__metadata__":{"source":"here"},"second":{"dtype":"F16","shape":[1],"data_offsets":[8,10]},"first":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"#;

    #[test]
    fn names_come_in_the_order_of_their_places() {
        let bytes = file(TWO, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let contents = read(&bytes).unwrap();
        assert_eq!(
            contents.tensors.keys().collect::<Vec<_>>(),
            ["first", "second"]
        );
        assert_eq!(contents.tensors["first"].shape, [2, 1]);
        assert_eq!(contents.tensors["second"].number, Number::F16);
        assert_eq!(
            contents.tensors["second"].elements(&bytes).unwrap()[..],
            [8, 9]
        );
        assert_eq!(contents.metadata["source"], "here");
    }

    #[test]
    fn first_bytes_say_how_many_are_needed() {
        let bytes = file(TWO, &[]);
        let whole = bytes.len() as u64;
        assert_eq!(header(&bytes[..7]), Ok(HeaderState::NeedBytes(9)));
        assert_eq!(header(&bytes[..9]), Ok(HeaderState::NeedBytes(whole)));
        assert_eq!(
            header(&bytes[..bytes.len() - 1]),
            Ok(HeaderState::NeedBytes(whole))
        );
        let Ok(HeaderState::Header {
            data_start,
            tensors,
            ..
        }) = header(&bytes)
        else {
            panic!("the header is whole");
        };
        assert_eq!(data_start, whole);
        assert_eq!((tensors["second"].begin, tensors["second"].end), (8, 10));
    }

    #[test]
    fn a_copy_that_is_not_whole() {
        let mut bytes = file(TWO, &[0; 10]);
        let expected_bytes = bytes.len() as u64;
        bytes.pop();
        assert_eq!(
            read(&bytes),
            Err(FormatError::Short {
                found_bytes: expected_bytes - 1,
                promise: "its header promises",
                expected_bytes,
            })
        );
    }

    #[test]
    fn headers_that_lie() {
        let one = |entry: &str| format!(r#"{{"a\u001b":{{"dtype":"F32",{entry}}}}}"#);
        for json in [
            // Places that overlap, leave a gap, run backwards, or hold another number of elements.
            one(r#""shape":[1],"data_offsets":[4,8]"#),
            one(r#""shape":[1],"data_offsets":[8,4]"#),
            one(r#""shape":[3],"data_offsets":[0,8]"#),
            one(r#""shape":[4294967296,4294967296,4],"data_offsets":[0,0]"#),
            one(r#""shape":[-1],"data_offsets":[0,4]"#),
            "{".to_owned(),
            "{}x".to_owned(),
            format!("{{\"a\":{}", "[".repeat(10_000)),
        ] {
            let Err(FormatError::Damaged(reason)) = read(&file(&json, &[0; 16])) else {
                panic!("{json} was read");
            };
            assert!(!reason.contains('\u{1b}'), "{reason:?}");
        }
        // A name as long as it likes does not fill the terminal.
        let json = one(r#""shape":[1],"data_offsets":[4,8]"#).replace('a', &"a".repeat(100_000));
        let message = read(&file(&json, &[0; 16])).unwrap_err().to_string();
        assert!(message.len() < 200, "{message}");
    }

    #[test]
    fn no_file_is_as_long_as_numbers_go() {
        let file_of = |bytes: u64| {
            let each = bytes / 8;
            let entries: Vec<String> = (0..8)
                .map(|index| {
                    let (begin, end) = (index * each, (index + 1) * each);
                    format!(
                        r#""{index}":{{"dtype":"U8","shape":[{each}],"data_offsets":[{begin},{end}]}}"#
                    )
                })
                .collect();
            file(&format!("{{{}}}", entries.join(",")), &[])
        };
        assert!(matches!(
            header(&file_of(1 << 62)),
            Ok(HeaderState::Header { .. })
        ));
        for bytes in [1 << 63, u64::MAX] {
            assert!(matches!(
                read(&file_of(bytes)),
                Err(FormatError::Damaged(reason)) if reason.contains("than a file can have")
            ));
        }
    }

    #[test]
    fn an_enormous_header_is_not_waited_for() {
        let mut bytes = (LARGEST_BYTES + 1).to_le_bytes().to_vec();
        bytes.push(b'{');
        assert!(matches!(header(&bytes), Err(FormatError::Unsupported(_))));
        bytes.splice(..8, [0xff; 8]);
        assert!(matches!(header(&bytes), Err(FormatError::Unknown(_))));
    }
}
