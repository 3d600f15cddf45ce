//! The record of how a picture was made, inside the picture itself: written by a run, read by `show`.
//! Main thread.

use serde_json::{Value, json};

use super::run::plan::Plan;
use super::run::source::Source;
use crate::engine::message::Started;
use crate::pixels::TextEntry;
use crate::preset::{self, Change, Init, Loaded, Origin};
use crate::record::digest::FileDigest;
use crate::record::folder::{PRESET_KEYWORD, RUN_KEYWORD};

/// How a picture came to be, as far as the plan does not say it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made<'a> {
    /// The preset that was in force in the end.
    pub(super) loaded: &'a Loaded,
    /// What took effect on the way, and from which step.
    pub(super) changes: &'a [(u64, Change)],
    pub(super) started: Option<&'a Started>,
    pub(super) step: u64,
    pub(super) seconds: f64,
    pub(super) loss: Option<f64>,
}

/// What goes into the picture of a run.
pub(super) fn entries(plan: &Plan, made: &Made<'_>) -> Vec<TextEntry> {
    let preset = &made.loaded.preset;
    let started = made.started;
    let file = |digest: Option<&FileDigest>| match digest {
        Some(digest) => {
            json!({ "name": digest.path().display().to_string(), "sha256": digest.get() })
        }
        None => Value::Null,
    };
    let begin = |path: &std::path::Path| FileDigest::begin(path).ok();
    let preset_file = match &made.loaded.origin {
        Origin::File(path) => json!(path.display().to_string()),
        Origin::BuiltIn | Origin::Text => Value::Null,
    };
    let picture = |source: &Source| {
        let input = source.input();
        json!({ "name": input.name, "sha256": input.sha256.unwrap_or_default() })
    };
    // They may have been fetched since, or belong to another preset that was applied on the way.
    let weights_path = started.and_then(|started| started.weights.as_deref());
    let planned = plan.weights.as_deref().map(FileDigest::path);
    let weights = if weights_path == planned {
        file(plan.weights.as_deref())
    } else {
        file(weights_path.and_then(begin).as_ref())
    };
    let init_path = (preset.image.init == Init::File)
        .then_some(preset.image.init_file.as_deref())
        .flatten();
    let init = if init_path == plan.init_file.as_deref().map(FileDigest::path) {
        file(plan.init_file.as_deref())
    } else {
        file(init_path.and_then(begin).as_ref())
    };
    let changes = match made.changes {
        [] => Value::Null,
        changes => changes
            .iter()
            .map(|(step, change)| format!("step {step}: {change}"))
            .collect(),
    };
    let run = json!({
        "program": concat!("stylescope ", env!("CARGO_PKG_VERSION")),
        "libtorch": env!("STYLESCOPE_LIBTORCH_VERSION"),
        "preset": made.loaded.name,
        "preset_file": preset_file,
        "content": picture(&plan.sources.content),
        "style": picture(plan.sources.style()),
        "weights": weights,
        "init": init,
        "size": started.map(|started| [started.size.0, started.size.1]),
        "device": started.map(|started| started.device.clone()),
        "threads": started.map(|started| started.threads),
        "seed": preset.schedule.seed,
        "steps": made.step,
        "seconds": made.seconds,
        "loss": made.loss,
        "changes": changes,
    });
    let run = plan.sources.more_inputs().recorded_in(run);
    let entry = |keyword: &str, text: String| TextEntry {
        keyword: keyword.to_owned(),
        text,
    };
    vec![
        entry(
            "Software",
            concat!("stylescope ", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        entry(RUN_KEYWORD, run.to_string()),
        entry(PRESET_KEYWORD, preset::to_toml(preset)),
    ]
}

/// A run's record in lines for a person; a record of another shape is shown as it is.
pub(super) fn describe(record: &str) -> String {
    let Ok(Value::Object(run)) = serde_json::from_str::<Value>(record) else {
        return record.to_owned();
    };
    let lines: Vec<String> = run
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| format!("{key:9} {}", preset::visible::visible(&plain(value))))
        .collect();
    lines.join("\n")
}

/// A value of a record in words.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(sides) if sides.iter().all(Value::is_number) => {
            let sides: Vec<String> = sides.iter().map(ToString::to_string).collect();
            sides.join("×")
        }
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join("; "),
        Value::Object(file) => {
            let field = |name| file.get(name).and_then(Value::as_str).unwrap_or_default();
            match field("sha256") {
                "" => field("name").to_owned(),
                digest => format!(
                    "{} (sha256 {})",
                    field("name"),
                    digest.get(..16).unwrap_or(digest)
                ),
            }
        }
        Value::Number(number) if number.is_f64() => {
            number.as_f64().map(readable).unwrap_or_default()
        }
        other => other.to_string(),
    }
}

/// Four significant digits, which is all that anyone compares.
fn readable(number: f64) -> String {
    let rounded = format!("{number:.3e}").parse().unwrap_or(number);
    if rounded == 0.0 || (1e-4..1e7).contains(&f64::abs(rounded)) {
        rounded.to_string()
    } else {
        format!("{rounded:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        let numbers = [0.021_220_046, 4.545_327, 0.0, 6.025e11, -2.5e-7, 1234.56];
        assert_eq!(
            numbers.map(readable),
            ["0.02122", "4.545", "0", "6.025e11", "-2.5e-7", "1235"]
        );
    }

    #[test]
    fn a_record_becomes_lines_and_hides_control_characters() {
        let record = r#"{"program":"stylescope 0.1.0","size":[3,4],"content":{"name":"a\u001bb","sha256":"0123456789abcdef0123"},"masks":[{"name":"m","sha256":""},{"name":"n","sha256":"ab"}],"weights":null}"#;
        let text = describe(record);
        assert!(text.contains("masks     m; n (sha256 ab)"), "{text}");
        assert!(
            text.contains("size      3×4") && text.contains("(sha256 0123456789abcdef)"),
            "{text}"
        );
        assert!(
            !text.contains('\u{1b}') && !text.contains("weights"),
            "{text}"
        );
    }
}
