//! The engine's messages as words and numbers, and back. Pure; any thread.

mod commands;
mod events;
mod parts;
mod pictures;
mod presets;

use std::sync::Arc;

use image::{Rgb32FImage, RgbImage};

pub(super) use self::commands::{command, deed_of, of_command, of_deed};
pub(super) use self::events::of_event;
pub(super) use self::presets::{contender, of_contender};

use self::commands::{deed, of_region, of_request, picture_request, region};
use self::events::event;
use self::parts::{of_numbers, of_term};
use self::pictures::{of_pictures, picture_of_bytes};
use super::company::Company;
use super::contender::Contender;
use super::frame::FrameError;
use super::losses::Rows;
use super::words::{self, ToViewer};
use crate::engine::message::{Event, LossBlock, Pictures, Preview, Seen};

/// What comes with words.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    None,
    Values(Arc<[f32]>),
    /// 8 bits a channel.
    Seen(Vec<Arc<RgbImage>>),
    /// 32-bit floats.
    Pictures(Vec<Arc<Rgb32FImage>>),
}

impl Raw {
    /// Bytes that go through the socket.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Values(values) => values.len() * 4,
            Self::Seen(pictures) => pictures.iter().map(|picture| picture.as_raw().len()).sum(),
            Self::Pictures(pictures) => {
                let numbers = pictures.iter().map(|picture| picture.as_raw().len());
                numbers.sum::<usize>() * 4
            }
        }
    }
}

/// A message to terminals.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) words: ToViewer,
    pub(super) raw: Raw,
}

impl From<ToViewer> for Said {
    fn from(words: ToViewer) -> Self {
        Self {
            words,
            raw: Raw::None,
        }
    }
}

/// What a terminal hears.
#[derive(Debug)]
pub(super) enum Heard {
    Event(Event),
    Preview(Preview),
    Company(Company),
    Joined(Box<Contender>),
}

/// Losses, of which every row stands for `span` steps.
pub(super) fn of_losses(block: &LossBlock, span: u64) -> Said {
    Said {
        words: ToViewer::Losses {
            candidates: block.candidates.to_vec(),
            first_step: block.first_step,
            rows: block.steps(),
            span,
            terms: block.terms.iter().map(of_term).collect(),
            weights: of_numbers(&block.weights),
            seconds: block.seconds,
        },
        raw: Raw::Values(block.values.as_slice().into()),
    }
}

/// The same of what is known from before.
pub(super) fn of_rows(rows: &Rows) -> Said {
    of_losses(&rows.block, rows.span)
}

pub(super) fn of_failure(candidates: &[usize], why: String, pictures: Option<&Pictures>) -> Said {
    let (pictures, raw) = pictures.map(of_pictures).unzip();
    Said {
        words: ToViewer::Failed {
            candidates: candidates.to_vec(),
            why,
            pictures,
        },
        raw: raw.unwrap_or(Raw::None),
    }
}

/// The answer to a request.
pub(super) fn of_preview(preview: &Preview) -> Said {
    let seen = |seen: &Seen| words::Seen {
        candidate: seen.candidate,
        step: seen.step,
        region: of_region(seen.region),
        size: seen.size,
        sent: seen.picture.dimensions(),
    };
    let pictures = preview.pictures.iter();
    Said {
        words: ToViewer::Picture {
            request: of_request(preview.request),
            seen: preview.pictures.iter().map(seen).collect(),
        },
        raw: Raw::Seen(pictures.map(|seen| Arc::clone(&seen.picture)).collect()),
    }
}

/// What a message says to a terminal, with the numbers that came with it; `None` where it belongs to the greeting.
///
/// # Errors
/// Where it says something that cannot be.
pub(super) fn heard(words: ToViewer, raw: &[u8]) -> Result<Option<Heard>, FrameError> {
    Ok(Some(match words {
        ToViewer::Welcome(_) | ToViewer::Refuse { .. } => return Ok(None),
        ToViewer::Picture { request, seen } => {
            let mut rest = raw;
            let pictures = seen
                .into_iter()
                .map(|seen| {
                    Ok(Seen {
                        candidate: seen.candidate,
                        step: seen.step,
                        region: region(seen.region),
                        size: seen.size,
                        picture: Arc::new(picture_of_bytes(&mut rest, seen.sent)?),
                    })
                })
                .collect::<Result<_, FrameError>>()?;
            Heard::Preview(Preview {
                request: picture_request(request),
                pictures,
            })
        }
        ToViewer::Joined(words) => Heard::Joined(Box::new(contender(*words)?)),
        ToViewer::UpToDate => Heard::Company(Company::UpToDate),
        ToViewer::Came { attached } => Heard::Company(Company::Came { attached }),
        ToViewer::Left { attached } => Heard::Company(Company::Left {
            attached,
            is_lost: false,
        }),
        ToViewer::Acted { deed: what } => Heard::Company(Company::Acted(deed(what))),
        ToViewer::Said { text, is_error } => Heard::Company(Company::Said { text, is_error }),
        words => Heard::Event(event(words, raw)?),
    }))
}
