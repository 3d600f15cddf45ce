//! The whole program as a person meets it: the real binary, what it prints, its exit code, its files.
// What the helpers of a test expect is the test's own condition.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arguments;
mod bad_output;
mod bad_pictures;
mod bad_presets;
mod bad_weights;
mod compare;
mod compare_slurm;
mod demo_presets;
mod escapes;
mod formats;
mod hostile_files;
mod interrupting;
mod json;
mod masks;
mod memory;
mod nothing_lost;
mod presets;
mod provenance;
mod pyramid;
mod reference_program;
mod report;
mod resuming;
mod resuming_comparisons;
mod running;
mod runs;
pub(crate) mod setting;
mod several_styles;
mod watching;
mod weights;
pub(crate) mod weights_file;
