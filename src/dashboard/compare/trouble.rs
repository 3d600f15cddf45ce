//! Candidates whose numbers went wrong: back by themselves, or waiting for somebody. UI thread.

use std::time::Instant;

use super::Compare;
use crate::dashboard::app::rate_of;
use crate::dashboard::event_log::Tone;
use crate::engine::message::{Command, Recovered, Remark, Stuck};
use crate::preset::visible::visible;

impl Compare {
    pub(super) fn recovered(&mut self, recovered: &Recovered, now: Instant) {
        let name = self.name_of(recovered.candidate);
        let is_watching = self.is_watching;
        if let Some(candidate) = self.candidate_mut(recovered.candidate) {
            candidate.go_another_way(recovered.step);
            candidate.run.is_stuck = false;
            if !is_watching {
                // Taken up already: a rate that makes no sense over the file as it is now is only not shown.
                let _ = candidate.confirmed.steer(vec![rate_of(recovered)]);
                let _ = candidate.recipe.steer(vec![rate_of(recovered)]);
            }
        }
        self.find_differences();
        let text = format!("{name}: {}", visible(&recovered.to_string()));
        self.say(now, Tone::Notice, text);
    }

    pub(super) fn stuck(&mut self, stuck: &Stuck, now: Instant) {
        let name = self.name_of(stuck.candidate);
        if let Some(candidate) = self.candidate_mut(stuck.candidate) {
            candidate.go_another_way(stuck.step);
            candidate.run.is_stuck = true;
        }
        let text = format!("{name}: {}", visible(&stuck.to_string()));
        self.say(now, Tone::Error, text);
    }

    pub(super) fn remark(&mut self, remark: &Remark, now: Instant) {
        let names: Vec<String> = self
            .those(&remark.candidates)
            .into_iter()
            .map(|number| self.name_of(number))
            .collect();
        let text = format!("{}: {}", names.join(", "), visible(&remark.words));
        self.say(now, Tone::Notice, text);
    }

    /// What is said where all stand still and nobody looks any more.
    pub(super) fn way_out(&self) -> Command {
        let mut candidates = self.candidates.iter();
        if candidates.any(|candidate| candidate.run.is_stuck && !candidate.is_over()) {
            Command::Stop
        } else {
            Command::Resume
        }
    }
}
