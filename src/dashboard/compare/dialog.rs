//! Questions laid over the comparison, and what is typed into them. UI thread.

use terminput::{KeyCode, KeyEvent, KeyModifiers};

use crate::dashboard::dialog::{Leaving, Prompt, Purpose};
use crate::dashboard::parting::Parting;
use crate::dashboard::recipe::steps_in_all;
use crate::preset::{Fit, Override, Preset};

/// What lies over the screen.
#[derive(Debug, Clone)]
pub(super) enum Dialog {
    /// All keys; the first line that is seen.
    Help(usize),
    /// How to leave.
    Quit(Leaving),
    /// How to leave a comparison that another program makes.
    Part(Parting),
    /// Whether this one is really to be dropped.
    Drop(usize),
    /// How it is to go on alone.
    Promote(Box<PromoteForm>),
}

/// Larger pictures are only made where somebody asks for them by number.
const LARGEST_PROPOSAL: i64 = 1024;

/// Size and steps of one that is promoted.
#[derive(Debug, Clone)]
pub(super) struct PromoteForm {
    pub(super) candidate: usize,
    pub(super) size: Prompt,
    pub(super) steps: Prompt,
    /// Keys go to the second of the two.
    pub(super) at_steps: bool,
}

impl PromoteForm {
    /// Proposes the content picture's own size, within reason, and twice the steps.
    pub(super) fn new(candidate: usize, preset: &Preset, content: (u32, u32)) -> Self {
        let own = i64::from(match preset.image.fit {
            Fit::Shorter => content.0.min(content.1),
            Fit::Height => content.1,
            Fit::Longer | Fit::Exact | Fit::Native => content.0.max(content.1),
        });
        let now = i64::from(preset.image.size);
        let size = own.min(LARGEST_PROPOSAL).max(now);
        let steps = preset.total_steps().saturating_mul(2);
        let prompt = |key: &str, text: String| Prompt::new(Purpose::Value(key.to_owned()), text);
        Self {
            candidate,
            size: prompt("image.size", size.to_string()),
            steps: prompt("schedule.steps", steps.to_string()),
            at_steps: false,
        }
    }

    fn field(&mut self) -> &mut Prompt {
        if self.at_steps {
            &mut self.steps
        } else {
            &mut self.size
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.field().paste(text);
    }

    /// Takes a key that is neither Enter nor Esc.
    pub(super) fn key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Tab | KeyCode::Up | KeyCode::Down => self.at_steps = !self.at_steps,
            _ => self.field().key(key),
        }
    }

    /// What it comes to as changes of its preset; where something is wrong it is said at the field.
    pub(super) fn overrides(&mut self, preset: &Preset) -> Option<Vec<Override>> {
        let number = |prompt: &mut Prompt| {
            let text = prompt.input.value().trim().replace(['_', ' '], "");
            let number = text.parse::<u64>().ok().filter(|number| *number > 0);
            if number.is_none() {
                prompt.error = Some("expected a whole number, such as 512".to_owned());
            }
            number
        };
        let (size, steps) = (number(&mut self.size), number(&mut self.steps));
        let (size, steps) = (size?, steps?);
        let given = |key: &str, value: String| Override {
            key: key.to_owned(),
            value,
        };
        // A larger picture may have more sizes before its own.
        let mut larger = preset.clone();
        larger.image.size = u32::try_from(size).unwrap_or(u32::MAX);
        let mut overrides = vec![steps_in_all(steps, &larger)];
        let image = &preset.image;
        if size != u64::from(image.size) || matches!(image.fit, Fit::Exact) {
            overrides.push(given("image.size", size.to_string()));
            // A size says nothing where the picture's own is kept, or both sides are fixed.
            if matches!(image.fit, Fit::Exact | Fit::Native) {
                overrides.push(given("image.fit", "longer".to_owned()));
            }
        }
        Some(overrides)
    }
}

/// What a key says to a question of yes or no.
pub(super) fn is_yes(key: KeyEvent) -> bool {
    let is_plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
    is_plain && matches!(key.code, KeyCode::Char('y' | 'd') | KeyCode::Enter)
}
