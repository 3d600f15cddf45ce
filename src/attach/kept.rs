//! Which kept states of the run somebody still needs. Owned by the thread `hub`.
//!
//! The worker knows a state or does not; of several screens each has its own list of them. A state is forgotten when
//! nobody needs it any more. What a terminal needed that has left stays for the next one, which is told of it and lets
//! it go in its turn; so there are never more than the lists of those who look, and of one who looked, hold.

use super::requests::Party;
use crate::engine::message::Snapshot;

#[derive(Debug)]
struct Held {
    snapshot: Snapshot,
    by: Vec<Party>,
}

/// All of them, oldest first.
#[derive(Debug, Default)]
pub(super) struct KeptStates {
    all: Vec<Held>,
}

impl KeptStates {
    /// A state was kept, and these heard of it.
    pub(super) fn add(&mut self, snapshot: Snapshot, by: Vec<Party>) {
        self.all.push(Held { snapshot, by });
    }

    /// `party` needs it no more; whether nobody does.
    pub(super) fn release(&mut self, number: u64, party: Party) -> bool {
        let Some(index) = self
            .all
            .iter()
            .position(|held| held.snapshot.number == number)
        else {
            // The worker says that it knows none either.
            return true;
        };
        let Some(held) = self.all.get_mut(index) else {
            return true;
        };
        held.by.retain(|other| *other != party);
        let is_free = held.by.is_empty();
        if is_free {
            self.all.remove(index);
        }
        is_free
    }

    /// `party` is told of all of them, and needs them from now on.
    pub(super) fn told_to(&mut self, party: Party) -> Vec<Snapshot> {
        self.all
            .iter_mut()
            .map(|held| {
                held.by.push(party);
                held.snapshot.clone()
            })
            .collect()
    }

    /// `party` has left. The program's own screen keeps what it needs; what nobody needs then is forgotten by the
    /// worker, too.
    pub(super) fn leave(&mut self, party: Party) -> Vec<u64> {
        for held in &mut self.all {
            held.by.retain(|other| *other != party);
        }
        let has_screen = self.all.iter().any(|held| held.by.contains(&Party::Local));
        if !has_screen {
            return Vec::new();
        }
        let free = self.all.extract_if(.., |held| held.by.is_empty());
        free.map(|held| held.snapshot.number).collect()
    }

    #[cfg(test)]
    fn numbers(&self) -> Vec<u64> {
        self.all.iter().map(|held| held.snapshot.number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::message::Pictures;

    fn snapshot(number: u64) -> Snapshot {
        Snapshot {
            number,
            pictures: Pictures::default(),
        }
    }

    #[test]
    fn a_state_is_forgotten_when_the_last_one_lets_it_go() {
        let (local, first, second) = (Party::Local, Party::Viewer(1), Party::Viewer(2));
        let mut kept = KeptStates::default();
        kept.add(snapshot(1), vec![local]);
        assert_eq!(kept.told_to(first).len(), 1);
        kept.add(snapshot(2), vec![local, first]);
        assert!(!kept.release(1, local));
        assert!(kept.release(1, first));
        assert_eq!(kept.told_to(second).len(), 1);
        assert!(!kept.release(2, first));
        assert!(!kept.release(2, local));
        assert!(kept.release(2, second));
    }

    #[test]
    fn what_a_terminal_left_behind_waits_for_the_next_where_there_is_no_screen() {
        let (local, first, second) = (Party::Local, Party::Viewer(1), Party::Viewer(2));
        let mut kept = KeptStates::default();
        kept.add(snapshot(1), vec![local, first]);
        assert!(!kept.release(1, local));
        assert!(kept.leave(first).is_empty());
        assert_eq!(kept.numbers(), [1]);
        assert_eq!(kept.told_to(second).len(), 1);
        assert!(kept.release(1, second));
        // A screen has its own.
        kept.add(snapshot(2), vec![local]);
        kept.add(snapshot(3), vec![local, first]);
        assert!(!kept.release(3, local));
        assert_eq!(kept.leave(first), [3]);
        assert_eq!(kept.numbers(), [2]);
    }
}
