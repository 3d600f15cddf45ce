//! `plan.json` in a comparison's folder: what is computed lane by lane, by other processes, maybe on other machines.
//! Any thread; reads and writes a file.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::preset::visible::visible;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::replace::replace;

/// What is written; another one is not read.
const FORMAT: u32 = 1;

/// All that a lane has to know. Paths are absolute but for those in `overrides`, which count from `working_folder`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SharedPlan {
    pub(super) format: u32,
    /// Name and version of what wrote it.
    pub(super) program: String,
    /// Where the command was given.
    pub(super) working_folder: PathBuf,
    pub(super) content: PathBuf,
    /// The first style picture.
    pub(super) style: PathBuf,
    /// The others, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) more_styles: Vec<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_mask: Option<PathBuf>,
    /// One for each style picture, or none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) style_masks: Vec<PathBuf>,
    /// As `--device` takes it.
    pub(super) device: String,
    pub(super) threads: Option<u16>,
    pub(super) offline: bool,
    pub(super) sixteen_bit: bool,
    pub(super) tensorboard: bool,
    /// Computing time of each lane.
    pub(super) budget_seconds: Option<f64>,
    /// Where pictures are written besides their runs' folders.
    pub(super) results: Option<PathBuf>,
    /// By their numbers, from 0.
    pub(super) candidates: Vec<Planned>,
    /// The numbers of those that share one.
    pub(super) lanes: Vec<Vec<usize>>,
}

/// A candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Planned {
    /// Its number in the comparison, from 0.
    pub(super) number: usize,
    pub(super) label: String,
    /// The name of a built-in preset, or a file's path.
    pub(super) preset: String,
    /// `KEY=VALUE`, in the order in which they are laid over the preset.
    pub(super) overrides: Vec<String>,
}

/// Why a lane cannot be computed.
#[derive(Debug, thiserror::Error)]
pub(super) enum SharedPlanError {
    /// There is no plan.
    #[error(
        "there is no {}\n  give --task the folder that `stylescope compare … --slurm` made",
        shown(path)
    )]
    Missing { path: PathBuf },
    /// There is, but it is of no use.
    #[error(
        "{} cannot be read: {reason}\n  compare anew with --slurm",
        shown(path)
    )]
    Unreadable { path: PathBuf, reason: String },
    /// It is meant for another version of the program.
    #[error(
        "{} is a plan of format {format}, by {}; this is {PROGRAM}, which reads format {FORMAT}\n  use the program \
         that wrote it, or compare anew with --slurm",
        shown(path),
        visible(program)
    )]
    OtherFormat {
        path: PathBuf,
        format: u32,
        program: String,
    },
    /// The lane is not in it.
    #[error("--lane {lane}: {} has {}\n  lanes are numbered from 0", shown(path), lanes_in_words(*lanes))]
    NoLane {
        path: PathBuf,
        lane: usize,
        lanes: usize,
    },
}

const PROGRAM: &str = concat!("stylescope ", env!("CARGO_PKG_VERSION"));

fn shown(path: &Path) -> String {
    visible(&path.display().to_string())
}

fn lanes_in_words(lanes: usize) -> String {
    match lanes {
        0 => "no lane".to_owned(),
        1 => "one lane, 0".to_owned(),
        _ => format!("{lanes} lanes, 0 to {}", lanes - 1),
    }
}

/// What tells whether the rest can be understood.
#[derive(Deserialize)]
struct Heading {
    format: u32,
    #[serde(default)]
    program: String,
}

impl SharedPlan {
    /// One that has only what every plan has.
    pub(super) fn new(working_folder: PathBuf, content: PathBuf, style: PathBuf) -> Self {
        Self {
            format: FORMAT,
            program: PROGRAM.to_owned(),
            working_folder,
            content,
            style,
            more_styles: Vec::new(),
            content_mask: None,
            style_masks: Vec::new(),
            device: String::new(),
            threads: None,
            offline: false,
            sixteen_bit: false,
            tensorboard: false,
            budget_seconds: None,
            results: None,
            candidates: Vec::new(),
            lanes: Vec::new(),
        }
    }

    /// Writes it into `folder`, whole or not at all.
    pub(super) fn write(&self, folder: &ComparisonFolder) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        replace(&folder.plan(), text.as_bytes())
    }

    /// Reads the one in `folder`.
    pub(super) fn read(folder: &ComparisonFolder) -> Result<Self, SharedPlanError> {
        let path = folder.plan();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(SharedPlanError::Missing { path });
            }
            Err(error) => {
                let reason = error.to_string();
                return Err(SharedPlanError::Unreadable { path, reason });
            }
        };
        let unreadable = |error: serde_json::Error| SharedPlanError::Unreadable {
            path: path.clone(),
            reason: visible(&error.to_string()),
        };
        let Heading { format, program } = serde_json::from_str(&text).map_err(unreadable)?;
        if format != FORMAT {
            return Err(SharedPlanError::OtherFormat {
                path,
                format,
                program,
            });
        }
        serde_json::from_str(&text).map_err(unreadable)
    }

    /// The candidates of `lane` of the plan in `folder`.
    pub(super) fn lane(
        &self,
        folder: &ComparisonFolder,
        lane: usize,
    ) -> Result<Vec<&Planned>, SharedPlanError> {
        let path = folder.plan();
        let Some(numbers) = self.lanes.get(lane) else {
            return Err(SharedPlanError::NoLane {
                path,
                lane,
                lanes: self.lanes.len(),
            });
        };
        let found = |number: &usize| self.candidates.iter().find(|one| one.number == *number);
        let candidates: Vec<&Planned> = numbers.iter().filter_map(found).collect();
        if candidates.is_empty() || candidates.len() != numbers.len() {
            return Err(SharedPlanError::Unreadable {
                path,
                reason: format!("lane {lane} names candidates that are not in it"),
            });
        }
        Ok(candidates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> SharedPlan {
        let candidate = |number: usize, overrides: &[&str]| Planned {
            number,
            label: format!("mine style.weight={number}"),
            preset: "/presets/mine \"x\".toml".to_owned(),
            overrides: overrides.iter().map(|text| (*text).to_owned()).collect(),
        };
        SharedPlan {
            device: "cuda:1".to_owned(),
            threads: Some(3),
            more_styles: vec!["/c.png".into()],
            content_mask: Some("/m.png".into()),
            style_masks: vec!["/n.png".into(), "/ö.png".into()],
            tensorboard: true,
            budget_seconds: Some(90.5),
            results: Some("/out".into()),
            candidates: vec![
                candidate(0, &["image.size=48", "style.layers={ a = 1, b = 2 }"]),
                candidate(1, &[]),
                candidate(2, &["network.weights=\"w é.pt\""]),
            ],
            lanes: vec![vec![0, 2], vec![1]],
            ..SharedPlan::new("/here".into(), "/a/ü.png".into(), "/b.png".into())
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let folder = ComparisonFolder::at(folder.path().to_owned());
        plan().write(&folder).unwrap();
        let read = SharedPlan::read(&folder).unwrap();
        assert_eq!(read, plan());
        // A plan that needs none of it can be read by programs that do not know it.
        let plain = SharedPlan::new("/here".into(), "/a.png".into(), "/b.png".into());
        plain.write(&folder).unwrap();
        let text = std::fs::read_to_string(folder.plan()).unwrap();
        assert!(!text.contains("mask") && !text.contains("more"), "{text}");
        assert_eq!(SharedPlan::read(&folder).unwrap(), plain);
        let numbers = |lane| -> Vec<usize> {
            let lane = read.lane(&folder, lane).unwrap();
            lane.iter().map(|one| one.number).collect()
        };
        assert_eq!((numbers(0), numbers(1)), (vec![0, 2], vec![1]));
        let error = read.lane(&folder, 2).unwrap_err().to_string();
        assert!(error.contains("has 2 lanes, 0 to 1"), "{error}");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let outer = tempfile::tempdir().unwrap();
        let folder = ComparisonFolder::at(outer.path().to_owned());
        let said = || SharedPlan::read(&folder).unwrap_err().to_string();
        assert!(said().starts_with("there is no "), "{}", said());
        let mut other = plan();
        other.format = 7;
        other.program = "stylescope 9\u{1b}".to_owned();
        other.write(&folder).unwrap();
        let words = "is a plan of format 7, by stylescope 9";
        assert!(said().contains(words), "{}", said());
        assert!(!said().contains('\u{1b}'));
        std::fs::write(folder.plan(), "{\"format\": 1}").unwrap();
        assert!(said().contains("missing field"), "{}", said());
        let mut broken = plan();
        broken.lanes = vec![vec![0, 9], vec![]];
        for lane in 0..2 {
            assert!(broken.lane(&folder, lane).is_err());
        }
    }
}
