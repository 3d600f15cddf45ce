//! The state of the screen that compares candidates, and how it answers what happens. UI thread.
//!
//! As the run's dashboard: [`Compare::handle`] takes messages in and leaves [`Effect`]s behind, waits for
//! nothing and touches neither terminal nor file.

mod action;
mod arrangement;
mod candidate;
mod chart;
mod desk;
mod dialog;
mod difference;
mod draw;
mod engine;
mod files;
mod keys;
mod layout;
mod leaving;
mod mouse;
mod opening;
mod palette;
mod panel;
mod pictures;
mod promotion;
mod selection;
mod sharing;
mod trouble;
mod watching;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use ratatui::layout::Rect;
use terminput::Event;

use super::event_log::{EventLog, Tone};
use super::gpu::GpuLoad;
use super::layout::{Areas, Border, Splits};
use super::loss_view::LossView;
use super::message::{Effect, Message, Task};
use super::pictures::Pictures;
use super::preview::View;
use super::setup::{CompareCandidate, Sharing, Source};
use super::shared::Shared;
use super::theme::Theme;
use crate::engine::message::{Command, Stage};
use crate::preset::visible::visible;
use crate::record::snapshot_schedule::SnapshotSchedule;
use crate::record::transfer::Transfer;
use crate::terminal::input::Input;
use crate::terminal::signals::Signal;

use candidate::Candidate;
use chart::Measure;
use dialog::Dialog;
use layout::Panel;
use promotion::Promotion;

pub use opening::compare;

/// A message at the bottom stands this long.
const NOTICE_TIME: Duration = Duration::from_secs(6);

/// What the panel of pictures shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Looking {
    /// All of them.
    Grid,
    /// The chosen one.
    Alone,
    /// Two, each in full.
    Beside,
    /// Two on both sides of a divider.
    Split,
}

/// How the screen is being left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// All are to stop and their pictures to be saved first.
    Saving,
    /// At once.
    Now,
}

/// What a [`Compare`] begins with.
#[derive(Debug)]
struct Beginning {
    theme: Theme,
    size: (u16, u16),
    candidates: Vec<CompareCandidate>,
    content: Source,
    style: Source,
    pictures: Pictures,
    /// It goes on elsewhere, and is not ended from here.
    is_watching: bool,
    sharing: Sharing,
    /// Whether presets may join.
    may_join: bool,
    /// Those that are found later where it is watched.
    arrivals: Option<Receiver<CompareCandidate>>,
}

/// Everything that is on the screen.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, in any combination"
)]
struct Compare {
    theme: Theme,
    /// Columns and rows of the screen.
    size: (u16, u16),
    content: Source,
    style: Source,
    /// It is only followed by its runs' folders.
    is_watching: bool,
    /// Others who look at it.
    shared: Shared,
    may_join: bool,
    arrivals: Option<Receiver<CompareCandidate>>,
    /// When it was last looked at how the watched runs go.
    looked_at_watched: Option<Instant>,
    /// In the order in which they came, those that were dropped included.
    candidates: Vec<Candidate>,
    /// The number of the one that keys go to.
    chosen: usize,
    /// The numbers of the two that are compared by eye, as far as they were picked.
    pair: [Option<usize>; 2],
    looking: Looking,
    view: View,
    measure: Measure,
    /// Curves over seconds of computing instead of steps.
    by_seconds: bool,
    loss_view: LossView,
    focus: Panel,
    /// Panels in the order in which they were last chosen.
    front: Vec<Panel>,
    maximised: Option<Panel>,
    splits: Splits,
    dragged: Option<Border>,
    /// First visible row of the table.
    table_first: usize,
    events_scroll: usize,
    events: EventLog,
    notice: Option<(Instant, Tone, String)>,
    dialog: Option<Dialog>,
    pictures: Pictures,
    gpu: Option<GpuLoad>,
    /// What is being built.
    preparing: Option<Stage>,
    transfer: Option<Transfer>,
    is_paused: bool,
    schedule: SnapshotSchedule,
    /// The presets that could be named so far; `None` before they were listed.
    known_presets: Option<HashSet<String>>,
    /// New ones that may join: what each is called and what loads it.
    offered: Vec<(String, String)>,
    /// One is on its way.
    is_joining: bool,
    next_number: usize,
    /// Whose pictures are to be saved once the engine has sent them.
    save_wanted: Vec<usize>,
    /// Saves under way.
    saving: usize,
    exit: Option<Exit>,
    interrupted: bool,
    /// Nobody sees the screen any more: the comparison goes on to its end by itself.
    unseen: bool,
    /// Another program has the terminal.
    away: bool,
    promotion: Option<Box<Promotion>>,
    effects: Vec<Effect>,
    /// Something that is seen has changed.
    dirty: bool,
    /// Everything is to be written again before the next frame.
    repaint: bool,
}

impl Compare {
    fn new(beginning: Beginning, now: Instant) -> Self {
        let candidates: Vec<Candidate> = beginning
            .candidates
            .into_iter()
            .map(Candidate::new)
            .collect();
        let numbers = || candidates.iter().map(|candidate| candidate.number);
        let mut compare = Self {
            theme: beginning.theme,
            size: beginning.size,
            content: beginning.content,
            style: beginning.style,
            is_watching: beginning.is_watching,
            shared: Shared::new(beginning.sharing),
            may_join: beginning.may_join,
            arrivals: beginning.arrivals,
            looked_at_watched: None,
            chosen: numbers().next().unwrap_or(0),
            next_number: numbers().max().map_or(0, |number| number + 1),
            candidates,
            pair: [None; 2],
            looking: Looking::Grid,
            view: View::default(),
            measure: Measure::Style,
            by_seconds: false,
            loss_view: LossView::default(),
            focus: Panel::Pictures,
            front: vec![Panel::Pictures],
            maximised: None,
            splits: Splits::of::<Panel>(),
            dragged: None,
            table_first: 0,
            events_scroll: 0,
            events: EventLog::new(now),
            notice: None,
            dialog: None,
            pictures: beginning.pictures,
            gpu: None,
            preparing: None,
            transfer: None,
            is_paused: false,
            schedule: SnapshotSchedule::default(),
            known_presets: None,
            offered: Vec::new(),
            is_joining: false,
            save_wanted: Vec::new(),
            saving: 0,
            exit: None,
            interrupted: false,
            unseen: false,
            away: false,
            promotion: None,
            effects: vec![Effect::Task(Task::List)],
            dirty: true,
            repaint: false,
        };
        for source in [&compare.content, &compare.style] {
            let name = visible(&source.name);
            for note in &source.notes {
                let note = format!("{name}: {note}");
                compare.events.add(now, 0, Tone::Plain, note);
            }
        }
        // A save since the presets were read would go unnoticed otherwise. But looking at another program's comparison is
        // to change nothing.
        let numbers = compare.numbers().into_iter();
        for number in numbers
            .filter(|_| !compare.is_attached())
            .collect::<Vec<_>>()
        {
            compare.reload(number);
        }
        compare.find_differences();
        compare
    }

    /// Takes in what happened.
    fn handle(&mut self, message: Message, now: Instant) {
        match message {
            Message::Input(Input::Event(event)) => self.input(event, now),
            Message::Input(Input::Closed(_)) => self.lose_screen(now, "the terminal is gone"),
            // For whoever measures the link.
            Message::Input(Input::StatusReport) => return,
            Message::Company(company) => self.company(company, now),
            Message::Joined(contender) => self.joined(*contender, now),
            Message::Engine(event) => {
                self.take_arrivals(now);
                self.engine(*event, now);
            }
            Message::Files(changed) => self.files_changed(&changed),
            Message::Picture(encoded) => {
                if let Some(error) = self.pictures.encoded(*encoded, now) {
                    self.say(now, Tone::Error, error);
                }
            }
            Message::Output(event) => {
                self.written(event, now);
                return;
            }
            Message::Signal(signal) => self.signal(signal, now),
            Message::Printed(line) => {
                let step = self.step();
                self.events
                    .add(now, step, Tone::Plain, format!("printed: {line}"));
            }
            Message::Gpu(load) => self.gpu = Some(load),
            Message::Done(done) => self.done(*done, now),
            Message::Steered { candidate, steered } => self.steered(candidate, steered, now),
            Message::EditorClosed(result) => {
                if let Err(error) = result {
                    self.say(now, Tone::Error, error);
                }
                self.repaint = true;
            }
        }
        self.dirty = true;
    }

    /// Whatever is due by the clock alone.
    fn tick(&mut self, now: Instant) {
        if let Some((until, _, _)) = &self.notice
            && *until <= now
        {
            self.notice = None;
            self.dirty = true;
        }
        self.take_arrivals(now);
        self.look_at_watched(now);
        self.ask_for_snapshot(now);
        if !self.unseen && !self.away && !self.is_cut_off() {
            self.ask_for_pictures(now);
        }
    }

    fn input(&mut self, event: Event, now: Instant) {
        if self.exit == Some(Exit::Now) {
            // Typed ahead for whatever comes after this program.
            return;
        }
        match event {
            Event::Key(key) => self.key(key, now),
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Paste(text) => {
                if let Some(Dialog::Promote(form)) = &mut self.dialog {
                    form.paste(&text);
                }
            }
            Event::Resize { .. } | Event::FocusGained | Event::FocusLost => {}
        }
    }

    fn signal(&mut self, signal: Signal, now: Instant) {
        match signal {
            Signal::Interrupt | Signal::Terminate => {
                self.interrupted = true;
                self.leave(Exit::Saving);
            }
            Signal::HangUp => self.lose_screen(now, "the connection to the terminal was lost"),
            Signal::Continue => self.repaint = true,
            // The loop asks for the size.
            Signal::WindowChange => {}
        }
    }

    fn resize(&mut self, size: (u16, u16), cell: (u16, u16)) {
        self.size = size;
        self.pictures.cell = cell;
        self.repaint = true;
        self.dirty = true;
    }

    /// A line at the bottom for a few seconds, and in the events.
    fn say(&mut self, now: Instant, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        let step = self.step();
        self.hint(now, tone, text.clone());
        self.events.add(now, step, tone, text);
    }

    /// A line at the bottom only.
    fn hint(&mut self, now: Instant, tone: Tone, text: impl Into<String>) {
        self.notice = Some((now + NOTICE_TIME, tone, text.into()));
    }

    /// The newest line for the bottom; what is wrong with a preset, and who may join, stays there.
    fn notice(&self) -> Option<(Tone, String)> {
        if let Some((_, tone, text)) = &self.notice {
            return Some((*tone, text.clone()));
        }
        let broken = self.shown().find_map(|candidate| {
            let error = candidate.recipe.broken()?;
            Some(format!("{}: {}", candidate.name(), error.fault_and_place()))
        });
        if let Some(broken) = broken {
            return Some((Tone::Error, broken));
        }
        let (name, _) = self.offered.last()?;
        let name = visible(name);
        Some((Tone::Notice, format!("new preset {name}: j lets it join")))
    }

    fn areas(&self) -> Areas<Panel> {
        self.splits.areas(self.size, &self.front, self.maximised)
    }

    /// What is inside the border of a panel that is seen.
    fn inner(&self, panel: Panel) -> Option<Rect> {
        self.areas().inner(panel)
    }

    fn focus(&mut self, panel: Panel) {
        self.focus = panel;
        self.front.retain(|other| *other != panel);
        self.front.insert(0, panel);
        if self.maximised.is_some() {
            self.maximised = Some(panel);
        }
    }

    /// Keeps the pictures of now where it is time, for whoever looks at the record later.
    fn ask_for_snapshot(&mut self, now: Instant) {
        let is_own = !self.is_watching && !self.is_attached();
        if !is_own || self.is_paused || self.preparing.is_some() {
            return;
        }
        let running = || self.shown().filter(|candidate| candidate.is_running());
        let Some(step) = running().map(|candidate| candidate.run.step).min() else {
            return;
        };
        let steps = running().map(Candidate::steps).max().unwrap_or(0);
        if self.schedule.is_due(now, step, steps) {
            self.effects.push(Effect::Engine(Command::Snapshot));
        }
    }

    fn take_effects(&mut self) -> Vec<Effect> {
        let mut effects = std::mem::take(&mut self.effects);
        effects.extend(self.pictures.take_effects());
        effects
    }
}
