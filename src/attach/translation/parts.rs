//! What messages are made of: plain values that have the same names on both sides.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::attach::frame::FrameError;
use crate::attach::words;
use crate::engine::message::{
    EndReason, Fetching, LossTerm, Parts, Refusal, Stage, Started, TermKind,
};

use super::presets::in_characters;

/// As the journal has it.
pub(super) fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

pub(super) fn of_value<T: DeserializeOwned>(value: Value) -> Result<T, FrameError> {
    serde_json::from_value(value).map_err(|error| FrameError::Words(error.to_string()))
}

pub(super) fn of_stage(stage: &Stage) -> words::Stage {
    match stage {
        Stage::Weights => words::Stage::Weights,
        Stage::Fitting => words::Stage::Fitting,
        Stage::Targets => words::Stage::Targets,
        Stage::Fetching(fetching) => words::Stage::Fetching {
            network: fetching.network.clone(),
            from: fetching.from.clone(),
            done_bytes: fetching.done_bytes,
            total_bytes: fetching.total_bytes,
            whole_bytes: fetching.whole_bytes,
            waiting: fetching.waiting.clone(),
        },
    }
}

pub(super) fn stage(words: words::Stage) -> Stage {
    match words {
        words::Stage::Weights => Stage::Weights,
        words::Stage::Fitting => Stage::Fitting,
        words::Stage::Targets => Stage::Targets,
        words::Stage::Fetching {
            network,
            from,
            done_bytes,
            total_bytes,
            whole_bytes,
            waiting,
        } => Stage::Fetching(Fetching {
            network,
            from,
            done_bytes,
            total_bytes,
            whole_bytes,
            waiting,
        }),
    }
}

pub(super) fn of_started(started: &Started) -> words::Started {
    words::Started {
        candidates: started.candidates.to_vec(),
        size: started.size,
        style_sizes: started.style_sizes.clone(),
        device: started.device.clone(),
        threads: started.threads,
        notes: started.notes.clone(),
        weights: started.weights.as_deref().map(in_characters),
        step: started.step,
        steps: started.steps,
    }
}

pub(super) fn started(words: words::Started) -> Started {
    Started {
        candidates: words.candidates.into(),
        size: words.size,
        style_sizes: words.style_sizes,
        device: words.device,
        threads: words.threads,
        notes: words.notes,
        weights: words.weights,
        step: words.step,
        steps: words.steps,
    }
}

pub(super) fn of_term(term: &LossTerm) -> words::Term {
    words::Term {
        kind: match term.kind {
            TermKind::Content => words::TermKind::Content,
            TermKind::Style => words::TermKind::Style,
            TermKind::Variation => words::TermKind::Variation,
        },
        layer: term.layer.clone(),
    }
}

pub(super) fn term(words: words::Term) -> LossTerm {
    LossTerm {
        kind: match words.kind {
            words::TermKind::Content => TermKind::Content,
            words::TermKind::Style => TermKind::Style,
            words::TermKind::Variation => TermKind::Variation,
        },
        layer: words.layer,
    }
}

pub(super) fn of_numbers(numbers: &[Vec<f64>]) -> Vec<Vec<Option<f64>>> {
    let finite = |number: &f64| Some(*number).filter(|number| number.is_finite());
    numbers
        .iter()
        .map(|row| row.iter().map(finite).collect())
        .collect()
}

pub(super) fn numbers(words: Vec<Vec<Option<f64>>>) -> Vec<Vec<f64>> {
    words
        .into_iter()
        .map(|row| row.into_iter().map(|one| one.unwrap_or(f64::NAN)).collect())
        .collect()
}

pub(super) fn of_parts(parts: Parts) -> words::Parts {
    match parts {
        Parts::Tiles => words::Parts::Tiles,
        Parts::Operations => words::Parts::Operations,
    }
}

pub(super) fn parts(words: words::Parts) -> Parts {
    match words {
        words::Parts::Tiles => Parts::Tiles,
        words::Parts::Operations => Parts::Operations,
    }
}

pub(super) fn of_reason(reason: EndReason) -> words::Reason {
    match reason {
        EndReason::Completed => words::Reason::Completed,
        EndReason::BudgetSpent => words::Reason::BudgetSpent,
        EndReason::Stopped => words::Reason::Stopped,
    }
}

pub(super) fn reason(words: words::Reason) -> EndReason {
    match words {
        words::Reason::Completed => EndReason::Completed,
        words::Reason::BudgetSpent => EndReason::BudgetSpent,
        words::Reason::Stopped => EndReason::Stopped,
    }
}

pub(super) fn of_refusal(what: Refusal) -> words::Refusal {
    match what {
        Refusal::Stop => words::Refusal::Stop,
        Refusal::Preset => words::Refusal::Preset,
        Refusal::Restart => words::Refusal::Restart,
        Refusal::Snapshot => words::Refusal::Snapshot,
        Refusal::GoBack => words::Refusal::GoBack,
        Refusal::Forget => words::Refusal::Forget,
        Refusal::Picture => words::Refusal::Picture,
        Refusal::Gradients => words::Refusal::Gradients,
        Refusal::Drop(candidate) => words::Refusal::Drop(candidate),
        Refusal::Join(candidate) => words::Refusal::Join(candidate),
        Refusal::Pause => words::Refusal::Pause,
    }
}

pub(super) fn refusal(words: words::Refusal) -> Refusal {
    match words {
        words::Refusal::Stop => Refusal::Stop,
        words::Refusal::Preset => Refusal::Preset,
        words::Refusal::Restart => Refusal::Restart,
        words::Refusal::Snapshot => Refusal::Snapshot,
        words::Refusal::GoBack => Refusal::GoBack,
        words::Refusal::Forget => Refusal::Forget,
        words::Refusal::Picture => Refusal::Picture,
        words::Refusal::Gradients => Refusal::Gradients,
        words::Refusal::Drop(candidate) => Refusal::Drop(candidate),
        words::Refusal::Join(candidate) => Refusal::Join(candidate),
        words::Refusal::Pause => Refusal::Pause,
    }
}
