//! What is read of a run for a report. Whatever is broken or missing is said in a note and left out. Any thread;
//! reads the disk.

use std::path::Path;
use std::sync::Arc;

use image::{Rgb32FImage, RgbImage};

use crate::pixels::{self, Filter, SizeRule, drawn, fitted_size};
use crate::preset::visible::visible;
use crate::preset::{self, LARGEST_FILE, Preset, plain_file};
use crate::record::digest::FileDigest;
use crate::record::folder::RunFolder;
use crate::record::folder::description::{Description, Input};
use crate::record::folder::inventory::Kept;
use crate::record::folder::journal::{Entry, Happening};
use crate::record::folder::metrics::{Metrics, Row};
use crate::record::folder::pictures::{Snapshot, on_the_way};

/// How much of a run's pictures goes into a report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Longest side of the result, in pixels.
    pub(super) result: u32,
    /// Most snapshots of a run; the others are passed over evenly.
    pub(super) snapshots: usize,
}

/// Longest side of a snapshot, in pixels.
const SNAPSHOT_SIDE: u32 = 200;
/// Longest side of the content and of the style picture, in pixels.
const INPUT_SIDE: u32 = 400;

/// A run.
#[derive(Debug)]
pub(super) struct Material {
    pub(super) folder: RunFolder,
    pub(super) description: Description,
    pub(super) preset: Option<Preset>,
    /// As it lies in the folder.
    pub(super) preset_text: String,
    /// Only the rows that led to the last one.
    pub(super) metrics: Metrics,
    pub(super) changes: Vec<Changed>,
    pub(super) picture: Option<Newest>,
    pub(super) snapshots: Vec<(u64, Arc<RgbImage>)>,
    /// How many there are, shown or not.
    pub(super) all_snapshots: usize,
    pub(super) notes: Vec<String>,
}

/// Another preset took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    /// From this step of the way that led to the result.
    pub(super) step: u64,
    pub(super) fields: Vec<String>,
}

/// The newest picture.
#[derive(Debug)]
pub(super) struct Newest {
    pub(super) picture: Arc<RgbImage>,
    pub(super) step: u64,
    /// Otherwise it is a snapshot.
    pub(super) is_result: bool,
}

impl Material {
    pub(super) fn read(kept: &Kept, limits: Limits) -> Self {
        let folder = kept.folder.clone();
        let mut notes = Vec::new();
        let preset_text = match plain_file::read_text(&folder.preset(), LARGEST_FILE) {
            Ok(text) => text,
            Err(error) => {
                notes.push(format!("preset.toml cannot be read: {error}"));
                String::new()
            }
        };
        // An empty text would be a preset of defaults.
        let preset = Some(preset_text.as_str())
            .filter(|text| !text.trim().is_empty())
            .and_then(|text| preset::from_toml(text, "preset.toml").ok());
        if preset.is_none() && !preset_text.is_empty() {
            notes.push("preset.toml is not a preset that this version understands".to_owned());
        }
        let metrics = losses(&folder, &mut notes);
        // A journal that is not there says nothing.
        let entries = Entry::read_all(&folder.journal()).unwrap_or_default();
        let mut material = Self {
            preset,
            preset_text,
            metrics,
            changes: changes(&entries),
            picture: None,
            snapshots: Vec::new(),
            all_snapshots: 0,
            notes,
            folder,
            description: kept.description.clone(),
        };
        material.read_pictures(limits);
        material
    }

    fn read_pictures(&mut self, limits: Limits) {
        let all = self.folder.all_snapshots().unwrap_or_default();
        let all = on_the_way(all, &self.metrics.rows);
        self.all_snapshots = all.len();
        let mut unreadable = 0;
        for snapshot in chosen(&all, limits.snapshots) {
            match read_picture(&snapshot.path, SNAPSHOT_SIDE) {
                Some(picture) => self.snapshots.push((snapshot.step, picture)),
                None => unreadable += 1,
            }
        }
        if unreadable > 0 {
            self.notes
                .push(format!("{unreadable} of the snapshots cannot be read"));
        }
        let result = self.folder.result();
        if result.exists() {
            match read_picture(&result, limits.result) {
                Some(picture) => {
                    self.picture = Some(Newest {
                        picture,
                        step: self.steps_made(),
                        is_result: true,
                    });
                    return;
                }
                None => self.notes.push("result.png cannot be read".to_owned()),
            }
        }
        self.picture = all.iter().rev().find_map(|snapshot| {
            Some(Newest {
                picture: read_picture(&snapshot.path, limits.result)?,
                step: snapshot.step,
                is_result: false,
            })
        });
    }

    /// Updates made, also by a run that goes on or was killed.
    pub(super) fn steps_made(&self) -> u64 {
        let last = self.metrics.rows.last().map_or(0, |row| row.step + 1);
        if self.description.ended.is_some() {
            self.description.step
        } else {
            last.max(self.description.step)
        }
    }

    /// Seconds of stepping.
    pub(super) fn seconds(&self) -> f64 {
        let last = self.metrics.rows.last().map_or(0.0, |row| row.seconds);
        last.max(self.description.seconds)
    }

    /// The folder's name, how the run went, and what is wrong with it; safe to be shown.
    pub(super) fn in_words(&self) -> String {
        let state = self.description.state.in_words();
        let failure = self.description.failure.as_deref().map(visible);
        let reasons: Vec<String> = failure.into_iter().chain(self.notes.clone()).collect();
        let colon = if reasons.is_empty() { "" } else { ": " };
        format!(
            "{} ({state}{colon}{})",
            visible(&self.folder.name()),
            reasons.join("; ")
        )
    }

    /// Whether there is nothing to report.
    pub(super) fn is_empty(&self) -> bool {
        self.metrics.rows.is_empty() && self.picture.is_none()
    }
}

/// The content or style picture itself, small, where it still is what it was.
pub(super) fn input(input: &Input) -> Option<Arc<RgbImage>> {
    let Some(path) = &input.path else {
        let draw = drawn::named(&input.name)?;
        return Some(Arc::new(
            image::DynamicImage::from(draw(INPUT_SIDE, INPUT_SIDE * 3 / 4)).into_rgb8(),
        ));
    };
    let path = Path::new(path);
    let digest = FileDigest::begin(path).ok()?.get();
    let is_the_same = digest.is_some() && digest == input.sha256;
    is_the_same
        .then(|| read_picture(path, INPUT_SIDE))
        .flatten()
}

fn losses(folder: &RunFolder, notes: &mut Vec<String>) -> Metrics {
    match Metrics::read_sound(&folder.metrics()) {
        Ok((metrics, broken)) => {
            if let Some(error) = broken {
                let reason = visible(&error.to_string());
                notes.push(format!(
                    "the losses are shown up to where metrics.csv is broken: {reason}"
                ));
            }
            let way: Vec<Row> = metrics.way().into_iter().cloned().collect();
            Metrics {
                rows: way,
                terms: metrics.terms,
            }
        }
        // It never made a step.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Metrics::default(),
        Err(error) => {
            let reason = visible(&error.to_string());
            notes.push(format!("metrics.csv cannot be read: {reason}"));
            Metrics::default()
        }
    }
}

/// What changed the preset, on the way that led to the result: a run that goes back takes its preset along.
fn changes(entries: &[Entry]) -> Vec<Changed> {
    let mut changes: Vec<Changed> = Vec::new();
    for entry in entries {
        match &entry.what {
            Happening::PresetChanged { changes: fields } => changes.push(Changed {
                step: entry.step,
                fields: fields.iter().map(|field| visible(field)).collect(),
            }),
            Happening::WentBack { .. }
            | Happening::Recovered { .. }
            | Happening::Stuck { .. }
            | Happening::Restarted => {
                for change in &mut changes {
                    change.step = change.step.min(entry.step);
                }
            }
            _ => {}
        }
    }
    changes
}

/// At most `most`, with the first and the last among them and the others evenly between.
fn chosen(all: &[Snapshot], most: usize) -> Vec<&Snapshot> {
    if all.len() <= most {
        return all.iter().collect();
    }
    let last = most.saturating_sub(1).max(1);
    (0..most)
        .filter_map(|index| all.get(index * (all.len() - 1) / last))
        .collect()
}

/// As it is to be seen: no longer than `side`.
fn read_picture(path: &Path, side: u32) -> Option<Arc<RgbImage>> {
    let picture: Rgb32FImage = pixels::read(path).ok()?.picture;
    let (width, height) = fitted_size(picture.dimensions(), SizeRule::Longer(side), false);
    let small = pixels::resize(&picture, width, height, Filter::Lanczos3);
    Some(Arc::new(image::DynamicImage::from(small).into_rgb8()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_stand_where_they_took_effect_on_the_way() {
        let entry = |step, what| Entry {
            time: jiff::Timestamp::UNIX_EPOCH,
            step,
            what,
        };
        let changed = |field: &str| Happening::PresetChanged {
            changes: vec![field.to_owned()],
        };
        let entries = [
            entry(10, changed("a")),
            entry(50, changed("b")),
            entry(30, Happening::WentBack { branch: 2 }),
            entry(70, changed("c")),
        ];
        let steps: Vec<u64> = changes(&entries).iter().map(|change| change.step).collect();
        assert_eq!(steps, [10, 30, 70]);
    }

    #[test]
    fn snapshots_are_chosen_evenly_with_both_ends() {
        let all: Vec<Snapshot> = (0..30)
            .map(|step| Snapshot {
                branch: 1,
                step,
                path: std::path::PathBuf::new(),
            })
            .collect();
        let steps = |most| -> Vec<u64> { chosen(&all, most).iter().map(|one| one.step).collect() };
        assert_eq!(steps(4), [0, 9, 19, 29]);
        assert_eq!(steps(1), [0]);
        assert_eq!(steps(40).len(), 30);
    }
}
