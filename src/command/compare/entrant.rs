//! A run of a comparison whose program has ended: whether it goes on, and by which plan. Main thread.

use std::path::PathBuf;

use super::contender::{Contender, Field, Past};
use super::presets::Chosen;
use crate::command::resume::ended::{Ended, losses_before};
use crate::command::run::plan::Plan;
use crate::command::{Failure, watch};
use crate::engine::checkpoint::Checkpoint;
use crate::engine::message::{EndReason, Event, LossBlock, Pictures};
use crate::pixels;
use crate::preset;
use crate::preset::visible::visible;
use crate::record::digest::Digests;
use crate::record::folder::description::{Description, State};
use crate::record::folder::inventory::Kept;

/// One as it was left.
#[derive(Debug)]
pub(super) struct Entrant {
    number: usize,
    kept: Kept,
    /// Where it goes on.
    ended: Option<Ended>,
}

impl Entrant {
    /// The run in `kept`, which is the `number`-th of the comparison `id`, from 0; it is to make so many `steps`, where
    /// that is asked for.
    pub(super) fn of(
        number: usize,
        kept: Kept,
        id: &str,
        steps: Option<u64>,
    ) -> Result<Self, Failure> {
        let run = &kept.description;
        let stays = run.state == State::Dropped || run.state == State::Completed && steps.is_none();
        if stays {
            let ended = None;
            return Ok(Self {
                number,
                kept,
                ended,
            });
        }
        let name = visible(&kept.folder.name());
        let still = |run: &Description| still_goes_on(id, &name, run);
        let ended = Ended::take(kept.folder.clone(), run.clone(), still)?.with_steps(steps)?;
        let wanted = ended.preset.total_steps();
        let is_done = ended.run.state == State::Completed && ended.run.step >= wanted;
        let ended = (!is_done && (ended.made() < wanted || ended.made() == 0)).then_some(ended);
        Ok(Self {
            number,
            kept,
            ended,
        })
    }

    /// Where it goes on.
    pub(super) fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Steps that it has made.
    pub(super) fn made(&self) -> u64 {
        self.kept.description.step
    }

    /// As it takes part in `field`, whose presets were `chosen` in this order.
    pub(super) fn planned(
        self,
        field: &Field,
        chosen: &[Chosen],
        digests: &Digests,
    ) -> Result<Planned, Failure> {
        let Self {
            number,
            kept,
            mut ended,
        } = self;
        let run = &kept.description;
        let label = run.label.as_ref().unwrap_or(&run.preset).clone();
        let sources = field.sources.clone();
        let Some(going) = &mut ended else {
            let options = field.options.clone();
            let plan = Plan::as_recorded(run, sources, watch::loaded(&kept)?, Vec::new(), options);
            let picture = run.output.as_ref().map(PathBuf::from);
            let picture = picture.unwrap_or_else(|| kept.folder.result());
            let past = Past::Over(format!("{}, stays as it is", run.state.in_words()), picture);
            return Ok(Planned {
                number,
                label,
                plan,
                past,
                kept,
                ended,
                checkpoint: None,
            });
        };
        field.sources.check_recorded(&going.run)?;
        going.check_weights(digests)?;
        let one = Chosen {
            name: run.preset_file.as_ref().unwrap_or(&run.preset).clone(),
            settings: chosen
                .get(number)
                .map_or_else(Vec::new, |one| one.settings.clone()),
        };
        let options = preset::load(&one.name, &[])
            .ok()
            .and_then(|plain| field.options_of(&one, &plain).ok());
        let options = options.unwrap_or_else(|| field.options.clone());
        let (loaded, overrides) = going.loaded(&options, &field.sources);
        let plan = Plan::as_recorded(run, sources, loaded, overrides, options);
        let past = Past::GoesOn(going.in_words());
        let mut contender = Contender::new(number, label, plan, past, None);
        if run.output.is_none() {
            contender.plan.output = field.output_of(&contender);
        }
        let plan = contender.plan.going_on(digests)?;
        Ok(Planned {
            number,
            checkpoint: going.checkpoint_of(number, &plan.preset.preset),
            label: contender.label,
            plan,
            past: contender.past,
            kept,
            ended,
        })
    }
}

/// One that is about to take part.
#[derive(Debug)]
pub(super) struct Planned {
    /// From 0.
    pub(super) number: usize,
    pub(super) label: String,
    pub(super) plan: Plan,
    pub(super) past: Past,
    kept: Kept,
    /// Where it goes on.
    pub(super) ended: Option<Ended>,
    checkpoint: Option<Checkpoint>,
}

impl Planned {
    pub(super) fn is_dropped(&self) -> bool {
        self.kept.description.state == State::Dropped
    }

    /// The step that it goes on from.
    pub(super) fn step(&self) -> Option<u64> {
        self.checkpoint.as_ref().map(|found| found.step)
    }

    /// Seconds of stepping that its lane has had by then.
    pub(super) fn seconds(&self) -> f64 {
        match (&self.ended, &self.checkpoint) {
            (Some(_), Some(found)) => found.seconds,
            (Some(_), None) => 0.0,
            (None, _) => self.kept.description.seconds.max(0.0),
        }
    }

    pub(super) fn take_checkpoint(&mut self) -> Option<Checkpoint> {
        self.checkpoint.take()
    }

    /// The losses of the steps before those that it goes on with.
    pub(super) fn losses(&self) -> Vec<LossBlock> {
        match (&self.ended, self.step()) {
            (Some(ended), Some(step)) => losses_before(&ended.folder, step, self.number),
            _ => Vec::new(),
        }
    }

    /// What is to be told of one that stays as it is.
    pub(super) fn before(&self) -> Vec<Event> {
        if self.ended.is_some() {
            return Vec::new();
        }
        let run = &self.kept.description;
        let losses = losses_before(&self.kept.folder, run.step, self.number);
        let mut events: Vec<Event> = losses.into_iter().map(Event::PastLosses).collect();
        let picture = pixels::read(&self.kept.folder.result()).ok();
        let pictures = Pictures {
            candidates: [self.number].into(),
            step: run.step,
            // One that somebody took away is not seen any more, and the others are.
            pictures: picture
                .map(|decoded| decoded.picture.into())
                .into_iter()
                .collect(),
        };
        events.push(if self.is_dropped() {
            Event::Dropped {
                candidate: self.number,
                pictures,
            }
        } else {
            Event::Ended {
                reason: EndReason::Completed,
                pictures,
                seconds: run.seconds,
            }
        });
        events
    }
}

fn still_goes_on(id: &str, name: &str, run: &Description) -> Failure {
    Failure::new(format!(
        "the comparison {id} still goes on: its run {name} is made by process {} on {}\n  \
         `stylescope attach {id}` opens its view there, `stylescope watch {id}` shows it",
        run.process,
        visible(run.host().unwrap_or("this machine")),
    ))
}
