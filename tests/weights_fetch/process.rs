//! Another process that fetches into the same cache: these tests' own binary, asked for one test alone.

use std::process::Command;

use super::fixture::{DEEP, Fixture};

/// Names the hub to the other process.
const HUB: &str = "STYLESCOPE_TEST_HUB";
/// Names its cache.
const CACHE: &str = "STYLESCOPE_TEST_CACHE";

/// The command of a process that fetches the small network into the cache of `fixture`, and prints where
/// it lies then, or the error; `limits` are set before, in the shell's words.
pub(super) fn fetching(fixture: &Fixture, limits: &str) -> Command {
    let (_, this) = module_path!().split_once("::").unwrap();
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!(
            "{limits} exec \"$0\" --exact \"$1\" --ignored --nocapture"
        ))
        .arg(std::env::current_exe().unwrap())
        .arg(format!("{this}::of_its_own"))
        .env(HUB, fixture.server.url())
        .env(CACHE, &fixture.environment.cache);
    command
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn of_its_own() {
    let (Ok(hub), Some(cache)) = (std::env::var(HUB), std::env::var_os(CACHE)) else {
        return;
    };
    let mut fixture = Fixture::without_file();
    fixture.environment.hub = hub;
    fixture.environment.cache = cache.into();
    match fixture.obtain(DEEP) {
        Ok(located) => println!("fetched into {:?}", located.path),
        Err(error) => println!("{error}"),
    }
}
