//! Loads libtorch's CUDA half where there is one: the only unsafe code of the program.
//!
//! The binary links only `torch_cpu` and `c10`, so that it runs on machines without CUDA. libtorch
//! finds out about CUDA by what has registered itself before the first question, so this must come
//! before any other call that asks about devices. Runs once, on the worker thread.
#![allow(unsafe_code)]

use std::sync::OnceLock;

/// The message of the loader, where the CUDA half is there but could not be loaded.
static LOADED: OnceLock<Result<(), String>> = OnceLock::new();

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
/// The loader's message, for a machine that has a driver but no loadable CUDA libraries.
pub(super) fn load() -> Result<(), String> {
    LOADED.get_or_init(load_once).clone()
}

#[cfg(target_os = "linux")]
fn load_once() -> Result<(), String> {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

    if !has_driver() {
        return Err("this machine has no NVIDIA driver".to_owned());
    }
    // SAFETY: loading runs the library's initialisers. This is libtorch's own other half, of the same
    // build and folder, made to be loaded into a process that has the first half.
    match unsafe { Library::open(Some("libtorch_cuda.so"), RTLD_NOW | RTLD_GLOBAL) } {
        Ok(library) => {
            // It has registered itself with libtorch and must stay for the life of the process.
            std::mem::forget(library);
            Ok(())
        }
        Err(error) => Err(format!("libtorch's CUDA half could not be loaded: {error}")),
    }
}

#[cfg(not(target_os = "linux"))]
fn load_once() -> Result<(), String> {
    let _ = has_driver();
    Err("CUDA is supported on Linux only".to_owned())
}
