//! How losses are shown as curves. Plain data; UI thread.

use crate::record::chart::Scale;

/// How the loss curve is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LossView {
    pub(super) scale: Scale,
    /// The last so many steps; `None` for all.
    pub(super) window: Option<u64>,
    /// As a picture and not as text.
    pub(super) as_picture: bool,
}

/// Choices of [`LossView::window`].
const WINDOWS: [Option<u64>; 4] = [None, Some(1000), Some(200), Some(50)];

impl Default for LossView {
    fn default() -> Self {
        Self {
            scale: Scale::Logarithmic,
            window: None,
            as_picture: false,
        }
    }
}

impl LossView {
    /// Logarithmic or linear.
    pub(super) fn toggle_scale(&mut self) {
        self.scale = match self.scale {
            Scale::Logarithmic => Scale::Linear,
            Scale::Linear => Scale::Logarithmic,
        };
    }

    /// The whole run, or fewer and fewer of the last steps.
    pub(super) fn next_window(&mut self) {
        let index = WINDOWS
            .iter()
            .position(|window| *window == self.window)
            .unwrap_or(0);
        self.window = WINDOWS.get(index + 1).copied().unwrap_or(None);
    }

    /// In a few words, for the border of a panel.
    pub(super) fn in_words(&self) -> String {
        let scale = match self.scale {
            Scale::Logarithmic => "log",
            Scale::Linear => "linear",
        };
        match self.window {
            None => format!("{scale}, whole run"),
            Some(steps) => format!("{scale}, last {steps} steps"),
        }
    }
}
