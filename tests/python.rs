//! The machine's Python, for what is compared with `PyTorch` itself or read by `TensorBoard`.

use std::ffi::OsStr;
use std::process::Command;

/// A python that can import torch.
pub(crate) fn with_torch() -> Option<String> {
    with("torch")
}

/// A python that can import `module`: `$STYLESCOPE_TEST_PYTHON`, or the machine's python3.
pub(crate) fn with(module: &str) -> Option<String> {
    let python = std::env::var("STYLESCOPE_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(&python)
        .args(["-c", &format!("import {module}")])
        .output()
        .ok()?;
    output.status.success().then_some(python)
}

/// What `python` prints when it is given `arguments`, which must please it.
pub(crate) fn printed<A: AsRef<OsStr>>(
    python: &str,
    arguments: impl IntoIterator<Item = A>,
) -> Vec<u8> {
    let output = Command::new(python).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    output.stdout
}
