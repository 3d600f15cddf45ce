//! Runs of many steps: memory stays as it is, and files grow by what they are to hold and nothing else.

use std::io::{BufRead, BufReader};
use std::path::Path;

use stylescope::record::folder::metrics::Metrics;

use super::{is_long, so_many};
use crate::command_line::setting::Setting;

/// The smallest network and picture that are worth the name.
const TINY: [&str; 12] = [
    "--size",
    "16",
    "--threads",
    "1",
    "--set",
    "network.widths=[4, 4]",
    "--set",
    "content.layers={ block2 = 1 }",
    "--set",
    "style.layers={ block1 = 1 }",
    "-o",
    "out.png",
];

/// KiB of memory that are resident.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn memory_is_the_same_after_all_the_steps_as_after_the_first_thousands() {
    let steps = so_many(4_000, 100_000);
    let early = so_many(2_000, 10_000);
    let setting = Setting::empty();
    let mut child = setting
        .program()
        .args(["demo", "--json", "--steps", &steps.to_string()])
        .args(TINY)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut sizes = Vec::new();
    let mut step = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if line.unwrap().contains(r#""event":"step""#) {
            step += 1;
            if step == early || step == steps - 50 {
                sizes.push(resident(child.id()));
            }
        }
    }
    assert!(child.wait().unwrap().success());
    let [early, late] = sizes[..] else {
        panic!("{sizes:?}")
    };
    println!("resident: {early} KiB, after {steps} steps {late} KiB");
    // Of a short run the allocator has not seen everything yet.
    let allowed = early * if is_long() { 1 } else { 4 } / 100;
    assert!(
        late <= early + allowed,
        "{early} KiB, then {late} KiB after {steps} steps"
    );
    bounded_files(&setting.only_run(), steps);
}

/// A row a step, and whatever else there is does not depend on how many there were.
fn bounded_files(run: &Path, steps: u64) {
    let bytes = |name: &str| std::fs::metadata(run.join(name)).unwrap().len();
    let metrics = Metrics::read(&run.join("metrics.csv")).unwrap();
    assert_eq!(metrics.rows.len() as u64, steps);
    println!(
        "metrics.csv: {:.0} bytes a step, {} terms; events.jsonl: {} bytes",
        bytes("metrics.csv") as f64 / steps as f64,
        metrics.terms.len(),
        bytes("events.jsonl")
    );
    assert!(bytes("metrics.csv") / steps < 300);
    assert!(bytes("events.jsonl") < 20_000);
    assert!(bytes("run.json") < 20_000);
    let snapshots = std::fs::read_dir(run.join("snapshots")).unwrap().count();
    assert!(snapshots <= 26, "{snapshots}");
}
