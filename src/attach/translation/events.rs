//! What the engine says. An event that it learns is a few lines here, and a variant of [`ToViewer`].

use crate::attach::frame::FrameError;
use crate::attach::words::ToViewer;
use crate::engine::EngineError;
use crate::engine::message::{
    Event, Gradients, LossBlock, PartOfStep, Recovered, Remark, Snapshot, Stuck,
};

use super::parts::{
    numbers, of_numbers, of_parts, of_reason, of_refusal, of_stage, of_started, of_term, of_value,
    parts, reason, refusal, stage, started, term, value,
};
use super::pictures::{of_pictures, pictures_of, values};
use super::presets::{change, of_change, of_preset, preset_of};
use super::{Said, of_failure, of_losses};

/// An event in words; `None` for what is of no use to a terminal.
#[expect(clippy::too_many_lines, reason = "a few lines for each kind of event")]
pub(in crate::attach) fn of_event(event: &Event) -> Option<Said> {
    Some(match event {
        Event::Preparing(stage) => ToViewer::Preparing {
            stage: of_stage(stage),
        }
        .into(),
        Event::Started(started) => ToViewer::Started(Box::new(of_started(started))).into(),
        Event::PartOfStep(passed) => ToViewer::PartOfStep {
            candidates: passed.candidates.to_vec(),
            step: passed.step,
            parts: of_parts(passed.parts),
            done: passed.done,
            of: passed.of,
        }
        .into(),
        Event::Losses(block) | Event::PastLosses(block) => of_losses(block, 1),
        Event::PresetChanged {
            candidate,
            step,
            changes,
            preset,
            in_force,
        } => ToViewer::PresetChanged {
            candidate: *candidate,
            step: *step,
            changes: changes.iter().map(of_change).collect(),
            preset: of_preset(preset),
            in_force: (in_force != preset).then(|| of_preset(in_force)),
        }
        .into(),
        Event::PresetRefused {
            candidate,
            preset,
            error,
        } => ToViewer::PresetRefused {
            candidate: *candidate,
            preset: of_preset(preset),
            why: error.to_string(),
        }
        .into(),
        Event::Refused { what, error } => ToViewer::Refused {
            what: of_refusal(*what),
            why: error.to_string(),
        }
        .into(),
        Event::Paused(step) => ToViewer::Paused { step: *step }.into(),
        Event::Resumed(step) => ToViewer::Resumed { step: *step }.into(),
        Event::Snapshot(snapshot) => {
            let (pictures, raw) = of_pictures(&snapshot.pictures);
            let number = snapshot.number;
            let words = ToViewer::Snapshot { number, pictures };
            Said { words, raw }
        }
        Event::WentBack {
            candidates,
            snapshot,
            step,
        } => ToViewer::WentBack {
            candidates: candidates.to_vec(),
            snapshot: *snapshot,
            step: *step,
        }
        .into(),
        Event::Recovered(recovered) => ToViewer::Recovered {
            candidate: recovered.candidate,
            failed_step: recovered.failed_step,
            step: recovered.step,
            why: value(&recovered.why),
            attempt: recovered.attempt,
            attempts: recovered.attempts,
            learning_rate: recovered.learning_rate,
        }
        .into(),
        Event::Stuck(stuck) => ToViewer::Stuck {
            candidate: stuck.candidate,
            failed_step: stuck.failed_step,
            step: stuck.step,
            why: stuck.why.clone(),
            suggestion: value(&stuck.suggestion),
        }
        .into(),
        Event::Remark(remark) => ToViewer::Remark {
            candidates: remark.candidates.to_vec(),
            step: remark.step,
            kind: value(&remark.kind),
            words: remark.words.clone(),
        }
        .into(),
        Event::Gradients(gradients) => ToViewer::Gradients {
            candidates: gradients.candidates.to_vec(),
            step: gradients.step,
            terms: gradients.terms.iter().map(of_term).collect(),
            norms: of_numbers(&gradients.norms),
            seconds: gradients.seconds,
        }
        .into(),
        Event::Dropped {
            candidate,
            pictures,
        } => {
            let (pictures, raw) = of_pictures(pictures);
            let candidate = *candidate;
            let words = ToViewer::Dropped {
                candidate,
                pictures,
            };
            Said { words, raw }
        }
        Event::Ended {
            reason,
            pictures,
            seconds,
        } => {
            let (pictures, raw) = of_pictures(pictures);
            let words = ToViewer::Ended {
                reason: of_reason(*reason),
                pictures,
                seconds: *seconds,
            };
            Said { words, raw }
        }
        Event::Failed {
            candidates,
            error,
            pictures,
        } => of_failure(candidates, error.to_string(), pictures.as_ref()),
        // A picture goes to whoever asked for it, and a checkpoint to the disk.
        Event::PictureReady | Event::Checkpoint(_) => return None,
    })
}

/// The same at the other end, with the numbers that came with it.
#[expect(clippy::too_many_lines, reason = "a few lines for each kind of event")]
pub(super) fn event(words: ToViewer, raw: &[u8]) -> Result<Event, FrameError> {
    Ok(match words {
        ToViewer::Preparing { stage: what } => Event::Preparing(stage(what)),
        ToViewer::Started(what) => Event::Started(started(*what)),
        ToViewer::PartOfStep {
            candidates,
            step,
            parts: what,
            done,
            of,
        } => Event::PartOfStep(PartOfStep {
            candidates: candidates.into(),
            step,
            parts: parts(what),
            done,
            of,
        }),
        ToViewer::Losses {
            candidates,
            first_step,
            span,
            terms,
            weights,
            seconds,
            ..
        } => Event::Losses(LossBlock {
            values: values(raw, span, candidates.len() * terms.len())?,
            candidates: candidates.into(),
            first_step,
            terms: terms.into_iter().map(term).collect(),
            weights: numbers(weights).into(),
            seconds,
        }),
        ToViewer::PresetChanged {
            candidate,
            step,
            changes,
            preset,
            in_force,
        } => {
            let preset = Box::new(preset_of(&preset)?);
            let in_force = match in_force {
                Some(in_force) => Box::new(preset_of(&in_force)?),
                None => preset.clone(),
            };
            Event::PresetChanged {
                candidate,
                step,
                changes: changes.into_iter().map(change).collect(),
                preset,
                in_force,
            }
        }
        ToViewer::PresetRefused {
            candidate,
            preset,
            why,
        } => Event::PresetRefused {
            candidate,
            preset: Box::new(preset_of(&preset)?),
            error: EngineError::Elsewhere(why),
        },
        ToViewer::Refused { what, why } => Event::Refused {
            what: refusal(what),
            error: EngineError::Elsewhere(why),
        },
        ToViewer::Paused { step } => Event::Paused(step),
        ToViewer::Resumed { step } => Event::Resumed(step),
        ToViewer::Snapshot { number, pictures } => Event::Snapshot(Snapshot {
            number,
            pictures: pictures_of(pictures, raw)?,
        }),
        ToViewer::WentBack {
            candidates,
            snapshot,
            step,
        } => Event::WentBack {
            candidates: candidates.into(),
            snapshot,
            step,
        },
        ToViewer::Recovered {
            candidate,
            failed_step,
            step,
            why,
            attempt,
            attempts,
            learning_rate,
        } => Event::Recovered(Recovered {
            candidate,
            failed_step,
            step,
            why: of_value(why)?,
            attempt,
            attempts,
            learning_rate,
        }),
        ToViewer::Stuck {
            candidate,
            failed_step,
            step,
            why,
            suggestion,
        } => Event::Stuck(Stuck {
            candidate,
            failed_step,
            step,
            why,
            suggestion: of_value(suggestion)?,
        }),
        ToViewer::Remark {
            candidates,
            step,
            kind,
            words,
        } => Event::Remark(Remark {
            candidates: candidates.into(),
            step,
            kind: of_value(kind)?,
            words,
        }),
        ToViewer::Gradients {
            candidates,
            step,
            terms,
            norms,
            seconds,
        } => Event::Gradients(Gradients {
            candidates: candidates.into(),
            step,
            terms: terms.into_iter().map(term).collect(),
            norms: numbers(norms),
            seconds,
        }),
        ToViewer::Dropped {
            candidate,
            pictures,
        } => Event::Dropped {
            candidate,
            pictures: pictures_of(pictures, raw)?,
        },
        ToViewer::Ended {
            reason: why,
            pictures,
            seconds,
        } => Event::Ended {
            reason: reason(why),
            pictures: pictures_of(pictures, raw)?,
            seconds,
        },
        ToViewer::Failed {
            candidates,
            why,
            pictures,
        } => Event::Failed {
            candidates: candidates.into(),
            error: EngineError::Elsewhere(why),
            pictures: pictures
                .map(|pictures| pictures_of(pictures, raw))
                .transpose()?,
        },
        _ => return Err(FrameError::Words("no event".to_owned())),
    })
}
