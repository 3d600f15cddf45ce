//! Questions laid over the screen, and what is typed into them. UI thread.

use terminput::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

use super::parting::Parting;

/// Longest text that a person types; a paste of a whole file is a mistake.
const LONGEST_TEXT: usize = 1000;

/// How a person may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaving {
    /// Stop, save the picture, leave.
    Save,
    /// Do not leave.
    Stay,
    /// Leave; the picture is lost.
    Discard,
}

impl Leaving {
    pub(super) const ALL: [Self; 3] = [Self::Save, Self::Stay, Self::Discard];

    /// What `key` says to the question, of which this answer is the one that is marked.
    pub(super) fn answer(self, key: KeyEvent) -> Answer {
        let is_plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        let index = Self::ALL
            .iter()
            .position(|other| *other == self)
            .unwrap_or(0);
        let at = |index: usize| {
            let last = Self::ALL.len() - 1;
            Answer::Asking(Self::ALL.get(index.min(last)).copied().unwrap_or(self))
        };
        match key.code {
            KeyCode::Char(_) if !is_plain => Answer::Asking(self),
            // `q` twice in a hurry: what loses nothing.
            KeyCode::Char('s' | 'y' | 'q') => Answer::Given(Self::Save),
            KeyCode::Char('g' | 'n') | KeyCode::Esc => Answer::Given(Self::Stay),
            KeyCode::Char('d') => Answer::Given(Self::Discard),
            KeyCode::Enter => Answer::Given(self),
            KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => {
                at(index.saturating_sub(1))
            }
            KeyCode::Tab | KeyCode::Right | KeyCode::Down | KeyCode::Char('j') => at(index + 1),
            KeyCode::Left | KeyCode::Up | KeyCode::Char('k') => at(index.saturating_sub(1)),
            _ => Answer::Asking(self),
        }
    }
}

/// Where a question is after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It stands, with this answer marked.
    Asking(Leaving),
    /// It is answered.
    Given(Leaving),
}

/// The first line that is seen of a text after a key; `None` where it is to be closed.
pub(super) fn scrolled(first: usize, most: usize, key: KeyEvent) -> Option<usize> {
    let first = first.min(most);
    Some(match key.code {
        KeyCode::Up | KeyCode::Char('k') => first.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => (first + 1).min(most),
        KeyCode::PageUp => first.saturating_sub(10),
        KeyCode::PageDown | KeyCode::Char(' ') => (first + 10).min(most),
        KeyCode::Home => 0,
        KeyCode::End => most,
        _ => return None,
    })
}

/// What a typed text is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The value of this field.
    Value(String),
    /// The name of a new preset.
    PresetName,
    /// How many more steps.
    MoreSteps,
}

/// A text being typed.
#[derive(Debug, Clone)]
pub(super) struct Prompt {
    pub(super) purpose: Purpose,
    pub(super) input: Input,
    /// The text is a proposal: what is typed takes its place, unless it was moved in before.
    pub(super) is_proposal: bool,
    /// What was wrong with it.
    pub(super) error: Option<String>,
}

impl Prompt {
    pub(super) fn new(purpose: Purpose, text: String) -> Self {
        Self {
            purpose,
            is_proposal: !text.is_empty(),
            input: Input::new(text),
            error: None,
        }
    }

    /// Takes a key that changes the text.
    pub(super) fn key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CTRL);
        let request = match key.code {
            KeyCode::Char('a') if control => InputRequest::GoToStart,
            KeyCode::Char('e') if control => InputRequest::GoToEnd,
            KeyCode::Char('u') if control => InputRequest::DeleteLine,
            KeyCode::Char('w') if control => InputRequest::DeletePrevWord,
            KeyCode::Char(_) if control => return,
            KeyCode::Char(character) => {
                let upper = key.modifiers.contains(KeyModifiers::SHIFT);
                self.insert(if upper {
                    character.to_ascii_uppercase()
                } else {
                    character
                });
                return;
            }
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            KeyCode::Left => InputRequest::GoToPrevChar,
            KeyCode::Right => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            _ => return,
        };
        self.is_proposal = false;
        self.error = None;
        let _ = self.input.handle(request);
    }

    pub(super) fn paste(&mut self, text: &str) {
        text.chars().for_each(|character| self.insert(character));
    }

    fn insert(&mut self, character: char) {
        if std::mem::take(&mut self.is_proposal) {
            self.input.reset();
        }
        if !character.is_control() && self.input.value().chars().count() < LONGEST_TEXT {
            self.error = None;
            let _ = self.input.handle(InputRequest::InsertChar(character));
        }
    }
}

/// What lies over the screen.
#[derive(Debug, Clone)]
pub(super) enum Dialog {
    /// All keys; the first line that is seen.
    Help(usize),
    /// How to leave.
    Quit(Leaving),
    /// How to leave a run of another program.
    Part(Parting),
    /// Something is typed.
    Prompt(Prompt),
    /// Something to read in full, such as what is wrong with a preset; title, text, first line seen.
    Text(String, String, usize),
}
