//! Whose picture the worker is asked for next. Owned by the thread `hub`.
//!
//! The worker has room for one request and one answer, of which the latest wins. So one is under way at a time, those of
//! others wait, and each answer goes to whoever asked for it.

use std::collections::VecDeque;

use crate::engine::message::PictureRequest;

/// One of those at whose screens the run is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Party {
    /// The program that makes the run.
    Local,
    /// A terminal, by its number, which no other ever had.
    Viewer(u64),
}

/// All requests.
#[derive(Debug, Default)]
pub(super) struct Requests {
    under_way: Option<(Party, PictureRequest)>,
    /// At most one of each, the one that waits longest first.
    waiting: VecDeque<(Party, PictureRequest)>,
}

impl Requests {
    /// `party` wants this one in place of what it wanted before; what the worker is to be asked now.
    pub(super) fn ask(&mut self, party: Party, request: PictureRequest) -> Option<PictureRequest> {
        match &mut self.under_way {
            None => {
                self.under_way = Some((party, request));
                Some(request)
            }
            // The worker gives one answer to the two of them, or one to each.
            Some((owner, known)) if *owner == party => {
                *known = request;
                Some(request)
            }
            Some(_) => {
                match self.waiting.iter_mut().find(|(other, _)| *other == party) {
                    Some((_, known)) => *known = request,
                    None => self.waiting.push_back((party, request)),
                }
                None
            }
        }
    }

    /// The worker answered `request`: whose it is, and what it is to be asked next.
    pub(super) fn answered(
        &mut self,
        request: PictureRequest,
    ) -> (Option<Party>, Option<PictureRequest>) {
        match self.under_way {
            Some((party, known)) if known == request => (Some(party), self.next()),
            // An older one of the same party; the newer is still under way.
            Some((party, _)) => (Some(party), None),
            None => (None, None),
        }
    }

    /// The worker cannot give a picture: who asked for it, and what it is to be asked next.
    pub(super) fn refused(&mut self) -> (Option<Party>, Option<PictureRequest>) {
        let party = self.under_way.map(|(party, _)| party);
        (party, self.next())
    }

    fn next(&mut self) -> Option<PictureRequest> {
        self.under_way = self.waiting.pop_front();
        self.under_way.map(|(_, request)| request)
    }

    /// `party` has left. What is under way for it is still answered.
    pub(super) fn leave(&mut self, party: Party) {
        self.waiting.retain(|(other, _)| *other != party);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::message::Whose;

    fn request(width: u32) -> PictureRequest {
        PictureRequest {
            of: Whose::All,
            region: None,
            most: (width, 1),
        }
    }

    const LOCAL: Party = Party::Local;
    const ONE: Party = Party::Viewer(1);
    const TWO: Party = Party::Viewer(2);

    #[test]
    fn everyone_gets_what_it_asked_for_in_turn() {
        let mut requests = Requests::default();
        assert_eq!(requests.ask(LOCAL, request(1)), Some(request(1)));
        assert_eq!(requests.ask(ONE, request(2)), None);
        assert_eq!(requests.ask(TWO, request(3)), None);
        assert_eq!(requests.ask(ONE, request(4)), None);
        assert_eq!(
            requests.answered(request(1)),
            (Some(LOCAL), Some(request(4)))
        );
        assert_eq!(requests.ask(LOCAL, request(5)), None);
        assert_eq!(requests.answered(request(4)), (Some(ONE), Some(request(3))));
        requests.leave(LOCAL);
        assert_eq!(requests.refused(), (Some(TWO), None));
        assert_eq!(requests.answered(request(3)), (None, None));
    }

    #[test]
    fn somebody_alone_is_never_made_to_wait() {
        let mut requests = Requests::default();
        assert_eq!(requests.ask(LOCAL, request(1)), Some(request(1)));
        assert_eq!(requests.ask(LOCAL, request(2)), Some(request(2)));
        // Where the first one had been answered already.
        assert_eq!(requests.answered(request(1)), (Some(LOCAL), None));
        assert_eq!(requests.answered(request(2)), (Some(LOCAL), None));
        assert_eq!(requests.ask(ONE, request(3)), Some(request(3)));
    }
}
