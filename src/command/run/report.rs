//! The three ways in which a run says how it is going: a progress bar, plain lines, JSON. Main thread.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::plan::Plan;
use super::progress::{Speed, duration, loss};
use super::result::Written;
use crate::command::{Failure, output, terminal_picture};
use crate::engine::message::{LossBlock, Losses, Stage, Started, TermKind};
use crate::preset::visible::visible;

/// Hears of everything that happens in a run.
pub(super) trait Reporter {
    fn preparing(&mut self, stage: &Stage) -> io::Result<()>;
    fn started(&mut self, plan: &Plan, started: &Started) -> io::Result<()>;
    fn losses(&mut self, block: &LossBlock) -> io::Result<()>;
    /// Takes away what is only there while the run lasts.
    fn clear(&mut self) {}
    fn ended(&mut self, plan: &Plan, written: &Written) -> io::Result<()>;
}

/// What fits the options and the terminal.
pub(super) fn choose(plan: &Plan) -> Box<dyn Reporter> {
    if plan.options.json {
        Box::new(Json)
    } else if io::stdout().is_terminal() && io::stderr().is_terminal() {
        Box::new(Bar::new())
    } else {
        Box::new(Lines::default())
    }
}

fn stage_name(stage: &Stage) -> &'static str {
    match stage {
        Stage::Weights => "reading the weights",
        Stage::Fitting => "learning the network from the two pictures",
        Stage::Targets => "computing the targets",
    }
}

fn headline(plan: &Plan, started: &Started) -> String {
    let (width, height) = started.size;
    format!(
        "{} in the style of {}: preset {}, {width}×{height}, {} steps on {}{}",
        visible(plan.content.name()),
        visible(plan.style.name()),
        visible(&plan.preset.name),
        started.steps,
        started.device,
        if started.device == "cpu" { format!(" ({} threads)", started.threads) } else { String::new() },
    )
}

fn loss_words(losses: &Losses<'_>) -> String {
    let mut words = format!("loss {}", loss(losses.total()));
    for (name, kind) in
        [("content", TermKind::Content), ("style", TermKind::Style), ("variation", TermKind::Variation)]
    {
        if losses.terms.iter().any(|term| term.kind == kind) {
            words += &format!("  {name} {}", loss(losses.sum_of(kind)));
        }
    }
    words
}

fn notes(plan: &Plan) -> impl Iterator<Item = String> {
    [&plan.content, &plan.style]
        .into_iter()
        .flat_map(|source| source.notes.iter().map(|note| format!("{}: {note}", visible(source.name()))))
}

/// A progress bar on standard error, the summary on standard output.
struct Bar {
    bar: ProgressBar,
    speed: Speed,
    steps: u64,
}

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { bar, speed: Speed::default(), steps: 0 }
    }
}

impl Reporter for Bar {
    fn preparing(&mut self, stage: &Stage) -> io::Result<()> {
        self.bar.set_message(stage_name(stage));
        Ok(())
    }

    fn started(&mut self, plan: &Plan, started: &Started) -> io::Result<()> {
        self.bar.finish_and_clear();
        output::line(headline(plan, started))?;
        for note in notes(plan) {
            output::line(note)?;
        }
        self.steps = started.steps;
        self.bar = ProgressBar::new(started.steps);
        // A template that indicatif refuses would show its own bar, which is no reason to stop.
        if let Ok(style) = ProgressStyle::with_template("{bar:24.cyan/bright.black} {pos:>5}/{len}  {wide_msg}") {
            self.bar.set_style(style.progress_chars("━━─"));
        }
        Ok(())
    }

    fn losses(&mut self, block: &LossBlock) -> io::Result<()> {
        let done = block.first_step + block.steps();
        self.speed.note(done, block.seconds);
        let mut words = String::new();
        if let Some(rate) = self.speed.steps_per_second() {
            words += &format!("{rate:.1} steps/s  ");
        }
        if let Some(left) = self.speed.seconds_left(self.steps) {
            words += &format!("{} left  ", duration(left));
        }
        if let Some(last) = block.losses(block.steps().saturating_sub(1), 0) {
            words += &loss_words(&last);
        }
        self.bar.set_message(words);
        self.bar.set_position(done);
        Ok(())
    }

    fn clear(&mut self) {
        self.bar.finish_and_clear();
    }

    fn ended(&mut self, plan: &Plan, written: &Written) -> io::Result<()> {
        if let Some(picture) = &written.picture {
            terminal_picture::print(picture, plan.options.graphics);
        }
        output::line(&written.summary)
    }
}

/// A line now and then on standard output.
#[derive(Default)]
struct Lines {
    speed: Speed,
    steps: u64,
    next_line: u64,
}

/// How many lines a run gets, first and last not counted.
const LINES: u64 = 10;

impl Reporter for Lines {
    fn preparing(&mut self, stage: &Stage) -> io::Result<()> {
        output::line(stage_name(stage))
    }

    fn started(&mut self, plan: &Plan, started: &Started) -> io::Result<()> {
        self.steps = started.steps;
        output::line(headline(plan, started))?;
        notes(plan).try_for_each(output::line)
    }

    fn losses(&mut self, block: &LossBlock) -> io::Result<()> {
        self.speed.note(block.first_step + block.steps(), block.seconds);
        let every = (self.steps / LINES).max(1);
        for losses in block.rows(0) {
            if losses.step < self.next_line && losses.step + 1 != self.steps {
                continue;
            }
            self.next_line = (losses.step / every + 1) * every;
            let speed =
                self.speed.steps_per_second().map(|rate| format!("  {rate:.1} steps/s")).unwrap_or_default();
            let width = self.steps.to_string().len();
            output::line(format!("step {:width$}  {}{speed}", losses.step, loss_words(&losses)))?;
        }
        Ok(())
    }

    fn ended(&mut self, _plan: &Plan, written: &Written) -> io::Result<()> {
        output::line(&written.summary)
    }
}

/// One object a line on standard output.
struct Json;

impl Reporter for Json {
    fn preparing(&mut self, _stage: &Stage) -> io::Result<()> {
        Ok(())
    }

    fn started(&mut self, plan: &Plan, started: &Started) -> io::Result<()> {
        output::line(json!({
            "event": "start",
            "version": env!("CARGO_PKG_VERSION"),
            "preset": plan.preset.name,
            "content": plan.content.name(),
            "style": plan.style.name(),
            "size": [started.size.0, started.size.1],
            "device": started.device,
            "threads": started.threads,
            "steps": started.steps,
        }))
    }

    fn losses(&mut self, block: &LossBlock) -> io::Result<()> {
        for losses in block.rows(0) {
            output::line(step_object(&losses, block.seconds))?;
        }
        Ok(())
    }

    fn ended(&mut self, _plan: &Plan, written: &Written) -> io::Result<()> {
        output::line(json!({
            "event": "end",
            "reason": written.reason,
            "step": written.step,
            "seconds": written.seconds,
            "output": written.path,
        }))
    }
}

fn step_object(losses: &Losses<'_>, seconds: f64) -> Value {
    let mut loss = Map::new();
    loss.insert("total".to_owned(), json!(losses.total()));
    for (name, kind) in
        [("content", TermKind::Content), ("style", TermKind::Style), ("variation", TermKind::Variation)]
    {
        loss.insert(name.to_owned(), json!(losses.sum_of(kind)));
    }
    let terms: Vec<Value> = losses
        .each()
        .zip(losses.weights)
        .map(|((term, unweighted, weighted), weight)| {
            json!({
                "kind": term.kind,
                "layer": term.layer,
                "weight": weight,
                "unweighted": unweighted,
                "weighted": weighted,
            })
        })
        .collect();
    json!({ "event": "step", "step": losses.step, "seconds": seconds, "loss": loss, "terms": terms })
}

/// The last line of a run that failed.
pub(super) fn json_error(failure: &Failure) -> io::Result<()> {
    output::line(json!({ "event": "error", "message": failure.to_string() }))
}
