//! What can go wrong in the engine, in words for the person who reads it.

use tch::TchError;

use super::message::{Suggestion, Trouble};
use super::torch_error::{is_out_of_memory, memory_asked_for};
use crate::network::NetworkError;
use crate::preset::Statistic;
use crate::weights::store::ObtainError;

/// Why a run could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// libtorch refused an operation.
    #[error("{}", describe_torch(.0))]
    Torch(TchError),
    /// Memory did not suffice.
    #[error(
        "out of memory{}\n  try a smaller --size, or fewer candidates",
        asked.as_ref().map(|asked| format!(" (asked for {asked})")).unwrap_or_default()
    )]
    OutOfMemory {
        /// What was asked for in vain, as libtorch says it.
        asked: Option<String>,
    },
    /// The network could not be built.
    #[error(transparent)]
    Network(NetworkError),
    /// The network's weights are not here and did not come.
    #[error(transparent)]
    Weights(Box<ObtainError>),
    /// A picture has too few pixels for the deepest layer.
    #[error(
        "the {role} picture is too small: {width}×{height} pixels, and the layers of this preset ({layers}) \
         need at least {smallest}×{smallest}\n  {}",
        advice_on_small(role)
    )]
    PictureTooSmall {
        /// `content` or `style`, `resized content` or `resized style`.
        role: &'static str,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Pixels of the shortest side that is enough.
        smallest: i64,
        /// The layers, deepest last.
        layers: String,
    },
    /// A picture has so many pixels, or would have after resizing, that no memory holds it.
    #[error(
        "the {role} picture would be {width}×{height} pixels, and the limit is {} million\n  \
         lower --size (or image.style_scale), or say which side it means with --set image.fit=longer",
        limit / 1_000_000
    )]
    PictureTooLarge {
        /// As in [`EngineError::PictureTooSmall`].
        role: &'static str,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Pixels in all.
        limit: u64,
    },
    /// A statistic of many positions at a layer that has only one of the picture.
    #[error(
        "style.statistic {} says nothing at {layer}: of the {role} picture, {width}×{height} pixels, one position is left there, \
         and it takes at least two\n  \
         give a larger --size, a layer that lies less deep, or another statistic for it: style.statistics.{layer} = \"gram\"",
        word(*statistic)
    )]
    TooDeep {
        /// As in [`EngineError::PictureTooSmall`].
        role: &'static str,
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// What was to be compared.
        statistic: Statistic,
        /// Where.
        layer: String,
    },
    /// A device that this machine does not have.
    #[error("{0}")]
    Device(String),
    /// Style pictures or masks that are not as the preset, or each other, have them.
    #[error("{0}")]
    Pictures(String),
    /// Candidates that cannot share a tensor.
    #[error("these presets cannot share a lane: {0}")]
    Incompatible(String),
    /// The numbers of a run have gone wrong.
    #[error("{}{}\n  try {suggestion}", why.at_step(*step), tried(*attempts))]
    Unwell {
        /// The step at which it was noticed.
        step: u64,
        /// What is wrong.
        why: Trouble,
        /// How often the run has gone back for it already, and halved its rate.
        attempts: u32,
        /// What may help.
        suggestion: Suggestion,
    },
    /// Weights cannot even be looked for.
    #[error("{0}")]
    NoStore(String),
    /// The picture that `image.init_file` names cannot be used.
    #[error("image.init_file: {0}")]
    InitFile(String),
    /// A loss that cannot be taken tile by tile.
    #[error(
        "pictures cannot pass the network in tiles here: {0} needs all features at once\n  \
         choose a statistic that adds up (gram, covariance, mean, mean_and_deviation, wasserstein), leave out \
         normalize_gradients, or give a smaller --size"
    )]
    NotInTiles(String),
    /// A step, or its preparation, that was broken off: something else is wanted.
    #[error("it was broken off, since something else was asked for")]
    BrokenOff,
    /// A checkpoint that is whole, and yet cannot be gone on from.
    #[error("the checkpoint cannot be gone on from: {0}")]
    Checkpoint(String),
    /// A kept state that is not there.
    #[error("there is no snapshot {number}: it was never made, or has been dropped")]
    NoSnapshot {
        /// The number asked for.
        number: u64,
    },
    /// What the program that makes the run says of it, or why it cannot be asked.
    #[error("{0}")]
    Elsewhere(String),
    /// The worker thread is gone.
    #[error("the worker thread ended unexpectedly: {0}")]
    WorkerGone(String),
}

impl EngineError {
    /// Whether something was broken off because nobody wanted it any more.
    pub(super) fn is_stopped(&self) -> bool {
        match self {
            Self::BrokenOff => true,
            Self::Weights(error) => matches!(**error, ObtainError::Stopped),
            _ => false,
        }
    }
}

impl From<ObtainError> for EngineError {
    fn from(error: ObtainError) -> Self {
        Self::Weights(Box::new(error))
    }
}

impl From<TchError> for EngineError {
    fn from(error: TchError) -> Self {
        let text = error.to_string();
        if is_out_of_memory(&text) {
            Self::OutOfMemory {
                asked: memory_asked_for(&text),
            }
        } else {
            Self::Torch(error)
        }
    }
}

impl From<NetworkError> for EngineError {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::Torch(error) => error.into(),
            NetworkError::BrokenOff => Self::BrokenOff,
            other => Self::Network(other),
        }
    }
}

/// As presets write it.
fn word(statistic: Statistic) -> String {
    match serde_json::to_value(statistic) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// What helps depends on whether the file or its resizing made the picture so small.
fn advice_on_small(role: &str) -> &'static str {
    if role.starts_with("resized") {
        "give a larger --size, a picture that is less long and thin, or layers that lie less deep"
    } else {
        "give a larger picture, or layers that lie less deep"
    }
}

/// What was done before somebody has to do something.
pub(super) fn tried(attempts: u32) -> String {
    match attempts {
        0 => String::new(),
        1 => ", again after it went back and halved the rate".to_owned(),
        _ => format!(", again after it went back and halved the rate {attempts} times"),
    }
}

/// The first line of libtorch's message; the rest is a C++ stack trace.
fn describe_torch(error: &TchError) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().trim();
    format!("libtorch: {first}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_memory_comes_with_advice_and_without_a_stack_trace() {
        let error = EngineError::from(TchError::Torch(
            "CUDA out of memory. Tried to allocate 2 GiB\nframe #0: c10::Error".to_owned(),
        ));
        assert_eq!(
            error.to_string(),
            "out of memory (asked for 2 GiB)\n  try a smaller --size, or fewer candidates"
        );
        let other = EngineError::from(TchError::Torch("shape\nframe #0".to_owned()));
        let text = other.to_string();
        assert!(text.ends_with("shape") && !text.contains("frame"), "{text}");
    }
}
