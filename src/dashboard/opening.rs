//! Opens the dashboard: takes the terminal, and starts everything that the loop hears of. UI thread.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::time::Instant;

use image::{DynamicImage, Rgb32FImage, RgbImage};

use super::app::{App, Beginning};
use super::connection::{Connection, cell, colour_support, measured_cell, to};
use super::desk::Desk;
use super::event_log::Tone;
use super::live::Live;
use super::log::Log;
use super::message::Message;
use super::pictures::Pictures;
use super::preview::Encoder;
use super::recorders::Recorders;
use super::screen::Screen;
use super::setup::{Options, Setup, Start};
use super::task::{Tasks, Workshop};
use super::theme::{ColourSupport, Theme};
use crate::attach::company::Voice;
use crate::engine::EngineError;
use crate::pixels;
use crate::preset::folder;
use crate::preset::visible::visible;
use crate::preset::watch::Watcher;
use crate::terminal::ask::{Capabilities, Multiplexer, Protocol};
use crate::terminal::capture::Capture;
use crate::terminal::session::{self, Session};
use crate::terminal::signals;

/// Sources of the preview are kept no larger: no panel has more pixels.
const LARGEST_SOURCE: u32 = 2048;
/// Pictures a second where nobody says otherwise.
const PREVIEW_RATE: f64 = 8.0;

/// Why the dashboard did not open.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The terminal cannot be taken.
    #[error("the terminal cannot be used for the dashboard: {0}\n  --headless works without one")]
    Terminal(io::Error),
    /// The system gives no thread.
    #[error("the dashboard cannot start: {0}")]
    Thread(io::Error),
    /// The log cannot be written.
    #[error("the log {path} cannot be written: {error}\n  give another name with --log")]
    Log {
        /// As given, safe to print.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// The engine cannot start.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What every kind of screen is opened with.
pub(super) struct Opening {
    pub(super) start: Start,
    /// Preset files to watch from the start.
    pub(super) files: Vec<PathBuf>,
    /// Content and style.
    pub(super) sources: [Arc<Rgb32FImage>; 2],
    pub(super) options: Options,
    pub(super) workshop: Workshop,
    pub(super) recorders: Recorders,
    pub(super) note: Option<String>,
}

/// What is known of the terminal by then.
pub(super) struct Look {
    pub(super) theme: Theme,
    /// Columns and rows.
    pub(super) size: (u16, u16),
    pub(super) pictures: Pictures,
}

impl Live<App> {
    /// Takes the terminal and starts a run.
    ///
    /// # Errors
    /// Where something is missing; then the terminal is as it was.
    pub(super) fn of_run(setup: Setup) -> Result<Self, StartError> {
        let recorders = Recorders::default();
        if let Some(recorder) = setup.recorder {
            recorders.add(0, None, recorder);
        }
        let opening = Opening {
            start: setup.start,
            files: setup.loaded.files.clone(),
            sources: [&setup.content, &setup.style].map(|source| Arc::clone(&source.picture)),
            options: setup.options,
            workshop: Workshop {
                keeper: Some(setup.keeper),
                painter: setup.painter,
                joiner: None,
            },
            recorders,
            note: setup.note,
        };
        Self::open(opening, |look| {
            let beginning = Beginning {
                candidate: 0,
                theme: look.theme,
                size: look.size,
                loaded: setup.loaded,
                overrides: setup.overrides,
                content: setup.content,
                style: setup.style,
                pictures: look.pictures,
                watching: setup.watching,
                sharing: setup.sharing,
            };
            App::new(beginning, Instant::now())
        })
    }
}

impl<D: Desk> Live<D> {
    /// Takes the terminal, starts what is to be looked at, and sets up a desk for it.
    ///
    /// # Errors
    /// Where something is missing; then the terminal is as it was.
    pub(super) fn open(opening: Opening, desk: impl FnOnce(Look) -> D) -> Result<Self, StartError> {
        let log = opening.options.log.as_deref().map(Log::open).transpose()?;
        let (sender, messages) = mpsc::channel();
        let session = Session::enter().map_err(StartError::Terminal)?;
        let to_loop = to(&sender);
        signals::deliver_to(move |signal| to_loop(Message::Signal(signal)))
            .map_err(StartError::Thread)?;
        // These catch their own panics, and say so in words.
        session::caught_in("engine");
        session::caught_in("tasks");
        // Before the engine starts, since libraries print most while they are loaded.
        let to_loop = to(&sender);
        let capture = Capture::start(move |line| to_loop(Message::Printed(line)));
        // Before the terminal is asked, which may take its time.
        let running = (opening.start)()?;
        let (connection, capabilities) =
            Connection::new(session, &opening.options, &sender).map_err(StartError::Terminal)?;
        let to_loop = to(&sender);
        let tasks = Tasks::start(opening.workshop, move |done| {
            to_loop(Message::Done(Box::new(done)));
        })
        .map_err(StartError::Thread)?;
        let colours = colour_support(&capabilities);
        // The theme says what has a colour. Placeholders of kitty's pictures are told by theirs.
        crossterm::style::force_color_output(true);
        let protocol = connection.protocol;
        let sources = opening.sources.map(|picture| small(&picture));
        let encoder = encoder(protocol, &capabilities, colours, sources, &sender)
            .map_err(StartError::Thread)?;
        let size = connection.session.size();
        let cells = size.map_or((80, 24), |size| (size.columns, size.rows));
        let mut desk = desk(Look {
            theme: Theme::new(colours),
            size: cells,
            pictures: pictures(protocol, cell(&capabilities, size), &opening.options),
        });
        let to_loop = to(&sender);
        let watcher = Watcher::start(
            &opening.files,
            &folder::folders(),
            opening.options.polling,
            move |changed| to_loop(Message::Files(changed)),
        );
        let note = match &watcher {
            Ok(watcher) => watcher.note().map(|note| (Tone::Notice, note)),
            Err(error) => Some((Tone::Error, error.to_string())),
        };
        if let Some((tone, note)) = note {
            desk.say(Instant::now(), tone, note);
        }
        if let Some(note) = opening.note {
            desk.say(Instant::now(), Tone::Notice, visible(&note));
        }
        opening.recorders.steer(opening.options.polling, &sender);
        let to_loop = to(&sender);
        let recorders = opening.recorders.clone();
        let events = running.events;
        let engine_events = std::thread::Builder::new()
            .name("engine events".to_owned())
            .spawn(move || {
                events.for_each(|voice| match voice {
                    Voice::Engine(event) => {
                        recorders.hear(&event);
                        to_loop(Message::Engine(Box::new(event)));
                    }
                    Voice::Company(company) => to_loop(Message::Company(company)),
                    Voice::Joined(contender) => to_loop(Message::Joined(contender)),
                });
            })
            .map_err(StartError::Thread)?;
        Ok(Self {
            desk,
            connection: Some(connection),
            screen: Screen::new(cells).map_err(StartError::Terminal)?,
            lent: None,
            engine: Some(running.commands),
            engine_events: Some(engine_events),
            recorders: opening.recorders,
            polling: opening.options.polling,
            slot: running.pictures,
            tasks: Some(tasks),
            watcher: watcher.ok(),
            encoder,
            gpu: None,
            // Without a pipe, what is printed disturbs the screen until the next Ctrl-L.
            capture: capture.ok(),
            log,
            messages,
            sender,
            capabilities,
            first_cell: measured_cell(size),
            last_frame: None,
            urgent: true,
        })
    }
}

fn pictures(protocol: Protocol, cell: (u16, u16), options: &Options) -> Pictures {
    let bandwidth = options.bandwidth_bytes_per_second.map(|bytes| bytes as f64);
    let rate = options.preview_rate.unwrap_or(PREVIEW_RATE);
    Pictures::new(protocol, cell, rate, bandwidth)
}

fn encoder(
    protocol: Protocol,
    capabilities: &Capabilities,
    colours: ColourSupport,
    [content, style]: [Arc<RgbImage>; 2],
    sender: &Sender<Message>,
) -> io::Result<Encoder> {
    let to_loop = to(sender);
    let in_tmux = capabilities.multiplexer == Some(Multiplexer::Tmux);
    let send = move |encoded| to_loop(Message::Picture(Box::new(encoded)));
    let encoder = Encoder::start(protocol, in_tmux, colours, content, style, send)?;
    if let Some(registers) = capabilities.sixel_registers {
        encoder.limit_sixel_colours(registers);
    }
    Ok(encoder)
}

/// The picture with 8 bits a channel, no larger than any panel.
fn small(picture: &Rgb32FImage) -> Arc<RgbImage> {
    let (width, height) = picture.dimensions();
    let longer = width.max(height);
    let smaller = (longer > LARGEST_SOURCE).then(|| {
        let scaled = |side: u32| {
            (u64::from(side) * u64::from(LARGEST_SOURCE) / u64::from(longer)).max(1) as u32
        };
        pixels::resize(
            picture,
            scaled(width),
            scaled(height),
            pixels::Filter::Lanczos3,
        )
    });
    let picture = smaller.unwrap_or_else(|| picture.clone());
    Arc::new(DynamicImage::ImageRgb32F(picture).into_rgb8())
}
