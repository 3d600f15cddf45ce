//! What the content and style pictures look like to the network: computed once per build of a lane.
//! Worker thread.

use indexmap::IndexMap;
use tch::Tensor;

use super::EngineError;
use crate::loss::Target;
use crate::loss::content::content_target;
use crate::loss::statistic::statistic;
use crate::loss::style::style_target;
use crate::network::Network;
use crate::preset::Preset;

/// One candidate's targets by layer.
#[derive(Debug)]
pub(super) struct Targets {
    /// Features of the content picture, `[1, C, H, W]`.
    pub(super) content: IndexMap<String, Target>,
    /// The parts of the style picture's statistic, each `[1, …]`.
    pub(super) style: IndexMap<String, Vec<Target>>,
}

impl Targets {
    /// `content` and `style` are `[1, 3, H, W]`, RGB in [0, 1].
    pub(super) fn new(
        network: &Network,
        preset: &Preset,
        content: &Tensor,
        style: &Tensor,
    ) -> Result<Self, EngineError> {
        let names =
            |layers: &crate::preset::LayerWeights| layers.keys().cloned().collect::<Vec<_>>();
        let content_layers = names(&preset.content.layers);
        let content_features = network.features(content, &content_layers)?;
        let style_layers = names(&preset.style.layers);
        let style_features = network.features(style, &style_layers)?;
        let mut style_statistics = IndexMap::new();
        for (layer, features) in style_layers.into_iter().zip(&style_features) {
            let parts = statistic(features, preset.style.statistic, preset.style.normalization)?;
            let parts = parts
                .into_iter()
                .map(style_target)
                .collect::<Result<_, _>>()?;
            style_statistics.insert(layer, parts);
        }
        let content_targets = content_features
            .into_iter()
            .map(content_target)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            content: content_layers.into_iter().zip(content_targets).collect(),
            style: style_statistics,
        })
    }
}
