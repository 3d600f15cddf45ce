//! The three ways in which a run says how it is going: a progress bar, plain lines, JSON. Main thread.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value, json};

use super::plan::Plan;
use super::progress::fitting;
use super::result::Written;
use crate::command::fetching::{FetchBar, FetchLines};
use crate::command::{Failure, output, terminal_picture};
use crate::engine::message::{
    LossBlock, Losses, Recovered, Remark, Stage, Started, Stuck, TermKind,
};
use crate::preset::visible::visible;
use crate::preset::{Change, ChangeClass};
use crate::record::figure::{self, duration, loss};
use crate::record::speed::Speed;

/// Hears of everything that happens in a run.
pub(super) trait Reporter {
    fn preparing(&mut self, stage: &Stage) -> io::Result<()>;
    fn started(&mut self, plan: &Plan, started: &Started) -> io::Result<()>;
    fn losses(&mut self, block: &LossBlock) -> io::Result<()>;
    /// A preset that was saved in the run's folder took effect; `steps` are to be made now.
    fn changed(&mut self, step: u64, changes: &[Change], steps: u64) -> io::Result<()>;
    /// The run went back by itself. How its preset changed with it is told next.
    fn recovered(&mut self, recovered: &Recovered) -> io::Result<()>;
    /// Something else to know of a run that goes on.
    fn remark(&mut self, remark: &Remark) -> io::Result<()>;
    /// One that was saved there is not taken up.
    fn refused(&mut self, why: &str) -> io::Result<()>;
    /// Somebody is attached, left, or did something, in words.
    fn company(&mut self, words: &str) -> io::Result<()> {
        output::line(words)
    }
    /// Ctrl-C came: from now on nothing is drawn over what stands there.
    fn freeze(&mut self) {}
    /// Takes away what is only there while the run lasts.
    fn clear(&mut self) {}
    fn ended(&mut self, plan: &Plan, written: &Written) -> io::Result<()>;
}

/// What fits the options and the terminal, for a run that is kept in `folder`.
pub(super) fn choose(plan: &Plan, folder: Option<&Path>) -> Box<dyn Reporter> {
    // In the background nobody reads every step, and the file that they would go into would grow without a bound.
    if plan.options.json && !plan.options.in_background {
        Box::new(Json {
            folder: folder.map(Path::to_owned),
            fetched: None,
        })
    } else if !plan.options.headless
        && io::stdout().is_terminal()
        && io::stderr().is_terminal()
        && !terminal_picture::is_dumb()
    {
        Box::new(Bar::new())
    } else {
        Box::new(Lines::default())
    }
}

/// How it is made.
fn settings(plan: &Plan, started: &Started) -> String {
    let (width, height) = started.size;
    format!(
        "preset {}, {width}×{height}, {} on {}",
        visible(&plan.preset.name),
        figure::steps(started.steps),
        figure::device(&started.device, started.threads),
    )
}

/// The total, then what it is made of; all the same width, since they stand below each other.
pub(in crate::command) fn loss_words(losses: &Losses<'_>) -> Vec<String> {
    let mut words = vec![format!("loss {:>7}", loss(losses.total()))];
    for (name, kind) in [
        ("content", TermKind::Content),
        ("style", TermKind::Style),
        ("variation", TermKind::Variation),
    ] {
        if losses.terms.iter().any(|term| term.kind == kind) {
            words.push(format!("{name} {:>7}", loss(losses.sum_of(kind))));
        }
    }
    words
}

/// What was done to the pictures when they were read, and to the choice of the device.
fn notes(plan: &Plan, started: &Started) -> Vec<String> {
    let mut notes = plan.sources.notes();
    notes.extend(started.notes.iter().cloned());
    notes
}

/// A progress bar on standard error with the losses below it, the summary on standard output.
struct Bar {
    progress: ProgressBar,
    speed: Speed,
    steps: u64,
    fetching: Option<FetchBar>,
    /// The next change is the run's own, and has been told.
    has_told_change: bool,
}

/// The steps stand first, the losses in a line of their own, so that 80 columns hold everything.
const BAR_TEMPLATE: &str = "{bar:24.cyan/bright.black}  {pos:>5}/{len}{prefix}\n{msg}";
/// Columns of the bar and the gap behind it.
const BAR_COLUMNS: usize = 26;

impl Bar {
    fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(100));
        Self {
            progress: bar,
            speed: Speed::default(),
            steps: 0,
            fetching: None,
            has_told_change: false,
        }
    }
}

impl Reporter for Bar {
    fn preparing(&mut self, stage: &Stage) -> io::Result<()> {
        let Stage::Fetching(fetching) = stage else {
            self.fetching = None;
            self.progress.set_message(stage.in_words());
            return Ok(());
        };
        self.fetching
            .get_or_insert_with(FetchBar::default)
            .show(fetching, &self.progress)
    }

    fn started(&mut self, plan: &Plan, started: &Started) -> io::Result<()> {
        self.progress.finish_and_clear();
        output::line(plan.sources.in_words())?;
        output::line(settings(plan, started))?;
        for note in notes(plan, started) {
            output::line(note)?;
        }
        self.steps = started.steps;
        self.progress = ProgressBar::new(started.steps);
        // A template that indicatif refuses would show its own bar, which is no reason to stop.
        if let Ok(style) = ProgressStyle::with_template(BAR_TEMPLATE) {
            self.progress.set_style(style.progress_chars("━━─"));
        }
        Ok(())
    }

    fn losses(&mut self, block: &LossBlock) -> io::Result<()> {
        let done = block.first_step + block.steps();
        self.speed.note(done, block.seconds);
        // Asked for each time: windows change their size. The last column is the cursor's.
        let columns = usize::from(viuer::terminal_size().0).saturating_sub(1);
        let left = self
            .speed
            .seconds_left(self.steps)
            .map(|left| format!("{} left", duration(left)));
        let rate = self
            .speed
            .steps_per_second()
            .map(|rate| format!("{rate:.1} steps/s"));
        let taken = BAR_COLUMNS + format!("{done:>5}/{}", self.steps).len();
        // The empty word puts a gap in front of the first.
        let words: Vec<String> = [Some(String::new()), left, rate]
            .into_iter()
            .flatten()
            .collect();
        self.progress
            .set_prefix(fitting(&words, columns.saturating_sub(taken)));
        if let Some(last) = block.losses(block.steps().saturating_sub(1), 0) {
            self.progress
                .set_message(fitting(&loss_words(&last), columns));
        }
        self.progress.set_position(done);
        Ok(())
    }

    fn changed(&mut self, step: u64, changes: &[Change], steps: u64) -> io::Result<()> {
        self.steps = steps;
        self.progress.set_length(steps);
        if std::mem::take(&mut self.has_told_change) {
            return Ok(());
        }
        for change in changes {
            let line = change_line(step, change);
            self.progress
                .println(format!("{line}, from the run's folder"));
        }
        Ok(())
    }

    fn recovered(&mut self, recovered: &Recovered) -> io::Result<()> {
        self.has_told_change = true;
        self.progress.println(recovered_line(recovered));
        self.progress.set_position(recovered.step);
        Ok(())
    }

    fn remark(&mut self, remark: &Remark) -> io::Result<()> {
        self.progress.println(remark_line(remark));
        Ok(())
    }

    fn refused(&mut self, why: &str) -> io::Result<()> {
        self.progress.println(refused_line(why));
        Ok(())
    }

    fn company(&mut self, words: &str) -> io::Result<()> {
        self.progress.println(words);
        Ok(())
    }

    fn freeze(&mut self) {
        // The terminal has echoed `^C` where the bar's last line ended, and the cursor is no longer
        // where the bar believes: it must not be drawn or cleared any more.
        self.progress.set_draw_target(ProgressDrawTarget::hidden());
        output::error_line("");
    }

    fn clear(&mut self) {
        self.progress.finish_and_clear();
    }

    fn ended(&mut self, plan: &Plan, written: &Written) -> io::Result<()> {
        if let Some(picture) = &written.picture {
            terminal_picture::print(picture, plan.options.graphics);
        }
        output::line(&written.summary)?;
        match &written.path {
            // Whoever makes the demo does not know the program yet.
            Some(path) if plan.preset.name == "demo" => {
                let path = visible(&path.display().to_string());
                output::line(format!("`stylescope show {path}` tells how it was made"))
            }
            _ => Ok(()),
        }
    }
}

/// A line now and then on standard output.
#[derive(Default)]
struct Lines {
    speed: Speed,
    steps: u64,
    next_line: u64,
    fetching: FetchLines,
    /// The next change is the run's own, and has been told.
    has_told_change: bool,
}

/// How many lines a run gets, first and last not counted.
const LINES: u64 = 10;

impl Reporter for Lines {
    fn preparing(&mut self, stage: &Stage) -> io::Result<()> {
        match stage {
            Stage::Fetching(fetching) => self.fetching.say(fetching),
            stage => output::line(stage.in_words()),
        }
    }

    fn started(&mut self, plan: &Plan, started: &Started) -> io::Result<()> {
        self.steps = started.steps;
        let pictures = plan.sources.in_words();
        output::line(format!("{pictures}: {}", settings(plan, started)))?;
        notes(plan, started).iter().try_for_each(output::line)
    }

    fn losses(&mut self, block: &LossBlock) -> io::Result<()> {
        self.speed
            .note(block.first_step + block.steps(), block.seconds);
        let every = (self.steps / LINES).max(1);
        for losses in block.rows(0) {
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
            output::line(format!(
                "step {:width$}  {}{speed}",
                losses.step,
                loss_words(&losses).join("  ")
            ))?;
        }
        Ok(())
    }

    fn changed(&mut self, step: u64, changes: &[Change], steps: u64) -> io::Result<()> {
        self.steps = steps;
        if std::mem::take(&mut self.has_told_change) {
            return Ok(());
        }
        changes.iter().try_for_each(|change| {
            let line = change_line(step, change);
            output::line(format!("{line}, from the run's folder"))
        })
    }

    fn recovered(&mut self, recovered: &Recovered) -> io::Result<()> {
        self.has_told_change = true;
        // Steps from there on are told again.
        self.next_line = self.next_line.min(recovered.step);
        output::line(recovered_line(recovered))
    }

    fn remark(&mut self, remark: &Remark) -> io::Result<()> {
        output::line(remark_line(remark))
    }

    fn refused(&mut self, why: &str) -> io::Result<()> {
        output::error_line(refused_line(why));
        Ok(())
    }

    fn ended(&mut self, _plan: &Plan, written: &Written) -> io::Result<()> {
        output::line(&written.summary)
    }
}

/// One object a line on standard output.
struct Json {
    folder: Option<PathBuf>,
    /// How many bytes were last said to be here, and when.
    fetched: Option<(u64, Instant)>,
}

impl Reporter for Json {
    fn preparing(&mut self, stage: &Stage) -> io::Result<()> {
        let Stage::Fetching(fetching) = stage else {
            return Ok(());
        };
        let is_whole = fetching.done_bytes >= fetching.total_bytes;
        let is_said = |(bytes, when): (u64, Instant)| {
            bytes == fetching.done_bytes || !is_whole && when.elapsed() < Duration::from_secs(1)
        };
        if fetching.total_bytes == 0 || self.fetched.is_some_and(is_said) {
            return Ok(());
        }
        self.fetched = Some((fetching.done_bytes, Instant::now()));
        output::json_line(&json!({
            "event": "fetch",
            "network": fetching.network,
            "from": fetching.from,
            "done_bytes": fetching.done_bytes,
            "total_bytes": fetching.total_bytes,
        }))
    }

    fn started(&mut self, plan: &Plan, started: &Started) -> io::Result<()> {
        let more = plan.sources.more_inputs();
        output::json_line(&more.named_in(json!({
            "event": "start",
            "version": env!("CARGO_PKG_VERSION"),
            "preset": plan.preset.name,
            "content": plan.sources.content.name(),
            "style": plan.sources.style().name(),
            "size": [started.size.0, started.size.1],
            "device": started.device,
            "threads": started.threads,
            "steps": started.steps,
            "run": self.folder,
        })))
    }

    fn losses(&mut self, block: &LossBlock) -> io::Result<()> {
        for losses in block.rows(0) {
            output::json_line(&step_object(&losses, block.seconds))?;
        }
        Ok(())
    }

    fn changed(&mut self, step: u64, changes: &[Change], steps: u64) -> io::Result<()> {
        output::json_line(&change_object(step, changes, steps))
    }

    fn recovered(&mut self, recovered: &Recovered) -> io::Result<()> {
        output::json_line(&recovered_object(recovered))
    }

    fn remark(&mut self, remark: &Remark) -> io::Result<()> {
        output::json_line(&remark_object(remark))
    }

    fn refused(&mut self, why: &str) -> io::Result<()> {
        output::json_line(&refused_object(why))
    }

    fn company(&mut self, _words: &str) -> io::Result<()> {
        Ok(())
    }

    fn ended(&mut self, _plan: &Plan, written: &Written) -> io::Result<()> {
        output::json_line(&json!({
            "event": "end",
            "reason": written.reason,
            "step": written.step,
            "seconds": written.seconds,
            "output": written.path,
        }))
    }
}

/// `step 120  style.weight 1.0 → 3.5, live`
pub(in crate::command) fn change_line(step: u64, change: &Change) -> String {
    let restart = match change.class {
        ChangeClass::Restart => " (it counts only where the run begins again)",
        ChangeClass::Live | ChangeClass::Rebuild => "",
    };
    let change = visible(&change.to_string());
    format!("step {step}  {change}{restart}")
}

pub(in crate::command) fn refused_line(why: &str) -> String {
    let why = visible(why.lines().next().unwrap_or_default());
    format!("note: not taken up, the run goes on as it was: {why}")
}

pub(in crate::command) fn recovered_line(recovered: &Recovered) -> String {
    visible(&recovered.to_string())
}

pub(in crate::command) fn remark_line(remark: &Remark) -> String {
    format!("step {}  {}", remark.step, visible(&remark.words))
}

pub(in crate::command) fn recovered_object(recovered: &Recovered) -> Value {
    json!({
        "event": "recovered",
        "step": recovered.step,
        "failed_step": recovered.failed_step,
        "why": recovered.why,
        "attempt": recovered.attempt,
        "attempts": recovered.attempts,
        "learning_rate": recovered.learning_rate,
    })
}

pub(in crate::command) fn stuck_object(stuck: &Stuck) -> Value {
    json!({
        "event": "stuck",
        "step": stuck.step,
        "failed_step": stuck.failed_step,
        "message": stuck.why,
        "suggestion": stuck.suggestion,
    })
}

pub(in crate::command) fn remark_object(remark: &Remark) -> Value {
    json!({ "event": "remark", "step": remark.step, "kind": remark.kind, "message": remark.words })
}

pub(in crate::command) fn change_object(step: u64, changes: &[Change], steps: u64) -> Value {
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    json!({ "event": "change", "step": step, "changes": changes, "steps": steps })
}

pub(in crate::command) fn refused_object(why: &str) -> Value {
    json!({ "event": "refused", "message": why })
}

pub(in crate::command) fn step_object(losses: &Losses<'_>, seconds: f64) -> Value {
    let mut loss = Map::new();
    loss.insert("total".to_owned(), json!(losses.total()));
    for (name, kind) in [
        ("content", TermKind::Content),
        ("style", TermKind::Style),
        ("variation", TermKind::Variation),
    ] {
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
pub(in crate::command) fn json_error(failure: &Failure) -> io::Result<()> {
    output::json_line(&json!({ "event": "error", "message": failure.to_string() }))
}
