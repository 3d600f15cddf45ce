//! Loads libtorch's CUDA half where there is one: the only unsafe code of the program.
//!
//! The binary links only `torch_cpu` and `c10`, so that it runs on machines without CUDA. libtorch
//! finds out about CUDA by what has registered itself before the first question, so this must come
//! before any other call that asks about devices. Runs once, on the worker thread.
#![allow(unsafe_code)]

use std::sync::OnceLock;

static LOADED: OnceLock<Result<(), Unavailable>> = OnceLock::new();

/// Why libtorch's CUDA half is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unavailable {
    /// Nothing that anybody would miss.
    NoDriver,
    /// The machine has a driver, so somebody may well miss it.
    NotLoaded(String),
}

impl std::fmt::Display for Unavailable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoDriver => f.write_str("this machine has no NVIDIA driver"),
            Self::NotLoaded(reason) => write!(
                f,
                "libtorch's CUDA half could not be loaded ({reason}); `STYLESCOPE_CUDA=1 make setup` installs it"
            ),
        }
    }
}

/// Whether this machine has an NVIDIA driver at all; without one, loading half a gigabyte of CUDA
/// libraries would only cost time and memory.
fn has_driver() -> bool {
    std::path::Path::new("/proc/driver/nvidia/version").exists()
        || std::path::Path::new("/dev/nvidiactl").exists()
        || std::path::Path::new("/dev/dxg").exists()
}

/// Loads `libtorch_cuda` by the binary's own search path; does nothing on a machine without a driver.
///
/// # Errors
/// [`Unavailable`], with the loader's message for a machine that has a driver.
pub(super) fn load() -> Result<(), Unavailable> {
    LOADED.get_or_init(load_once).clone()
}

#[cfg(target_os = "linux")]
fn load_once() -> Result<(), Unavailable> {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

    if !has_driver() {
        return Err(Unavailable::NoDriver);
    }
    // SAFETY: loading runs the library's initialisers. This is libtorch's own other half, of the same
    // build and folder, made to be loaded into a process that has the first half.
    match unsafe { Library::open(Some("libtorch_cuda.so"), RTLD_NOW | RTLD_GLOBAL) } {
        Ok(library) => {
            // It has registered itself with libtorch and must stay for the life of the process.
            std::mem::forget(library);
            Ok(())
        }
        Err(error) => Err(Unavailable::NotLoaded(error.to_string())),
    }
}

#[cfg(not(target_os = "linux"))]
fn load_once() -> Result<(), Unavailable> {
    let _ = has_driver();
    Err(Unavailable::NoDriver)
}
