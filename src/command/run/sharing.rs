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
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::command) struct Reaction {
    /// What is to be said, where there is something.
    pub(in crate::command) words: Option<String>,
    /// Nobody sees it any more, and the connection to the last one was lost: where it is paused, it is to go on.
    pub(in crate::command) goes_on: bool,
}

impl Reaction {
    fn say(words: String) -> Self {
        Self {
            words: Some(words),
            goes_on: false,
        }
    }
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
                Reaction::say(format!("a terminal is attached ({attached} now)"))
            }
            Company::Left { attached, is_lost } => {
                self.attached = attached;
                if attached > 0 {
                    return Reaction::say(format!("a terminal left ({attached} attached)"));
                }
                Reaction {
                    words: Some("nobody is attached any more".to_owned()),
                    goes_on: is_lost,
                }
            }
            Company::Acted(deed) if deed != Deed::ChangedPreset => {
                Reaction::say(format!("an attached terminal {}", deed.in_words(what)))
            }
            Company::Said { text, .. } => Reaction::say(text),
            // Every key that is held changes the preset once more, and the changes themselves are said.
            Company::Acted(_) | Company::Invited(_) | Company::UpToDate | Company::Lost { .. } => {
                Reaction::default()
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
            Reaction::say("a terminal is attached (1 now)".to_owned())
        );
        assert!(audience.is_there());
        let mut left = |attached, is_lost| {
            let company = Company::Left { attached, is_lost };
            let Reaction { words, goes_on } = audience.hear(company, "run");
            (words.unwrap(), goes_on, audience.is_there())
        };
        let others = "a terminal left (1 attached)".to_owned();
        assert_eq!(left(1, true), (others, false, true));
        for is_lost in [true, false] {
            let nobody = "nobody is attached any more".to_owned();
            assert_eq!(left(0, is_lost), (nobody, is_lost, false));
        }
    }
}
