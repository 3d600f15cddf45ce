//! `--log` where there is no screen: what happens, a line each, as the dashboard writes it. Main thread.

use std::path::Path;
use std::time::Instant;

use super::{Failure, output};
use crate::dashboard::log::{Log, line};
use crate::engine::message::{EndReason, Event};
use crate::preset::visible::visible;
use crate::record::figure;

/// The file that events are added to, where one is wanted.
#[derive(Debug)]
pub(super) struct EventFile {
    log: Option<Log>,
    began: Instant,
    /// The step that the last event said.
    step: u64,
    /// The last stage of the preparation, which is said again and again.
    stage: &'static str,
}

impl EventFile {
    /// Opens the file at `path`; without one nothing is written.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let log = path.map(Log::open).transpose().map_err(Failure::new)?;
        Ok(Self {
            log,
            began: Instant::now(),
            step: 0,
            stage: "",
        })
    }

    /// Takes note of what is said of a run; `name_of` says whose an event is, where there are several.
    pub(super) fn hear(&mut self, event: &Event, name_of: impl Fn(usize) -> Option<String>) {
        if self.log.is_none() {
            return;
        }
        if let Some(step) = step_of(event) {
            self.step = step;
        }
        if let Event::Preparing(stage) = event
            && std::mem::replace(&mut self.stage, stage.in_words()) == stage.in_words()
        {
            return;
        }
        let names: Vec<String> = whose(event)
            .iter()
            .filter_map(|one| name_of(*one))
            .collect();
        let of = match names.as_slice() {
            [] => String::new(),
            names => format!("{}: ", names.join(", ")),
        };
        for text in in_words(event) {
            self.say(&format!("{of}{text}"));
        }
    }

    /// Adds a line; that no more can be written is said once.
    pub(super) fn say(&mut self, text: &str) {
        let Some(log) = &mut self.log else {
            return;
        };
        let line = line(self.began.elapsed(), self.step, text);
        if let Some(error) = log.add(&[line]) {
            output::error_line(format!("note: the log takes no more: {error}"));
        }
    }
}

/// The step that the run is at by what `event` says.
fn step_of(event: &Event) -> Option<u64> {
    match event {
        Event::Started(started) => Some(started.step),
        Event::Losses(block) => Some(block.first_step + block.steps()),
        Event::PresetChanged { step, .. }
        | Event::WentBack { step, .. }
        | Event::Paused(step)
        | Event::Resumed(step) => Some(*step),
        Event::Recovered(recovered) => Some(recovered.step),
        Event::Stuck(stuck) => Some(stuck.step),
        Event::Remark(remark) => Some(remark.step),
        Event::Ended { pictures, .. } if !pictures.pictures.is_empty() => Some(pictures.step),
        _ => None,
    }
}

/// Whom it is about, by the engine's numbers; empty where it is about all.
fn whose(event: &Event) -> Vec<usize> {
    match event {
        Event::Started(started) => started.candidates.to_vec(),
        Event::PresetChanged { candidate, .. }
        | Event::PresetRefused { candidate, .. }
        | Event::Dropped { candidate, .. } => vec![*candidate],
        Event::Recovered(recovered) => vec![recovered.candidate],
        Event::Stuck(stuck) => vec![stuck.candidate],
        Event::Remark(remark) => remark.candidates.to_vec(),
        Event::WentBack { candidates, .. } | Event::Failed { candidates, .. } => {
            candidates.to_vec()
        }
        Event::Ended { pictures, .. } => pictures.candidates.to_vec(),
        _ => Vec::new(),
    }
}

/// What is worth a line, or several.
fn in_words(event: &Event) -> Vec<String> {
    let text = match event {
        Event::Preparing(stage) => stage.in_words().to_owned(),
        Event::Started(started) => {
            let (width, height) = started.size;
            let device = figure::device(&visible(&started.device), started.threads);
            let steps = figure::steps(started.steps);
            let started_with = format!("{width}×{height}, {steps} on {device}");
            let notes = started.notes.iter().map(|note| visible(note));
            return std::iter::once(started_with).chain(notes).collect();
        }
        Event::PresetChanged { changes, .. } => {
            let changes = changes.iter().map(|change| visible(&change.to_string()));
            return changes.collect();
        }
        Event::PresetRefused { error, .. } | Event::Refused { error, .. } => {
            format!("not taken up: {}", visible(&error.to_string()))
        }
        Event::Recovered(recovered) => visible(&recovered.to_string()),
        Event::Stuck(stuck) => visible(&stuck.to_string()),
        Event::Remark(remark) => visible(&remark.words),
        Event::Paused(_) => "paused".to_owned(),
        Event::Resumed(_) => "going on".to_owned(),
        Event::WentBack { step, .. } => format!("going on from step {step}"),
        Event::Dropped { .. } => "dropped".to_owned(),
        Event::Failed { error, .. } => format!("failed: {}", visible(&error.to_string())),
        Event::Ended {
            reason,
            pictures,
            seconds,
        } => {
            let word = match reason {
                EndReason::Completed | EndReason::BudgetSpent => "finished",
                EndReason::Stopped => "stopped",
            };
            let steps = figure::steps(pictures.step);
            format!("{word}: {steps} in {}", figure::elapsed(*seconds))
        }
        Event::Losses(_)
        | Event::PartOfStep(_)
        | Event::Snapshot(_)
        | Event::Gradients(_)
        | Event::Checkpoint(_)
        | Event::PastLosses(_)
        | Event::PictureReady => return Vec::new(),
    };
    vec![text]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::message::{Pictures, Stage};

    #[test]
    fn events_are_lines_with_time_step_and_whose_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        let mut file = EventFile::open(Some(&path)).unwrap();
        let name_of = |number: usize| (number == 3).then(|| "gatys".to_owned());
        file.hear(&Event::Preparing(Stage::Fitting), name_of);
        file.hear(&Event::Preparing(Stage::Fitting), name_of);
        file.hear(&Event::Paused(7), name_of);
        let pictures = Pictures {
            candidates: [3].into(),
            ..Pictures::default()
        };
        let reason = EndReason::Stopped;
        let seconds = 1.0;
        let ended = Event::Ended {
            reason,
            pictures,
            seconds,
        };
        file.hear(&ended, name_of);
        file.say("wrote out.png");
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].starts_with("0:00 step 0: "), "{text}");
        assert_eq!(lines[1], "0:00 step 7: paused");
        assert!(lines[2].contains("step 7: gatys: stopped: "), "{text}");
        assert!(lines[3].ends_with("step 7: wrote out.png"), "{text}");
    }

    #[test]
    fn what_cannot_be_written_is_refused_and_no_file_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let error = EventFile::open(Some(folder.path()))
            .unwrap_err()
            .to_string();
        assert!(error.contains("cannot be written"), "{error}");
        assert!(error.contains("--log"), "{error}");
        let mut none = EventFile::open(None).unwrap();
        none.hear(&Event::Paused(7), |_| None);
        none.say("said to nobody");
    }
}
