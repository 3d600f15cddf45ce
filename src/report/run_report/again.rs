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
    /// Otherwise it is as it was given.
    pub(super) is_from_preset: bool,
}

/// As they were given, the same one once, and for every run the one that makes it from its whole preset.
pub(super) fn commands(runs: &[Material], headings: &[String]) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    let of = |heading: &String| match runs.len() {
        1 => String::new(),
        _ => format!("{heading}, "),
    };
    for (run, heading) in runs.iter().zip(headings) {
        let lines = as_given(run);
        match commands.iter_mut().find(|known| known.lines == lines) {
            Some(known) => "all of them, as they were given".clone_into(&mut known.what),
            None if lines.is_empty() => {}
            None => commands.push(Command {
                what: format!("{}as it was given", of(heading)),
                lines,
                is_from_preset: false,
            }),
        }
    }
    for (run, heading) in runs.iter().zip(headings) {
        let after = if run.changes.is_empty() {
            ""
        } else {
            "; it was changed on the way, and this is what was in force in the end"
        };
        commands.push(Command {
            what: format!("{}from its whole preset{after}", of(heading)),
            lines: vec![visible(&shell_words::join(from_preset(run)))],
            is_from_preset: true,
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
    let more = &description.more;
    for (option, inputs) in [
        ("--style", more.more_styles.as_slice()),
        ("--content-mask", more.content_mask.as_slice()),
        ("--style-mask", more.style_masks.as_slice()),
    ] {
        // `demo` draws what the preset asks for.
        let files = inputs.iter().filter(|input| !is_drawn(input));
        words.extend(files.flat_map(|input| [option.to_owned(), path(input)]));
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
