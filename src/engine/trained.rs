//! Which file a published network's weights are in: the one that the preset names, or what the store has or
//! fetches. Worker thread, which waits while it is fetched.

use std::path::PathBuf;

use super::EngineError;
use super::input::WeightsChoice;
use super::message::{Fetching, Report, Stage};
use crate::network::NetworkError;
use crate::network::architecture::Operation;
use crate::network::weights::needed;
use crate::preset::NetworkPreset;
use crate::weights::catalogue;

/// A file of trained weights.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// What a person should know about how it was found.
    pub(super) notes: Vec<String>,
}

/// The file with the weights of `operations` up to the deepest of `layers`.
///
/// # Errors
/// Where there is none, where it cannot be fetched, or where `report` breaks the fetching off.
pub(super) fn find(
    network: &NetworkPreset,
    operations: &[Operation],
    layers: &[String],
    choice: &WeightsChoice,
    report: &mut Report<'_>,
) -> Result<Found, EngineError> {
    if let Some(path) = &network.weights {
        return Ok(Found {
            path: path.clone(),
            notes: Vec::new(),
        });
    }
    if let WeightsChoice::Unavailable(reason) = choice {
        return Err(EngineError::NoStore(reason.clone()));
    }
    let (WeightsChoice::Store(store), Some(published)) =
        (choice, catalogue::of(network.name, network.pixels))
    else {
        return Err(NetworkError::NoWeights(network.name.as_str().to_owned()).into());
    };
    let needed = needed(operations, layers).map_err(|layer| NetworkError::UnknownLayer {
        network: network.name.as_str().to_owned(),
        layer: layer.to_owned(),
    })?;
    let mut fetching = Fetching::of(published.name);
    let located = store.obtain(published, &needed, &mut |progress| {
        fetching.hear(progress);
        report(Stage::Fetching(fetching.clone()))
    })?;
    Ok(Found {
        path: located.path,
        notes: located.notes,
    })
}
