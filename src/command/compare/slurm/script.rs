//! The text of a job array's script. Pure functions, any thread.

use std::path::Path;

use super::SlurmError;
use crate::cli::SlurmOptions;

/// How long before the time limit a task is told to save and end. Slurm may be up to a minute early.
const SECONDS_TO_SAVE: u64 = 60;

/// Under shorter limits the signal could come right at the beginning. What Slurm does by itself at the limit
/// (SIGTERM, and the end `KillWait` later, usually 30 s) has to do there.
const SHORTEST_LIMIT_WITH_SIGNAL: u64 = 300;

/// A job array: what it runs, and what each of its tasks is given.
#[derive(Debug, Clone, Copy)]
pub(in crate::command::compare) struct Order<'a> {
    /// The comparison's folder, absolute.
    pub(in crate::command::compare) folder: &'a Path,
    /// Where the command was given, absolute: relative names in presets count from there.
    pub(in crate::command::compare) working_folder: &'a Path,
    /// This program, absolute.
    pub(in crate::command::compare) program: &'a Path,
    /// The candidates of every lane, counted from 0; a task for each lane.
    pub(in crate::command::compare) lanes: &'a [Vec<usize>],
    /// What is asked for.
    pub(in crate::command::compare) options: &'a SlurmOptions,
}

/// The script for sbatch.
///
/// The tasks see the environment of the command (`--export=ALL`, Slurm's default, said so that no
/// `SBATCH_EXPORT` of a script around it is needed): it tells where weights and caches are. A task becomes the
/// program itself (`exec`), so the program gets the signals and saves its pictures.
///
/// # Errors
/// Where there is no lane, and where a path holds what cannot stand in such a script.
pub(super) fn script(order: &Order<'_>) -> Result<String, SlurmError> {
    let last = order.lanes.len().checked_sub(1).ok_or(SlurmError::NoLane)?;
    let folder = text(order.folder)?;
    let working_folder = text(order.working_folder)?;
    let program = text(order.program)?;
    let options = order.options;

    let mut lines = vec![
        "#!/bin/sh".to_owned(),
        concat!(
            "# A comparison by stylescope ",
            env!("CARGO_PKG_VERSION"),
            ", a task for each lane:"
        )
        .to_owned(),
    ];
    for (lane, candidates) in order.lanes.iter().enumerate() {
        // As the folders of the runs are numbered.
        let numbers: Vec<String> = candidates
            .iter()
            .map(|candidate| format!("{:02}", candidate + 1))
            .collect();
        lines.push(format!("#   task {lane}: {}", numbers.join(", ")));
    }
    let mut ask =
        |option: &str, value: &str| lines.push(format!("#SBATCH {option}={}", argument(value)));
    if let Some(name) = order.folder.file_name() {
        ask("--job-name", &name.to_string_lossy());
    }
    ask("--array", &format!("0-{last}"));
    ask("--nodes", "1");
    ask("--ntasks", "1");
    ask("--chdir", working_folder);
    ask("--output", &log(folder)?);
    ask("--export", "ALL");
    let limit = options.time.as_ref().and_then(|limit| limit.seconds);
    if limit.is_none_or(|seconds| seconds >= SHORTEST_LIMIT_WITH_SIGNAL) {
        ask("--signal", &format!("B:TERM@{SECONDS_TO_SAVE}"));
    }
    if options.gpus.count > 0 {
        ask("--gres", &format!("gpu:{}", options.gpus));
    }
    let asked = [
        ("--cpus-per-task", options.cpus.map(|cpus| cpus.to_string())),
        ("--mem", options.memory.clone()),
        ("--time", options.time.as_ref().map(ToString::to_string)),
        ("--partition", options.partition.clone()),
    ];
    for (option, value) in asked {
        if let Some(value) = value {
            ask(option, &value);
        }
    }
    // A task that began again would find its runs there already.
    lines.push("#SBATCH --no-requeue".to_owned());
    // Last, since the last one counts.
    lines.extend(
        options
            .further
            .iter()
            .map(|further| format!("#SBATCH {further}")),
    );
    lines.push(String::new());
    // As many threads as Slurm gives cores, not as many as the node has.
    lines.push(
        "export OMP_NUM_THREADS=\"${SLURM_CPUS_PER_TASK:-${SLURM_CPUS_ON_NODE:-1}}\"".to_owned(),
    );
    lines.push(format!(
        "exec {} compare --task {} --lane \"$SLURM_ARRAY_TASK_ID\"\n",
        shell_words::quote(program),
        shell_words::quote(folder),
    ));
    Ok(lines.join("\n"))
}

/// Where the tasks' output goes, as Slurm wants it written.
fn log(folder: &str) -> Result<String, SlurmError> {
    if folder.contains('\\') {
        return Err(SlurmError::Path {
            path: folder.to_owned(),
            what: "a backslash, which Slurm takes out of the names of logs",
            advice: "keep the comparison in another folder: --runs FOLDER",
        });
    }
    // Slurm replaces %j and the like wherever they stand.
    Ok(format!("{}/slurm-%A_%a.log", folder.replace('%', "%%")))
}

/// The path as text in which no line ends.
fn text(path: &Path) -> Result<&str, SlurmError> {
    let refused = |what| SlurmError::Path {
        path: path.to_string_lossy().into_owned(),
        what,
        advice: "move or rename it",
    };
    match path.to_str() {
        None => Err(refused("bytes that are not UTF-8")),
        Some(text) if text.chars().any(char::is_control) => Err(refused("control characters")),
        Some(text) => Ok(text),
    }
}

/// `value` as one argument of an `#SBATCH` line, which sbatch splits at blanks and `#`, and in which it knows
/// quotes and backslashes.
fn argument(value: &str) -> String {
    let is_plain = |character: char| {
        character.is_alphanumeric()
            || matches!(
                character,
                '/' | '.' | '_' | '-' | ':' | '%' | '@' | ',' | '='
            )
    };
    if value.chars().all(is_plain) {
        return value.to_owned();
    }
    let mut quoted = String::from('"');
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
