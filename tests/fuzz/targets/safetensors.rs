//! The header of a safetensors file: as it comes, or the bytes as the JSON of a header of the right length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stylescope_fuzz::check;
use stylescope_fuzz::weights::format::safetensors::{HeaderState, header};

fuzz_target!(|bytes: &[u8]| {
    let whole;
    let bytes = if bytes.first() == Some(&b'{') {
        // Elements for what the seeds promise.
        whole = [&(bytes.len() as u64).to_le_bytes(), bytes, &[0; 256]].concat();
        &whole
    } else {
        bytes
    };
    check(bytes);
    // A header read from part of the file is the header of the whole file.
    if let Ok(HeaderState::NeedBytes(needed)) = header(&bytes[..bytes.len() / 2]) {
        assert!(needed > bytes.len() as u64 / 2);
    }
});
