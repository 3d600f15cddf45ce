//! The lane's network: built by the preset's wishes, or kept where nothing it depends on changed.
//! Worker thread.

use std::rc::Rc;

use tch::Device;

use super::EngineError;
use super::input::{Candidate, WeightsChoice};
use super::message::Stage;
use super::preparation::{FittedFrom, Preparation, fitted_from};
use crate::network::random_weights::RandomWeights;
use crate::network::weights::WeightsFile;
use crate::network::{Network, NetworkError, fitted};
use crate::preset::{NetworkName, NetworkPreset};

/// A network and everything that it depends on.
#[derive(Debug, Clone)]
pub(super) struct Extractor {
    pub(super) network: Rc<Network>,
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
    fn new(first: &Candidate, preparation: &Preparation) -> Self {
        let network = &first.preset.network;
        let is_fitted = network.name == NetworkName::Fitted;
        Self {
            preset: network.clone(),
            layers: preparation.layers.clone(),
            fitted: is_fitted.then(|| fitted_from(first, preparation.size)),
        }
    }
}

impl Extractor {
    /// The network for the lane of `first`, which is `old`'s where nothing changed.
    pub(super) fn new(
        first: &Candidate,
        preparation: &Preparation,
        weights: WeightsChoice,
        device: Device,
        old: Option<&Self>,
        report: &mut dyn FnMut(Stage),
    ) -> Result<Self, EngineError> {
        let preset = &first.preset;
        let key = Key::new(first, preparation);
        if let Some(old) = old.filter(|old| old.key == key) {
            return Ok(old.clone());
        }
        let Preparation {
            layers,
            operations,
            contents,
            styles,
            ..
        } = preparation;
        let name = preset.network.name;
        let network = match (weights, contents.first(), styles.first()) {
            (_, Some(content), Some(style)) if name == NetworkName::Fitted => {
                report(Stage::Fitting);
                fitted::fit(
                    &preset.network,
                    content,
                    style,
                    preset.schedule.seed,
                    layers,
                )?
            }
            (WeightsChoice::Random(seed), ..) => {
                let source = &mut RandomWeights::new(seed);
                Network::assemble(&preset.network, operations, layers, source, device)?
            }
            (WeightsChoice::Preset, ..) => {
                report(Stage::Weights);
                let name = name.as_str();
                let path = preset
                    .network
                    .weights
                    .as_ref()
                    .ok_or_else(|| NetworkError::NoWeights(name.to_owned()))?;
                let source = &mut WeightsFile::open(path, name).map_err(NetworkError::from)?;
                Network::assemble(&preset.network, operations, layers, source, device)?
            }
        };
        Ok(Self {
            network: Rc::new(network),
            key,
        })
    }
}
