//! The panels of the comparison and how they share the screen. Data; any thread.

use crate::dashboard::layout::{Panels, Shape};

/// A part of the screen that keys can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Panel {
    Pictures,
    Chart,
    Differences,
    Events,
}

impl Panels for Panel {
    const ALL: &'static [Self] = &[Self::Pictures, Self::Chart, Self::Differences, Self::Events];

    /// Numbers choose candidates.
    const HAS_KEYS: bool = false;

    fn title(self) -> &'static str {
        match self {
            Self::Pictures => "Pictures",
            Self::Chart => "Loss",
            Self::Differences => "Differences",
            Self::Events => "Events",
        }
    }

    fn columns(shape: Shape) -> Vec<Vec<Vec<Self>>> {
        use Panel::{Chart, Differences, Events, Pictures};
        match shape {
            Shape::TooSmall => vec![],
            Shape::Small => vec![
                vec![vec![Pictures]],
                vec![vec![Chart], vec![Differences, Events]],
            ],
            Shape::Medium => vec![
                vec![vec![Pictures], vec![Events]],
                vec![vec![Chart], vec![Differences]],
            ],
            Shape::Large => vec![
                vec![vec![Pictures]],
                vec![vec![Chart], vec![Differences], vec![Events]],
            ],
        }
    }

    fn shares(shape: Shape) -> (Vec<f32>, Vec<Vec<f32>>) {
        match shape {
            Shape::TooSmall => (vec![], vec![]),
            Shape::Small => (vec![0.52, 0.48], vec![vec![1.0], vec![0.5, 0.5]]),
            Shape::Medium => (vec![0.55, 0.45], vec![vec![0.8, 0.2], vec![0.5, 0.5]]),
            Shape::Large => (vec![0.6, 0.4], vec![vec![1.0], vec![0.42, 0.36, 0.22]]),
        }
    }
}
