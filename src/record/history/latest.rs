//! The losses at one step, term by term. Plain data; any thread.

use crate::engine::message::{LossTerm, Losses, TermKind};

/// A term of the loss at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct TermLoss {
    /// Which term.
    pub term: LossTerm,
    /// Its weight.
    pub weight: f64,
    /// Its value without the weight.
    pub unweighted: f64,
    /// Its value with the weight.
    pub weighted: f64,
}

/// The losses at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Latest {
    /// Number of updates before this evaluation.
    pub step: u64,
    /// In the engine's order.
    pub terms: Vec<TermLoss>,
}

impl Latest {
    pub(super) fn of(losses: &Losses<'_>) -> Self {
        let terms = losses.each().zip(losses.weights);
        Self {
            step: losses.step,
            terms: terms
                .map(|((term, unweighted, weighted), &weight)| TermLoss {
                    term: term.clone(),
                    weight,
                    unweighted,
                    weighted,
                })
                .collect(),
        }
    }

    /// The weighted sum of all terms.
    pub fn total(&self) -> f64 {
        self.terms.iter().map(|term| term.weighted).sum()
    }

    /// The sum of the terms of one kind without weights; `None` where there are none.
    pub fn unweighted_sum_of(&self, kind: TermKind) -> Option<f64> {
        let mut values = self
            .terms
            .iter()
            .filter(|term| term.term.kind == kind)
            .map(|term| term.unweighted)
            .peekable();
        values.peek()?;
        Some(values.sum())
    }

    /// The weighted sum of the terms of one kind; 0 where there are none.
    pub fn sum_of(&self, kind: TermKind) -> f64 {
        self.terms
            .iter()
            .filter(|term| term.term.kind == kind)
            .map(|term| term.weighted)
            .sum()
    }
}
