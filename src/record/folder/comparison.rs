//! The folder of runs that are compared: a run folder for each of them, and what they have in common. Any thread.
//!
//! ```text
//! runs/2026-11-23-221513-compare-k3f9/
//!   comparison.json     what is compared, by which command
//!   report.html         where it went on without a screen
//!   control.sock        through which other terminals see and steer it while it goes on
//!   output.log          what a comparison in the background prints
//!   plan.json, job.sh   where Slurm is to compute it: what the tasks do, and the job
//!   slurm-17_0.log      what the first task of job 17 said
//!   01-gatys-abcd/      a run, as `record/folder.rs` describes it
//!   02-soft-efgh/
//! ```

use std::io;
use std::path::{Path, PathBuf};

use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::description::{Input, MOST_BYTES};
use super::more_inputs::MoreInputs;
use super::replace::replace;
use super::{RunFolder, id_of, name_of, new_folder};
use crate::preset::plain_file;

/// Where a comparison is kept. Whether there is one is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonFolder {
    path: PathBuf,
}

impl ComparisonFolder {
    /// The folder at `path`.
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Makes a folder in `parent`, which is made as well, for a comparison that begins `now`; only this user may
    /// look into it.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn create(parent: &Path, now: &Zoned) -> io::Result<Self> {
        std::fs::create_dir_all(parent)?;
        let time = now.strftime("%Y-%m-%d-%H%M%S");
        let path = new_folder(parent, &format!("{time}-compare"))?;
        Ok(Self { path })
    }

    /// Whether a comparison is kept at `path`.
    pub fn is_one(path: &Path) -> bool {
        path.join(DESCRIPTION).exists()
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name, which ends with the id.
    pub fn name(&self) -> String {
        name_of(&self.path)
    }

    /// The few characters at the end of the name that nearly always suffice.
    pub fn id(&self) -> String {
        id_of(&self.path)
    }

    /// The report, where one was made.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// [`Comparison`]
    pub fn description(&self) -> PathBuf {
        self.path.join(DESCRIPTION)
    }

    /// What tasks on other machines read, where there are any.
    pub fn plan(&self) -> PathBuf {
        self.path.join("plan.json")
    }

    /// The socket of a comparison that goes on.
    pub fn socket(&self) -> PathBuf {
        self.path.join(SOCKET)
    }

    /// What a comparison without a terminal prints.
    pub fn output_log(&self) -> PathBuf {
        self.path.join(OUTPUT_LOG)
    }

    /// Every run in it, in the order of their numbers.
    ///
    /// # Errors
    /// Where the folder cannot be read.
    pub fn runs(&self) -> io::Result<Vec<RunFolder>> {
        let mut runs = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let run = RunFolder::at(entry?.path());
            if run.description().exists() {
                runs.push(run);
            }
        }
        runs.sort_by_key(|run| (run.number().unwrap_or(usize::MAX), run.name()));
        Ok(runs)
    }

    /// Deletes the folder, and what the program and Slurm left in it, where no run is left: whether it is gone.
    ///
    /// # Errors
    /// The file system's.
    pub fn remove_if_empty(&self) -> io::Result<bool> {
        if !self.runs()?.is_empty() {
            return Ok(false);
        }
        for entry in std::fs::read_dir(&self.path)? {
            let path = entry?.path();
            if is_own(&name_of(&path)) {
                std::fs::remove_file(path)?;
            }
        }
        match std::fs::remove_file(self.description()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match std::fs::remove_dir(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
            Err(error) => Err(error),
        }
    }
}

const DESCRIPTION: &str = "comparison.json";
const SOCKET: &str = "control.sock";
const OUTPUT_LOG: &str = "output.log";

/// Whether a file in the folder is of no use without its runs: the report, the socket, what was printed, the plan, the
/// job for Slurm, what its tasks said.
fn is_own(name: &str) -> bool {
    let is_log = || {
        let numbers = name.strip_prefix("slurm-")?.strip_suffix(".log")?;
        let (job, task) = numbers.split_once('_')?;
        Some([job, task].iter().all(|text| text.parse::<u32>().is_ok()))
    };
    matches!(
        name,
        "report.html" | "plan.json" | "job.sh" | SOCKET | OUTPUT_LOG
    ) || is_log() == Some(true)
}

/// What the runs of a comparison have in common.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Comparison {
    /// Name and version.
    pub program: String,
    /// The words of the command line.
    pub command: Vec<String>,
    /// Where it was given.
    pub working_folder: String,
    /// The machine's name, system and cores, in words.
    pub machine: String,
    /// When the program began.
    pub began: Timestamp,
    /// What keeps its shapes.
    pub content: Input,
    /// What gives textures and colours; the first where there are several.
    pub style: Input,
    /// Further style pictures, and masks.
    #[serde(flatten)]
    pub more: MoreInputs,
}

impl Comparison {
    /// Reads the one that is kept in `folder`.
    ///
    /// # Errors
    /// Where there is none, or something else under its name.
    pub fn read(folder: &ComparisonFolder) -> io::Result<Self> {
        let text = plain_file::read_text(&folder.description(), MOST_BYTES)?;
        Ok(serde_json::from_str(&text)?)
    }

    /// Writes it into `folder`, whole or not at all.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, folder: &ComparisonFolder) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        replace(&folder.description(), text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::folder::description::Description;

    #[test]
    fn runs_in_the_order_of_their_numbers() {
        let parent = tempfile::tempdir().unwrap();
        let now = Zoned::now();
        let folder = ComparisonFolder::create(&parent.path().join("runs"), &now).unwrap();
        assert!(!ComparisonFolder::is_one(folder.path()));
        Comparison::default().write(&folder).unwrap();
        assert!(ComparisonFolder::is_one(folder.path()));
        for number in [2, 100, 1, 11, 99] {
            let (run, _) =
                RunFolder::create_numbered(folder.path(), number, &format!("p{number}")).unwrap();
            Description::default().write(&run).unwrap();
        }
        RunFolder::create_numbered(folder.path(), 3, "without a description").unwrap();
        std::fs::write(folder.path().join("plan.json"), "{}").unwrap();
        let names: Vec<String> = folder
            .runs()
            .unwrap()
            .iter()
            .filter_map(|run| run.name().split('-').nth(1).map(str::to_owned))
            .collect();
        assert_eq!(names, ["p1", "p2", "p11", "p99", "p100"]);
        assert!(!folder.remove_if_empty().unwrap());
    }

    #[test]
    fn an_empty_one_goes_and_anything_else_stays() {
        let parent = tempfile::tempdir().unwrap();
        let folder = ComparisonFolder::create(parent.path(), &Zoned::now()).unwrap();
        Comparison::default().write(&folder).unwrap();
        let own = folder.path().join("slurm-notes.log");
        std::fs::write(&own, "mine").unwrap();
        assert!(!folder.remove_if_empty().unwrap());
        assert!(own.exists());
        std::fs::remove_file(own).unwrap();
        for name in [
            "report.html",
            "plan.json",
            "job.sh",
            "slurm-17_0.log",
            "slurm-17_11.log",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert!(folder.remove_if_empty().unwrap());
        assert!(!folder.path().exists());
    }
}
