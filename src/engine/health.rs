//! Judges whether a candidate's numbers are still those of a picture that gets better. Pure; worker thread.
//!
//! A loss alone cannot tell: a network's losses of pictures between black and white are bounded, but those of good
//! runs differ by many orders of magnitude, and one that begins at a picture that is nearly right may go up a
//! thousandfold before it settles. So a loss far above what it was is only a reason to look at the picture, and a verdict
//! needs both.

use super::input::Candidate;
use super::look::Look;
use super::message::{Losses, TermKind, Trouble};

/// A total so many times the reference asks for a look at the picture. Good runs that were tried, from content, style
/// and noise, clamped or not, by Adam and by L-BFGS without a search, stayed below twice their first total.
const FAR: f64 = 100.0;
/// Where the loss is far up, a picture that is so far outside black and white has left what the network knows: half the
/// range of all pictures, where one that is merely not clamped overshoots at its edges.
const OUTSIDE_WITH_LOSS: f64 = 0.5;
/// Where the loss is far up, a picture of which so much is black and white has been thrown from one end to the other.
const AT_BOUNDS_WITH_LOSS: f64 = 0.9;
/// So far outside, a picture is lost whatever its loss: the typical value lies four times the range of pictures away.
const OUTSIDE: f64 = 4.0;
/// A deviation below this is grey: one level of 8 bits, so nothing is to be seen.
const GREY: f64 = 1.0 / 255.0;
/// A picture with more deviation than this had something to lose.
const CONTRAST: f64 = 0.04;
/// So much at black and white is no picture any more, where neither the pictures it is made of nor its beginning had
/// more than [`MOSTLY`].
const SATURATED: f64 = 0.95;
/// As much as an ink drawing has.
const MOSTLY: f64 = 0.5;
/// A state is only worth going back to where the loss is no more than so many times the lowest so far.
const SOUND: f64 = 10.0;
/// Losses are averaged over so many steps before they are compared, since Adam's go up and down.
const WINDOW: u64 = 250;
/// So many windows without progress are a stall.
const STALLED_WINDOWS: u32 = 2;
/// Less than this part of the loss in a window is no progress: a thousand steps would change what a person cannot see.
const PROGRESS: f64 = 1e-3;
/// Pixels of a picture that are looked at at most, for what it has of black, white and contrast.
const MOST_SAMPLES: usize = 1 << 16;

/// What comes of hearing losses.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Finding {
    /// It cannot go on.
    Trouble(Trouble),
    /// The loss is high enough to look at the picture.
    LookCloser,
}

/// The judge of one candidate.
#[derive(Debug, Clone)]
pub(super) struct Health {
    /// The look of the picture that it began with.
    beginning: Look,
    /// Whether content and style have contrast, so that a picture without it is none.
    sources_have_contrast: bool,
    /// Whether content or style are mostly black and white.
    sources_are_stark: bool,
    widest: f64,
    /// The largest size of a total that belongs to a sound picture; `None` before the first.
    reference: Option<f64>,
    lowest: f64,
    latest: f64,
    /// The largest weighted term of the last losses that were numbers.
    largest_term: Option<(TermKind, f64)>,
    window: Window,
}

/// Progress over many steps.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    first: u64,
    sum: f64,
    count: u64,
    /// The lowest mean of a window so far.
    best: Option<f64>,
    without_progress: u32,
    is_named: bool,
}

impl Health {
    /// Of `candidate`, whose picture looks like `beginning`.
    pub(super) fn new(candidate: &Candidate, beginning: Look) -> Self {
        let pictures = std::iter::once(&candidate.content).chain(&candidate.styles);
        let samples: Vec<(f64, f64)> = pictures
            .map(|picture| contrast_of(picture.picture.as_raw()))
            .collect();
        Self {
            beginning,
            sources_have_contrast: samples.iter().all(|(spread, _)| *spread > CONTRAST),
            sources_are_stark: samples.iter().any(|(_, stark)| *stark > MOSTLY),
            widest: beginning.spread,
            reference: None,
            lowest: f64::INFINITY,
            latest: f64::INFINITY,
            largest_term: None,
            window: Window::default(),
        }
    }

    /// The losses from now on have nothing to do with those before: another preset, another size.
    pub(super) fn begin_anew(&mut self) {
        self.reference = None;
        self.lowest = f64::INFINITY;
        self.window = Window::default();
    }

    /// Judges one step's losses, which come in order.
    pub(super) fn hear(&mut self, losses: &Losses<'_>) -> Option<Finding> {
        let mut largest: Option<(TermKind, f64)> = None;
        for (term, value, weighted) in losses.each() {
            if !value.is_finite() {
                let term = term.to_string();
                return Some(Finding::Trouble(Trouble::NotFinite { term }));
            }
            if largest.is_none_or(|(_, most)| weighted.abs() > most) {
                largest = Some((term.kind, weighted.abs()));
            }
        }
        let total = losses.total();
        self.largest_term = largest;
        self.latest = total;
        self.lowest = self.lowest.min(total);
        self.window.hear(losses.step, total);
        let reference = *self.reference.get_or_insert(total.abs());
        (total.abs() > FAR * reference).then_some(Finding::LookCloser)
    }

    /// Judges the picture.
    pub(super) fn see(&mut self, look: &Look) -> Option<Trouble> {
        if !look.is_finite() {
            let term = "the picture".to_owned();
            return Some(Trouble::NotFinite { term });
        }
        let began_stark = self.sources_are_stark || self.beginning.at_bounds > MOSTLY;
        let limit = |limit: f64| limit + 2.0 * self.beginning.outside;
        let size = self.latest.abs();
        let is_far_up = size.is_finite()
            && self
                .reference
                .is_some_and(|reference| size > FAR * reference);
        if is_far_up {
            if look.outside > limit(OUTSIDE_WITH_LOSS)
                || look.at_bounds > AT_BOUNDS_WITH_LOSS && !began_stark
            {
                return Some(Trouble::Exploded);
            }
            // It is a picture all the same: a start that was nearly right, or a term that is near 0.
            self.reference = Some(size);
        }
        if look.outside > limit(OUTSIDE) {
            return Some(Trouble::Exploded);
        }
        if look.spread < GREY && self.widest > CONTRAST && self.sources_have_contrast {
            return Some(Trouble::Grey);
        }
        if look.at_bounds > SATURATED && !began_stark {
            return Some(Trouble::Saturated);
        }
        self.widest = self.widest.max(look.spread);
        None
    }

    /// Whether the newest losses are so low that the state they belong to is worth going back to.
    pub(super) fn is_sound(&self) -> bool {
        let room = (SOUND - 1.0) * self.lowest.abs();
        let room = room.max(self.reference.unwrap_or(0.0) / SOUND);
        self.latest - self.lowest <= room
    }

    /// The step since which there has been no progress, once, where `steps_left` are worth the word.
    pub(super) fn take_stall(&mut self, steps_left: u64) -> Option<u64> {
        let window = &mut self.window;
        let is_news = window.without_progress >= STALLED_WINDOWS && steps_left >= WINDOW;
        (is_news && !std::mem::replace(&mut window.is_named, true)).then(|| {
            window
                .first
                .saturating_sub(WINDOW * u64::from(window.without_progress))
        })
    }

    /// The kind of the term that weighed most in the last losses that were numbers, and how much.
    pub(super) fn largest_term(&self) -> Option<(TermKind, f64)> {
        self.largest_term
    }
}

impl Window {
    fn hear(&mut self, step: u64, total: f64) {
        if self.count == 0 {
            self.first = step;
        }
        self.sum += total;
        self.count += 1;
        if self.count < WINDOW {
            return;
        }
        let mean = self.sum / self.count as f64;
        let is_better = self
            .best
            .is_none_or(|best| mean < best - PROGRESS * best.abs());
        self.without_progress = if is_better {
            0
        } else {
            self.without_progress + 1
        };
        self.best = Some(self.best.map_or(mean, |best| best.min(mean)));
        self.first = step + 1;
        (self.sum, self.count) = (0.0, 0);
    }
}

/// The largest deviation of a channel, and the share of values at black or white, of a picture's `values`, three a pixel.
fn contrast_of(values: &[f32]) -> (f64, f64) {
    let stride = (values.len() / 3).div_ceil(MOST_SAMPLES).max(1);
    let pixels = || values.chunks_exact(3).step_by(stride);
    let count = pixels().count().max(1) as f64;
    let spread = (0..3)
        .map(|channel| {
            let values = || {
                pixels()
                    .filter_map(|pixel| pixel.get(channel))
                    .map(|value| f64::from(*value))
            };
            let mean = values().sum::<f64>() / count;
            (values().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
        })
        .fold(0.0, f64::max);
    let is_stark = |value: &&f32| **value <= 0.0 || **value >= 1.0;
    let stark = pixels().flatten().filter(is_stark).count() as f64;
    (spread, stark / (3.0 * count))
}

#[cfg(test)]
mod tests;
