//! A run or comparison without a screen of its own, and those who look at it from other terminals. Main thread.

use std::sync::Arc;

use super::plan::Plan;
use crate::attach::company::{Company, Deed};
use crate::attach::contender::Contender;
use crate::attach::hub::Opening;
use crate::record::folder::recorder::Recorder;

/// What others are to know of the run.
pub(super) fn opening(plan: &Plan, recorder: Option<&Arc<Recorder>>) -> Opening {
    Opening {
        socket: recorder.map(|recorder| recorder.folder().socket()),
        contenders: vec![Contender {
            number: 0,
            label: plan.preset.name.clone(),
            loaded: plan.preset.clone(),
            overrides: plan.overrides.clone(),
            is_over: false,
        }],
        before: Vec::new(),
    }
}

/// Who looks.
#[derive(Debug, Default)]
pub(in crate::command) struct Audience {
    attached: usize,
}

/// What is to be done when somebody came or went.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::command) enum Reaction {
    /// Nothing but to say this, where there is something to be said.
    Say(Option<String>),
    /// Nobody sees the run any more, and the connection to the last one was lost: where it is paused, it is to go on.
    GoOn,
    /// Nobody sees the run any more.
    Alone,
}

impl Audience {
    /// Whether there is one.
    pub(in crate::command) fn is_there(&self) -> bool {
        self.attached > 0
    }

    /// News of those who look at `what`, a run or a comparison.
    pub(in crate::command) fn hear(&mut self, company: Company, what: &str) -> Reaction {
        match company {
            Company::Came { attached } => {
                self.attached = attached;
                Reaction::Say(Some(format!("a terminal is attached ({attached} now)")))
            }
            Company::Left { attached, is_lost } => {
                self.attached = attached;
                match (attached, is_lost) {
                    (0, true) => Reaction::GoOn,
                    (0, false) => Reaction::Alone,
                    _ => Reaction::Say(Some(format!("a terminal left ({attached} attached)"))),
                }
            }
            Company::Acted(deed) if deed != Deed::ChangedPreset => Reaction::Say(Some(format!(
                "an attached terminal {}",
                deed.in_words(what)
            ))),
            Company::Said { text, .. } => Reaction::Say(Some(text)),
            // Every key that is held changes the preset once more, and the changes themselves are said.
            Company::Acted(_) | Company::Invited(_) | Company::UpToDate | Company::Lost { .. } => {
                Reaction::Say(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_and_goes() {
        let mut audience = Audience::default();
        let came = audience.hear(Company::Came { attached: 1 }, "run");
        assert_eq!(
            came,
            Reaction::Say(Some("a terminal is attached (1 now)".to_owned()))
        );
        assert!(audience.is_there());
        let is_lost = true;
        assert!(matches!(
            audience.hear(
                Company::Left {
                    attached: 1,
                    is_lost
                },
                "run"
            ),
            Reaction::Say(Some(_))
        ));
        let attached = 0;
        assert_eq!(
            audience.hear(Company::Left { attached, is_lost }, "run"),
            Reaction::GoOn
        );
        assert!(!audience.is_there());
    }
}
