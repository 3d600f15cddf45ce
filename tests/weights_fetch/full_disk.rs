//! A disk that is full in the middle: an error that says so, and no part that keeps it full.
//!
//! Files of another process may not grow beyond a limit, which fails as a full disk does.

use super::fixture::{DEEP, Fixture, assert_holds};
use super::process;

#[test]
fn a_full_disk_is_said_and_left_clean() {
    let fixture = Fixture::new();
    // 64 blocks of 512 or 1024 bytes: less than the 80 kB that are needed. The signal that would end the
    // process is ignored, as full disks send none.
    let output = process::fetching(&fixture, "trap \"\" XFSZ; ulimit -f 64 &&")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complained}");
    assert!(
        said.contains("cannot write") && said.contains("STYLESCOPE_CACHE"),
        "{said}"
    );
    assert!(fixture.cached().is_empty(), "{:?}", fixture.cached());
    assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 1);
}
