//! What can go wrong in the engine, in words for the person who reads it.

use tch::TchError;

use crate::network::NetworkError;
use crate::preset::Statistic;
use crate::weights::store::ObtainError;

/// Why a run could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// libtorch refused an operation.
    #[error("{}", describe_torch(.0))]
    Torch(#[from] TchError),
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
    /// The loss stopped being a number.
    #[error(
        "the loss is no longer a number at step {step} ({term})\n  \
         lower optimizer.learning_rate (it is {learning_rate}) or the weight of that term; \
         optimizer.clamp = true keeps a fast run in bounds"
    )]
    NotFinite {
        /// The step whose loss it was.
        step: u64,
        /// The first term that was not finite.
        term: String,
        /// The candidate's rate.
        learning_rate: f64,
    },
    /// Weights cannot even be looked for.
    #[error("{0}")]
    NoStore(String),
    /// The picture that `image.init_file` names cannot be used.
    #[error("image.init_file: {0}")]
    InitFile(String),
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
        matches!(self, Self::Weights(error) if matches!(**error, ObtainError::Stopped))
    }
}

impl From<ObtainError> for EngineError {
    fn from(error: ObtainError) -> Self {
        Self::Weights(Box::new(error))
    }
}

impl From<NetworkError> for EngineError {
    fn from(error: NetworkError) -> Self {
        match error {
            NetworkError::Torch(error) => Self::Torch(error),
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

/// The first line of libtorch's message (the rest is a C++ stack trace), with advice where memory ran out.
fn describe_torch(error: &TchError) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().trim();
    if text.contains("out of memory")
        || text.contains("not enough memory")
        || text.contains("DefaultCPUAllocator")
    {
        format!("out of memory: {first}\n  try a smaller --size, or fewer candidates")
    } else {
        format!("libtorch: {first}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_memory_comes_with_advice_and_without_a_stack_trace() {
        let error = EngineError::from(TchError::Torch(
            "CUDA out of memory. Tried to allocate 2 GiB\nframe #0: c10::Error".to_owned(),
        ));
        let text = error.to_string();
        assert!(
            text.contains("out of memory") && text.contains("--size") && !text.contains("frame"),
            "{text}"
        );
    }
}
