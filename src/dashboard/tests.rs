//! The whole application without terminal, engine or files: messages in, effects and screens out.

mod files;
mod keys;
mod pictures;
mod robustness;
mod screens;
mod sharing;
mod trouble;
mod watching;

use std::sync::Arc;
use std::time::{Duration, Instant};

use image::{Rgb, Rgb32FImage, RgbImage};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use terminput::{Event as Typed, KeyCode, KeyEvent, KeyModifiers};

use super::app::{App, Beginning};
use super::message::{Effect, Message};
use super::pictures::Pictures;
use super::preview::encode::Painter;
use super::preview::{EncodeJob, Encoded, Frame, Painted, PaintedTile, Quality};
use super::setup::{Sharing, Source, Watching};
use super::theme::{ColourSupport, Theme};
use crate::engine::message::{
    Command, EndReason, Event, Fetching, LossBlock, LossTerm, PictureRequest, Preview, Region,
    Seen, Stage, Started, TermKind,
};
use crate::preset::{self, Loaded};
use crate::terminal::ask::Protocol;
use crate::terminal::input::Input;
use crate::terminal::output::OutputEvent;

const DARK: ColourSupport = ColourSupport {
    colours: true,
    true_color: true,
    dark: true,
};

/// An application, and a clock that only moves when told.
struct Desk {
    app: App,
    now: Instant,
    effects: Vec<Effect>,
}

/// The built-in `demo`, whatever the working directory holds.
fn demo() -> Loaded {
    Loaded {
        name: "demo".to_owned(),
        origin: preset::Origin::BuiltIn,
        preset: preset::from_toml("extends = \"demo\"\n", "demo").unwrap(),
        files: vec![],
    }
}

impl Desk {
    fn new(size: (u16, u16)) -> Self {
        Self::with(size, Protocol::HalfBlocks, DARK, demo())
    }

    fn with(size: (u16, u16), protocol: Protocol, support: ColourSupport, loaded: Loaded) -> Self {
        Self::of(size, protocol, support, loaded, None, Sharing::Alone)
    }

    /// On a run of another program.
    fn watching(size: (u16, u16), watching: Option<Watching>) -> Self {
        let alone = Sharing::Alone;
        Self::of(size, Protocol::HalfBlocks, DARK, demo(), watching, alone)
    }

    /// On a run that others look at, too.
    fn sharing(size: (u16, u16), sharing: Sharing) -> Self {
        Self::of(size, Protocol::HalfBlocks, DARK, demo(), None, sharing)
    }

    fn of(
        size: (u16, u16),
        protocol: Protocol,
        support: ColourSupport,
        loaded: Loaded,
        watching: Option<Watching>,
        sharing: Sharing,
    ) -> Self {
        let source = |name: &str, side| Source {
            name: name.to_owned(),
            picture: Arc::new(Rgb32FImage::new(side, side * 3 / 4)),
            notes: vec![],
        };
        let now = Instant::now();
        let app = App::new(
            Beginning {
                candidate: 0,
                theme: Theme::new(support),
                size,
                loaded,
                overrides: vec![],
                content: source("photos/harbour.jpg", 64),
                style: source("paintings/starry-night.jpg", 48),
                pictures: Pictures::new(protocol, (8, 16), 8.0, None),
                watching,
                sharing,
            },
            now,
        );
        let mut desk = Self {
            app,
            now,
            effects: vec![],
        };
        desk.settle();
        desk
    }

    /// Lets time pass and collects what the application wants.
    fn settle(&mut self) {
        self.now += Duration::from_millis(20);
        self.app.tick(self.now);
        self.effects.extend(self.app.take_effects());
    }

    fn hear(&mut self, message: Message) {
        self.app.handle(message, self.now);
        self.settle();
    }

    fn engine(&mut self, event: Event) {
        self.hear(Message::Engine(Box::new(event)));
    }

    fn press(&mut self, code: KeyCode) {
        self.press_with(code, KeyModifiers::NONE);
    }

    fn press_with(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        let key = KeyEvent::new(code).modifiers(modifiers);
        self.hear(Message::Input(Input::Event(Typed::Key(key))));
    }

    /// Presses the keys of `text`, one after the other.
    fn typed(&mut self, text: &str) {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
    }

    fn take_effects(&mut self) -> Vec<Effect> {
        self.settle();
        std::mem::take(&mut self.effects)
    }

    /// What was said to the engine since the last call.
    fn commands(&mut self) -> Vec<Command> {
        self.take_effects()
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Engine(command) => Some(command),
                _ => None,
            })
            .collect()
    }

    /// The presets sent to the engine since the last call.
    fn sent_presets(&mut self) -> Vec<preset::Preset> {
        self.commands()
            .into_iter()
            .filter_map(|command| match command {
                Command::ChangePreset { preset, .. } => Some(*preset),
                _ => None,
            })
            .collect()
    }

    /// The engine has begun.
    fn start(&mut self) {
        self.engine(Event::Preparing(Stage::Fitting));
        self.engine(Event::Started(Started {
            candidates: [0].into(),
            size: (64, 48),
            style_sizes: vec![(48, 36)],
            device: "cpu".to_owned(),
            threads: 2,
            notes: Vec::new(),
            weights: None,
            step: 0,
            steps: 200,
        }));
    }

    /// The engine makes the steps up to `step`, at ten a second.
    fn run_to(&mut self, step: u64) {
        while self.app.run.step < step {
            let first_step = self.app.run.step;
            let last = (first_step + 5).min(step);
            let block = losses(first_step..last, &self.app);
            self.engine(Event::Losses(block));
        }
    }

    /// The engine and the encoder answer what they were asked for, and the terminal takes it.
    fn show_picture(&mut self) {
        for _ in 0..4 {
            self.now += Duration::from_secs(1);
            for effect in self.take_effects() {
                match effect {
                    Effect::Engine(Command::RequestPicture(request)) => {
                        self.app.preview(answer(request, self.app.run.step));
                        self.settle();
                    }
                    Effect::Encode(job) => {
                        self.hear(painted(&job, self.app.run.step));
                        self.app.pictures.prepare_cells();
                        self.hear(Message::Output(OutputEvent::FrameWritten));
                    }
                    other => self.effects.push(other),
                }
            }
        }
    }

    fn finish(&mut self) {
        let step = self.app.recipe.steps();
        self.run_to(step);
        self.engine(Event::Ended {
            reason: EndReason::Completed,
            pictures: crate::engine::message::Pictures {
                step,
                candidates: [0].into(),
                pictures: vec![Arc::new(Rgb32FImage::new(64, 48))],
            },
            seconds: 20.0,
        });
    }

    /// The screen as text.
    fn screen(&mut self) -> String {
        let (width, height) = self.app.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        self.app.pictures.prepare_cells();
        terminal
            .draw(|frame| frame.render_widget(&self.app, Rect::new(0, 0, width, height)))
            .unwrap();
        let buffer = terminal.backend().buffer();
        let mut text = String::new();
        for y in 0..height {
            let line: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// What the engine sends of one candidate at `step`.
fn answer(request: PictureRequest, step: u64) -> Preview {
    let region = request.region.unwrap_or(Region {
        x: 0,
        y: 0,
        width: 64,
        height: 48,
    });
    Preview {
        request,
        pictures: vec![Seen {
            candidate: 0,
            step,
            region,
            size: (64, 48),
            picture: Arc::new(gradient(64, 48)),
        }],
    }
}

/// What the encoder makes of a job where pictures are half-blocks.
fn painted(job: &EncodeJob, step: u64) -> Message {
    let mut painter = Painter::new(Protocol::HalfBlocks, false, DARK);
    let tiles = job.tiles.iter().enumerate().map(|(index, tile)| {
        let (width, height) = tile.layout.pixels;
        let picture = gradient(width, height);
        let painted = painter
            .paint(index, &picture, &tile.layout, Quality::Full)
            .unwrap();
        PaintedTile { index, painted }
    });
    frame(job, step, tiles.collect())
}

fn frame(job: &EncodeJob, step: u64, tiles: Vec<PaintedTile>) -> Message {
    Message::Picture(Box::new(Encoded::Frame(Box::new(Frame {
        tag: job.tag,
        steps: vec![step; job.tiles.len()],
        tiles,
        bytes: 1000,
        encode_seconds: 0.001,
    }))))
}

fn gradient(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, 128])
    })
}

/// Losses that fall as real ones do.
fn losses(steps: std::ops::Range<u64>, app: &App) -> LossBlock {
    let preset = app.recipe.preset();
    let mut terms = Vec::new();
    let mut weights = Vec::new();
    let mut add = |kind, layer: Option<&String>, weight| {
        terms.push(LossTerm {
            kind,
            layer: layer.cloned(),
        });
        weights.push(weight);
    };
    for (layer, weight) in &preset.content.layers {
        add(
            TermKind::Content,
            Some(layer),
            weight * preset.content.weight,
        );
    }
    for (layer, weight) in &preset.style.layers {
        add(TermKind::Style, Some(layer), weight * preset.style.weight);
    }
    add(TermKind::Variation, None, preset.variation.weight);
    let mut values = Vec::new();
    for step in steps.clone() {
        for (index, term) in terms.iter().enumerate() {
            let falls = 1.0 / (1.0 + step as f32 / 10.0);
            values.push(match term.kind {
                TermKind::Content => 0.5 * (1.0 - falls) + 0.01,
                TermKind::Style => falls / (1.0 + index as f32),
                TermKind::Variation => 0.01 + 0.02 * (1.0 - falls),
            });
        }
    }
    LossBlock {
        candidates: [0].into(),
        first_step: steps.start,
        terms: terms.into(),
        weights: vec![weights].into(),
        values,
        seconds: steps.end as f64 / 10.0,
    }
}
