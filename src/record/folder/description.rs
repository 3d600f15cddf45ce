//! What a run is made of, on which machine, and how far it came: `run.json`. Plain data; any thread.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::RunFolder;
use super::more_inputs::MoreInputs;
use super::replace::replace;
use crate::preset::plain_file;
use crate::record::figure::listed;

/// The longest description that is read: a command line may name many files.
pub(super) const MOST_BYTES: u64 = 8 << 20;

/// A file that goes into a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The path as given, or what a drawn picture is called.
    pub name: String,
    /// The whole path; `None` for a drawn picture.
    pub path: Option<String>,
    /// In hexadecimal digits, where the file could be read to its end.
    pub sha256: Option<String>,
}

impl Input {
    /// The file at `path`, as the command line names it.
    pub fn file(path: &Path, sha256: Option<String>) -> Self {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            name: path.display().to_string(),
            path: Some(whole.display().to_string()),
            sha256,
        }
    }
}

/// What this machine is called.
pub fn host_name() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// How a run goes, or went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It goes on, or the program ended without a word: [`RunFolder::is_held`] tells.
    #[default]
    Running,
    /// All steps were made.
    Completed,
    /// Somebody stopped it.
    Stopped,
    /// It gave up its place in a comparison.
    Dropped,
    /// It could not go on.
    Failed,
    /// The program ended without a word. Never written: it is what others find.
    Killed,
}

impl State {
    /// In a word.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Dropped => "dropped",
            Self::Failed => "failed",
            Self::Killed => "killed",
        }
    }
}

/// Everything about a run that is not a number a step.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Description {
    /// Name and version.
    pub program: String,
    /// Version.
    pub libtorch: String,
    /// The words of the command line.
    pub command: Vec<String>,
    /// Where it was given.
    pub working_folder: String,
    /// The machine's name, system and cores, in words.
    pub machine: String,
    /// The process that wrote this.
    pub process: u32,
    /// When the program began.
    pub began: Timestamp,
    /// When the run ended.
    pub ended: Option<Timestamp>,
    /// When it was gone on with after it had ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<Timestamp>,
    /// How it goes, or went.
    pub state: State,
    /// Why it failed.
    pub failure: Option<String>,
    /// The preset's name.
    pub preset: String,
    /// What it is called in a comparison: the preset's name, and what was set over it.
    pub label: Option<String>,
    /// The preset's file; `None` for a built-in one.
    pub preset_file: Option<String>,
    /// What keeps its shapes.
    pub content: Input,
    /// What gives textures and colours; the first where there are several.
    pub style: Input,
    /// Further style pictures, and masks.
    #[serde(flatten)]
    pub more: MoreInputs,
    /// Trained weights, where there are any.
    pub weights: Option<Input>,
    /// The picture that it began with, where that is a file.
    pub init: Option<Input>,
    /// Width and height of the picture.
    pub size: Option<(u32, u32)>,
    /// `cpu`, `cuda:0`, …
    pub device: Option<String>,
    /// Threads of libtorch on the CPU.
    pub threads: Option<usize>,
    /// Where randomness started.
    pub seed: u64,
    /// Updates made, as far as it is known: `metrics.csv` knows better while the run goes on.
    pub step: u64,
    /// Updates to be made.
    pub steps: Option<u64>,
    /// Seconds of stepping, pauses left out.
    pub seconds: f64,
    /// The weighted sum of all terms at the last step; `None` also where it is not a number.
    pub loss: Option<f64>,
    /// Where the result was written besides this folder.
    pub output: Option<String>,
}

impl Description {
    /// Reads a run's; a run that says that it goes on while nobody holds its folder was killed.
    ///
    /// # Errors
    /// Where there is none, or something else under its name.
    pub fn read(folder: &RunFolder) -> io::Result<Self> {
        let mut description = Self::read_as_written(folder)?;
        if description.state == State::Running && folder.is_held() == Some(false) {
            description.state = State::Killed;
        }
        Ok(description)
    }

    /// As [`Description::read`], but without a look at who holds the folder.
    ///
    /// # Errors
    /// The same.
    pub fn read_as_written(folder: &RunFolder) -> io::Result<Self> {
        let text = plain_file::read_text(&folder.description(), MOST_BYTES)?;
        Ok(serde_json::from_str(&text)?)
    }

    /// What goes into pictures of the run, which is called `run`, as into every picture of this program.
    pub fn provenance(&self, run: &str) -> Value {
        let input = |input: &Input| json!({ "name": input.name, "sha256": input.sha256 });
        self.more.recorded_in(json!({
            "program": self.program,
            "libtorch": self.libtorch,
            "run": run,
            "preset": self.preset,
            "preset_file": self.preset_file,
            "content": input(&self.content),
            "style": input(&self.style),
            "weights": self.weights.as_ref().map(input),
            "init": self.init.as_ref().map(input),
            "size": self.size,
            "device": self.device,
            "threads": self.threads,
            "seed": self.seed,
            "steps": self.step,
            "seconds": self.seconds,
            "loss": self.loss,
        }))
    }

    /// The style pictures, in their order.
    pub fn styles(&self) -> impl Iterator<Item = &Input> {
        std::iter::once(&self.style).chain(&self.more.more_styles)
    }

    /// `a.jpg in the style of b.jpg and c.jpg`, as the files are called.
    pub fn pictures_in_words(&self) -> String {
        let styles: Vec<String> = self.styles().map(|style| style.name.clone()).collect();
        format!("{} in the style of {}", self.content.name, listed(&styles))
    }

    /// The name of the machine, where it was written down.
    pub fn host(&self) -> Option<&str> {
        let (host, _) = self.machine.split_once(", ")?;
        Some(host)
    }

    /// Writes it into `folder`, whole or not at all.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, folder: &RunFolder) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        replace(&folder.description(), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_again() {
        let parent = tempfile::tempdir().unwrap();
        let now = jiff::Zoned::now();
        let (folder, hold) = RunFolder::create(parent.path(), "demo", &now).unwrap();
        let mut written = Description {
            program: "stylescope".to_owned(),
            began: now.timestamp(),
            size: Some((30, 40)),
            loss: Some(0.1),
            ..Description::default()
        };
        written.write(&folder).unwrap();
        assert_eq!(Description::read(&folder).unwrap(), written);
        drop(hold);
        assert_eq!(Description::read(&folder).unwrap().state, State::Killed);
        written.state = State::Stopped;
        written.write(&folder).unwrap();
        assert_eq!(Description::read(&folder).unwrap(), written);
    }

    #[test]
    fn several_style_pictures_and_masks_come_back_and_none_leave_no_trace() {
        let input = |name: &str| Input {
            name: name.to_owned(),
            ..Input::default()
        };
        let mut description = Description {
            content: input("a.jpg"),
            style: input("b.jpg"),
            ..Description::default()
        };
        let text = serde_json::to_string(&description).unwrap();
        assert!(!text.contains("more") && !text.contains("mask"), "{text}");
        assert_eq!(
            description.pictures_in_words(),
            "a.jpg in the style of b.jpg"
        );
        description.more = MoreInputs {
            more_styles: vec![input("c.jpg")],
            content_mask: Some(input("m.png")),
            style_masks: vec![input("n.png"), input("o.png")],
        };
        let text = serde_json::to_string(&description).unwrap();
        let read: Description = serde_json::from_str(&text).unwrap();
        assert_eq!(read, description);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["more_styles"][0]["name"], "c.jpg");
        assert_eq!(value["style_masks"][1]["name"], "o.png");
        assert_eq!(
            description.pictures_in_words(),
            "a.jpg in the style of b.jpg and c.jpg"
        );
        let provenance = description.provenance("run");
        assert_eq!(provenance["masks"][0]["name"], "m.png");
    }

    #[test]
    fn what_is_missing_is_empty_and_what_is_no_description_is_an_error() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(parent.path().to_owned());
        assert!(Description::read(&folder).is_err());
        std::fs::write(folder.description(), "{\"preset\": \"demo\", \"new\": 1}").unwrap();
        assert_eq!(Description::read(&folder).unwrap().preset, "demo");
        std::fs::write(folder.description(), "{\"pres").unwrap();
        assert!(Description::read(&folder).is_err());
    }
}
