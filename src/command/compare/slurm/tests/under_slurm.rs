//! The script under a real Slurm, with a shell script in the program's place. Skipped where Slurm is not installed.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::super::script::{Order, script};
use super::super::submit::{JobId, submit_by};
use super::cluster::Cluster;
use crate::cli::slurm::options;

/// A cluster, and a folder of a comparison whose name no program takes lightly.
struct Setting {
    cluster: Cluster,
    outer: TempDir,
    folder: PathBuf,
}

impl Setting {
    /// None where there is no Slurm.
    fn new() -> Option<Self> {
        let cluster = Cluster::start()?;
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a b'c\"d %j #f é$HOME");
        std::fs::create_dir(&folder).unwrap();
        Some(Self {
            cluster,
            outer,
            folder,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Submits so many lanes of a program of this text.
    fn submitted(&self, body: &str, lanes: usize, words: &[&str]) -> Result<JobId, String> {
        let given = program(self.path("program"), body);
        let order = Order {
            folder: &self.folder,
            working_folder: &self.folder,
            program: &given,
            lanes: &vec![vec![0]; lanes],
            options: &options(words),
        };
        let path = self.path("job.sh");
        std::fs::write(&path, script(&order).unwrap()).unwrap();
        let configuration = self.cluster.configuration();
        let sbatch = program(
            self.outer.path().join("sbatch"),
            &format!("SLURM_CONF={} exec sbatch \"$@\"", configuration.display()),
        );
        submit_by(sbatch.as_os_str(), &path).map_err(|error| error.to_string())
    }
}

/// A program of this text for a shell. Another process writes it: a file that a fork of another test still
/// holds open for writing cannot be started.
fn program(path: PathBuf, body: &str) -> PathBuf {
    let written = Command::new("sh")
        .args(["-c", "printf %s \"$1\" > \"$2\"", "sh"])
        .arg(format!("#!/bin/sh\n{body}\n"))
        .arg(&path)
        .status()
        .unwrap();
    assert!(written.success());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Says what it was given, once every lane has come so far.
const PROGRAM: &str = r#"
cd / || exit 1
touch "$3/lane-$5"
tries=0
until [ -e "$3/lane-0" ] && [ -e "$3/lane-1" ]; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || exit 1
    sleep 0.1
done
for word; do echo "word $word"; done
echo "gpu $CUDA_VISIBLE_DEVICES"
echo "threads $OMP_NUM_THREADS"
echo "folder $OLDPWD"
"#;

#[test]
fn every_lane_is_a_task_with_a_gpu_of_its_own() {
    let Some(setting) = Setting::new() else {
        return;
    };
    let words = [
        "--gpus=pretended:1",
        "--cpus=2",
        "--memory=64M",
        "--time=10",
        "--partition=test",
        "--slurm-option=--comment='two words'",
    ];
    let job = setting.submitted(PROGRAM, 2, &words).unwrap().to_string();
    setting.cluster.wait_for_end(&job);

    let folder = setting.folder.display();
    let mut gpus = Vec::new();
    for lane in 0..2 {
        let log = setting.read(&format!("slurm-{job}_{lane}.log"));
        let arguments =
            format!("word compare\nword --task\nword {folder}\nword --lane\nword {lane}\n");
        assert!(log.starts_with(&arguments), "{log}");
        assert!(log.contains("\nthreads 2\n"), "{log}");
        assert!(log.ends_with(&format!("\nfolder {folder}\n")), "{log}");
        gpus.extend(
            log.lines()
                .filter_map(|line| line.strip_prefix("gpu "))
                .map(str::to_owned),
        );
    }
    gpus.sort();
    assert_eq!(gpus, ["0", "1"]);

    let told = setting.cluster.printed("scontrol", &["show", "job", &job]);
    let name = setting.folder.file_name().unwrap().to_string_lossy();
    for known in [
        "gpu:pretended:1",
        "JobState=COMPLETED",
        "CPUs/Task=2",
        "TimeLimit=00:10:00",
        "Requeue=0",
        "two words",
        &name,
    ] {
        assert_eq!(told.matches(known).count().min(2), 2, "{known}: {told}");
    }
}

#[test]
fn what_slurm_signals_is_the_program_itself() {
    let Some(setting) = Setting::new() else {
        return;
    };
    let body = "trap 'echo saved; exit' TERM; echo begun; while :; do sleep 0.1; done";
    let words = ["--gpus=0", "--time=5"];
    let job = setting.submitted(body, 1, &words).unwrap().to_string();
    let log = format!("slurm-{job}_0.log");
    setting.cluster.wait_until("the program's beginning", || {
        setting.read(&log).contains("begun")
    });
    // As `--signal=B:TERM@60` does before the time limit: the batch process only.
    setting
        .cluster
        .printed("scancel", &["--batch", "--signal=TERM", &job]);
    setting.cluster.wait_for_end(&job);
    let said = setting.read(&log);
    assert!(said.ends_with("\nsaved\n"), "{said}");
    let told = setting.cluster.printed("scontrol", &["show", "job", &job]);
    assert!(!told.contains("gpu"), "{told}");
}

#[test]
fn what_slurm_does_not_take_is_said_in_its_words() {
    let Some(setting) = Setting::new() else {
        return;
    };
    let error = setting
        .submitted("true", 1, &["--partition=no such"])
        .unwrap_err();
    assert!(
        error.contains("invalid partition specified: no such"),
        "{error}"
    );
    let error = setting.submitted("true", 1, &["--gpus=3"]).unwrap_err();
    assert!(
        error.contains("Requested node configuration is not available"),
        "{error}"
    );
    assert!(Path::exists(&setting.path("job.sh")));
}
