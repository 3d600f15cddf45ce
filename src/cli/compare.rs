//! Arguments of `compare`. Main thread.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueHint};

use super::{BackgroundOptions, RunOptions, SlurmOptions};

pub(super) const COMPARE_HELP: &str = "Makes the picture by several presets at once and shows them side by side: the \
    pictures at the same step, all losses in one chart, and what differs.\n\n\
    Presets that can share a batch do, with one pass through the network for all of them; others (another network, \
    another size) take turns, so that all pictures advance together. Losses are compared without their weights, since \
    totals under different weights mean nothing side by side.\n\n\
    Every candidate is kept as a run of its own, all of them in one folder, which `runs`, `report` and `watch` read. \
    Saving a preset's file changes its candidate while it runs. A comparison whose terminal is gone goes on to its end; \
    `stylescope attach` comes back to it, and `stylescope resume` goes on with one whose program has ended.\n\n\
    With --slurm nothing is computed here: pictures and presets are checked, and a job array is written into the \
    comparison's folder, a task for every lane. Tasks read pictures and presets when they begin, from the same \
    paths, so these have to be the same on all nodes.";

pub(super) const COMPARE_EXAMPLES: &str = "Examples:
  stylescope compare photo.jpg painting.jpg demo mine.toml
      two presets
  stylescope compare photo.jpg painting.jpg presets/*.toml --size 256 --budget 2m
      all presets of a folder, for two minutes of computing
  stylescope compare photo.jpg painting.jpg demo --grid style.weight=1,3,10 --grid content.weight=0.1,0.4
      one preset with six pairs of weights
  stylescope compare photo.jpg painting.jpg demo soft --headless
      lines instead of the dashboard, a table and a report at the end
  stylescope compare photo.jpg painting.jpg demo soft --detach
      in the background, whatever becomes of the terminal; `stylescope attach` shows and steers it
  stylescope compare photo.jpg painting.jpg presets/*.toml --slurm --submit --time 30
      as a job array on a cluster, a task with a GPU for every lane; without --submit it is only written

With --json every line on standard output is one object, as for `run --json`, with `candidate`, a number from 0, in it:
  start     content, style, candidates [{candidate, label, preset, run}, …]; further pictures as for `run`;
            of one that is gone on with (`resume`) also resumed, in words
  step, end, error     as for `run`, of one candidate
  join      candidate, label, preset, run: one more, which somebody at an attached terminal wanted
  detached  with --detach, the only one: the comparison's id, and its folder as run
With --slurm it is one object: event (written or submitted), folder, script, tasks, job";

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(
    mut_arg("preset", |argument| argument.hide(true)),
    mut_arg("output", |argument| argument
        .value_name("FOLDER")
        .value_hint(ValueHint::DirPath)
        .help("Also write the pictures into FOLDER")
        .long_help("Also write the pictures into FOLDER, which is made; without it they are in their runs' folders only.")),
    mut_arg("slurm", |argument| argument.conflicts_with_all(["no_record", "task", "detach"])),
    mut_arg("detach", |argument| argument.help(
        "Leave the terminal at once: the comparison goes on by itself, `stylescope attach` comes to it")),
    override_usage = "stylescope compare [OPTIONS] <CONTENT> <STYLE> <PRESET>...\n       \
        stylescope compare [OPTIONS] --task <FOLDER> --lane <N>"
)]
pub struct CompareArguments {
    /// The picture whose shapes are kept
    #[arg(required_unless_present = "task", value_hint = ValueHint::FilePath)]
    pub content: Option<PathBuf>,

    /// The picture whose textures and colours are taken
    #[arg(required_unless_present = "task", value_hint = ValueHint::FilePath)]
    pub style: Option<PathBuf>,

    /// Presets by name or path; patterns such as 'presets/*.toml' work also in quotes
    #[arg(value_name = "PRESET", required_unless_present_any = ["preset", "task"], value_hint = ValueHint::FilePath)]
    pub presets: Vec<String>,

    /// Try every one of these values of a field, in all combinations (repeatable)
    #[arg(long, value_name = "KEY=VALUE,…")]
    pub grid: Vec<GridAxis>,

    /// Steps of each candidate at all its sizes, such as 200, or time for all of them together (with --slurm for each task), such as 90s, 2m or 1h
    #[arg(long, value_name = "STEPS|TIME")]
    pub budget: Option<Budget>,

    /// Most candidates in a batch [default: all that can share one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub batch: Option<u16>,

    /// What `run` takes as well.
    #[command(flatten)]
    pub options: RunOptions,

    /// Whether it goes on without the terminal.
    #[command(flatten)]
    pub background: BackgroundOptions,

    /// What a job for Slurm asks for.
    #[command(flatten)]
    pub slurm: SlurmOptions,

    /// Compute one lane of the comparison that --slurm planned in FOLDER, as a task of its job does
    #[arg(
        long,
        value_name = "FOLDER",
        value_hint = ValueHint::DirPath,
        help_heading = "Slurm",
        hide_short_help = true,
        requires = "lane",
        conflicts_with_all = PLANNED
    )]
    pub task: Option<PathBuf>,

    /// Which lane, from 0
    #[arg(
        long,
        value_name = "N",
        help_heading = "Slurm",
        hide_short_help = true,
        requires = "task"
    )]
    pub lane: Option<usize>,
}

/// What the plan of a task says already.
const PLANNED: [&str; 25] = [
    "detach",
    "content",
    "style",
    "more_styles",
    "blend",
    "content_mask",
    "style_masks",
    "presets",
    "grid",
    "budget",
    "batch",
    "preset",
    "overrides",
    "output",
    "sixteen_bit",
    "size",
    "steps",
    "seed",
    "learning_rate",
    "weights",
    "device",
    "threads",
    "runs",
    "tensorboard",
    "no_record",
];

/// A field of the preset and the values that are tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridAxis {
    /// The field.
    pub key: String,
    /// At least one, as they would stand after `--set KEY=`.
    pub values: Vec<String>,
}

impl FromStr for GridAxis {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "expected a field and its values, such as style.weight=1,3,10".to_owned();
        let (key, values) = text.split_once('=').ok_or_else(wrong)?;
        let key = key.trim().to_owned();
        let values = split(values);
        if key.is_empty() || values.iter().any(String::is_empty) {
            return Err(wrong());
        }
        Ok(Self { key, values })
    }
}

/// At the commas that stand neither in brackets nor in quotes.
fn split(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut depth = 0_usize;
    let mut quote = None;
    for character in text.chars() {
        match (quote, character) {
            (None, ',') if depth == 0 => {
                values.push(String::new());
                continue;
            }
            (None, '"' | '\'') => quote = Some(character),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (Some(open), character) if open == character => quote = None,
            _ => {}
        }
        if let Some(last) = values.last_mut() {
            last.push(character);
        }
    }
    values
        .into_iter()
        .map(|value| value.trim().to_owned())
        .collect()
}

/// How long a comparison may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// Steps of each candidate.
    Steps(u64),
    /// Time for the steps of all of them together.
    Time(Duration),
}

impl FromStr for Budget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong =
            || Err("expected steps, such as 200, or a time, such as 90s, 2m or 1h".to_owned());
        if let Ok(steps) = text.parse() {
            return if steps == 0 {
                wrong()
            } else {
                Ok(Self::Steps(steps))
            };
        }
        let number = text.trim_end_matches(|character: char| character.is_ascii_alphabetic());
        let unit = match text.get(number.len()..) {
            Some("s") => 1.0,
            Some("m" | "min") => 60.0,
            Some("h") => 3600.0,
            _ => return wrong(),
        };
        match number.parse::<f64>().map(|number| number * unit) {
            Ok(seconds) if seconds > 0.0 && seconds < 1e9 => {
                Ok(Self::Time(Duration::from_secs_f64(seconds)))
            }
            _ => wrong(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_at_commas() {
        let axis: GridAxis = "style.weight=1e4, 1e5 ,1e6".parse().unwrap();
        assert_eq!(axis.key, "style.weight");
        assert_eq!(axis.values, ["1e4", "1e5", "1e6"]);
        let axis: GridAxis = "style.layers={ a = 1, b = 2 },{ a = 3 }".parse().unwrap();
        assert_eq!(axis.values, ["{ a = 1, b = 2 }", "{ a = 3 }"]);
        let axis: GridAxis = "image.init=\"a,b\",content".parse().unwrap();
        assert_eq!(axis.values, ["\"a,b\"", "content"]);
        for text in ["", "=1", "a", "a=", "a=1,,2", "a=1,"] {
            assert!(text.parse::<GridAxis>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_budget_is_steps_or_time() {
        assert_eq!("200".parse(), Ok(Budget::Steps(200)));
        assert_eq!("90s".parse(), Ok(Budget::Time(Duration::from_secs(90))));
        assert_eq!("1.5m".parse(), Ok(Budget::Time(Duration::from_secs(90))));
        assert_eq!("1h".parse(), Ok(Budget::Time(Duration::from_secs(3600))));
        for text in ["", "0", "-1", "0s", "5x", "s", "1e30h", "nans", "2.5"] {
            assert!(text.parse::<Budget>().is_err(), "{text}");
        }
    }
}
