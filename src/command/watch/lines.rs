//! A watched run without a screen: a line now and then, or an object for every step, until it ends. Main thread.

use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::json;

use super::said_last;
use crate::cli::WatchArguments;
use crate::command::event_file::EventFile;
use crate::command::run::report::{
    change_line, change_object, loss_words, recovered_line, recovered_object, refused_line,
    refused_object, remark_line, remark_object, step_object, stuck_object,
};
use crate::command::{Failure, output};
use crate::engine::message::{Event, LossBlock, Started};
use crate::preset::visible::visible;
use crate::record::figure;
use crate::record::folder::description::State;
use crate::record::folder::follow::{Sight, Sighting};
use crate::record::folder::inventory::Kept;
use crate::record::speed::Speed;

/// How many lines a run gets, first and last not counted.
const LINES: u64 = 10;
/// How soon the end of a run is noticed that says nothing about it.
const PATIENCE: Duration = Duration::from_millis(100);

/// Until the run ends.
pub(super) fn watch(
    kept: &Kept,
    sighting: &Sighting,
    events: &Receiver<Event>,
    arguments: &WatchArguments,
) -> Result<ExitCode, Failure> {
    let json = arguments.json;
    let mut log = EventFile::open(arguments.screen.log.as_deref())?;
    let mut printer = Printer {
        kept,
        json,
        steps: 0,
        next_line: 0,
        speed: Speed::default(),
        seconds: 0.0,
    };
    if !json {
        printer.begin()?;
    }
    loop {
        // Asked before the events: what was said by then is in the channel.
        let sight = sighting.get();
        loop {
            match events.recv_timeout(PATIENCE) {
                Ok(event) => {
                    log.hear(&event, |_| None);
                    printer.hear(event)?;
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::new("the run cannot be followed any more"));
                }
            }
        }
        if sight.is_told && sight.is_over() {
            return printer.end(&sight);
        }
    }
}

struct Printer<'a> {
    kept: &'a Kept,
    json: bool,
    steps: u64,
    next_line: u64,
    speed: Speed,
    seconds: f64,
}

impl Printer<'_> {
    fn begin(&self) -> io::Result<()> {
        let run = &self.kept.description;
        output::line(format!(
            "watching {}: {}, preset {}",
            visible(&self.kept.folder.name()),
            visible(&run.pictures_in_words()),
            visible(&run.preset),
        ))
    }

    fn hear(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Started(started) => self.started(&started)?,
            Event::Losses(block) => self.losses(&block)?,
            Event::PresetChanged {
                step,
                changes,
                in_force,
                ..
            } => {
                self.steps = in_force.total_steps();
                if self.json {
                    output::json_line(&change_object(step, &changes, self.steps))?;
                } else {
                    let mut lines = changes.iter().map(|change| change_line(step, change));
                    lines.try_for_each(output::line)?;
                }
            }
            Event::PresetRefused { error, .. } | Event::Refused { error, .. } => {
                let why = error.to_string();
                if self.json {
                    output::json_line(&refused_object(&why))?;
                } else {
                    output::error_line(refused_line(&why));
                }
            }
            Event::WentBack { step, .. } => self.say(format!("going on from step {step}"))?,
            Event::Recovered(recovered) => {
                self.tell(&recovered_object(&recovered), recovered_line(&recovered))?;
            }
            Event::Stuck(stuck) => {
                self.tell(&stuck_object(&stuck), visible(&stuck.to_string()))?;
            }
            Event::Remark(remark) => {
                self.tell(&remark_object(&remark), remark_line(&remark))?;
            }
            Event::Paused(step) => self.say(format!("paused at step {step}"))?,
            Event::Resumed(step) => self.say(format!("going on at step {step}"))?,
            Event::Preparing(_)
            | Event::PartOfStep(_)
            | Event::Snapshot(_)
            | Event::Gradients(_)
            | Event::Checkpoint(_)
            | Event::PastLosses(_)
            | Event::PictureReady
            | Event::Ended { .. }
            | Event::Dropped { .. }
            | Event::Failed { .. } => {}
        }
        Ok(())
    }

    fn tell(&self, object: &serde_json::Value, line: String) -> io::Result<()> {
        if self.json {
            output::json_line(object)
        } else {
            output::line(line)
        }
    }

    /// Only where lines are wanted.
    fn say(&self, text: String) -> io::Result<()> {
        if self.json {
            Ok(())
        } else {
            output::line(text)
        }
    }

    fn started(&mut self, started: &Started) -> io::Result<()> {
        self.steps = started.steps;
        let run = &self.kept.description;
        let (width, height) = started.size;
        if self.json {
            return output::json_line(&run.more.named_in(json!({
                "event": "start",
                "version": env!("CARGO_PKG_VERSION"),
                "preset": run.preset,
                "content": run.content.name,
                "style": run.style.name,
                "size": [width, height],
                "device": started.device,
                "threads": started.threads,
                "steps": started.steps,
                "run": self.kept.folder.path(),
            })));
        }
        self.say(format!(
            "{width}×{height}, {} on {}",
            figure::steps(started.steps),
            figure::device(&visible(&started.device), started.threads),
        ))?;
        let mut notes = started.notes.iter().map(|note| visible(note));
        notes.try_for_each(output::line)
    }

    fn losses(&mut self, block: &LossBlock) -> io::Result<()> {
        self.seconds = block.seconds;
        self.speed
            .note(block.first_step + block.steps(), block.seconds);
        let every = (self.steps / LINES).max(1);
        for losses in block.rows(0) {
            if self.json {
                output::json_line(&step_object(&losses, block.seconds))?;
                continue;
            }
            if losses.step + every < self.next_line {
                // The run went back.
                self.next_line = losses.step;
            }
            if losses.step < self.next_line && losses.step + 1 != self.steps {
                continue;
            }
            self.next_line = (losses.step / every + 1) * every;
            let speed = self
                .speed
                .steps_per_second()
                .map(|rate| format!("  {rate:>5.1} steps/s"))
                .unwrap_or_default();
            let width = self.steps.to_string().len();
            let words = loss_words(&losses).join("  ");
            output::line(format!("step {:width$}  {words}{speed}", losses.step))?;
        }
        Ok(())
    }

    fn end(&self, sight: &Sight) -> Result<ExitCode, Failure> {
        let last = said_last(self.kept, sight);
        if !sight.is_gone
            && matches!(
                sight.state,
                State::Completed | State::Stopped | State::Dropped
            )
        {
            if self.json {
                output::json_line(&json!({
                    "event": "end",
                    "reason": sight.state,
                    "step": sight.step,
                    "seconds": self.seconds,
                    "output": self.kept.folder.result(),
                }))?;
            } else {
                output::line(last)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let why = sight.failure.as_deref().unwrap_or_default();
        if self.json {
            let words = sight.in_words(Instant::now());
            let message = if why.is_empty() { &words } else { why };
            output::json_line(&json!({ "event": "error", "message": message }))?;
        }
        output::error_line(format!("{last}\n  {}", visible(why)).trim_end());
        Ok(ExitCode::FAILURE)
    }
}
