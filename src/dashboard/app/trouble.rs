//! A run whose numbers went wrong: it went back by itself, or waits for somebody. UI thread.

use std::time::Instant;

use super::App;
use crate::dashboard::event_log::Tone;
use crate::engine::message::{Recovered, Stuck};
use crate::preset::Override;
use crate::preset::visible::visible;

/// The field that is halved.
const RATE: &str = "optimizer.learning_rate";

/// What the run itself has made of its rate.
pub(in crate::dashboard) fn rate_of(recovered: &Recovered) -> Override {
    Override {
        key: RATE.to_owned(),
        value: recovered.learning_rate.to_string(),
    }
}

impl App {
    pub(super) fn recovered(&mut self, recovered: &Recovered, now: Instant) {
        self.go_another_way(recovered.step);
        self.run.is_stuck = false;
        self.say(now, Tone::Notice, visible(&recovered.to_string()));
        if self.watched.is_some() {
            // The change of its preset that is told next says all.
            return;
        }
        // Taken up already: a rate that makes no sense over the file as it is now is only not shown.
        let _ = self.confirmed.steer(vec![rate_of(recovered)]);
        if self.recipe.steer(vec![rate_of(recovered)]).unwrap_or(false) && !self.sent.is_empty() {
            // What was asked for meanwhile had the old rate in it.
            self.send_preset();
        }
    }

    pub(super) fn stuck(&mut self, stuck: &Stuck, now: Instant) {
        self.go_another_way(stuck.step);
        self.run.is_stuck = true;
        let text = visible(&stuck.to_string());
        self.hint(now, Tone::Error, text.lines().last().unwrap_or_default());
        self.events.mark(now, stuck.step, Tone::Error, text);
    }
}
