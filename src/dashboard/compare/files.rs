//! What became of presets and pictures on the disk, and who joins. UI thread.

use std::collections::HashSet;
use std::time::Instant;

use super::Compare;
use super::candidate::Candidate;
use super::difference::from_base;
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::{Done, Effect, Task, Why};
use crate::dashboard::setup::Joining;
use crate::dashboard::task::name_of;
use crate::engine::message::Command;
use crate::preset::visible::visible;
use crate::preset::watch::Changed;
use crate::preset::{Listed, Loaded, Origin, PresetError};
use crate::record::folder::steering::Steered;

/// What loads a listed preset.
pub(super) fn loads(listed: &Listed) -> String {
    match &listed.origin {
        Origin::File(path) => path.to_string_lossy().into_owned(),
        Origin::BuiltIn | Origin::Text => listed.name.clone(),
    }
}

/// `name` as a program in another folder finds the same preset.
fn whole(name: String) -> String {
    let path = std::path::Path::new(&name);
    let whole = path.exists().then(|| std::path::absolute(path).ok());
    match whole.flatten() {
        Some(path) => path.to_string_lossy().into_owned(),
        None => name,
    }
}

impl Compare {
    pub(super) fn files_changed(&mut self, changed: &Changed) {
        let concerned: Vec<usize> = self
            .shown()
            .filter(|candidate| {
                let mut files = candidate.files().into_iter();
                files.any(|file| changed.files.contains(&file))
            })
            .map(|candidate| candidate.number)
            .collect();
        for number in concerned {
            self.reload(number);
        }
        if changed.folders {
            self.effects.push(Effect::Task(Task::List));
        }
    }

    /// Reads the preset of one of them again, as its file is now.
    pub(super) fn reload(&mut self, number: usize) {
        if let Some(candidate) = self.candidate(number) {
            self.effects.push(Effect::Task(Task::Load {
                name: name_of(candidate.recipe.loaded()),
                overrides: candidate.overrides.clone(),
                why: Why::Candidate(number),
            }));
        }
    }

    pub(super) fn done(&mut self, done: Done, now: Instant) {
        match done {
            Done::Loaded {
                why: Why::Candidate(number),
                result,
            } => self.reloaded(number, result.map(|loaded| *loaded), now),
            Done::Listed(presets) => self.note_presets(presets, now),
            Done::Joining(result) => self.joins(result.map(|joining| *joining), now),
            Done::Saved {
                candidate,
                is_result,
                result,
            } => {
                self.saving = self.saving.saturating_sub(1);
                if is_result {
                    let (text, is_error) = match &result {
                        Ok(saved) => (visible(&saved.summary), false),
                        Err(error) => (visible(error), true),
                    };
                    self.effects.push(Effect::Announce { text, is_error });
                }
                match &result {
                    Ok(saved) => self.say(now, Tone::Good, saved.summary.clone()),
                    Err(error) => {
                        let name = self.name_of(candidate);
                        self.say(now, Tone::Error, format!("{name}: {error}"));
                    }
                }
                if is_result && let Some(candidate) = self.candidate_mut(candidate) {
                    match result {
                        Ok(saved) => {
                            candidate.lost = None;
                            candidate.result = Some(saved);
                        }
                        Err(error) => {
                            candidate.lost = Some(error);
                            candidate.result_step = None;
                        }
                    }
                }
                if self.exit.is_some() {
                    self.finish_leaving();
                }
            }
            // Nothing here asks for these.
            Done::Loaded { .. } | Done::Chart(..) | Done::Written { .. } => {}
        }
    }

    fn reloaded(&mut self, number: usize, result: Result<Loaded, PresetError>, now: Instant) {
        let name = self.name_of(number);
        let Some(candidate) = self.candidate_mut(number) else {
            return;
        };
        let is_another_s = |loaded: &Loaded| loaded.origin != candidate.recipe.loaded().origin;
        if candidate.is_dropped() || result.as_ref().is_ok_and(is_another_s) {
            // What is found under the name of a preset that has no file is not its own.
            return;
        }
        let was_broken = candidate.recipe.broken().is_some();
        let said = match &result {
            Ok(_) if was_broken => Some((Tone::Good, format!("{name}: its preset is whole again"))),
            Ok(_) => None,
            Err(error) => Some((
                Tone::Error,
                format!(
                    "{name}: its preset is not taken up: {}; it goes on as it was",
                    error.fault_and_place()
                ),
            )),
        };
        let is_another = candidate.recipe.reload(result);
        if candidate.watched.is_some() {
            // Its own program reads the same file, and says what it makes of it.
            if candidate.recipe.broken().is_none() {
                candidate.confirmed = candidate.recipe.clone();
                candidate.in_force = candidate.recipe.preset().clone();
            }
        } else if is_another && !candidate.is_from_before {
            let preset = Box::new(candidate.recipe.preset().clone());
            self.effects.push(Effect::Engine(Command::ChangePreset {
                candidate: number,
                preset,
            }));
        }
        self.watch_files();
        self.find_differences();
        if let Some((tone, text)) = said {
            self.say(now, tone, text);
        }
    }

    /// A preset was saved in the folder of one of the runs.
    pub(super) fn steered(&mut self, number: usize, steered: Steered, now: Instant) {
        let name = self.name_of(number);
        let refused = |why: &str| format!("{name}: from its run's folder, not taken up: {why}");
        let settings = match steered {
            Steered::Changed { settings, .. } => settings,
            Steered::Refused(why) => return self.say(now, Tone::Error, refused(&why)),
        };
        let Some(candidate) = self.candidate_mut(number) else {
            return;
        };
        match candidate.recipe.steer(settings) {
            Ok(true) => {
                let preset = Box::new(candidate.recipe.preset().clone());
                self.effects.push(Effect::Engine(Command::ChangePreset {
                    candidate: number,
                    preset,
                }));
                self.find_differences();
                let text = format!("{name}: changed from its run's folder");
                self.say(now, Tone::Plain, text);
            }
            Ok(false) => {}
            Err(error) => {
                let why = error.summary();
                self.say(now, Tone::Error, refused(&why));
                self.effects.push(Effect::RefuseSteering {
                    candidate: number,
                    why,
                });
            }
        }
    }

    /// All preset files that are in use.
    pub(super) fn watch_files(&mut self) {
        let mut files: Vec<_> = self.shown().flat_map(Candidate::files).collect();
        files.sort_unstable();
        files.dedup();
        self.effects.push(Effect::Watch(files));
    }

    /// Compares every preset with the first one's again.
    pub(super) fn find_differences(&mut self) {
        let Some(base) = self
            .shown()
            .next()
            .or(self.candidates.first())
            .map(|first| first.recipe.preset().clone())
        else {
            return;
        };
        for candidate in &mut self.candidates {
            let (differences, alike) = from_base(&base, candidate.recipe.preset());
            candidate.differences = differences;
            candidate.measured_alike = alike;
        }
    }

    /// Lets the newest of the presets that are offered join.
    pub(super) fn join(&mut self, now: Instant) {
        if !self.may_join {
            self.hint(now, Tone::Notice, "no preset can join here");
        } else if self.is_joining {
            self.hint(now, Tone::Notice, "one is joining already");
        } else if let Some((_, name)) = self.offered.pop() {
            if self.is_attached() {
                self.notice = None;
                self.effects.push(Effect::Invite(whole(name)));
            } else {
                self.let_join(name);
            }
        } else {
            self.hint(
                now,
                Tone::Notice,
                "no new preset: one that is saved in a folder of presets can join",
            );
        }
    }

    fn joins(&mut self, result: Result<Joining, String>, now: Instant) {
        self.is_joining = false;
        match result {
            Ok(Joining { candidate, input }) => {
                let number = candidate.number;
                self.next_number = self.next_number.max(number + 1);
                let recorder = candidate.recorder.clone();
                let contender = Box::new(candidate.contender());
                self.effects.push(Effect::Introduce(contender));
                let mut joined = Candidate::new(candidate);
                joined.run.pause(self.is_paused);
                let name = joined.name();
                self.candidates.push(joined);
                if let Some(recorder) = recorder {
                    self.effects.push(Effect::Record {
                        candidate: number,
                        label: name.clone(),
                        recorder,
                    });
                }
                self.effects.push(Effect::Engine(Command::Join {
                    candidate: number,
                    input,
                }));
                self.watch_files();
                self.find_differences();
                self.say(now, Tone::Good, format!("{name} joins"));
            }
            Err(error) => {
                let (text, is_error) = (visible(&error), true);
                self.effects.push(Effect::Announce { text, is_error });
                self.say(now, Tone::Error, error);
            }
        }
    }

    /// Which presets could join, from now on, if they were not there before.
    fn note_presets(&mut self, listed: Vec<Listed>, now: Instant) {
        let sound: Vec<(String, String)> = listed
            .into_iter()
            .filter(|listed| listed.description.is_ok())
            .map(|listed| {
                let name = loads(&listed);
                (listed.name, name)
            })
            .collect();
        let names: HashSet<String> = sound.iter().map(|(name, _)| name.clone()).collect();
        let known = self.known_presets.replace(names.clone());
        self.offered.retain(|(name, _)| names.contains(name));
        let Some(known) = known.filter(|_| self.may_join) else {
            return;
        };
        for (name, loads) in sound {
            if !known.contains(&name) {
                let text = format!("new preset {}: j lets it join", visible(&name));
                self.say(now, Tone::Notice, text);
                self.offered.push((name, loads));
            }
        }
    }
}

impl Candidate {
    /// Its preset's files, and those in which it was looked for when it was found broken.
    pub(super) fn files(&self) -> Vec<std::path::PathBuf> {
        let mut files = self.recipe.loaded().files.clone();
        if let Some(error) = self.recipe.broken() {
            files.extend_from_slice(error.files());
        }
        files
    }
}
