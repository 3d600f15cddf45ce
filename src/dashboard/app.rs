//! The state of the whole screen and how it answers what happens. UI thread.
//!
//! [`App::handle`] takes messages in and leaves [`Effect`]s behind; it waits for nothing and touches
//! neither terminal nor file, so that tests drive it as a person would.

mod desk;
mod engine;
mod files;
mod keys;
mod mouse;
mod pictures;
mod sharing;
mod takeover;
mod trouble;
mod watching;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use ratatui::layout::Rect;
use terminput::Event;

use super::action::Panel;
use super::dialog::Dialog;
use super::event_log::{EventLog, Tone};
use super::gpu::GpuLoad;
use super::layout::{Areas, Border, Splits};
use super::loss_view::LossView;
use super::message::{Effect, Message, Task};
use super::pictures::Pictures;
use super::preview::View;
use super::recipe::Recipe;
use super::run_state::{Phase, RunState};
use super::setup::{Farewell, Saved, Sharing, Source, Watching};
use super::shared::Shared;
use super::theme::Theme;
use super::timeline::Timeline;
use crate::engine::message::{Command, Seen};
use crate::preset::visible::visible;
use crate::preset::{Change, Listed, Loaded, Override, Preset};
use crate::terminal::input::Input;
use crate::terminal::signals::Signal;

use engine::Measuring;
pub(super) use takeover::Takeover;
pub(super) use trouble::rate_of;
pub(super) use watching::Watched;

/// A message at the bottom stands this long.
const NOTICE_TIME: Duration = Duration::from_secs(6);

/// A list's chosen line and its first visible one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) chosen: usize,
    pub(super) first: usize,
}

impl Cursor {
    /// Moves by `by` lines in a list of `length`, of which `rows` are seen.
    pub(super) fn step(&mut self, by: isize, length: usize, rows: usize) {
        self.chosen = self
            .chosen
            .saturating_add_signed(by)
            .min(length.saturating_sub(1));
        self.show(rows);
    }

    /// Makes the chosen line visible.
    pub(super) fn show(&mut self, rows: usize) {
        let rows = rows.max(1);
        self.first = self
            .first
            .min(self.chosen)
            .max((self.chosen + 1).saturating_sub(rows));
    }
}

/// How the dashboard is being left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// The run is to stop and its picture to be saved first.
    Saving,
    /// At once.
    Now,
}

/// Everything that is on the screen.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, in any combination"
)]
pub(super) struct App {
    /// What the engine calls the one whose run this is.
    pub(super) candidate: usize,
    pub(super) theme: Theme,
    /// Columns and rows of the screen.
    pub(super) size: (u16, u16),
    pub(super) content: Source,
    pub(super) style: Source,
    pub(super) run: RunState,
    pub(super) recipe: Recipe,
    /// The last one that the engine took up: what is gone back to when it refuses one.
    confirmed: Recipe,
    /// Sent to the engine and not answered yet, the oldest first.
    sent: Vec<Recipe>,
    overrides: Vec<Override>,
    /// Everything that took effect after the start, for the record.
    changes: Vec<(u64, Change)>,
    /// A field that only counts from a restart differs from what is in force.
    pub(super) waits_for_restart: bool,
    pub(super) events: EventLog,
    pub(super) timeline: Timeline,
    pub(super) presets: Vec<Listed>,
    pub(super) gpu: Option<GpuLoad>,
    pub(super) focus: Panel,
    /// Panels in the order in which they were last chosen.
    front: Vec<Panel>,
    pub(super) maximised: Option<Panel>,
    pub(super) splits: Splits,
    dragged: Option<Border>,
    pub(super) cursors: HashMap<Panel, Cursor>,
    /// The events panel follows the newest one.
    pub(super) events_scroll: usize,
    pub(super) loss_view: LossView,
    /// Which part of which picture is looked at.
    pub(super) view: View,
    pub(super) pictures: Pictures,
    /// The snapshot that was last looked at as the encoder takes it, and its number.
    snapshot_seen: Option<(u64, Seen)>,
    pub(super) dialog: Option<Dialog>,
    notice: Option<(Instant, Tone, String)>,
    /// The preset by which steps are made: without what waits for a restart.
    pub(super) in_force: Preset,
    /// The edits that are being written into a file.
    writing: IndexMap<String, String>,
    /// Where the preset in use stands in the list.
    pub(super) active_preset: Option<usize>,
    /// The step of the newest picture that was handed over to be saved as the result.
    result_step: Option<u64>,
    /// Another program has the terminal.
    pub(super) away: bool,
    /// What the run's result was saved as.
    pub(super) result: Option<Saved>,
    /// Why the result could not be saved.
    pub(super) lost: Option<String>,
    /// Saves under way.
    saving: usize,
    /// Pictures that are to be saved once the worker has sent them.
    save_wanted: usize,
    measuring: Measuring,
    /// A person asked for how the gradient is made up.
    pub(super) wants_gradient: bool,
    pub(super) exit: Option<Exit>,
    pub(super) interrupted: bool,
    /// Nobody sees the screen any more: the run goes on to its end by itself.
    pub(super) unseen: bool,
    /// The run is another program's, and only looked at.
    pub(super) watched: Option<Watched>,
    /// Others who look at it.
    pub(super) shared: Shared,
    effects: Vec<Effect>,
    /// Something that is seen has changed.
    dirty: bool,
    /// Everything is to be written again before the next frame.
    repaint: bool,
}

/// What an [`App`] begins with.
#[derive(Debug)]
pub(super) struct Beginning {
    /// What the engine calls the one whose run this is.
    pub(super) candidate: usize,
    pub(super) theme: Theme,
    pub(super) size: (u16, u16),
    pub(super) loaded: Loaded,
    pub(super) overrides: Vec<Override>,
    pub(super) content: Source,
    pub(super) style: Source,
    pub(super) pictures: Pictures,
    pub(super) watching: Option<Watching>,
    pub(super) sharing: Sharing,
}

impl App {
    pub(super) fn new(beginning: Beginning, now: Instant) -> Self {
        let recipe = Recipe::new(beginning.loaded);
        let mut app = Self {
            candidate: beginning.candidate,
            theme: beginning.theme,
            size: beginning.size,
            content: beginning.content,
            style: beginning.style,
            run: RunState::new(beginning.candidate),
            in_force: recipe.preset().clone(),
            writing: IndexMap::new(),
            active_preset: None,
            result_step: None,
            away: false,
            confirmed: recipe.clone(),
            recipe,
            sent: Vec::new(),
            overrides: beginning.overrides,
            changes: Vec::new(),
            waits_for_restart: false,
            events: EventLog::new(now),
            timeline: Timeline::default(),
            presets: Vec::new(),
            gpu: None,
            focus: Panel::Parameters,
            front: vec![Panel::Parameters],
            maximised: None,
            splits: Splits::of::<Panel>(),
            dragged: None,
            cursors: HashMap::new(),
            events_scroll: 0,
            loss_view: LossView::default(),
            view: View::default(),
            pictures: beginning.pictures,
            snapshot_seen: None,
            dialog: None,
            notice: None,
            result: None,
            lost: None,
            saving: 0,
            save_wanted: 0,
            measuring: Measuring::default(),
            wants_gradient: false,
            exit: None,
            interrupted: false,
            unseen: false,
            watched: beginning.watching.map(Watched::new),
            shared: Shared::new(beginning.sharing),
            effects: vec![Effect::Task(Task::List)],
            dirty: true,
            repaint: false,
        };
        let notes: Vec<String> = [&app.content, &app.style]
            .into_iter()
            .flat_map(|source| {
                let name = visible(&source.name);
                source
                    .notes
                    .iter()
                    .map(move |note| format!("{name}: {note}"))
            })
            .collect();
        for note in notes {
            app.events.add(now, 0, Tone::Plain, note);
        }
        // A save since the preset was read would go unnoticed otherwise. But looking at another program's run is to
        // change nothing.
        if !app.is_attached() {
            app.reload();
        }
        app
    }

    /// Takes in what happened.
    pub(super) fn handle(&mut self, message: Message, now: Instant) {
        match message {
            Message::Input(Input::Event(event)) => self.input(event, now),
            Message::Input(Input::Closed(_)) => self.lose_screen(now, "the terminal is gone"),
            // For whoever measures the link, and to a comparison that this run was promoted from.
            Message::Input(Input::StatusReport) | Message::Joined(_) => return,
            Message::Engine(event) => self.engine(*event, now),
            Message::Company(company) => self.company(company, now),
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
                let step = self.run.step;
                self.events
                    .add(now, step, Tone::Plain, format!("printed: {line}"));
            }
            Message::Gpu(load) => self.gpu = Some(load),
            Message::Done(done) => self.done(*done, now),
            Message::Steered { steered, .. } => self.steered(steered, now),
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
    pub(super) fn tick(&mut self, now: Instant) {
        if let Some((until, _, _)) = &self.notice
            && *until <= now
        {
            self.notice = None;
            self.dirty = true;
        }
        if self.watched.is_some() {
            self.look_at_watched(now);
        } else if !self.is_attached() {
            // Kept for whoever looks at the record later, too.
            self.ask_for_snapshot(now);
        }
        if !self.unseen {
            if self.watched.is_none() && !self.is_cut_off() {
                self.ask_for_gradients();
            }
            if !self.away {
                self.ask_for_picture(now);
            }
        }
    }

    fn input(&mut self, event: Event, now: Instant) {
        if self.exit == Some(Exit::Now) {
            // Typed ahead for whatever comes after this program.
            return;
        }
        match event {
            Event::Key(key) => self.key(key, now),
            Event::Mouse(mouse) => self.mouse(mouse, now),
            Event::Paste(text) => {
                if let Some(Dialog::Prompt(prompt)) = &mut self.dialog {
                    prompt.paste(&text);
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

    /// The screen has another size, or is to be written anew.
    pub(super) fn resize(&mut self, size: (u16, u16), cell: (u16, u16)) {
        self.size = size;
        self.pictures.cell = cell;
        self.repaint = true;
        self.dirty = true;
    }

    /// The terminal is gone. The run goes on to its end, and is saved.
    pub(super) fn lose_screen(&mut self, now: Instant, why: &str) {
        if self.unseen {
            return;
        }
        self.unseen = true;
        if self.watched.is_some() || self.is_attached() {
            // The run is none of this program's.
            return self.leave(Exit::Now);
        }
        let step = self.run.step;
        self.events.add(
            now,
            step,
            Tone::Notice,
            format!("{why}: the run goes on without a screen"),
        );
        self.dialog = None;
        if self.shared.has_viewers() {
            // They see to it.
        } else if self.run.has_failed() {
            self.leave(Exit::Saving);
        } else if self.run.is_paused() {
            self.effects.push(Effect::Engine(self.run.way_out()));
        } else if self.run.is_idle() {
            self.leave_finished();
        }
    }

    /// Leaves a run that is at its end, whose result may be saved already.
    fn leave_finished(&mut self) {
        if self.saving > 0 {
            self.exit = Some(Exit::Saving);
        } else if self.result_is_current() {
            self.leave(Exit::Now);
        } else {
            self.leave(Exit::Saving);
        }
    }

    /// Leaves, after saving or at once.
    fn leave(&mut self, exit: Exit) {
        if self.exit == Some(Exit::Now) {
            return;
        }
        // Another program's run is neither stopped nor saved by that.
        let exit = if self.watched.is_some() || self.is_attached() {
            Exit::Now
        } else {
            exit
        };
        self.exit = Some(exit);
        if exit == Exit::Saving {
            self.save_what_is_left();
        }
        let saved_already = self.run.phase() == Phase::Finished && self.result_step.is_some();
        if exit == Exit::Now || self.run.has_failed() || saved_already {
            self.finish_leaving();
        } else {
            self.run.stop();
            self.effects.push(Effect::Engine(Command::Stop));
        }
    }

    /// Once nothing is being saved any more.
    fn finish_leaving(&mut self) {
        let waits = self.save_wanted > 0 && !self.run.has_failed();
        if self.saving == 0 && !waits {
            self.exit = Some(Exit::Now);
            self.effects.push(Effect::Leave);
        }
    }

    /// Whether the picture as it is has been saved as the result.
    fn result_is_current(&self) -> bool {
        self.result.is_some() && self.saving == 0 && self.run.phase() == Phase::Finished
    }

    /// A line at the bottom for a few seconds, and in the events.
    pub(super) fn say(&mut self, now: Instant, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        let step = self.run.step;
        self.hint(now, tone, text.clone());
        self.events.add(now, step, tone, text);
    }

    /// A line at the bottom only.
    fn hint(&mut self, now: Instant, tone: Tone, text: impl Into<String>) {
        self.notice = Some((now + NOTICE_TIME, tone, text.into()));
    }

    /// The newest line for the bottom; why the run failed or the preset is broken stays there.
    pub(super) fn notice(&self) -> Option<(Tone, String)> {
        match (&self.notice, self.run.phase()) {
            (Some((_, tone, text)), _) => Some((*tone, text.clone())),
            (None, Phase::Failed(why)) => Some((Tone::Error, why)),
            (None, _) => {
                let error = self.recipe.broken()?;
                Some((Tone::Error, error.fault_and_place()))
            }
        }
    }

    pub(super) fn areas(&self) -> Areas {
        self.splits.areas(self.size, &self.front, self.maximised)
    }

    /// What is inside the border of a panel that is seen.
    pub(super) fn inner(&self, panel: Panel) -> Option<Rect> {
        self.areas().inner(panel)
    }

    pub(super) fn cursor(&self, panel: Panel) -> Cursor {
        self.cursors.get(&panel).copied().unwrap_or_default()
    }

    fn focus(&mut self, panel: Panel) {
        self.focus = panel;
        self.front.retain(|other| *other != panel);
        self.front.insert(0, panel);
        if self.maximised.is_some() {
            self.maximised = Some(panel);
        }
    }

    /// What is left when the screen has been given back.
    pub(super) fn farewell(&self) -> Farewell {
        if let Some(id) = self.shared.attached_to() {
            return self.attached_farewell(id);
        }
        let mut lines = Vec::new();
        if let Some(saved) = &self.result {
            lines.push(saved.summary.clone());
        } else if self.run.step == 0 {
            lines.push("stopped before the first step: no picture was written".to_owned());
        } else if self.lost.is_none() {
            lines.push(format!("left at step {} without saving", self.run.step));
        }
        let failure = match self.run.phase() {
            Phase::Failed(why) => Some(why),
            _ => self.lost.clone(),
        };
        Farewell {
            picture: self
                .result
                .as_ref()
                .and(self.run.pictures.as_ref())
                .and_then(|pictures| pictures.of(self.candidate).cloned()),
            result: self.result.clone(),
            lines,
            failure,
            unseen: self.unseen,
            interrupted: self.interrupted,
        }
    }

    pub(super) fn take_effects(&mut self) -> Vec<Effect> {
        let mut effects = std::mem::take(&mut self.effects);
        effects.extend(self.pictures.take_effects());
        effects
    }
}
