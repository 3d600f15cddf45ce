//! What a preset says to L-BFGS. Worker thread.

use crate::preset::{LineSearch, OptimizerPreset, StepSpace};

/// What a preset says to L-BFGS.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Settings {
    pub(super) rate: f64,
    pub(super) line_search: LineSearch,
    pub(super) history: usize,
    pub(super) tolerance_gradient: f64,
    pub(super) tolerance_change: f64,
    pub(super) space: StepSpace,
    pub(super) clamp: bool,
}

impl Settings {
    pub(super) fn new(preset: &OptimizerPreset) -> Self {
        Self {
            rate: preset.learning_rate,
            line_search: preset.line_search,
            history: (preset.history as usize).max(1),
            tolerance_gradient: preset.tolerance_gradient,
            tolerance_change: preset.tolerance_change,
            space: preset.space,
            clamp: preset.clamp,
        }
    }
}
