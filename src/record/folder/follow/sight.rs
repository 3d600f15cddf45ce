//! How a run goes, as far as somebody can tell who only sees its folder. Any thread.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::record::folder::RunFolder;
use crate::record::folder::description::{Description, State, host_name};

/// A run on another machine that wrote this recently is taken to go on.
const RECENT: Duration = Duration::from_secs(30);

/// What is seen of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// What the run says of itself, or [`State::Killed`].
    pub state: State,
    /// No steps for a while, because somebody wanted it so.
    pub is_paused: bool,
    /// Whether a program holds the folder; `None` where that cannot be told: the run is on another machine, and
    /// locks may not be seen from here.
    pub is_held: Option<bool>,
    /// The machine that the run is on, where that is another one.
    pub machine: Option<String>,
    /// When anything was last written, by this machine's clock.
    pub wrote: Option<Instant>,
    /// The folder is not there any more.
    pub is_gone: bool,
    /// Updates made.
    pub step: u64,
    /// Why the run failed.
    pub failure: Option<String>,
    /// Everything that was written by then has been told.
    pub is_told: bool,
}

impl Default for Sight {
    fn default() -> Self {
        Self {
            state: State::Running,
            is_paused: false,
            is_held: None,
            machine: None,
            wrote: None,
            is_gone: false,
            step: 0,
            failure: None,
            is_told: false,
        }
    }
}

impl Sight {
    fn silence(&self, now: Instant) -> Option<Duration> {
        Some(now.saturating_duration_since(self.wrote?))
    }

    /// Whether nothing more is to come, as far as it can be told.
    pub fn is_over(&self) -> bool {
        self.is_gone || self.state != State::Running
    }

    /// Why the run cannot be steered; `None` where it can, or may.
    pub fn cannot_steer(&self) -> Option<String> {
        if self.is_gone {
            return Some("the run's folder is gone".to_owned());
        }
        match (self.state, self.is_held) {
            // Finished in its dashboard, it waits: more steps make it go on.
            (State::Running, _) | (State::Completed, Some(true)) => None,
            (State::Killed, _) => {
                Some("the run was killed: nobody reads its preset any more".to_owned())
            }
            (state, _) => Some(format!(
                "the run is over ({}): nobody reads its preset any more",
                state.in_words()
            )),
        }
    }

    /// In a few words: `running`, `completed 5 min ago`, `killed, last wrote 2 h ago`.
    pub fn in_words(&self, now: Instant) -> String {
        if self.is_gone {
            return "its folder is gone".to_owned();
        }
        let silence = self.silence(now);
        let ago = silence.map(ago);
        let is_recent = silence.is_some_and(|silence| silence < RECENT);
        let place = match &self.machine {
            Some(machine) => format!(" on {machine}"),
            None => String::new(),
        };
        match (self.state, ago) {
            (State::Running, _) if self.is_paused && self.is_held == Some(true) => {
                "paused".to_owned()
            }
            (State::Running, Some(ago)) if !is_recent => {
                let word = match (self.is_held, self.is_paused) {
                    (Some(true), _) => "running",
                    (_, true) => "paused",
                    (_, false) => "silent",
                };
                format!("{word}{place}, last wrote {ago}")
            }
            (State::Running, _) => format!("running{place}"),
            (State::Killed, Some(ago)) => format!("killed, last wrote {ago}"),
            (state, Some(ago)) if !is_recent => format!("{} {ago}", state.in_words()),
            (state, _) => state.in_words().to_owned(),
        }
    }
}

/// `12 s ago`, `5 min ago`, `3 h ago`, `4 days ago`
fn ago(silence: Duration) -> String {
    let seconds = silence.as_secs();
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// The newest sight, shared by whoever follows a run and whoever shows it.
#[derive(Debug, Clone, Default)]
pub struct Sighting {
    newest: Arc<Mutex<Sight>>,
}

impl Sighting {
    /// As it is now.
    pub fn get(&self) -> Sight {
        self.newest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Replaces it.
    pub fn put(&self, sight: Sight) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = sight;
    }
}

/// The state of a run, the machine that it is on where that is another one, and whether it is held as far as that
/// can be told from here.
pub(super) fn judge(
    description: &Description,
    is_held: Option<bool>,
) -> (State, Option<String>, Option<bool>) {
    let machine = description.host().filter(|host| *host != host_name());
    let machine = machine.map(str::to_owned);
    let is_held = match is_held {
        // Network file systems may keep locks to each machine.
        Some(false) if machine.is_some() => None,
        other => other,
    };
    let state = match (description.state, is_held) {
        (State::Running, Some(false)) => State::Killed,
        (state, _) => state,
    };
    (state, machine, is_held)
}

/// When any of a run's files was last written, by this machine's clock.
pub(super) fn last_written(folder: &RunFolder) -> Option<Instant> {
    let paths = [
        folder.metrics(),
        folder.journal(),
        folder.description(),
        folder.result(),
    ];
    let newest = paths
        .iter()
        .filter_map(|path| path.metadata().ok()?.modified().ok())
        .max()?;
    // Another machine's clock may be ahead of this one's.
    let age = SystemTime::now().duration_since(newest).unwrap_or_default();
    Instant::now().checked_sub(age)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(state: State, is_held: Option<bool>, silent_seconds: u64) -> (Sight, Instant) {
        let wrote = Instant::now();
        let sight = Sight {
            state,
            is_held,
            wrote: Some(wrote),
            ..Sight::default()
        };
        (sight, wrote + Duration::from_secs(silent_seconds))
    }

    #[test]
    fn what_is_said_of_a_run() {
        for (state, is_held, seconds, words) in [
            (State::Running, Some(true), 1, "running"),
            (
                State::Running,
                Some(true),
                300,
                "running, last wrote 5 min ago",
            ),
            (State::Killed, Some(false), 1, "killed, last wrote 1 s ago"),
            (State::Completed, Some(true), 1, "completed"),
            (State::Completed, Some(false), 300, "completed 5 min ago"),
        ] {
            let (sight, now) = sight(state, is_held, seconds);
            assert_eq!(sight.in_words(now), words);
        }
    }

    #[test]
    fn a_silent_run_on_another_machine_is_not_said_to_be_killed() {
        let description = Description {
            machine: "elsewhere, linux x86_64, 8 cores".to_owned(),
            ..Description::default()
        };
        let (state, machine, is_held) = judge(&description, Some(false));
        assert_eq!((state, is_held), (State::Running, None));
        let (mut sight, now) = sight(state, is_held, 300);
        sight.machine = machine;
        let said = sight.in_words(now);
        assert!(
            said.starts_with("silent on elsewhere, last wrote 5 min ago"),
            "{said}"
        );
        assert!(sight.cannot_steer().is_none());
        let here = Description {
            machine: format!("{}, linux x86_64, 8 cores", host_name()),
            ..Description::default()
        };
        assert_eq!(judge(&here, Some(false)).0, State::Killed);
        assert_eq!(judge(&here, Some(true)).0, State::Running);
        assert_eq!(judge(&here, None).0, State::Running);
    }
}
