//! Gives a script to Slurm and reads the job's number. Main thread, which waits for sbatch.

use std::ffi::OsStr;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;

use super::SlurmError;
use crate::preset::visible::visible;

/// A job's number, and the cluster where there are several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JobId {
    number: u32,
    cluster: Option<String>,
}

impl JobId {
    /// The option for `squeue` and `scancel`, for a shell, with a blank before it; nothing for the own cluster.
    pub(super) fn on_cluster(&self) -> String {
        match &self.cluster {
            Some(cluster) => format!(" -M {}", shell_words::quote(&visible(cluster))),
            None => String::new(),
        }
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.number)
    }
}

impl FromStr for JobId {
    type Err = ();

    /// What `sbatch --parsable` prints: the number, and a semicolon and the cluster where there are several.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, cluster) = match text.trim().split_once(';') {
            Some((number, cluster)) => (number, Some(cluster.to_owned())),
            None => (text.trim(), None),
        };
        Ok(Self {
            number: number.parse().map_err(|_| ())?,
            cluster,
        })
    }
}

/// Submits the script by `sbatch`.
///
/// # Errors
/// Where there is no sbatch, where it fails (in its own words), and where it prints no job's number.
pub(super) fn submit(script: &Path) -> Result<JobId, SlurmError> {
    submit_by(OsStr::new("sbatch"), script)
}

pub(super) fn submit_by(sbatch: &OsStr, script: &Path) -> Result<JobId, SlurmError> {
    let output = Command::new(sbatch)
        .arg("--parsable")
        .arg(script)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| SlurmError::NoSbatch {
            script: script.to_owned(),
            reason: match error.kind() {
                ErrorKind::NotFound => "is not on this machine's PATH".to_owned(),
                _ => format!("cannot be started: {error}"),
            },
        })?;
    let refused = |said: String| SlurmError::Refused {
        script: script.to_owned(),
        said,
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let said: Vec<String> = String::from_utf8_lossy(&output.stderr)
            .lines()
            .map(visible)
            .collect();
        return Err(refused(if said.is_empty() {
            format!("sbatch ended with {}", output.status)
        } else {
            said.join("\n  ")
        }));
    }
    printed.parse().map_err(|()| {
        refused(format!(
            "sbatch printed {printed:?} where a job's number was expected"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_read_with_and_without_a_cluster() {
        let alone: JobId = "17\n".parse().unwrap();
        assert_eq!(
            (alone.to_string(), alone.on_cluster()),
            ("17".into(), String::new())
        );
        let elsewhere: JobId = "17;north\n".parse().unwrap();
        assert_eq!(
            (elsewhere.to_string(), elsewhere.on_cluster()),
            ("17".into(), " -M north".into())
        );
        assert!("Submitted batch job 17".parse::<JobId>().is_err());
    }

    /// What is said where `sbatch` is a script with this body.
    #[cfg(unix)]
    fn submitted_by(body: &str) -> Result<JobId, String> {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let sbatch = folder.path().join("sbatch");
        // Written elsewhere and renamed by another process: a file that a fork of another test still holds
        // open for writing cannot be started.
        let text = format!("#!/bin/sh\n{body}\n");
        let written = Command::new("sh")
            .args(["-c", "printf %s \"$1\" > \"$2\"", "sh", &text])
            .arg(&sbatch)
            .status()
            .unwrap();
        assert!(written.success());
        std::fs::set_permissions(&sbatch, std::fs::Permissions::from_mode(0o755)).unwrap();
        submit_by(sbatch.as_os_str(), Path::new("/runs/a b/job.sh"))
            .map_err(|error| error.to_string())
    }

    #[cfg(unix)]
    #[test]
    fn sbatch_gets_the_script_and_is_quoted_where_it_fails() {
        let job = submitted_by("[ \"$*\" = '--parsable /runs/a b/job.sh' ] && echo 5").unwrap();
        assert_eq!(job.to_string(), "5");
        let error =
            submitted_by("echo 'sbatch: error: invalid partition: x' >&2; exit 1").unwrap_err();
        assert_eq!(
            error,
            "Slurm did not take the job: sbatch: error: invalid partition: x\n  \
                the script is written; once Slurm can take it: sbatch '/runs/a b/job.sh'"
        );
        let error = submitted_by("exit 3").unwrap_err();
        assert!(error.contains("ended with exit status: 3"), "{error}");
        let error = submitted_by("printf '\\033hello'").unwrap_err();
        assert!(error.contains(r#"printed "\u{1b}hello" where"#), "{error}");
    }

    #[test]
    fn without_sbatch_the_script_is_there_to_be_submitted_by_hand() {
        let error = submit_by(OsStr::new("/nowhere/sbatch"), Path::new("/runs/job.sh"))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(
                "sbatch, which submits jobs to Slurm, is not on this machine's PATH\n"
            ),
            "{error}"
        );
        assert!(error.ends_with("sbatch /runs/job.sh"), "{error}");
    }
}
