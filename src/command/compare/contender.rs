//! Those that are compared: each with a plan of its own, as a run has, and its recorder. Any thread.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::file_name;
use super::presets::{Chosen, chosen};
use super::shared_plan::{Planned, SharedPlan};
use crate::attach::contender;
use crate::cli::{Budget, CompareArguments, MorePictures, RunOptions};
use crate::command::Failure;
use crate::command::run::plan::{Plan, make_folder, overrides};
use crate::command::run::recording::{self, not_recorded};
use crate::command::run::source::Source;
use crate::command::run::sources::Sources;
use crate::engine::input::Candidate;
use crate::preset::visible::visible;
use crate::preset::{self, Loaded, NetworkName, OverrideSyntaxError};
use crate::record::digest::Digests;
use crate::record::folder::comparison::ComparisonFolder;
use crate::record::folder::recorder::Recorder;

/// One of them.
#[derive(Debug)]
pub(super) struct Contender {
    /// What the engine calls it, from 0.
    pub(super) number: usize,
    /// Its number in the whole comparison, from 0, of which this process may compute a part.
    pub(super) place: usize,
    /// What people call it.
    pub(super) label: String,
    pub(super) plan: Plan,
    pub(super) past: Past,
    recorder: OnceLock<Arc<Recorder>>,
    /// A result was written; the next one does not replace it.
    has_result: AtomicBool,
}

/// What a contender was before this program.
#[derive(Debug)]
pub(super) enum Past {
    /// Nothing.
    None,
    /// It goes on, as is said here.
    GoesOn(String),
    /// It came to its end, as is said here, and stays as it is, with this picture.
    Over(String, PathBuf),
}

impl Contender {
    pub(super) fn candidate(&self) -> Candidate {
        self.plan.sources.candidate(&self.plan.preset.preset)
    }

    /// One that this program begins, or goes on with where it has a `recorder` already.
    pub(super) fn new(
        number: usize,
        label: String,
        plan: Plan,
        past: Past,
        recorder: Option<Arc<Recorder>>,
    ) -> Self {
        Self {
            number,
            place: number,
            label,
            plan,
            past,
            recorder: recorder.map_or_else(OnceLock::new, OnceLock::from),
            has_result: AtomicBool::new(false),
        }
    }

    /// As terminals that are attached have to know it.
    pub(super) fn as_attached(&self) -> contender::Contender {
        contender::Contender {
            number: self.number,
            label: self.label.clone(),
            loaded: self.plan.preset.clone(),
            overrides: self.plan.overrides.clone(),
            is_over: self.is_over(),
        }
    }

    /// Whether it came to its end before this program: nobody makes a step of it.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.past, Past::Over(..))
    }

    /// Whether the result that is written next replaces what an earlier program wrote of it.
    pub(super) fn replaces(&self) -> bool {
        let is_first = !self.has_result.swap(true, Ordering::Relaxed);
        is_first && self.plan.may_replace
    }

    pub(super) fn recorder(&self) -> Option<&Arc<Recorder>> {
        self.recorder.get()
    }

    fn record_in(&self, folder: &ComparisonFolder) -> std::io::Result<()> {
        let recorder =
            recording::begin_compared(&self.plan, folder, (self.place, self.number), &self.label)?;
        // It is begun once.
        let _ = self.recorder.set(recorder);
        Ok(())
    }
}

/// All of them, and what they have in common.
#[derive(Debug)]
pub(super) struct Field {
    contenders: Mutex<Vec<Arc<Contender>>>,
    pub(super) sources: Sources,
    pub(super) options: RunOptions,
    pub(super) budget: Option<Budget>,
    pub(super) most_in_lane: usize,
    /// Where pictures are written besides their runs' folders.
    pub(super) results: Option<PathBuf>,
    /// Others compute the rest of it.
    pub(super) is_part: bool,
    folder: OnceLock<ComparisonFolder>,
}

impl Field {
    /// Reads the pictures and loads every preset, so that everything that can be refused is refused before the
    /// first step.
    pub(super) fn new(arguments: CompareArguments) -> Result<Self, Failure> {
        let CompareArguments {
            content,
            style,
            presets,
            grid,
            budget,
            batch,
            mut options,
            background,
            ..
        } = arguments;
        options.in_background = background.in_background;
        let (Some(content), Some(style)) = (content, style) else {
            return Err(Failure::new("two pictures are needed: CONTENT and STYLE"));
        };
        let names: Vec<String> = options.preset.take().into_iter().chain(presets).collect();
        let chosen = chosen(&names, &grid)?;
        let results = options.output.take();
        let mut field = Self {
            contenders: Mutex::default(),
            sources: Sources::new(Source::file(content), Source::file(style), &options.more)?,
            options,
            budget,
            most_in_lane: batch.map_or(usize::MAX, usize::from),
            results,
            is_part: false,
            folder: OnceLock::new(),
        };
        // What is wrong with a preset is said before pictures are read.
        let plain: Vec<Loaded> = chosen
            .iter()
            .map(|one| preset::load(&one.name, &[]))
            .collect::<Result<_, _>>()?;
        field.prepare()?;
        let digests = Digests::default();
        for (number, (one, plain)) in chosen.iter().zip(&plain).enumerate() {
            let label = field.unused_label(format!("{}{}", plain.name, one.suffix(&grid)));
            field.add((number, number), label, one, plain, &digests)?;
        }
        Ok(field)
    }

    /// Those of a lane of `plan`; `options` say how it is told.
    pub(super) fn of_lane(
        plan: &SharedPlan,
        lane: &[&Planned],
        options: RunOptions,
    ) -> Result<Self, Failure> {
        let wrong = |what: &str, why: &dyn std::fmt::Display| {
            Failure::new(format!(
                "the plan's {} cannot be used: {why}\n  compare anew with --slurm",
                visible(what)
            ))
        };
        let device = plan.device.parse();
        let budget = plan.budget_seconds.map(Duration::try_from_secs_f64);
        let budget = budget.transpose().map_err(|why| wrong("budget", &why))?;
        let more = MorePictures {
            styles: plan.more_styles.clone(),
            content_mask: plan.content_mask.clone(),
            style_masks: plan.style_masks.clone(),
            // Among the overrides of each candidate.
            blend: None,
        };
        let (content, style) = (plan.content.clone(), plan.style.clone());
        let mut field = Self {
            contenders: Mutex::default(),
            sources: Sources::new(Source::file(content), Source::file(style), &more)?,
            options: RunOptions {
                device: device.map_err(|why: String| wrong("device", &why))?,
                threads: plan.threads,
                offline: plan.offline || options.offline,
                sixteen_bit: plan.sixteen_bit,
                tensorboard: plan.tensorboard,
                ..options
            },
            budget: budget.map(Budget::Time),
            most_in_lane: usize::MAX,
            results: plan.results.clone(),
            is_part: true,
            folder: OnceLock::new(),
        };
        field.prepare()?;
        let digests = Digests::default();
        for (number, planned) in lane.iter().enumerate() {
            let settings = planned.overrides.iter().map(|text| {
                text.parse()
                    .map_err(|why: OverrideSyntaxError| wrong(text, &why))
            });
            let one = Chosen {
                name: planned.preset.clone(),
                settings: settings.collect::<Result<_, Failure>>()?,
            };
            let plain = preset::load(&one.name, &[])?;
            let label = planned.label.clone();
            field.add((number, planned.number), label, &one, &plain, &digests)?;
        }
        Ok(field)
    }

    /// One that was begun with `arguments` and is recorded in `folder`; its contenders are to be taken in. `options` say how
    /// it is told now.
    pub(super) fn begun(
        arguments: &CompareArguments,
        options: RunOptions,
        sources: Sources,
        folder: ComparisonFolder,
    ) -> Result<Self, Failure> {
        let mut field = Self {
            contenders: Mutex::default(),
            sources,
            options,
            budget: arguments.budget,
            most_in_lane: arguments.batch.map_or(usize::MAX, usize::from),
            results: arguments.options.output.clone(),
            is_part: false,
            folder: OnceLock::from(folder),
        };
        field.prepare()?;
        Ok(field)
    }

    /// Makes the folder of results and reads the pictures.
    fn prepare(&mut self) -> Result<(), Failure> {
        if let Some(folder) = &self.results {
            make_folder(folder, "-o")?;
        }
        self.sources.read()
    }

    /// `label`, or with a number behind it where another is called that.
    fn unused_label(&self, label: String) -> String {
        let all = self.all();
        let is_free = |label: &str| all.iter().all(|other| other.label != label);
        if is_free(&label) {
            return label;
        }
        (2..=usize::MAX)
            .map(|number| format!("{label} ({number})"))
            .find(|label| is_free(label))
            .unwrap_or(label)
    }

    /// Adds one by its numbers in the engine and in the whole comparison; `plain` is its preset with no other values
    /// laid over it.
    fn add(
        &self,
        (number, place): (usize, usize),
        label: String,
        one: &Chosen,
        plain: &Loaded,
        digests: &Digests,
    ) -> Result<Arc<Contender>, Failure> {
        let options = self.options_of(one, plain)?;
        let plan = Plan::new(self.sources.clone(), options, None, None, digests)?;
        let mut contender = Contender {
            place,
            ..Contender::new(number, label, plan, Past::None, None)
        };
        contender.plan.output = self.output_of(&contender);
        Ok(self.take_in(contender))
    }

    /// As its run alone would have them; `plain` is its preset with no other values laid over it.
    pub(super) fn options_of(&self, one: &Chosen, plain: &Loaded) -> Result<RunOptions, Failure> {
        let mut options = self.options.clone();
        options.overrides.extend(one.settings.iter().cloned());
        if plain.preset.network.name == NetworkName::Fitted {
            // Meant for those that use trained weights.
            options.weights = None;
        }
        options.preset = Some(one.name.clone());
        if let Some(Budget::Steps(steps)) = self.budget {
            // Those at smaller sizes count as well, or candidates with a pyramid would get more.
            let overrides = overrides(&one.name, &options, &self.sources)?;
            let before = preset::load(&one.name, &overrides)?
                .preset
                .steps_before_full_size();
            options.steps = Some(steps.saturating_sub(before).max(1));
        }
        Ok(options)
    }

    /// Where its picture is written where it is not, or not only, in its run's folder.
    pub(super) fn output_of(&self, contender: &Contender) -> PathBuf {
        let name = file_name(contender);
        match &self.results {
            Some(folder) => folder.join(name),
            None => contender.plan.output.with_file_name(format!(
                "{}-{}-{}",
                contender.plan.sources.content.stem(),
                contender.plan.sources.style().stem(),
                name.display()
            )),
        }
    }

    /// One more, which is the last by its number.
    pub(super) fn take_in(&self, contender: Contender) -> Arc<Contender> {
        let contender = Arc::new(contender);
        self.lock().push(Arc::clone(&contender));
        contender
    }

    /// One more, by the name or path of its preset.
    pub(super) fn join(&self, number: usize, name: &str) -> Result<Arc<Contender>, Failure> {
        let one = Chosen {
            name: name.to_owned(),
            settings: Vec::new(),
        };
        let plain = preset::load(name, &[])?;
        let label = self.unused_label(plain.name.clone());
        // What the others' files held when they began is no matter to it.
        let digests = Digests::default();
        let contender = self.add((number, number), label, &one, &plain, &digests)?;
        if let Some(folder) = self.folder.get() {
            contender.record_in(folder).map_err(Failure::new)?;
        }
        Ok(contender)
    }

    /// Begins to record every one in `folder`.
    pub(super) fn record_in(&self, folder: &ComparisonFolder) -> Result<(), String> {
        for contender in self.all() {
            contender
                .record_in(folder)
                .map_err(|error| not_recorded("comparison", folder.path(), &error))?;
        }
        let _ = self.folder.set(folder.clone());
        Ok(())
    }

    /// In the order of their numbers.
    /// Those that are stopped before their first step stay in their folders: whoever stops them wants to come back.
    pub(super) fn keep(&self) {
        for contender in self.all() {
            if let Some(recorder) = contender.recorder() {
                recorder.keep();
            }
        }
    }

    pub(super) fn all(&self) -> Vec<Arc<Contender>> {
        self.lock().clone()
    }

    pub(super) fn get(&self, number: usize) -> Option<Arc<Contender>> {
        self.lock()
            .iter()
            .find(|contender| contender.number == number)
            .cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Contender>>> {
        self.contenders
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
