//! The lane's network: built by the preset's wishes, or kept where nothing it depends on changed.
//! Worker thread.

use std::path::PathBuf;
use std::rc::Rc;

use tch::Device;

use super::input::{Candidate, WeightsChoice};
use super::message::{Report, Stage};
use super::preparation::{FittedFrom, Preparation, fitted_from};
use super::{EngineError, trained};
use crate::network::random_weights::RandomWeights;
use crate::network::weights::TrainedWeights;
use crate::network::{Network, NetworkError, fitted};
use crate::preset::{NetworkName, NetworkPreset, Precision};

/// A network and everything that it depends on.
#[derive(Debug, Clone)]
pub(super) struct Extractor {
    pub(super) network: Rc<Network>,
    /// The file of trained weights, where there is one.
    pub(super) weights: Option<PathBuf>,
    /// What a person should know about how it was found.
    pub(super) notes: Vec<String>,
    key: Key,
}

/// With an equal key the network need not be built again.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    preset: NetworkPreset,
    layers: Vec<String>,
    /// Only `fitted` depends on the pictures.
    fitted: Option<FittedFrom>,
}

impl Key {
    fn new(first: &Candidate, preparation: &Preparation, step: u64) -> Self {
        let network = &first.preset.network;
        let is_fitted = network.name == NetworkName::Fitted;
        Self {
            preset: network.clone(),
            layers: preparation.layers.clone(),
            fitted: is_fitted.then(|| fitted_from(first, step, preparation.size)),
        }
    }
}

impl Extractor {
    /// The network for the lane of `first` at `step`, which is `old`'s where nothing changed.
    pub(super) fn new(
        first: &Candidate,
        preparation: &Preparation,
        step: u64,
        weights: &WeightsChoice,
        device: Device,
        old: Option<&Self>,
        report: &mut Report<'_>,
    ) -> Result<Self, EngineError> {
        let preset = &first.preset;
        let key = Key::new(first, preparation, step);
        if let Some(old) = old.filter(|old| old.key == key) {
            return Ok(old.clone());
        }
        let Preparation {
            layers,
            operations,
            seen,
            ..
        } = preparation;
        let name = preset.network.name;
        let mut found = None;
        let network = match (weights, seen.first()) {
            (_, Some(seen)) if name == NetworkName::Fitted => fitted::fit(
                &preset.network,
                &seen.content,
                &seen.styles,
                preset.schedule.seed,
                layers,
                &mut || report(Stage::Fitting),
            )?,
            (WeightsChoice::Random(seed), ..) => {
                let source = &mut RandomWeights::new(*seed);
                Network::assemble(&preset.network, operations, layers, source, device)?
            }
            _ => {
                let file = trained::find(&preset.network, operations, layers, weights, report)?;
                let _ = report(Stage::Weights);
                let source = &mut TrainedWeights::open(&file.path, name.as_str())
                    .map_err(NetworkError::from)?;
                found = Some(file);
                Network::assemble(&preset.network, operations, layers, source, device)?
            }
        };
        let (weights, mut notes) = found
            .map(|found| (Some(found.path), found.notes))
            .unwrap_or_default();
        if device == Device::Cpu {
            let precision = preset.network.precision;
            notes.extend(note_of_cpu(precision).map(str::to_owned));
        }
        Ok(Self {
            network: Rc::new(network),
            weights,
            notes,
            key,
        })
    }
}

/// What a person should know who computes at `precision` on a CPU.
fn note_of_cpu(precision: Precision) -> Option<&'static str> {
    match precision {
        Precision::Float32 => None,
        Precision::Tf32 => {
            Some("network.precision = tf32 is for NVIDIA GPUs: a CPU computes in float32")
        }
        Precision::Bfloat16 => Some(
            "network.precision = bfloat16 is for NVIDIA GPUs: on a CPU float32 is faster, and more exact",
        ),
    }
}
