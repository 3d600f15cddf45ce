//! `stylescope presets …`. Main thread.

use std::io::IsTerminal;
use std::process::ExitCode;

use serde_json::json;

use super::{Failure, output};
use crate::cli::PresetsCommand;
use crate::preset::visible::{visible, visible_source};
use crate::preset::{self, Origin};

pub(super) fn execute(command: &PresetsCommand) -> Result<ExitCode, Failure> {
    match command {
        PresetsCommand::List { json } => list(*json),
        PresetsCommand::Show {
            preset,
            resolved,
            overrides,
        } => {
            let text = if *resolved {
                preset::to_toml(&preset::load(preset, overrides)?.preset)
            } else {
                preset::text_of(preset)?
            };
            output::line(visible_source(&text).trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        PresetsCommand::Check { presets } => check(presets),
        PresetsCommand::Schema => {
            let schema =
                serde_json::to_string_pretty(&preset::json_schema()).map_err(Failure::new)?;
            output::line(schema)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn list(as_json: bool) -> Result<ExitCode, Failure> {
    let listed = preset::list();
    let widest = listed
        .iter()
        .map(|preset| preset.name.chars().count())
        .max()
        .unwrap_or(0);
    // Lines that another program reads stay whole.
    let columns = match viuer::terminal_size().0 {
        known @ 1.. if std::io::stdout().is_terminal() => usize::from(known),
        _ => usize::MAX,
    };
    for preset in &listed {
        let path = match &preset.origin {
            Origin::BuiltIn | Origin::Text => None,
            Origin::File(path) => Some(path.display().to_string()),
        };
        if as_json {
            let object = match &preset.description {
                Ok(description) => {
                    json!({ "name": preset.name, "path": path, "description": description })
                }
                Err(error) => {
                    json!({ "name": preset.name, "path": path, "error": error.summary() })
                }
            };
            output::json_line(&object)?;
            continue;
        }
        let description = match &preset.description {
            Ok(description) => description.clone(),
            Err(error) => format!("broken: {}", error.summary()),
        };
        let place = path.map(|path| format!("  [{path}]")).unwrap_or_default();
        let name = visible(&format!("{:widest$}", preset.name));
        let text = visible(&format!("{description}{place}"));
        output::line(format!(
            "{name}  {}",
            output::set_in(&text, columns, widest + 2)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn check(presets: &[String]) -> Result<ExitCode, Failure> {
    let mut broken = 0;
    for name in presets {
        match preset::check(name) {
            Ok(loaded) => output::line(format!("{}: good", visible(&loaded.name)))?,
            Err(error) => {
                broken += 1;
                Failure::from(error).report();
            }
        }
    }
    if broken > 0 {
        Err(Failure::Reported)
    } else {
        Ok(ExitCode::SUCCESS)
    }
}
