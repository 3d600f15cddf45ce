//! Writes the folder of libtorch into the binary, so that it starts without `LD_LIBRARY_PATH`.

use std::path::Path;
use std::{env, fs};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let origin = Path::new(&root).join(".libtorch/link/origin");
    println!("cargo:rerun-if-changed={}", origin.display());
    let Ok(folder) = fs::read_to_string(&origin) else {
        println!("cargo:error=libtorch is not set up yet: run `make setup` (or ./setup.sh) once, then this again");
        return;
    };
    let folder = folder.trim();
    let version = fs::read_to_string(Path::new(&root).join(".libtorch/link/build-version"));
    println!("cargo:rustc-env=STYLESCOPE_LIBTORCH_VERSION={}", version.unwrap_or_default().trim());
    println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // libtorch_cpu needs two small CUDA libraries that lie beside it in the wheel; the loader
        // finds them by libtorch's own search path, the linker has to be told.
        println!("cargo:rustc-link-arg=-Wl,-rpath-link,{folder}");
        println!("cargo:rustc-link-arg=-Wl,-rpath-link,{folder}/../../nvidia/cu13/lib");
        println!("cargo:rustc-link-arg=-Wl,--allow-shlib-undefined");
    }
}
