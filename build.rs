//! Writes the folder of libtorch into the binary, so that it starts without `LD_LIBRARY_PATH`.

use std::path::Path;
use std::{env, fs};

/// Hands one argument to the linker as it is: `-Wl,` would split a folder's name at its commas.
fn link_arg(arg: &str) {
    println!("cargo::rustc-link-arg=-Xlinker");
    println!("cargo::rustc-link-arg={arg}");
}

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let link = Path::new(&root).join(".libtorch/link");
    let origin = link.join("origin");
    println!("cargo::rerun-if-changed={}", origin.display());
    let (Ok(folder), Ok(version)) = (
        fs::read_to_string(&origin),
        fs::read_to_string(link.join("version")),
    ) else {
        println!(
            "cargo::error=libtorch is not set up yet: run 'make setup' (or ./setup.sh) once, then this again"
        );
        return;
    };
    let folder = folder.trim_end_matches('\n');
    println!(
        "cargo::rustc-env=STYLESCOPE_LIBTORCH_VERSION={}",
        version.trim()
    );
    println!("cargo::rustc-env=STYLESCOPE_LIBTORCH_FOLDER={folder}");
    link_arg("-rpath");
    link_arg(folder);
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // libtorch_cpu needs a few small libraries that lie beside it and (two of CUDA's) beside the
        // wheel; the loader finds them by libtorch's own search path, the linker has to be told.
        link_arg("-rpath-link");
        link_arg(&format!("{folder}:{folder}/../../nvidia/cu13/lib"));
        link_arg("--allow-shlib-undefined");
    }
}
