//! The machine's Python, for what is compared with `PyTorch` itself.

use std::process::Command;

/// A python that can import torch: `$STYLESCOPE_TEST_PYTHON`, or the machine's python3.
pub(crate) fn with_torch() -> Option<String> {
    let python = std::env::var("STYLESCOPE_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(&python)
        .args(["-c", "import torch"])
        .output()
        .ok()?;
    output.status.success().then_some(python)
}
