//! Whether a run can be gone on with, by what its recorder has heard. Plain data.

use crate::engine::message::{EndReason, Event};

/// What is known of how a run could go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, in any combination"
)]
pub(super) struct Prospects {
    /// Steps were made, by this program or by an earlier one whose checkpoint, if any, is in the folder.
    has_steps: bool,
    /// It was gone on with: what it went on from stays in the folder.
    is_resumed: bool,
    /// Not all steps were made since it was last completed.
    is_cut_short: bool,
    /// It stays in its folder without a step.
    is_kept: bool,
}

impl Prospects {
    /// Those of a run that begins, or `is_resumed`.
    pub(super) fn of_run(is_resumed: bool) -> Self {
        Self {
            has_steps: is_resumed,
            is_resumed,
            is_cut_short: is_resumed,
            is_kept: false,
        }
    }

    pub(super) fn keep(&mut self) {
        self.is_kept = true;
    }

    pub(super) fn hear(&mut self, event: &Event) {
        match event {
            Event::Losses(_) => {
                self.has_steps = true;
                self.is_cut_short = true;
            }
            Event::Ended {
                reason: EndReason::Completed,
                ..
            } => self.is_cut_short = false,
            Event::Ended {
                reason: EndReason::Stopped,
                ..
            } if !self.has_steps => self.is_cut_short = true,
            _ => {}
        }
    }

    /// With a checkpoint that was written since, or without.
    pub(super) fn can_go_on(self, is_checkpointed: bool) -> bool {
        let is_there = if self.has_steps {
            is_checkpointed || self.is_resumed
        } else {
            self.is_kept
        };
        is_there && self.is_cut_short
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::message::Pictures;

    fn ended(reason: EndReason) -> Event {
        Event::Ended {
            reason,
            pictures: Pictures::default(),
            seconds: 0.0,
        }
    }

    #[test]
    fn a_run_without_a_step_can_be_gone_on_with_where_it_is_kept() {
        let mut begun = Prospects::of_run(false);
        begun.hear(&ended(EndReason::Stopped));
        assert!(!begun.can_go_on(false) && !begun.can_go_on(true));
        begun.keep();
        assert!(begun.can_go_on(false) && begun.can_go_on(true));
    }

    #[test]
    fn one_that_was_gone_on_with_has_what_it_went_on_from() {
        let mut resumed = Prospects::of_run(true);
        resumed.hear(&ended(EndReason::Stopped));
        assert!(resumed.can_go_on(false));
        resumed.hear(&ended(EndReason::Completed));
        assert!(!resumed.can_go_on(true));
    }
}
