//! What nobody wishes for: disks that fill up, folders that vanish, terminals that are torn away, files that lie, runs
//! that last for days. Short here; `make torture` does it at length, by an environment variable.
#![cfg(target_os = "linux")]

mod bytes;
mod disk;
mod kills;
mod long_run;
mod lost_terminal;
mod mutation;
mod private_mount;
mod run_folders;

/// Whether there is time: `STYLESCOPE_TORTURE=long`.
fn is_long() -> bool {
    std::env::var("STYLESCOPE_TORTURE").is_ok_and(|value| value == "long")
}

/// `long` where there is time, else `short`.
fn so_many(short: u64, long: u64) -> u64 {
    if is_long() { long } else { short }
}
