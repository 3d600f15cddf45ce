//! A picture file of any format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stylescope_fuzz::pictures::check;

fuzz_target!(|bytes: &[u8]| check(bytes));
