//! Which candidates there are, which one is chosen, and which two are compared by eye. UI thread.

use std::time::Instant;

use super::candidate::Candidate;
use super::layout::Panel;
use super::{Compare, Looking};
use crate::dashboard::event_log::Tone;

/// Steps that are no more apart than this, or this part of them, count as the same.
const SAME_STEPS: u64 = 2;
const SAME_SHARE: u64 = 20;

impl Compare {
    /// Those that still have a place.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates
            .iter()
            .filter(|candidate| !candidate.is_dropped())
    }

    pub(super) fn numbers(&self) -> Vec<usize> {
        self.shown().map(|candidate| candidate.number).collect()
    }

    pub(super) fn candidate(&self, number: usize) -> Option<&Candidate> {
        self.candidates
            .iter()
            .find(|candidate| candidate.number == number)
    }

    pub(super) fn candidate_mut(&mut self, number: usize) -> Option<&mut Candidate> {
        self.candidates
            .iter_mut()
            .find(|candidate| candidate.number == number)
    }

    pub(super) fn chosen(&self) -> Option<&Candidate> {
        self.candidate(self.chosen)
    }

    /// Whose name stands in an event.
    pub(super) fn name_of(&self, number: usize) -> String {
        self.candidate(number)
            .map_or_else(|| format!("{}", number + 1), Candidate::name)
    }

    /// How far those are that still step, or else all: the least and the most.
    pub(super) fn steps_made(&self) -> (u64, u64) {
        let steps = |only_running: bool| {
            self.shown()
                .filter(move |candidate| !only_running || candidate.is_running())
                .map(|candidate| candidate.run.step)
        };
        let only_running = steps(true).next().is_some();
        let least = steps(only_running).min().unwrap_or(0);
        (least, steps(only_running).max().unwrap_or(0))
    }

    pub(super) fn step(&self) -> u64 {
        self.steps_made().1
    }

    /// Whether `step` is behind by more than lanes are that take turns.
    pub(super) fn is_behind(&self, step: u64) -> bool {
        let most = self.shown().map(|candidate| candidate.run.step).max();
        most.is_some_and(|most| most.saturating_sub(step) > SAME_STEPS.max(most / SAME_SHARE))
    }

    pub(super) fn choose(&mut self, number: usize) {
        if self.candidate(number).is_some() {
            self.chosen = number;
            if matches!(self.looking, Looking::Beside | Looking::Split)
                && !self.compared().contains(&Some(number))
            {
                self.looking = Looking::Alone;
            }
        }
    }

    /// The two that are looked at: those that were picked, else the chosen one and the first.
    pub(super) fn compared(&self) -> [Option<usize>; 2] {
        let is_there = |number: &usize| self.numbers().contains(number);
        let [first, second] = self.pair.map(|number| number.filter(is_there));
        let others = |than: Option<usize>| {
            let chosen = Some(self.chosen).filter(is_there);
            let numbers = self.numbers();
            chosen
                .into_iter()
                .chain(numbers)
                .find(|number| Some(*number) != than)
        };
        match (first, second) {
            (Some(first), Some(second)) => [Some(first), Some(second)],
            (Some(one), None) | (None, Some(one)) => [Some(one), others(Some(one))],
            (None, None) => {
                let first = self.numbers().first().copied();
                [first, others(first)]
            }
        }
    }

    /// Takes the chosen one as one of two, or puts it back.
    pub(super) fn pick(&mut self, now: Instant) {
        let chosen = Some(self.chosen);
        self.pair = match self.pair {
            [first, second] if first == chosen => [second, None],
            [first, second] if second == chosen => [first, None],
            [None, second] => [chosen, second],
            [first, _] => [first, chosen],
        };
        if let [Some(one), Some(other)] = self.pair {
            let text = format!(
                "A is {}, B is {}: b shows them beside each other, v with a divider",
                self.name_of(one),
                self.name_of(other)
            );
            self.hint(now, Tone::Plain, text);
        }
    }

    /// Looks at one or two of them, or, where that is so already, at all.
    pub(super) fn look(&mut self, looking: Looking, now: Instant) {
        let is_two = matches!(looking, Looking::Beside | Looking::Split);
        if self.looking == looking {
            self.looking = Looking::Grid;
            self.view.fit();
        } else if is_two && self.compared().contains(&None) {
            self.hint(now, Tone::Notice, "there is only one left");
        } else {
            self.looking = looking;
            self.focus(Panel::Pictures);
        }
    }

    /// Chooses the one that stands `by` places after the chosen one; by a whole row only where one is there.
    pub(super) fn choose_next(&mut self, by: isize, is_row: bool) {
        // The table has columns of those that were dropped, too.
        let with_dropped = self.focus == Panel::Differences;
        let numbers: Vec<usize> = self
            .candidates
            .iter()
            .filter(|candidate| with_dropped || !candidate.is_dropped())
            .map(|candidate| candidate.number)
            .collect();
        let last = numbers.len().saturating_sub(1);
        let now = numbers.iter().position(|number| *number == self.chosen);
        let next = now.map_or(0, |now| match now.checked_add_signed(by) {
            Some(next) if next <= last => next,
            _ if is_row => now,
            Some(_) => last,
            None => 0,
        });
        if let Some(number) = numbers.get(next) {
            self.chosen = *number;
        }
    }
}
