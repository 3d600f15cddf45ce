//! A watched comparison without a screen: a line now and then about all of them, or an object for every step, and a
//! table once all have ended. Main thread.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::entrants::{Entrant, Entrants};
use super::loaded;
use crate::cli::WatchArguments;
use crate::command::compare::table::{self, Row, Standing};
use crate::command::event_file::EventFile;
use crate::command::run::report::{
    change_line, recovered_line, recovered_object, refused_line, refused_object, remark_line,
    remark_object, step_object, stuck_object,
};
use crate::command::{Failure, output};
use crate::engine::message::{Event, LossBlock};
use crate::preset::visible::visible;
use crate::record::figure;
use crate::record::folder::description::State;

/// So many lines about the losses, about.
const LINES: u64 = 10;
/// How soon the end of a run is noticed that says nothing about it.
const PATIENCE: Duration = Duration::from_millis(100);

/// Until all of them have ended.
pub(super) fn watch(
    name: &str,
    entrants: &Entrants,
    events: &Receiver<Event>,
    arguments: &WatchArguments,
) -> Result<ExitCode, Failure> {
    let json = arguments.json;
    let mut log = EventFile::open(arguments.screen.log.as_deref())?;
    let mut printer = Printer {
        entrants,
        json,
        begun: Vec::new(),
        standings: BTreeMap::new(),
        steps: 0,
        next_line: 0,
    };
    if !json {
        let first = entrants.all().into_iter().next();
        let run = first
            .map(|first| first.kept.description)
            .unwrap_or_default();
        output::line(format!(
            "watching {}: {}",
            visible(name),
            visible(&run.pictures_in_words()),
        ))?;
    }
    loop {
        // Asked before the events: what was said by then is in the channel.
        let all = entrants.all();
        let is_over = all.iter().all(|entrant| {
            let sight = entrant.sighting.get();
            sight.is_told && sight.is_over()
        });
        printer.greet(&all)?;
        loop {
            match events.recv_timeout(PATIENCE) {
                Ok(event) => {
                    log.hear(&event, |number| Some(printer.label(number)));
                    printer.hear(event)?;
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::new("the comparison cannot be followed any more"));
                }
            }
        }
        if is_over {
            return printer.end(&all);
        }
    }
}

struct Printer<'a> {
    entrants: &'a Entrants,
    json: bool,
    /// Those that were said to have begun.
    begun: Vec<usize>,
    standings: BTreeMap<usize, Standing>,
    /// The steps of the one with most of them.
    steps: u64,
    next_line: u64,
}

impl Printer<'_> {
    /// Says who has begun.
    fn greet(&mut self, all: &[Entrant]) -> io::Result<()> {
        for entrant in all {
            if self.begun.contains(&entrant.number) {
                continue;
            }
            self.begun.push(entrant.number);
            if self.json {
                output::json_line(&json!({
                    "event": "start",
                    "candidate": entrant.number,
                    "label": entrant.label(),
                    "preset": entrant.kept.description.preset,
                    "run": entrant.kept.folder.path(),
                }))?;
            } else {
                let label = visible(entrant.label());
                output::line(format!("  {}  {label}", entrant.number + 1))?;
            }
        }
        Ok(())
    }

    fn label(&self, number: usize) -> String {
        let all = self.entrants.all();
        let whose = all.iter().find(|entrant| entrant.number == number);
        whose.map_or_else(String::new, |entrant| visible(entrant.label()))
    }

    fn hear(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Started(started) => self.steps = self.steps.max(started.steps),
            Event::Losses(block) => self.losses(&block)?,
            Event::PresetChanged {
                candidate,
                step,
                changes,
                ..
            } if !self.json => {
                let label = self.label(candidate);
                for change in &changes {
                    output::line(format!("{label}: {}", change_line(step, change)))?;
                }
            }
            Event::Recovered(recovered) => {
                let whose = [recovered.candidate];
                self.tell(
                    &whose,
                    &recovered_object(&recovered),
                    &recovered_line(&recovered),
                )?;
            }
            Event::Stuck(stuck) => {
                let line = visible(&stuck.to_string());
                self.tell(&[stuck.candidate], &stuck_object(&stuck), &line)?;
            }
            Event::Remark(remark) => {
                let (object, line) = (remark_object(&remark), remark_line(&remark));
                self.tell(&remark.candidates, &object, &line)?;
            }
            Event::PresetRefused { error, .. } | Event::Refused { error, .. } => {
                let why = error.to_string();
                if self.json {
                    output::json_line(&refused_object(&why))?;
                } else {
                    output::error_line(refused_line(&why));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn tell(&self, whose: &[usize], object: &Value, line: &str) -> Result<(), Failure> {
        for number in whose {
            if self.json {
                let mut object = object.clone();
                if let Some(object) = object.as_object_mut() {
                    object.insert("candidate".to_owned(), json!(number));
                }
                output::json_line(&object)?;
            } else {
                output::line(format!("{}: {line}", self.label(*number)))?;
            }
        }
        Ok(())
    }

    fn losses(&mut self, block: &LossBlock) -> Result<(), Failure> {
        // A block of a long run that is over holds many steps: each is a line where it is due.
        for number in block.candidates.iter() {
            self.standings
                .entry(*number)
                .or_default()
                .hear(block, *number);
            if self.json {
                for losses in block.rows(*number) {
                    let mut object = step_object(&losses, block.seconds);
                    if let Some(object) = object.as_object_mut() {
                        object.insert("candidate".to_owned(), json!(number));
                    }
                    output::json_line(&object)?;
                }
            }
        }
        let all = self.entrants.all();
        let standing = |entrant: &Entrant| self.standings.get(&entrant.number);
        let running = all.iter().filter(|one| !one.sighting.get().is_over());
        let made = running.map(|one| standing(one).map_or(0, |standing| standing.step));
        let Some(step) = made
            .min()
            .filter(|step| *step > self.next_line && !self.json)
        else {
            return Ok(());
        };
        let every = (self.steps / LINES).max(1);
        self.next_line = (step / every + 1) * every;
        let width = self.steps.to_string().len();
        let styles: Vec<String> = all
            .iter()
            .map(|one| {
                let style = standing(one).and_then(|standing| standing.unweighted);
                let style = style.map_or_else(|| "—".to_owned(), |(_, style)| figure::loss(style));
                format!("{style:>7}")
            })
            .collect();
        output::line(format!(
            "step {step:width$}  style without weights {}",
            styles.join("  ")
        ))?;
        Ok(())
    }

    fn end(&self, all: &[Entrant]) -> Result<ExitCode, Failure> {
        let mut has_result = false;
        let mut rows = Vec::new();
        for entrant in all {
            let sight = entrant.sighting.get();
            let mut standing = self
                .standings
                .get(&entrant.number)
                .cloned()
                .unwrap_or_default();
            standing.state = sight.state.in_words();
            if sight.is_gone {
                standing.state = "gone";
            }
            let is_done = !sight.is_gone
                && matches!(
                    sight.state,
                    State::Completed | State::Stopped | State::Dropped
                );
            has_result |= is_done;
            let why = sight.failure.as_deref().unwrap_or_default();
            if self.json && is_done {
                output::json_line(&json!({
                    "event": "end",
                    "candidate": entrant.number,
                    "reason": sight.state,
                    "step": sight.step,
                    "seconds": standing.seconds,
                    "output": entrant.kept.folder.result(),
                }))?;
            } else if self.json {
                let words = sight.in_words(Instant::now());
                let message = if why.is_empty() { &words } else { why };
                output::json_line(&json!({
                    "event": "error",
                    "candidate": entrant.number,
                    "message": message,
                }))?;
            }
            if !why.is_empty() {
                let label = visible(entrant.label());
                output::error_line(format!("{label} failed: {}", visible(why)));
            }
            rows.push(Row {
                number: entrant.number,
                label: entrant.label().to_owned(),
                preset: loaded(&entrant.kept)?.preset,
                standing,
            });
        }
        if !self.json {
            table::print(&rows)?;
        }
        Ok(if has_result {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}
