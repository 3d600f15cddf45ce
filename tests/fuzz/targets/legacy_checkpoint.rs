//! A PyTorch legacy file: as it comes, or the bytes as what follows its first three pickles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stylescope_fuzz::check;

/// The magic number, the version, and a machine that is little-endian.
const BEGINNING: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\
    \x80\x02M\xe9\x03.\x80\x02}U\x0dlittle_endian\x88s.";

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(&BEGINNING[..4]) {
        check(bytes);
    } else {
        check(&[BEGINNING, bytes].concat());
    }
});
