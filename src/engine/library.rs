//! The libtorch that this process really runs with. Any thread.

use std::path::PathBuf;

/// Its version, as the build found it.
pub const VERSION: &str = env!("STYLESCOPE_LIBTORCH_VERSION");

/// The folder that the build wrote into the program to load libtorch from.
pub const BUILT_WITH: &str = env!("STYLESCOPE_LIBTORCH_FOLDER");

/// The folder that libtorch was loaded from; `None` where the system does not tell.
///
/// `LD_LIBRARY_PATH` and its like can make it another than [`BUILT_WITH`].
#[cfg(target_os = "linux")]
pub fn folder() -> Option<PathBuf> {
    loaded_from(&std::fs::read("/proc/self/maps").ok()?)
}

/// Only Linux tells it without unsafe code.
#[cfg(not(target_os = "linux"))]
pub fn folder() -> Option<PathBuf> {
    None
}

/// The folder of `libtorch_cpu.so` in the lines of `/proc/self/maps`: five fields without blanks, then the
/// file, in which anything may stand but a line break.
#[cfg(target_os = "linux")]
fn loaded_from(maps: &[u8]) -> Option<PathBuf> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    maps.split(|byte| *byte == b'\n').find_map(|line| {
        let start = line.iter().position(|byte| *byte == b'/')?;
        let path = Path::new(OsStr::from_bytes(line.get(start..)?));
        let is_libtorch = path.file_name()?.as_bytes().starts_with(b"libtorch_cpu.so");
        is_libtorch.then(|| path.parent().map(Path::to_owned))?
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_found_among_other_files() {
        let maps = b"55d0-55d1 r--p 00000000 fe:00 12      /usr/bin/stylescope\n\
            7f01-7f02 r--p 00000000 00:00 0\n\
            7f02-7f03 rw-p 00000000 00:00 0       [heap]\n\
            7f03-7f04 r-xp 00000000 fe:00 7       /opt/my torch/lib/libtorch_cpu.so\n";
        assert_eq!(loaded_from(maps), Some(PathBuf::from("/opt/my torch/lib")));
        assert_eq!(
            loaded_from(b"7f01-7f02 r--p 0 fe:00 1 /lib/libc.so.6\n"),
            None
        );
    }

    #[test]
    fn this_process_has_one() {
        assert!(tch::get_num_threads() > 0);
        assert!(folder().unwrap().join("libtorch_cpu.so").is_file());
    }
}
