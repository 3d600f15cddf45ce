//! The commands that make runs again. Pure; any thread.

use super::material::Material;
use crate::preset::visible::visible;
use crate::record::folder::description::Input;

/// Lines to be typed, and what they do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) what: String,
    /// For a POSIX shell; safe to be shown.
    pub(super) lines: Vec<String>,
}

/// As they were given, the same one once, and for every run the one that makes it from its whole preset.
pub(super) fn commands(runs: &[Material], names: &[String]) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for run in runs {
        let lines = as_given(run);
        if !lines.is_empty() && !commands.iter().any(|known| known.lines == lines) {
            let what = match runs.len() {
                1 => "as it was given".to_owned(),
                _ => format!(
                    "as it was given on {}",
                    super::facts::local(run.description.began)
                ),
            };
            commands.push(Command { what, lines });
        }
    }
    for (index, (run, name)) in runs.iter().zip(names).enumerate() {
        let which = match runs.len() {
            1 => "from the whole preset, whatever became of its file".to_owned(),
            _ => format!("{} {name}, from its whole preset", index + 1),
        };
        let after = if run.changes.is_empty() {
            ""
        } else {
            "; it was changed on the way, and this is what was in force in the end"
        };
        commands.push(Command {
            what: format!("{which}{after}"),
            lines: vec![visible(&shell_words::join(from_preset(run)))],
        });
    }
    commands
}

fn as_given(run: &Material) -> Vec<String> {
    let description = &run.description;
    if description.command.is_empty() {
        return Vec::new();
    }
    let folder = Some(&description.working_folder).filter(|folder| !folder.is_empty());
    let mut lines: Vec<String> = folder
        .map(|folder| format!("cd {}", shell_words::quote(folder)))
        .into_iter()
        .collect();
    lines.push(shell_words::join(&description.command));
    lines.iter().map(|line| visible(line)).collect()
}

fn from_preset(run: &Material) -> Vec<String> {
    let description = &run.description;
    let path = |input: &Input| input.path.clone().unwrap_or_else(|| input.name.clone());
    let mut words = vec!["stylescope".to_owned()];
    let is_drawn = |input: &Input| input.path.is_none();
    if is_drawn(&description.content) && is_drawn(&description.style) {
        words.push("demo".to_owned());
    } else {
        words.extend([
            "run".to_owned(),
            path(&description.content),
            path(&description.style),
        ]);
    }
    let preset = run.folder.preset();
    let preset = std::path::absolute(&preset).unwrap_or(preset);
    words.extend(["-p".to_owned(), preset.display().to_string()]);
    if let Some(weights) = &description.weights {
        words.extend(["--weights".to_owned(), path(weights)]);
    }
    if let Some(device) = &description.device {
        words.extend(["--device".to_owned(), device.clone()]);
    }
    if let Some(threads) = description
        .threads
        .filter(|_| description.device.as_deref() == Some("cpu"))
    {
        words.extend(["--threads".to_owned(), threads.to_string()]);
    }
    words
}
