//! How a screen is left that is attached to a run or comparison of another program. UI thread.

use terminput::{KeyCode, KeyEvent, KeyModifiers};

/// What a person may want of what another program makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// Leave the screen; the run goes on.
    Detach,
    /// Do not leave.
    Stay,
    /// Stop the run, whose program saves its picture.
    Stop,
}

impl Parting {
    /// In the order in which they are shown.
    pub(super) const ALL: [Self; 3] = [Self::Detach, Self::Stay, Self::Stop];

    /// The key that chooses it, and what it does.
    pub(super) fn in_words(self) -> (&'static str, &'static str) {
        match self {
            Self::Detach => ("d", "detach: leave the screen, the run goes on"),
            Self::Stay => ("g", "go on looking"),
            Self::Stop => ("s", "stop the run; its program saves the picture"),
        }
    }

    /// The same of a comparison.
    pub(super) fn of_all(self) -> (&'static str, &'static str) {
        match self {
            Self::Detach => ("d", "detach: leave the screen, all go on"),
            Self::Stay => ("g", "go on looking"),
            Self::Stop => ("s", "stop all; their program saves the pictures"),
        }
    }

    /// What `key` says to the question, of which this answer is the one that is marked: the answer that is marked
    /// then, and whether it is given.
    pub(super) fn answer(self, key: KeyEvent) -> (Self, bool) {
        let is_plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        let index = Self::ALL
            .iter()
            .position(|other| *other == self)
            .unwrap_or(0);
        let at = |index: usize| {
            let last = Self::ALL.len() - 1;
            let chosen = Self::ALL.get(index.min(last)).copied();
            (chosen.unwrap_or(self), false)
        };
        match key.code {
            KeyCode::Char(_) if !is_plain => (self, false),
            // `q` twice in a hurry: what disturbs nothing.
            KeyCode::Char('d' | 'q' | 'y') => (Self::Detach, true),
            KeyCode::Char('g' | 'n') | KeyCode::Esc => (Self::Stay, true),
            KeyCode::Char('s') => (Self::Stop, true),
            KeyCode::Enter => (self, true),
            KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => {
                at(index.saturating_sub(1))
            }
            KeyCode::Tab | KeyCode::Right | KeyCode::Down | KeyCode::Char('j') => at(index + 1),
            KeyCode::Left | KeyCode::Up | KeyCode::Char('k') => at(index.saturating_sub(1)),
            _ => (self, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hurry_stops_nothing() {
        let key = |code| Parting::Detach.answer(KeyEvent::new(code));
        assert_eq!(key(KeyCode::Char('q')), (Parting::Detach, true));
        assert_eq!(key(KeyCode::Enter), (Parting::Detach, true));
        assert_eq!(key(KeyCode::Char('s')), (Parting::Stop, true));
        assert_eq!(key(KeyCode::Down), (Parting::Stay, false));
        assert_eq!(key(KeyCode::Char('x')), (Parting::Detach, false));
    }
}
