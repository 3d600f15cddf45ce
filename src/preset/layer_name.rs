//! The names under which a preset may tap each network, in order of depth.
//!
//! Pure tables and functions: no state, any thread. The network room implements exactly these
//! names, so this file is the contract between a preset and a feature extractor.

use indexmap::IndexSet;

use super::model::{LayerWeights, NetworkName, NetworkPreset};

/// The most blocks the fitted network may have. Five halvings already leave 7 pixels of 224.
pub const MAX_BLOCKS: usize = 8;

/// Every network, in the order in which lists show them.
pub const NETWORKS: [NetworkName; 5] = [
    NetworkName::Vgg16,
    NetworkName::Vgg19,
    NetworkName::Squeezenet1_0,
    NetworkName::Squeezenet1_1,
    NetworkName::Fitted,
];

const SQUEEZENET1_0: [&str; 14] = [
    "input", "conv1", "relu1", "pool1", "fire2", "fire3", "fire4", "pool4", "fire5", "fire6",
    "fire7", "fire8", "pool8", "fire9",
];

const SQUEEZENET1_1: [&str; 14] = [
    "input", "conv1", "relu1", "pool1", "fire2", "fire3", "pool3", "fire4", "fire5", "pool5",
    "fire6", "fire7", "fire8", "fire9",
];

/// The layers of `network` that can be tapped, from the picture itself (`input`) to the deepest.
///
/// `conv…` is a convolution before its `ReLU`, `relu…` after it; `pool3` follows `fire3` or the
/// third stage. The fitted network has one `block` for each of its `widths`.
#[must_use]
pub fn layer_names(network: &NetworkPreset) -> Vec<String> {
    layer_names_of(network.name, network.widths.len())
}

/// Like [`layer_names`], by name; `block_count` matters for the fitted network only.
#[must_use]
pub fn layer_names_of(network: NetworkName, block_count: usize) -> Vec<String> {
    match network {
        NetworkName::Vgg16 => vgg_layers([2, 2, 3, 3, 3]),
        NetworkName::Vgg19 => vgg_layers([2, 2, 4, 4, 4]),
        NetworkName::Squeezenet1_0 => SQUEEZENET1_0.map(String::from).to_vec(),
        NetworkName::Squeezenet1_1 => SQUEEZENET1_1.map(String::from).to_vec(),
        NetworkName::Fitted => std::iter::once("input".to_owned())
            .chain((1..=block_count).map(|block| format!("block{block}")))
            .collect(),
    }
}

/// The layers of all networks together, each once: what a schema that knows no network accepts.
#[must_use]
pub fn all_layer_names() -> IndexSet<String> {
    NETWORKS
        .into_iter()
        .flat_map(|network| layer_names_of(network, MAX_BLOCKS))
        .collect()
}

/// The content layers of a preset that lists none.
///
/// Trained networks take the layer the literature takes; the fitted one its last block but one.
#[must_use]
pub fn default_content_layers(network: NetworkName, block_count: usize) -> LayerWeights {
    let layer = match network {
        NetworkName::Vgg16 | NetworkName::Vgg19 => "relu4_2".to_owned(),
        NetworkName::Squeezenet1_0 | NetworkName::Squeezenet1_1 => "fire5".to_owned(),
        NetworkName::Fitted => format!("block{}", block_count.saturating_sub(1).max(1)),
    };
    LayerWeights::from([(layer, 1.0)])
}

/// The style layers of a preset that lists none.
#[must_use]
pub fn default_style_layers(network: NetworkName, block_count: usize) -> LayerWeights {
    let evenly = |names: &[&str]| {
        names
            .iter()
            .map(|name| ((*name).to_owned(), 0.2))
            .collect::<LayerWeights>()
    };
    match network {
        NetworkName::Vgg16 | NetworkName::Vgg19 => {
            evenly(&["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"])
        }
        NetworkName::Squeezenet1_0 | NetworkName::Squeezenet1_1 => {
            evenly(&["relu1", "fire2", "fire4", "fire6", "fire8"])
        }
        NetworkName::Fitted => layer_names_of(network, block_count)
            .into_iter()
            .map(|name| (name, 1.0))
            .collect(),
    }
}

fn vgg_layers(convolutions_of_stage: [usize; 5]) -> Vec<String> {
    let mut names = vec!["input".to_owned()];
    for (stage, convolutions) in (1..).zip(convolutions_of_stage) {
        for convolution in 1..=convolutions {
            names.push(format!("conv{stage}_{convolution}"));
            names.push(format!("relu{stage}_{convolution}"));
        }
        names.push(format!("pool{stage}"));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vgg16_has_thirteen_convolutions_and_vgg19_sixteen() {
        for (network, convolutions) in [(NetworkName::Vgg16, 13), (NetworkName::Vgg19, 16)] {
            let names = layer_names_of(network, 0);
            assert_eq!(names.len(), 1 + 2 * convolutions + 5);
            assert_eq!(names.last().map(String::as_str), Some("pool5"));
        }
        let vgg19 = layer_names_of(NetworkName::Vgg19, 0);
        assert_eq!(
            vgg19[..6],
            ["input", "conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1"]
        );
        assert!(vgg19.contains(&"relu5_4".to_owned()));
    }

    #[test]
    fn default_layers_exist_in_their_network() {
        for network in NETWORKS {
            for block_count in 1..=MAX_BLOCKS {
                let names = layer_names_of(network, block_count);
                let content = default_content_layers(network, block_count);
                let style = default_style_layers(network, block_count);
                for layer in content.keys().chain(style.keys()) {
                    assert!(names.contains(layer), "{network:?}: {layer}");
                }
            }
        }
    }

    #[test]
    fn names_are_unique() {
        for network in NETWORKS {
            let names = layer_names_of(network, MAX_BLOCKS);
            let unique: IndexSet<&String> = names.iter().collect();
            assert_eq!(unique.len(), names.len());
        }
    }
}
