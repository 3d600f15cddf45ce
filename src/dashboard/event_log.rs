//! What happened in a run, and when; changes of the preset are numbered as on the curve. UI thread.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::log::line;
use crate::preset::{Change, ChangeClass};
use crate::record::chart::Marker;

/// Older events are dropped, so that a run of days stays small.
const MOST_EVENTS: usize = 1000;
/// Markers on one curve: more could not be told apart.
const MOST_MARKERS: usize = 99;
/// Changes of the same field that come this fast are one turn of a person's hand.
const SAME_TURN: Duration = Duration::from_millis(1500);

/// How an event is to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it should be.
    Plain,
    /// Something was done that a person asked for.
    Good,
    /// Needs a look.
    Notice,
    /// Went wrong.
    Error,
}

impl Tone {
    /// One character, so that the tone is not carried by colour alone.
    pub(super) fn mark(self) -> char {
        match self {
            Self::Plain => '·',
            Self::Good => '+',
            Self::Notice => '!',
            Self::Error => '×',
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Since the dashboard opened.
    pub(super) at: Duration,
    /// The step that the run was at.
    pub(super) step: u64,
    /// Its marker on the curve.
    pub(super) number: Option<usize>,
    pub(super) tone: Tone,
    /// One line or more, safe to print.
    pub(super) text: String,
}

/// A change whose next turn of the same key belongs to the same event.
#[derive(Debug)]
struct Turning {
    keys: Vec<String>,
    first_values: Vec<String>,
    at: Instant,
}

/// All of them, oldest first.
#[derive(Debug)]
pub(super) struct EventLog {
    opened: Instant,
    entries: VecDeque<Entry>,
    markers: Vec<Marker>,
    next_number: usize,
    turning: Option<Turning>,
    /// Entries that were ever added or changed: what a log file has to follow.
    fresh: Vec<String>,
}

impl EventLog {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            opened: now,
            entries: VecDeque::new(),
            markers: Vec::new(),
            next_number: 1,
            turning: None,
            fresh: Vec::new(),
        }
    }

    pub(super) fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    pub(super) fn markers(&self) -> &[Marker] {
        &self.markers
    }

    /// The lines that came since the last call, for the log file.
    pub(super) fn take_fresh(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fresh)
    }

    pub(super) fn add(&mut self, now: Instant, step: u64, tone: Tone, text: impl Into<String>) {
        self.turning = None;
        self.push(now, step, None, tone, text.into());
    }

    /// As [`EventLog::add`], with a marker on the curve.
    pub(super) fn mark(&mut self, now: Instant, step: u64, tone: Tone, text: impl Into<String>) {
        self.turning = None;
        let number = self.new_marker(step);
        self.push(now, step, Some(number), tone, text.into());
    }

    fn new_marker(&mut self, step: u64) -> usize {
        let number = self.next_number;
        self.next_number += 1;
        if self.markers.len() == MOST_MARKERS {
            self.markers.remove(0);
        }
        self.markers.push(Marker { step, number });
        number
    }

    /// A preset took effect at `step`.
    pub(super) fn changed(&mut self, now: Instant, step: u64, changes: &[Change]) {
        let mut changes = changes.to_vec();
        let keys: Vec<String> = changes.iter().map(|change| change.key.clone()).collect();
        let same_turn = self.turning.as_ref().is_some_and(|turning| {
            turning.keys == keys && now.duration_since(turning.at) < SAME_TURN
        });
        if same_turn && let Some(turning) = &mut self.turning {
            turning.at = now;
            for (change, first) in changes.iter_mut().zip(&turning.first_values) {
                change.old.clone_from(first);
            }
            let text = text_of(&changes);
            self.fresh.push(line(now - self.opened, step, &text));
            if let Some(last) = self.entries.back_mut() {
                last.text = text;
                last.step = step;
            }
            return;
        }
        let counts = changes
            .iter()
            .any(|change| change.class != ChangeClass::Restart);
        let number = counts.then(|| self.new_marker(step));
        self.push(now, step, number, Tone::Good, text_of(&changes));
        self.turning = Some(Turning {
            keys,
            first_values: changes.into_iter().map(|change| change.old).collect(),
            at: now,
        });
    }

    /// The run is at `step` again: what was marked later did not happen on this curve.
    pub(super) fn rewind(&mut self, step: u64) {
        self.markers.retain(|marker| marker.step <= step);
        self.turning = None;
    }

    fn push(&mut self, now: Instant, step: u64, number: Option<usize>, tone: Tone, text: String) {
        let at = now.saturating_duration_since(self.opened);
        self.fresh.push(line(at, step, &text));
        if self.entries.len() == MOST_EVENTS {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry {
            at,
            step,
            number,
            tone,
            text,
        });
    }
}

/// `0:07`, `12:40`, `3:05:09`
pub(super) fn clock(at: Duration) -> String {
    let seconds = at.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

fn text_of(changes: &[Change]) -> String {
    let lines: Vec<String> = changes
        .iter()
        .map(|change| match change.class {
            ChangeClass::Restart => format!("{change}: press r to begin again with it"),
            ChangeClass::Live | ChangeClass::Rebuild => change.to_string(),
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(old: &str, new: &str, class: ChangeClass) -> Change {
        Change {
            key: "style.weight".to_owned(),
            old: old.to_owned(),
            new: new.to_owned(),
            class,
        }
    }

    #[test]
    fn quick_turns_of_one_field_are_one_event() {
        let start = Instant::now();
        let mut log = EventLog::new(start);
        log.changed(start, 10, &[change("1", "1.1", ChangeClass::Live)]);
        let soon = start + Duration::from_millis(300);
        log.changed(soon, 12, &[change("1.1", "1.2", ChangeClass::Live)]);
        assert_eq!(log.entries().len(), 1);
        assert_eq!(log.entries()[0].text, "style.weight 1 → 1.2, live");
        assert_eq!(
            log.markers(),
            [Marker {
                step: 10,
                number: 1
            }]
        );
        let later = soon + Duration::from_secs(5);
        log.changed(later, 50, &[change("1.2", "2", ChangeClass::Live)]);
        assert_eq!(log.entries().len(), 2);
        assert_eq!(log.markers().len(), 2);
    }

    #[test]
    fn what_waits_for_a_restart_has_no_marker_and_says_the_key() {
        let start = Instant::now();
        let mut log = EventLog::new(start);
        log.changed(start, 10, &[change("0", "1", ChangeClass::Restart)]);
        assert!(log.markers().is_empty());
        assert!(log.entries()[0].text.contains("press r"), "{log:?}");
    }

    #[test]
    fn markers_beyond_the_step_gone_back_to_disappear() {
        let start = Instant::now();
        let mut log = EventLog::new(start);
        log.changed(start, 10, &[change("1", "2", ChangeClass::Live)]);
        log.changed(
            start + Duration::from_secs(9),
            90,
            &[change("2", "3", ChangeClass::Live)],
        );
        log.rewind(40);
        assert_eq!(
            log.markers(),
            [Marker {
                step: 10,
                number: 1
            }]
        );
        assert_eq!(log.entries().len(), 2);
    }

    #[test]
    fn times_as_people_write_them() {
        assert_eq!(clock(Duration::from_secs(7)), "0:07");
        assert_eq!(clock(Duration::from_secs(11_109)), "3:05:09");
    }
}
