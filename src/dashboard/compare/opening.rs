//! Opens the view of a comparison. UI thread.

use std::sync::Arc;
use std::time::Instant;

use super::desk::CompareDesk;
use super::{Beginning, Compare};
use crate::dashboard::live::Live;
use crate::dashboard::opening::{Opening, StartError};
use crate::dashboard::recorders::Recorders;
use crate::dashboard::setup::{CompareFarewell, CompareSetup, Sharing};
use crate::dashboard::task::Workshop;
use crate::preset::visible::visible;

/// Opens the view of a comparison, runs it to its end, and gives the terminal back. Where one of them is
/// promoted, the run's dashboard takes its place.
///
/// # Errors
/// Where there is no terminal, no thread, or no engine to be had; then the terminal is as it was.
pub fn compare(setup: CompareSetup) -> Result<CompareFarewell, StartError> {
    let recorders = Recorders::default();
    let mut files = Vec::new();
    for candidate in &setup.candidates {
        if let Some(recorder) = &candidate.recorder {
            let label = format!("{} {}", candidate.number + 1, visible(&candidate.label));
            recorders.add(candidate.number, Some(label), Arc::clone(recorder));
        }
        files.extend_from_slice(&candidate.loaded.files);
    }
    files.sort_unstable();
    files.dedup();
    let is_watching = setup.keeper.is_none();
    let is_attached = matches!(setup.sharing, Sharing::Attached { .. });
    let may_join = setup.joiner.is_some() || is_attached;
    let opening = Opening {
        start: setup.start,
        files,
        sources: [&setup.content, &setup.style].map(|source| Arc::clone(&source.picture)),
        options: setup.options,
        workshop: Workshop {
            keeper: setup.keeper,
            painter: setup.painter,
            joiner: setup.joiner,
        },
        recorders,
        note: setup.note,
    };
    let mut live = Live::open(opening, |look| {
        let beginning = Beginning {
            theme: look.theme,
            size: look.size,
            candidates: setup.candidates,
            content: setup.content,
            style: setup.style,
            pictures: look.pictures,
            is_watching,
            sharing: setup.sharing,
            may_join,
            arrivals: setup.arrivals,
        };
        CompareDesk::new(Compare::new(beginning, Instant::now()))
    })?;
    live.go_on();
    Ok(live.close().farewell())
}
