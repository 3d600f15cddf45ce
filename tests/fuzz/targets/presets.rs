//! A preset, the preset it is laid over, and settings, with zero bytes between them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stylescope_fuzz::presets::check;

fuzz_target!(|bytes: &[u8]| check(bytes));
