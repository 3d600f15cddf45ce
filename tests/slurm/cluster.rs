//! A Slurm of a test's own, by `cluster.sh`. It ends with the test, whether that passes, fails or is killed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long anything of Slurm may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// A cluster that runs.
pub(crate) struct Cluster {
    folder: TempDir,
}

impl Cluster {
    /// Starts one; where Slurm is not installed it says so, and the test is to be skipped.
    pub(crate) fn start() -> Option<Self> {
        for program in [
            "bash",
            "slurmctld",
            "slurmd",
            "sbatch",
            "squeue",
            "scontrol",
        ] {
            if !is_installed(program) {
                eprintln!(
                    "skipped: {program} is not installed (Debian: apt-get install slurm-wlm)"
                );
                return None;
            }
        }
        // Not in $TMPDIR, whose path may be too long for sockets.
        let folder = tempfile::Builder::new()
            .prefix("slurm-")
            .tempdir_in("/tmp")
            .unwrap();
        let cluster = Self { folder };
        let process = std::process::id().to_string();
        let started = cluster.script("start", &[&process]);
        let said = String::from_utf8_lossy(&started.stderr);
        assert!(started.status.success(), "{said}");
        Some(cluster)
    }

    /// Slurm's configuration, for programs that are to reach this cluster: `SLURM_CONF`.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }

    /// What a command of Slurm prints, which must succeed.
    pub(crate) fn printed(&self, program: &str, arguments: &[&str]) -> String {
        let output = Command::new("timeout")
            .args(["30", program])
            .args(arguments)
            .env("SLURM_CONF", self.configuration())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until no task of the job waits or runs.
    pub(crate) fn wait_for_end(&self, job: &str) {
        self.wait_until("the job's end", || {
            self.printed("squeue", &["--noheader", "--job", job])
                .trim()
                .is_empty()
        });
    }

    /// Waits until `is_so`, and fails with everything that is known where that takes too long.
    pub(crate) fn wait_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begin = Instant::now();
        while !is_so() {
            assert!(
                begin.elapsed() < PATIENCE,
                "{what} did not come: {}",
                self.printed("scontrol", &["show", "job"])
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn script(&self, verb: &str, more: &[&str]) -> Output {
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm/cluster.sh"))
            .arg(verb)
            .arg(self.folder.path())
            .args(more)
            .output()
            .unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = self.script("stop", &[]);
        let said = String::from_utf8_lossy(&stopped.stderr);
        assert!(
            stopped.status.success() || std::thread::panicking(),
            "{said}"
        );
    }
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(program).is_file())
}
