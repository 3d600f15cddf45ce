//! A run that is killed again and again, at any moment, and gone on with each time: in the end it is what it would have
//! been.

use std::path::Path;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stylescope::record::folder::RunFolder;
use stylescope::record::folder::checkpoint;
use stylescope::record::folder::description::{Description, State};
use stylescope::record::folder::metrics::Metrics;

use super::so_many;
use crate::command_line::setting::{Setting, pixels_of};

/// The longest that a program is left alone: a start takes about a third of it.
const LONGEST_MS: u64 = 900;

fn words(steps: u64) -> Vec<String> {
    let line = format!(
        "run content.png style.png -o out.png --size 32 --steps {steps} --threads 1 --headless \
         --set network.widths=[8,8,8,8] --checkpoint-interval 0.05"
    );
    line.split_whitespace().map(ToOwned::to_owned).collect()
}

/// The last row of every step on the way, by the bits of its loss.
fn losses(run: &Path) -> Vec<(u64, u64)> {
    let metrics = Metrics::read(&run.join("metrics.csv")).unwrap();
    let way = metrics.way().into_iter();
    way.map(|row| (row.step, row.total.to_bits())).collect()
}

/// Whatever the moment was, everything in the folder is whole.
fn is_sound(run: &Path) {
    let folder = RunFolder::at(run.to_owned());
    Description::read(&folder).unwrap();
    for (_, path) in checkpoint::all(&folder).unwrap() {
        checkpoint::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    if run.join("metrics.csv").exists() {
        Metrics::read(&run.join("metrics.csv")).unwrap();
    }
}

/// Runs the program, for as long as it takes.
fn to_its_end(setting: &Setting, words: &[&str]) {
    let mut program = assert_cmd::Command::from_std(setting.program());
    let output = program
        .args(words)
        .timeout(Duration::from_secs(1800))
        .output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {said}");
}

#[test]
fn a_run_that_is_killed_again_and_again_arrives_where_it_would_have() {
    let kills = so_many(5, 300);
    // More than can be made meanwhile.
    let steps = 1000 + 60 * kills;
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let setting = Setting::with_pictures();
    let (mut done, mut killed) = (false, 0);
    for kill in 0..kills {
        let mut program = setting.program();
        match kill {
            0 => program.args(words(steps)),
            _ => program.args(["resume", "latest", "--headless"]),
        };
        let mut child = program
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let has_begun = || {
            let mut runs = std::fs::read_dir(setting.runs()).unwrap();
            runs.any(|run| run.is_ok_and(|run| run.path().join("run.json").exists()))
        };
        while kill == 0 && !has_begun() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(random.random_range(0..LONGEST_MS)));
        if let Some(status) = child.try_wait().unwrap() {
            // A fast machine: then it has arrived already.
            assert!(status.success(), "kill {kill}: {status}");
            done = true;
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += 1;
        is_sound(&setting.only_run());
    }
    let run = setting.only_run();
    // On a slow machine every one of a few may have come before the first step.
    let has_rows = run.join("metrics.csv").exists();
    let made = if has_rows { losses(&run).len() } else { 0 };
    if !done {
        to_its_end(&setting, &["resume", "latest", "--headless"]);
    }
    let description = Description::read(&RunFolder::at(run.clone())).unwrap();
    assert_eq!(description.state, State::Completed);
    println!("{killed} kills, {made} of {steps} steps made meanwhile");

    let other = Setting::with_pictures();
    let words = words(steps);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    to_its_end(&other, &words);
    assert!(
        losses(&run) == losses(&other.only_run()),
        "the losses differ"
    );
    let picture = |setting: &Setting| pixels_of(&setting.path("out.png"));
    assert!(picture(&setting) == picture(&other), "the pictures differ");
}
