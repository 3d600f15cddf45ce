//! How fast the terminal takes bytes, and how many are on their way to it. Pure, any thread.
//!
//! Between the program and a terminal at the other end of an SSH connection lie buffers of megabytes. A
//! key's answer waits behind all that is in them, so they must never hold more than a moment's worth. What
//! tells how full they are is a question that every terminal answers (`CSI 5 n`), asked behind what was
//! written: its answer says that everything before it has arrived.
//!
//! As in TCP's BBR, the rate is the most that was delivered lately, and what may be on its way is this
//! rate over the shortest round trip seen, and a tenth of a second more to keep the link busy.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many bytes may be on their way whatever the rate is.
const LEAST_IN_FLIGHT: f64 = 8.0 * 1024.0;
/// More are never on their way, so that a link that becomes slow is not left with much.
const MOST_IN_FLIGHT: f64 = 256.0 * 1024.0;
/// Room for a piece of a picture more, or what fits in only whole pieces would not let the rate grow.
const SLACK: f64 = 4.5 * 1024.0;
/// How long what is on its way may take to be taken from the slowest place, in seconds.
const QUEUE_SECONDS: f64 = 0.1;
/// Round trips longer than this are the terminal's own slowness.
const LONGEST_ROUND_TRIP: f64 = 1.0;
/// How long a rate is believed after it was measured.
const RATE_LIFETIME: Duration = Duration::from_secs(3);
/// A terminal that says nothing for so long is not waited for, unless much is on its way to it.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many times as long as it should take the last bytes on their way may take; and how long at most.
const LENIENCE: f64 = 2.0;
const MOST_LENIENCE: f64 = 10.0;
/// After so long the answers that are missing will not come.
const OBLIVION: Duration = Duration::from_secs(10);
/// Questions are at least so many bytes apart.
const LEAST_BETWEEN_QUESTIONS: f64 = 2048.0;

/// A question that was asked.
#[derive(Debug, Clone, Copy)]
struct Question {
    /// Bytes written before it.
    behind: u64,
    asked: Instant,
    /// Bytes delivered when the first of what it stands behind was written, and since when.
    delivered: u64,
    since: Instant,
    /// The link was full, so that what is measured is the link and not the program.
    full: bool,
}

/// Whether answers are to be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// The terminal answers.
    Answers,
    /// It did, and has not for a while; so many answers are still missing, the last thing heard then.
    Doubted { missing: usize, since: Instant },
    /// It never does.
    Silent,
}

/// What is known of the way to the terminal.
#[derive(Debug)]
pub struct Link {
    trust: Trust,
    written: u64,
    delivered: u64,
    /// When the last answer came.
    heard: Instant,
    questions: VecDeque<Question>,
    /// Where what is being written began.
    begun: Option<(u64, Instant)>,
    /// Something had to wait since the last question.
    refused: bool,
    rates: VecDeque<(Instant, f64)>,
    round_trip: f64,
}

impl Link {
    /// `answers`: whether the terminal answers `CSI 5 n`.
    pub fn new(answers: bool, now: Instant) -> Self {
        Self {
            trust: if answers {
                Trust::Answers
            } else {
                Trust::Silent
            },
            written: 0,
            delivered: 0,
            heard: now,
            questions: VecDeque::new(),
            begun: None,
            refused: false,
            rates: VecDeque::new(),
            round_trip: LONGEST_ROUND_TRIP,
        }
    }

    /// Whether questions are to be asked.
    pub fn asks(&self) -> bool {
        self.trust == Trust::Answers
    }

    /// Whether `bytes` of a picture may be written now.
    pub fn takes(&mut self, bytes: usize) -> bool {
        let in_flight = self.in_flight();
        let takes = !self.asks()
            || in_flight == 0
            || in_flight as f64 + bytes as f64 <= self.window() + SLACK;
        self.refused |= !takes;
        takes
    }

    /// `bytes` were written.
    pub fn wrote(&mut self, bytes: usize, now: Instant) {
        if self.begun.is_none() {
            let since = if self.in_flight() == 0 {
                now
            } else {
                self.heard
            };
            self.begun = Some((self.delivered, since));
        }
        self.written += bytes as u64;
    }

    /// Whether a question is due behind `more` bytes.
    pub fn question_is_due_after(&self, more: usize) -> bool {
        let asked = self
            .questions
            .back()
            .map_or(self.delivered, |question| question.behind);
        let unasked = self.written.saturating_sub(asked) as f64 + more as f64;
        self.asks() && unasked >= (self.window() / 4.0).max(LEAST_BETWEEN_QUESTIONS)
    }

    /// Whether a question must be asked now, since nothing would tell when what is on its way has arrived.
    pub fn question_is_missing(&self) -> bool {
        self.asks() && self.questions.is_empty() && self.in_flight() > 0
    }

    /// The question was written behind all that was written before.
    pub fn asked(&mut self, now: Instant) {
        let (delivered, since) = self.begun.take().unwrap_or((self.delivered, now));
        self.questions.push_back(Question {
            behind: self.written,
            asked: now,
            delivered,
            since,
            full: std::mem::take(&mut self.refused),
        });
    }

    /// An answer came.
    pub fn answered(&mut self, now: Instant) {
        match &mut self.trust {
            Trust::Silent => {}
            Trust::Doubted { missing, since } => {
                *since = now;
                *missing = missing.saturating_sub(1);
                if *missing == 0 {
                    self.trust_again(now);
                }
            }
            Trust::Answers => {
                let Some(question) = self.questions.pop_front() else {
                    return;
                };
                self.delivered = question.behind;
                self.heard = now;
                let trip = now.saturating_duration_since(question.asked).as_secs_f64();
                self.round_trip = self.round_trip.min(trip);
                let seconds = now.saturating_duration_since(question.since).as_secs_f64();
                let bytes = question.behind.saturating_sub(question.delivered);
                self.measured(bytes, seconds, question.full, now);
            }
        }
    }

    /// `bytes` were taken in `seconds`; `full` where they could not have been taken faster.
    pub fn measured(&mut self, bytes: u64, seconds: f64, full: bool, now: Instant) {
        let rate = bytes as f64 / seconds.max(1e-4);
        if bytes == 0 || (!full && self.bytes_per_second().is_some_and(|known| rate <= known)) {
            return;
        }
        if full {
            self.rates
                .retain(|(measured, _)| now.saturating_duration_since(*measured) < RATE_LIFETIME);
        }
        self.rates.push_back((now, rate));
        // Only the highest of those that are as young matter.
        while self.rates.len() > 1 {
            match self.rates.iter().rev().nth(1) {
                Some((_, older)) if *older <= rate => {
                    self.rates.remove(self.rates.len() - 2);
                }
                _ => break,
            }
        }
    }

    /// The rate at which the terminal takes bytes, as far as it is known.
    pub fn bytes_per_second(&self) -> Option<f64> {
        // The list falls from its beginning.
        self.rates.front().map(|(_, rate)| *rate)
    }

    /// All bytes ever written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// So many of them have arrived, as far as can be known.
    pub fn arrived(&self) -> u64 {
        if self.asks() {
            self.delivered
        } else {
            self.written
        }
    }

    /// When [`Self::expire`] has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        match self.trust {
            Trust::Answers => self
                .questions
                .front()
                .map(|question| question.asked.max(self.heard) + self.patience()),
            Trust::Doubted { since, .. } => Some(since + OBLIVION),
            Trust::Silent => None,
        }
    }

    /// Stops waiting for a terminal that does not answer any more. True where the question is to be asked
    /// once, to see whether it does again.
    pub fn expire(&mut self, now: Instant) -> bool {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return false;
        }
        match &mut self.trust {
            Trust::Answers => {
                self.trust = Trust::Doubted {
                    missing: self.questions.len(),
                    since: now,
                };
                self.questions.clear();
                false
            }
            Trust::Doubted { missing, since } => {
                *missing = 1;
                *since = now;
                true
            }
            Trust::Silent => false,
        }
    }

    fn patience(&self) -> Duration {
        let expected = self
            .bytes_per_second()
            .map_or(0.0, |rate| self.in_flight() as f64 / rate.max(1.0));
        PATIENCE + Duration::from_secs_f64((LENIENCE * expected).min(MOST_LENIENCE))
    }

    fn trust_again(&mut self, now: Instant) {
        self.trust = Trust::Answers;
        self.delivered = self.written;
        self.heard = now;
        self.begun = None;
    }

    fn in_flight(&self) -> u64 {
        self.written - self.arrived()
    }

    /// So many bytes may be on their way.
    fn window(&self) -> f64 {
        let rate = self.bytes_per_second().unwrap_or_default();
        let measured = rate * (self.round_trip + QUEUE_SECONDS);
        measured.clamp(LEAST_IN_FLIGHT, MOST_IN_FLIGHT)
    }
}

#[cfg(test)]
mod tests;
