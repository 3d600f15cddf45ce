//! Commands that wait for the worker, and which of them later ones make needless. Worker thread.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, TryRecvError};

use super::message::Command;
use crate::preset::Preset;

/// The worker's end of the channel of commands.
#[derive(Debug)]
pub(super) struct Inbox<'a> {
    channel: &'a Receiver<Command>,
    waiting: VecDeque<Command>,
}

/// What came of looking for a command.
#[derive(Debug)]
pub(super) enum Next {
    Command(Command),
    /// There is none now.
    Nothing,
    /// There will never be one again.
    Closed,
}

impl<'a> Inbox<'a> {
    pub(super) fn new(channel: &'a Receiver<Command>) -> Self {
        Self {
            channel,
            waiting: VecDeque::new(),
        }
    }

    /// The next command that is still worth carrying out; with `wait` it is waited for.
    pub(super) fn next(&mut self, wait: bool) -> Next {
        loop {
            let closed = self.collect();
            while let Some(command) = self.waiting.pop_front() {
                if !is_overtaken(&command, &self.waiting) {
                    return Next::Command(command);
                }
            }
            if closed {
                return Next::Closed;
            }
            if !wait {
                return Next::Nothing;
            }
            match self.channel.recv() {
                Ok(command) => self.waiting.push_back(command),
                Err(_) => return Next::Closed,
            }
        }
    }

    /// Whether something waits that a person notices the delay of.
    pub(super) fn is_urgent(&mut self) -> bool {
        let closed = self.collect();
        closed
            || self.waiting.iter().any(|command| {
                !matches!(
                    command,
                    Command::RequestPicture(_)
                        | Command::Snapshot
                        | Command::Forget { .. }
                        | Command::MeasureGradients
                )
            })
    }

    /// Whether the run is to end.
    pub(super) fn is_stopping(&mut self) -> bool {
        let closed = self.collect();
        closed
            || self
                .waiting
                .iter()
                .any(|command| matches!(command, Command::Stop))
    }

    /// Whether weights for `preset` are not wanted any more: the run is to end, or one of `candidates` to use others.
    pub(super) fn is_replaced(&mut self, preset: &Preset, candidates: &[usize]) -> bool {
        let uses_others = |command: &Command| match command {
            Command::ChangePreset {
                candidate,
                preset: other,
            } => {
                candidates.contains(candidate)
                    && (other.network != preset.network || !same_layers(preset, other))
            }
            _ => false,
        };
        self.is_stopping() || self.waiting.iter().any(uses_others)
    }

    /// The first change of a preset of one of `candidates` that waits, whatever was said before it; `None` where the
    /// run is to end.
    pub(super) fn take_change(&mut self, candidates: &[usize]) -> Option<(usize, Box<Preset>)> {
        if self.is_stopping() {
            return None;
        }
        let place = self
            .waiting
            .iter()
            .position(|command| {
                matches!(command, Command::ChangePreset { candidate, .. } if candidates.contains(candidate))
            })?;
        match self.waiting.remove(place) {
            Some(Command::ChangePreset { candidate, preset }) => Some((candidate, preset)),
            _ => None,
        }
    }

    /// Takes what has been said so far out of the channel; whether nobody can say more.
    fn collect(&mut self) -> bool {
        loop {
            match self.channel.try_recv() {
                Ok(command) => self.waiting.push_back(command),
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return true,
            }
        }
    }
}

fn same_layers(one: &Preset, other: &Preset) -> bool {
    one.content.layers.keys().eq(other.content.layers.keys())
        && one.style.layers.keys().eq(other.style.layers.keys())
}

/// Whether a change of preset is followed by another one for the same candidate before anything that
/// would show a difference: a rebuild takes as long as many steps, and a held key asks for many.
fn is_overtaken(command: &Command, later: &VecDeque<Command>) -> bool {
    let Command::ChangePreset { candidate, .. } = command else {
        return false;
    };
    for next in later {
        match next {
            Command::ChangePreset {
                candidate: other, ..
            } if other == candidate => return true,
            Command::ChangePreset { .. }
            | Command::Pause
            | Command::Resume
            | Command::Forget { .. }
            | Command::Join { .. }
            | Command::RequestPicture(_) => {}
            Command::Drop { candidate: other } if other != candidate => {}
            Command::Stop
            | Command::Drop { .. }
            | Command::Restart
            | Command::Snapshot
            | Command::GoBack { .. }
            | Command::MeasureGradients => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::preset;

    /// What is left of `commands`, each named in a word.
    fn left(commands: Vec<Command>) -> Vec<String> {
        let (sender, receiver) = mpsc::channel();
        for command in commands {
            sender.send(command).unwrap();
        }
        drop(sender);
        let mut inbox = Inbox::new(&receiver);
        let mut found = Vec::new();
        loop {
            match inbox.next(true) {
                Next::Command(Command::ChangePreset { candidate, preset }) => {
                    found.push(format!("{candidate}:{}", preset.style.weight));
                }
                Next::Command(other) => found.push(format!("{other:?}")),
                Next::Nothing => panic!("it did not wait"),
                Next::Closed => return found,
            }
        }
    }

    fn change(candidate: usize, weight: u32) -> Command {
        let weight = format!("style.weight={weight}").parse().unwrap();
        Command::ChangePreset {
            candidate,
            preset: Box::new(preset::load("demo", &[weight]).unwrap().preset),
        }
    }

    #[test]
    fn of_many_changes_the_last_counts() {
        assert_eq!(
            left(vec![
                change(0, 1),
                change(0, 2),
                Command::Pause,
                change(0, 3)
            ]),
            ["Pause", "0:3"]
        );
    }

    #[test]
    fn candidates_do_not_overtake_each_other() {
        assert_eq!(
            left(vec![change(0, 1), change(1, 2), change(0, 3)]),
            ["1:2", "0:3"]
        );
    }

    #[test]
    fn what_depends_on_the_preset_finds_the_one_that_was_meant() {
        for between in [
            Command::Restart,
            Command::Snapshot,
            Command::MeasureGradients,
            Command::GoBack { snapshot: 1 },
            Command::Stop,
        ] {
            let name = format!("{between:?}");
            assert_eq!(
                left(vec![change(0, 1), between, change(0, 2)]),
                ["0:1", name.as_str(), "0:2"]
            );
        }
    }

    #[test]
    fn weights_are_given_up_for_others_only() {
        let (sender, receiver) = mpsc::channel();
        let mut inbox = Inbox::new(&receiver);
        let current = preset::load("demo", &[]).unwrap().preset;
        let change = |overrides: &str| {
            let overrides = [overrides.parse().unwrap()];
            let preset = Box::new(preset::load("demo", &overrides).unwrap().preset);
            sender
                .send(Command::ChangePreset {
                    candidate: 0,
                    preset,
                })
                .unwrap();
        };
        change("style.weight=7");
        sender.send(Command::Pause).unwrap();
        assert!(!inbox.is_replaced(&current, &[0]));
        change("style.layers={ block1 = 1.0 }");
        assert!(!inbox.is_replaced(&current, &[1, 2]));
        assert!(inbox.take_change(&[1, 2]).is_none());
        assert!(inbox.is_replaced(&current, &[0]));
        let weight =
            |change: Option<(usize, Box<Preset>)>| change.map(|(_, preset)| preset.style.weight);
        assert_eq!(weight(inbox.take_change(&[0])), Some(7.0));
        assert!(inbox.is_replaced(&current, &[0]));
        assert!(inbox.take_change(&[0]).is_some());
        assert!(!inbox.is_replaced(&current, &[0]));
        assert!(inbox.take_change(&[0]).is_none());
        assert!(matches!(inbox.next(false), Next::Command(Command::Pause)));
        change("style.weight=8");
        sender.send(Command::Stop).unwrap();
        assert!(inbox.is_replaced(&current, &[0]));
        assert!(inbox.take_change(&[0]).is_none(), "the run is to end");
    }

    #[test]
    fn without_waiting_it_says_that_there_is_nothing() {
        let (sender, receiver) = mpsc::channel();
        let mut inbox = Inbox::new(&receiver);
        assert!(matches!(inbox.next(false), Next::Nothing));
        drop(sender);
        assert!(matches!(inbox.next(false), Next::Closed));
    }
}
