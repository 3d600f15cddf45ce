//! How a screen stands to others that show the same run or comparison, and what is known of them. UI thread.

use super::event_log::Tone;
use super::setup::Sharing;
use crate::attach::company::{Company, Deed};

/// How this screen stands to what it shows, and who else looks at it.
#[derive(Debug)]
pub(super) struct Shared {
    sharing: Sharing,
    /// Terminals that are attached.
    attached: usize,
    /// The next preset is another terminal's.
    pub(super) expects_preset: bool,
    /// Its program is gone: a word or two, and whether that is an error.
    lost: Option<(String, bool)>,
    /// What is printed at the end.
    pub(super) last_words: Option<String>,
}

impl Shared {
    pub(super) fn new(sharing: Sharing) -> Self {
        let attached = match &sharing {
            Sharing::Attached { attached, .. } => *attached,
            Sharing::Alone | Sharing::Own { .. } => 0,
        };
        Self {
            sharing,
            attached,
            expects_preset: false,
            lost: None,
            last_words: None,
        }
    }

    /// What the run or comparison is called, where this screen is attached to it.
    pub(super) fn attached_to(&self) -> Option<&str> {
        match &self.sharing {
            Sharing::Attached { id, .. } => Some(id),
            Sharing::Alone | Sharing::Own { .. } => None,
        }
    }

    /// What `stylescope attach` takes to come to what this program makes itself.
    pub(super) fn own_id(&self) -> Option<&str> {
        match &self.sharing {
            Sharing::Own { id } => Some(id),
            Sharing::Alone | Sharing::Attached { .. } => None,
        }
    }

    /// What became of the other program, where it is gone, and whether that is an error.
    pub(super) fn lost(&self) -> Option<(&str, bool)> {
        let (state, is_error) = self.lost.as_ref()?;
        Some((state, *is_error))
    }

    /// Whether somebody sees it at another terminal.
    pub(super) fn has_viewers(&self) -> bool {
        self.attached > 0
    }

    /// Takes note of news of the others; what is to be said of them. `what` is shown: a run or a comparison.
    pub(super) fn hear(&mut self, company: &Company, what: &str) -> Option<(Tone, String)> {
        let tone = |is_error: bool| if is_error { Tone::Error } else { Tone::Notice };
        match company {
            Company::Came { attached } => {
                self.attached = *attached;
                let text = format!("another terminal is attached ({attached} now)");
                Some((Tone::Notice, text))
            }
            Company::Left { attached, .. } => {
                self.attached = *attached;
                let text = format!("a terminal left ({attached} attached)");
                Some((Tone::Notice, text))
            }
            Company::Acted(Deed::ChangedPreset) => {
                self.expects_preset = true;
                None
            }
            Company::Acted(deed) => {
                let text = format!("another terminal {}", deed.in_words(what));
                Some((Tone::Notice, text))
            }
            Company::Said { text, is_error } => {
                self.last_words = Some(text.clone());
                Some((tone(*is_error), text.clone()))
            }
            Company::Lost {
                state,
                why,
                is_error,
            } => {
                self.lost = Some((state.clone(), *is_error));
                Some((tone(*is_error), why.clone()))
            }
            Company::UpToDate | Company::Invited(_) => None,
        }
    }

    /// The last line of a screen that was attached, and showed a run or comparison `id` that is at `step`, `paused` or
    /// not. `is_leaving` where it was left, and did not end by itself.
    pub(super) fn parting_line(
        &self,
        id: &str,
        step: u64,
        paused: bool,
        is_leaving: bool,
    ) -> String {
        match (&self.lost, &self.last_words) {
            (Some(_), Some(words)) if is_leaving => words.clone(),
            (Some((state, _)), _) => format!("{id}: {state}, step {step}"),
            _ if paused => format!(
                "left {id} at step {step}: it stays paused; `stylescope attach {id}` comes back"
            ),
            _ => {
                format!("left {id} at step {step}: it goes on; `stylescope attach {id}` comes back")
            }
        }
    }
}
