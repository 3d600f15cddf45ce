//! Which file systems tell nobody of changes that are made elsewhere.
//!
//! Asks the system about a path; any thread.

use std::path::Path;

/// The name of the file system at `path` where it is one whose events do not tell of every change; None
/// for others, and where nothing can be found out.
#[cfg(target_os = "linux")]
pub(super) fn without_events(path: &Path) -> Option<&'static str> {
    let kind = rustix::fs::statfs(path).ok()?.f_type;
    // The type is signed or not, and longer or not, from machine to machine; 32 bits are what counts.
    name_of(kind as u32)
}

/// Only Linux tells the file system's kind in a way that is known here.
#[cfg(not(target_os = "linux"))]
pub(super) fn without_events(_path: &Path) -> Option<&'static str> {
    None
}

/// The numbers of `statfs(2)`.
#[cfg(target_os = "linux")]
fn name_of(kind: u32) -> Option<&'static str> {
    Some(match kind {
        0x6969 => "NFS",
        0x517B | 0xFE53_4D42 | 0xFF53_4D42 => "SMB",
        0x0BD0_0BD0 => "Lustre",
        0x6573_5546 => "FUSE",
        0x0102_1997 => "9P",
        0x5346_414F | 0x6B41_4653 => "AFS",
        0x00C3_6400 => "Ceph",
        0x4750_4653 => "GPFS",
        0x1983_0326 => "BeeGFS",
        0xAAD7_AAEA => "PanFS",
        0x7375_7245 => "Coda",
        0x786F_4256 => "VirtualBox's shared folders",
        0xBACB_ACBC => "VMware's shared folders",
        _ => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn local_file_systems_have_events() {
        for local in [0xEF53, 0x0102_1994, 0x794C_7630, 0x5846_5342] {
            assert_eq!(name_of(local), None);
        }
        assert_eq!(without_events(Path::new("/proc")), None);
        assert_eq!(name_of(0x6969), Some("NFS"));
    }
}
