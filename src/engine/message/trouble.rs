//! What can go wrong with the numbers of a run, and what is advised then. Plain data; any thread.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::preset::number::float_text;

/// What is wrong with a candidate's losses or picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trouble", rename_all = "snake_case")]
pub enum Trouble {
    /// A loss is not a number any more, or infinite.
    NotFinite {
        /// Which term, as [`LossTerm`](super::LossTerm) is printed.
        term: String,
    },
    /// The loss is far above what it was, and the picture far from any.
    Exploded,
    /// The picture has lost all contrast.
    Grey,
    /// Nearly every value of the picture is pure black or pure white.
    Saturated,
}

impl Trouble {
    /// With the step at which it was noticed: `the loss is no longer a number at step 12 (style block1)`.
    pub fn at_step(&self, step: u64) -> String {
        match self {
            Self::NotFinite { term } => {
                format!("the loss is no longer a number at step {step} ({term})")
            }
            other => format!("{other} at step {step}"),
        }
    }
}

/// In a few words: `the loss is no longer a number (style block1)`.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFinite { term } => write!(f, "the loss is no longer a number ({term})"),
            Self::Exploded => f.write_str("the loss has exploded"),
            Self::Grey => f.write_str("the picture has lost all contrast"),
            Self::Saturated => f.write_str("the picture is all pure black and pure white"),
        }
    }
}

/// A field of the preset and a value that is worth a try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// `optimizer.learning_rate`
    pub field: String,
    /// The value to try, as presets write it.
    pub value: String,
    /// The value in force.
    pub now: String,
}

/// `optimizer.learning_rate = 0.0025 (now 0.02)`
impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, now } = self;
        write!(f, "{field} = {value} (now {now})")
    }
}

/// A candidate went back to its last good state by itself, and goes on from there at half the rate. Steps after `step`
/// have never been made.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// Which candidate.
    pub candidate: usize,
    /// The step at which it was noticed.
    pub failed_step: u64,
    /// The step that it goes on from.
    pub step: u64,
    /// What was wrong.
    pub why: Trouble,
    /// 1 for the first one.
    pub attempt: u32,
    /// How many attempts there are.
    pub attempts: u32,
    /// `optimizer.learning_rate` from now on.
    pub learning_rate: f64,
}

/// `step 120: the loss has exploded; going on from step 80 with optimizer.learning_rate = 0.015 (attempt 1 of 3)`
impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            failed_step,
            step,
            why,
            attempt,
            attempts,
            learning_rate,
            ..
        } = self;
        let learning_rate = float_text(*learning_rate);
        write!(
            f,
            "step {failed_step}: {why}; going on from step {step} with optimizer.learning_rate = {learning_rate} \
             (attempt {attempt} of {attempts})"
        )
    }
}

/// A candidate cannot go on as it is, and stands still at its last good state until somebody changes something.
#[derive(Debug, Clone, PartialEq)]
pub struct Stuck {
    /// Which candidate.
    pub candidate: usize,
    /// The step at which it was noticed.
    pub failed_step: u64,
    /// The step that it stands at; steps after it have never been made.
    pub step: u64,
    /// What is wrong, and what was tried, in words.
    pub why: String,
    /// What to change.
    pub suggestion: Suggestion,
}

/// `step 240: the loss has exploded, …; it stands at step 80: try optimizer.learning_rate = …`
impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            failed_step,
            step,
            why,
            suggestion,
            ..
        } = self;
        write!(
            f,
            "step {failed_step}: {why}\nit waits at step {step}: try {suggestion}, then go on"
        )
    }
}

/// Something that a person should know of a run that goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Whom it concerns, one or more.
    pub candidates: std::sync::Arc<[usize]>,
    /// The step that it was noticed at.
    pub step: u64,
    /// What sort of thing it is.
    pub kind: RemarkKind,
    /// All of it.
    pub words: String,
}

/// What a [`Remark`] can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemarkKind {
    /// Nothing gets better any more.
    Stalled,
    /// Memory did not suffice, and steps are made in a smaller way from now on.
    OutOfMemory,
    /// Of a later version of the program.
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn troubles_are_said_in_words_and_written_as_objects() {
        let recovered = Recovered {
            candidate: 0,
            failed_step: 120,
            step: 80,
            why: Trouble::NotFinite {
                term: "style block1".to_owned(),
            },
            attempt: 1,
            attempts: 3,
            learning_rate: 0.015,
        };
        assert_eq!(
            recovered.to_string(),
            "step 120: the loss is no longer a number (style block1); going on from step 80 with \
             optimizer.learning_rate = 0.015 (attempt 1 of 3)"
        );
        let text = serde_json::to_string(&recovered.why).unwrap();
        assert_eq!(text, r#"{"trouble":"not_finite","term":"style block1"}"#);
        assert_eq!(
            serde_json::from_str::<Trouble>(&text).unwrap(),
            recovered.why
        );
        let suggestion = Suggestion {
            field: "optimizer.learning_rate".to_owned(),
            value: "0.0025".to_owned(),
            now: "0.02".to_owned(),
        };
        assert_eq!(
            suggestion.to_string(),
            "optimizer.learning_rate = 0.0025 (now 0.02)"
        );
    }
}
