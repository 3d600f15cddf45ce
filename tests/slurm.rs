//! `compare --slurm` under a real Slurm: skipped, saying so, where it is not installed.
#![cfg(target_os = "linux")]

mod cluster;

use std::path::PathBuf;
use std::time::Duration;

use stylescope::record::folder::comparison::ComparisonFolder;
use stylescope::record::folder::description::{Description, State};
use stylescope::record::folder::metrics::Metrics;

use self::cluster::Cluster;
use crate::command_line::setting::{QUICK, Setting};

/// Two presets of different sizes, which cannot share a lane.
fn two_lanes() -> Setting {
    let setting = Setting::with_pictures();
    setting.write("small.toml", "extends = \"demo\"\n[image]\nsize = 40\n");
    setting.write("large.toml", "extends = \"demo\"\n[image]\nsize = 56\n");
    setting
}

/// Compares them with `steps` by Slurm; gives back the job's number and the folder.
fn submitted(
    setting: &Setting,
    cluster: &Cluster,
    steps: &str,
    more: &[&str],
) -> (String, PathBuf) {
    let mut command = assert_cmd::Command::from_std(setting.program());
    let output = command
        .args([
            "compare",
            "content.png",
            "style.png",
            "small.toml",
            "large.toml",
        ])
        // Without its size and steps.
        .args(&QUICK[4..])
        .args(["--steps", steps, "--slurm", "--submit", "--time", "10"])
        .args(more)
        .env("SLURM_CONF", cluster.configuration())
        .timeout(Duration::from_secs(60))
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let (_, rest) = printed.split_once("submitted job ").expect(&printed);
    let (job, _) = rest.split_once(": 2 tasks").expect(&printed);
    (job.to_owned(), setting.only_run())
}

#[test]
fn both_lanes_of_a_comparison_end_in_one_folder() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    // The GPUs are pretended.
    for (words, asked) in [
        (&["--gpus", "1", "--device", "cpu"][..], 2),
        (&["--gpus", "0"], 0),
    ] {
        let setting = two_lanes();
        let (job, folder) = submitted(&setting, &cluster, "3", words);
        cluster.wait_for_end(&job);

        let told = cluster.printed("scontrol", &["show", "job", &job]);
        assert_eq!(told.matches("gpu:1").count().min(2), asked, "{told}");
        let said: Vec<String> = (0..2)
            .map(|lane| {
                std::fs::read_to_string(folder.join(format!("slurm-{job}_{lane}.log"))).unwrap()
            })
            .collect();
        assert_eq!(
            told.matches("JobState=COMPLETED").count(),
            2,
            "{told}{said:?}"
        );
        let runs = ComparisonFolder::at(folder).runs().unwrap();
        let mut sizes = Vec::new();
        for run in &runs {
            let description = Description::read(run).unwrap();
            assert_eq!(
                (description.state, description.step),
                (State::Completed, 3),
                "{said:?}"
            );
            assert_eq!(Metrics::read(&run.metrics()).unwrap().rows.len(), 3);
            sizes.push(description.size.unwrap().0);
        }
        assert_eq!(sizes, [40, 56]);
    }
}

#[test]
fn a_job_that_slurm_ends_keeps_its_pictures() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let setting = two_lanes();
    let (job, folder) = submitted(&setting, &cluster, "9000000", &["--gpus", "0"]);
    let folder = ComparisonFolder::at(folder);
    let stepped = || {
        let runs = folder.runs().unwrap();
        let has_losses = |metrics: PathBuf| {
            Metrics::read(&metrics).is_ok_and(|metrics| !metrics.rows.is_empty())
        };
        runs.len() == 2 && runs.iter().all(|run| has_losses(run.metrics()))
    };
    cluster.wait_until("losses of both lanes", stepped);
    cluster.printed("scancel", &[&job]);
    cluster.wait_for_end(&job);
    for run in folder.runs().unwrap() {
        let description = Description::read(&run).unwrap();
        assert_eq!(description.state, State::Stopped);
        assert!(run.result().exists(), "{}", run.name());
    }
}
