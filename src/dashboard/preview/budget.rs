//! When the next picture is asked for, and how large. Pure: the clock is passed in; the UI thread owns it.
//!
//! A picture is asked for only after the one before is written out. The share of time that writing and
//! encoding take is bounded. On a slow link pictures get smaller first and rarer then.

mod limits;

use std::time::{Duration, Instant};

pub use self::limits::Limits;
use super::quality::Quality;

/// What the next picture depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Situation {
    /// Bytes a second that the link has been seen to take.
    pub link: Option<f64>,
    /// How many pixels of the screen the pictures cover together.
    pub pixels: u64,
    /// Whether the result goes on changing: neither paused nor finished.
    pub stepping: bool,
}

/// Where the picture is that was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    /// There is none.
    Idle,
    /// At the engine or the encoder.
    Asked,
    /// On its way to the terminal.
    Writing { bytes: usize },
}

/// The state between pictures.
#[derive(Debug, Clone)]
pub struct Budget {
    limits: Limits,
    stage: Stage,
    asked: Option<Asked>,
    /// Before this the link is to rest.
    link_free: Option<Instant>,
    /// Before this nothing is asked for unless the user changed something.
    polite: Option<Instant>,
    /// Bytes per pixel of the place for each quality that was seen, in the order of [`Quality::ALL`].
    density: [Option<f64>; 5],
    /// Whether something else than the newest result is to be shown.
    stale: bool,
    stepping: bool,
    /// The best that a picture may be that stays.
    still: Quality,
    /// At what quality the picture on the screen is.
    shown: Option<Quality>,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    at: Instant,
    quality: Quality,
    pixels: u64,
    encode_seconds: f64,
}

/// Taken for the link before it was measured, in bytes a second: 2 Mbit/s.
const UNKNOWN_LINK: f64 = 250_000.0;
/// Exact pictures follow each other only where one takes no longer than this, in seconds: on links that do not
/// mind. There they save the time that finding fewer colours takes.
const EXACT_SECONDS: f64 = 0.03;
/// A better quality is taken only if it needs no more than this share of the time there is.
const HEADROOM: f64 = 0.8;
/// Pictures that the user waits for come no faster than this.
const QUICKEST: Duration = Duration::from_millis(50);

impl Budget {
    /// Nothing was asked for yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            stage: Stage::Idle,
            asked: None,
            link_free: None,
            polite: None,
            density: [None; 5],
            stale: true,
            stepping: true,
            still: Quality::Exact,
            shown: None,
        }
    }

    /// The user asked for other limits.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Something else is to be shown: another view, another size, a cleared screen. A picture still being
    /// made is given up.
    pub fn changed(&mut self) {
        self.stale = true;
        if self.stage == Stage::Asked {
            self.stage = Stage::Idle;
        }
    }

    /// The picture under way never comes to its end: something else stands in its place by now.
    pub fn given_up(&mut self) {
        self.stale = true;
        self.stage = Stage::Idle;
    }

    /// At what quality to ask for a picture now, which is then under way; `None` if now is not the time.
    pub fn ask(&mut self, now: Instant, situation: Situation) -> Option<Quality> {
        if self.stepping && !situation.stepping {
            // The last picture need not be that of the last step.
            self.stale = true;
        }
        self.stepping = situation.stepping;
        self.still = self.affordable(situation, false);
        if self.stage != Stage::Idle || self.earliest().is_some_and(|earliest| now < earliest) {
            return None;
        }
        let quality = if situation.stepping || self.stale {
            self.affordable(situation, true)
        } else if self.shown < Some(self.still) {
            self.still
        } else {
            return None;
        };
        self.stale = false;
        self.stage = Stage::Asked;
        self.asked = Some(Asked {
            at: now,
            quality,
            pixels: situation.pixels,
            encode_seconds: 0.0,
        });
        Some(quality)
    }

    /// When asking makes sense again, if only time is missing.
    pub fn wake_at(&self) -> Option<Instant> {
        let wanted = self.stepping || self.stale || self.shown < Some(self.still);
        if self.stage == Stage::Idle && wanted {
            self.earliest()
        } else {
            None
        }
    }

    /// Whether a picture is under way.
    pub fn busy(&self) -> bool {
        self.stage != Stage::Idle
    }

    /// The picture is ready and goes to the terminal: [`super::Frame::bytes`] and
    /// [`super::Frame::encode_seconds`].
    pub fn encoded(&mut self, bytes: usize, encode_seconds: f64) {
        self.stage = Stage::Writing { bytes };
        if let Some(asked) = &mut self.asked {
            asked.encode_seconds = encode_seconds;
            let density = bytes as f64 / (asked.pixels as f64).max(1.0);
            if let Some(known) = self.density.get_mut(place(asked.quality)) {
                *known = Some(known.map_or(density, |known| known.midpoint(density)));
            }
        }
    }

    /// The picture looks as the one on the screen; nothing is written.
    pub fn unchanged(&mut self, now: Instant, encode_seconds: f64) {
        if let Some(asked) = &mut self.asked {
            asked.encode_seconds = encode_seconds;
        }
        self.done(now, 0, 0.0);
    }

    /// All of the picture is out; it kept the link busy for this long.
    pub fn written(&mut self, now: Instant, write_seconds: f64) {
        let Stage::Writing { bytes } = self.stage else {
            return;
        };
        self.done(now, bytes, write_seconds);
    }

    /// There will be no picture: the engine did not answer, or it could not be encoded.
    pub fn failed(&mut self, now: Instant) {
        self.done(now, 0, 0.0);
        // Not again before something is new.
        self.shown = Some(Quality::Exact);
    }

    fn done(&mut self, now: Instant, bytes: usize, write_seconds: f64) {
        self.stage = Stage::Idle;
        let Some(asked) = self.asked else { return };
        self.shown = Some(asked.quality);
        let rest = write_seconds * (1.0 / self.limits.write_share.clamp(0.01, 1.0) - 1.0);
        let rested = later(now, rest);
        let allowed = self.limits.bandwidth.map_or(now, |bandwidth| {
            later(asked.at, bytes as f64 / bandwidth.max(1.0))
        });
        self.link_free = Some(rested.max(allowed));
        let encoding = asked.encode_seconds / self.limits.encode_share.max(0.001);
        let interval = encoding.max(1.0 / self.limits.rate.max(0.01));
        self.polite = Some(later(asked.at, interval));
    }

    fn earliest(&self) -> Option<Instant> {
        if self.stale {
            let quickest = self.asked.map(|asked| asked.at + QUICKEST);
            self.link_free.max(quickest)
        } else {
            self.link_free.max(self.polite)
        }
    }

    /// The best quality that the link takes in time, for a picture that others follow or one that stays.
    fn affordable(&self, situation: Situation, moving: bool) -> Quality {
        if !self.limits.scalable {
            return Quality::Exact;
        }
        let link = situation.link.unwrap_or(UNKNOWN_LINK);
        let link = self.limits.bandwidth.map_or(link, |most| link.min(most));
        let pixels = situation.pixels as f64;
        let fits = |quality: &Quality| {
            let seconds = match quality {
                _ if !moving => self.limits.still_seconds,
                Quality::Exact => EXACT_SECONDS,
                _ => self.limits.picture_seconds,
            };
            // What is in use stays until it takes too long; what is better needs some headroom.
            let better = self.shown.is_some_and(|shown| *quality > shown);
            let share = if better { HEADROOM } else { 1.0 };
            self.density_of(*quality) * pixels <= link * seconds * share
        };
        let chosen = Quality::ALL.into_iter().find(fits);
        chosen.unwrap_or(Quality::Eighth)
    }

    /// Bytes per pixel of the place: as seen, or as expected and corrected by what the nearest quality took.
    fn density_of(&self, quality: Quality) -> f64 {
        let wanted = place(quality);
        let expected = self.limits.density;
        let seen = (self.density.iter().zip(expected).enumerate())
            .filter_map(|(index, (seen, expected))| Some((index, (*seen)? / expected)))
            .min_by_key(|(index, _)| index.abs_diff(wanted));
        expected[wanted] * seen.map_or(1.0, |(_, correction)| correction)
    }
}

/// The index in [`Quality::ALL`].
fn place(quality: Quality) -> usize {
    match quality {
        Quality::Exact => 0,
        Quality::Full => 1,
        Quality::Half => 2,
        Quality::Quarter => 3,
        Quality::Eighth => 4,
    }
}

fn later(instant: Instant, seconds: f64) -> Instant {
    instant + Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(3600))
}

#[cfg(test)]
mod tests;
