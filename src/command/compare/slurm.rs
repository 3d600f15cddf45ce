//! `compare --slurm`: a comparison as a job array, a task for every lane. Main thread.
//!
//! What the tasks do stands in the comparison's folder, so the script only says where that is, which lane a
//! task takes and what Slurm shall give it. It can be submitted by hand as well, from anywhere.

mod script;
mod submit;

use std::path::{Path, PathBuf};

use serde_json::json;

pub(super) use self::script::Order;
use self::script::script;
use self::submit::{JobId, submit};
use crate::command::{Failure, output};
use crate::preset::visible::visible;
use crate::record::figure::counted;

/// Why a comparison does not become a job.
#[derive(Debug, thiserror::Error)]
pub(super) enum SlurmError {
    /// There is nothing to do.
    #[error("no candidate is left for Slurm to run\n  name at least one preset")]
    NoLane,
    /// A path cannot stand in a script that Slurm reads.
    #[error(
        "{path:?} cannot be named in a job for Slurm: it holds {what}\n  \
            {advice}"
    )]
    Path {
        /// The path as far as it is text.
        path: String,
        /// What is in it that Slurm cannot take.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The script is not on the disk.
    #[error("{script:?} cannot be written: {error}\n  see that its folder can be written to")]
    Write {
        /// Where it should be.
        script: PathBuf,
        /// The file system's reason.
        error: std::io::Error,
    },
    /// No Slurm here.
    #[error("sbatch, which submits jobs to Slurm, {reason}\n  {}", by_hand(.script))]
    NoSbatch {
        /// Where the script is.
        script: PathBuf,
        /// What is the matter with it.
        reason: String,
    },
    /// Slurm does not take it.
    #[error("Slurm did not take the job: {said}\n  {}", by_hand(.script))]
    Refused {
        /// Where the script is.
        script: PathBuf,
        /// What sbatch said.
        said: String,
    },
}

/// Writes the script of `order` into the comparison's folder.
///
/// # Errors
/// Where it cannot be written, or a path cannot stand in it.
pub(super) fn write(order: &Order<'_>) -> Result<PathBuf, SlurmError> {
    let path = order.folder.join("job.sh");
    let text = script(order)?;
    match std::fs::write(&path, text) {
        Ok(()) => Ok(path),
        Err(error) => Err(SlurmError::Write {
            script: path,
            error,
        }),
    }
}

/// Submits the script of `order` where that is wanted, and says what to do next, with `json` as an object.
///
/// # Errors
/// Where Slurm does not take it, and where standard output cannot be written to.
pub(super) fn go_on(order: &Order<'_>, script: &Path, json: bool) -> Result<(), Failure> {
    let job = if order.options.submit {
        Some(submit(script).map_err(Failure::new)?)
    } else {
        None
    };
    if json {
        output::json_line(&json!({
            "event": if job.is_some() { "submitted" } else { "written" },
            "folder": order.folder,
            "script": script,
            "tasks": order.lanes.len(),
            "job": job.as_ref().map(ToString::to_string),
        }))?;
        return Ok(());
    }
    Ok(output::line(announcement(order, script, job.as_ref()))?)
}

/// How the script that was written is submitted without this program.
fn by_hand(script: &Path) -> String {
    format!(
        "the script is written; once Slurm can take it: sbatch {}",
        shown(script)
    )
}

/// A path as a shell takes it.
fn shown(path: &Path) -> String {
    visible(&shell_words::quote(&path.to_string_lossy()))
}

/// What was done, and by which commands it goes on.
fn announcement(order: &Order<'_>, script: &Path, job: Option<&JobId>) -> String {
    let tasks = counted(order.lanes.len() as u64, "task");
    let each = match order.options.gpus.count {
        0 => "on the CPU".to_owned(),
        gpus => format!("{} each", counted(gpus.into(), "GPU")),
    };
    let folder = shown(order.folder);
    let mut steps = Vec::new();
    let begin = if let Some(job) = job {
        steps.push((
            "where it is",
            format!("squeue{} -j {job}", job.on_cluster()),
        ));
        format!("submitted job {job}")
    } else {
        steps.push(("submit it", format!("sbatch {}", shown(script))));
        format!("wrote {}", shown(script))
    };
    steps.push(("look on", format!("stylescope watch {folder}")));
    steps.push(("the report", format!("stylescope report {folder}")));
    if let Some(job) = job {
        let log = order.folder.join(format!("slurm-{job}_0.log"));
        steps.push(("what task 0 said", format!("cat {}", shown(&log))));
        steps.push((
            "end it, pictures are kept",
            format!("scancel{} {job}", job.on_cluster()),
        ));
    }
    let lines = steps
        .iter()
        .map(|(what, command)| format!("\n  {what:26} {command}"));
    format!("{begin}: {tasks}, {each}{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests;
