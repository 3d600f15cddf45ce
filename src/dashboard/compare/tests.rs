//! The comparison without terminal, engine or files: messages in, effects and screens out.

mod files;
mod keys;
mod leaving;
mod pictures;
mod robustness;
mod screens;
mod sharing;
mod trouble;

use std::sync::Arc;
use std::time::{Duration, Instant};

use image::{Rgb, Rgb32FImage, RgbImage};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use terminput::{Event as Typed, KeyCode, KeyEvent, KeyModifiers};

use super::desk::CompareDesk;
use super::{Beginning, Compare};
use crate::dashboard::desk::Desk as _;
use crate::dashboard::message::{Effect, Message};
use crate::dashboard::pictures::Pictures;
use crate::dashboard::preview::encode::Painter;
use crate::dashboard::preview::{EncodeJob, Encoded, Frame, PaintedTile, Quality};
use crate::dashboard::setup::{CompareCandidate, Sharing, Source};
use crate::dashboard::theme::{ColourSupport, Theme};
use crate::engine::EngineError;
use crate::engine::message::{
    Command, EndReason, Event, LossBlock, LossTerm, PictureRequest, Preview, Region, Seen, Started,
    TermKind,
};
use crate::preset::{self, Loaded, Override, with_overrides};
use crate::terminal::ask::Protocol;
use crate::terminal::input::Input;
use crate::terminal::output::OutputEvent;

const DARK: ColourSupport = ColourSupport {
    colours: true,
    true_color: true,
    dark: true,
};

const SIZE: (u32, u32) = (64, 48);

/// A comparison, and a clock that only moves when told.
struct Table {
    desk: CompareDesk,
    now: Instant,
    effects: Vec<Effect>,
}

/// The built-in `demo` with these fields changed, whatever the working directory holds.
fn given(number: usize, label: &str, changes: &[(&str, &str)]) -> CompareCandidate {
    let overrides: Vec<Override> = changes
        .iter()
        .map(|(key, value)| Override {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        })
        .collect();
    let demo = preset::from_toml("extends = \"demo\"\n", "demo").unwrap();
    CompareCandidate {
        number,
        label: label.to_owned(),
        loaded: Loaded {
            name: label.to_owned(),
            origin: preset::Origin::File(format!("presets/{label}.toml").into()),
            preset: with_overrides(&demo, &overrides).unwrap(),
            files: vec![format!("presets/{label}.toml").into()],
        },
        overrides: vec![],
        recorder: None,
        sighting: None,
        is_over: false,
    }
}

/// Three that differ in a weight, a rate, and a layer.
fn three() -> Vec<CompareCandidate> {
    vec![
        given(0, "demo", &[]),
        given(
            1,
            "demo-strong",
            &[("style.weight", "4.0"), ("optimizer.learning_rate", "0.1")],
        ),
        given(2, "demo-shallow", &[("style.layers.block4", "none")]),
    ]
}

fn many(count: usize) -> Vec<CompareCandidate> {
    (0..count)
        .map(|number| {
            let weight = format!("{}.5", number + 1);
            given(
                number,
                &format!("weight-{}", number + 1),
                &[("style.weight", &weight)],
            )
        })
        .collect()
}

impl Table {
    /// The preset that is shown of `candidate`.
    fn preset(&self, candidate: usize) -> preset::Preset {
        let candidate = self.compare().candidate(candidate).unwrap();
        candidate.recipe.preset().clone()
    }

    fn new(size: (u16, u16)) -> Self {
        Self::with(size, Protocol::HalfBlocks, DARK, three())
    }

    fn with(
        size: (u16, u16),
        protocol: Protocol,
        support: ColourSupport,
        candidates: Vec<CompareCandidate>,
    ) -> Self {
        Self::opened(size, protocol, support, candidates, false, Sharing::Alone)
    }

    fn shared(size: (u16, u16), sharing: Sharing) -> Self {
        Self::opened(size, Protocol::HalfBlocks, DARK, three(), false, sharing)
    }

    fn opened(
        size: (u16, u16),
        protocol: Protocol,
        support: ColourSupport,
        candidates: Vec<CompareCandidate>,
        is_watching: bool,
        sharing: Sharing,
    ) -> Self {
        let source = |name: &str, side| Source {
            name: name.to_owned(),
            picture: Arc::new(Rgb32FImage::new(side, side * 3 / 4)),
            notes: vec![],
        };
        let now = Instant::now();
        let beginning = Beginning {
            theme: Theme::new(support),
            size,
            candidates,
            content: source("photos/harbour.jpg", 640),
            style: source("paintings/starry-night.jpg", 480),
            pictures: Pictures::new(protocol, (8, 16), 8.0, None),
            is_watching,
            sharing,
            may_join: !is_watching,
            arrivals: None,
        };
        let mut table = Self {
            desk: CompareDesk::new(Compare::new(beginning, now)),
            now,
            effects: vec![],
        };
        table.settle();
        table
    }

    /// What is compared.
    fn compare(&self) -> &Compare {
        self.desk.comparison()
    }

    fn settle(&mut self) {
        self.now += Duration::from_millis(20);
        self.desk.tick(self.now);
        self.effects.extend(self.desk.take_effects());
    }

    fn hear(&mut self, message: Message) {
        self.desk.handle(message, self.now);
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

    fn typed(&mut self, text: &str) {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
    }

    fn take_effects(&mut self) -> Vec<Effect> {
        self.settle();
        std::mem::take(&mut self.effects)
    }

    /// What was said to the engine since the last call, but for the snapshots that come by themselves.
    fn commands(&mut self) -> Vec<Command> {
        self.take_effects()
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Engine(command) => Some(command),
                _ => None,
            })
            .filter(|command| !matches!(command, Command::Snapshot | Command::RequestPicture(_)))
            .collect()
    }

    fn numbers(&self) -> Vec<usize> {
        self.compare().numbers()
    }

    fn started(candidates: &[usize], step: u64) -> Event {
        Event::Started(Started {
            candidates: candidates.into(),
            size: SIZE,
            style_sizes: vec![(48, 36); candidates.len()],
            device: "cpu".to_owned(),
            threads: 2,
            notes: Vec::new(),
            weights: None,
            step,
            steps: 200,
        })
    }

    /// The engine has begun with all in one lane.
    fn start(&mut self) {
        let numbers = self.numbers();
        self.engine(Self::started(&numbers, 0));
    }

    /// The lane of all that are not over makes the steps up to `step`, at ten a second.
    fn run_to(&mut self, step: u64) {
        let numbers: Vec<usize> = self
            .compare()
            .shown()
            .filter(|candidate| !candidate.is_over())
            .map(|candidate| candidate.number)
            .collect();
        self.run_lane(&numbers, step);
    }

    fn run_lane(&mut self, numbers: &[usize], step: u64) {
        let Some(mut at) = numbers
            .first()
            .and_then(|number| self.compare().candidate(*number))
            .map(|candidate| candidate.run.step)
        else {
            return;
        };
        while at < step {
            let last = (at + 5).min(step);
            let block = losses(at..last, numbers, self.compare());
            self.engine(Event::Losses(block));
            at = last;
        }
    }

    /// The engine and the encoder answer what they were asked for, and the terminal takes it.
    fn show_pictures(&mut self) {
        for _ in 0..4 {
            self.now += Duration::from_secs(1);
            for effect in self.take_effects() {
                match effect {
                    Effect::Engine(Command::RequestPicture(request)) => {
                        let preview = answer(request, self.compare());
                        self.desk.preview(preview);
                        self.settle();
                    }
                    Effect::Encode(job) => {
                        let message = painted(&job);
                        self.hear(message);
                        self.desk.pictures().prepare_cells();
                        self.hear(Message::Output(OutputEvent::FrameWritten));
                    }
                    other => self.effects.push(other),
                }
            }
        }
    }

    fn finish(&mut self) {
        self.run_to(200);
        let numbers = self.numbers();
        self.engine(ended(&numbers, 200, EndReason::Completed));
    }

    /// The screen as text.
    fn screen(&mut self) -> String {
        let buffer = self.buffer();
        let (width, height) = self.desk.size();
        let mut text = String::new();
        for y in 0..height {
            let line: String = (0..width).map(|x| buffer[(x, y)].symbol()).collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn buffer(&mut self) -> ratatui::buffer::Buffer {
        let (width, height) = self.desk.size();
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        self.desk.pictures().prepare_cells();
        terminal
            .draw(|frame| {
                self.desk
                    .render(Rect::new(0, 0, width, height), frame.buffer_mut());
            })
            .unwrap();
        terminal.backend().buffer().clone()
    }
}

fn pictures(candidates: &[usize], step: u64) -> crate::engine::message::Pictures {
    crate::engine::message::Pictures {
        candidates: candidates.into(),
        step,
        pictures: candidates
            .iter()
            .map(|_| Arc::new(Rgb32FImage::new(SIZE.0, SIZE.1)))
            .collect(),
    }
}

fn ended(candidates: &[usize], step: u64, reason: EndReason) -> Event {
    Event::Ended {
        reason,
        pictures: pictures(candidates, step),
        seconds: 20.0,
    }
}

fn failed(candidates: &[usize], step: u64) -> Event {
    Event::Failed {
        candidates: candidates.into(),
        error: EngineError::WorkerGone("out of memory".to_owned()),
        pictures: (step > 0).then(|| pictures(candidates, step)),
    }
}

/// What the engine sends of those that were asked for.
fn answer(request: PictureRequest, compare: &Compare) -> Preview {
    let region = request.region.unwrap_or(Region {
        x: 0,
        y: 0,
        width: SIZE.0,
        height: SIZE.1,
    });
    Preview {
        request,
        pictures: compare
            .shown()
            .filter(|candidate| !candidate.is_over() && request.of.includes(candidate.number))
            .map(|candidate| Seen {
                candidate: candidate.number,
                step: candidate.run.step,
                region,
                size: SIZE,
                picture: Arc::new(gradient(SIZE.0, SIZE.1)),
            })
            .collect(),
    }
}

/// What the encoder makes of a job where pictures are half-blocks.
fn painted(job: &EncodeJob) -> Message {
    let mut painter = Painter::new(Protocol::HalfBlocks, false, DARK);
    let tiles = job
        .tiles
        .iter()
        .enumerate()
        .map(|(index, tile)| {
            let (width, height) = tile.layout.pixels;
            let picture = gradient(width, height);
            let painted = painter
                .paint(index, &picture, &tile.layout, Quality::Full)
                .unwrap();
            PaintedTile { index, painted }
        })
        .collect();
    frame(job, tiles)
}

fn frame(job: &EncodeJob, tiles: Vec<PaintedTile>) -> Message {
    let step = |tile: &crate::dashboard::preview::EncodeTile| {
        tile.result.as_ref().map_or(0, |seen| seen.step)
    };
    Message::Picture(Box::new(Encoded::Frame(Box::new(Frame {
        tag: job.tag,
        steps: job.tiles.iter().map(step).collect(),
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

/// Losses that fall as real ones do, the later a candidate's number the slower.
fn losses(steps: std::ops::Range<u64>, numbers: &[usize], compare: &Compare) -> LossBlock {
    let terms = [
        (TermKind::Content, Some("block2")),
        (TermKind::Style, Some("block1")),
        (TermKind::Style, Some("block3")),
        (TermKind::Variation, None),
    ]
    .map(|(kind, layer)| LossTerm {
        kind,
        layer: layer.map(str::to_owned),
    });
    let weights = numbers
        .iter()
        .map(|number| {
            let preset = compare.candidate(*number).unwrap().recipe.preset();
            let style = preset.style.weight;
            vec![preset.content.weight, style, style, preset.variation.weight]
        })
        .collect();
    let mut values = Vec::new();
    for step in steps.clone() {
        for number in numbers {
            let slow = 10.0 + 7.0 * *number as f32;
            let falls = 1.0 / (1.0 + step as f32 / slow);
            values.extend([0.5 * (1.0 - falls) + 0.01, falls, falls * 0.4, 0.02]);
        }
    }
    LossBlock {
        candidates: numbers.into(),
        first_step: steps.start,
        terms: terms.into(),
        weights,
        values,
        seconds: steps.end as f64 / 10.0,
    }
}
