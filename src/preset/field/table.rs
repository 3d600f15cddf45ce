//! The registry: every field of a preset, once, in the order in which a preset is written.
//!
//! Static data, any thread. A field that is added here must be added to [`crate::preset::Preset`]
//! as well, and the other way round; a test in `preset/flat.rs` compares the two.

use super::ChangeClass::{Live, Rebuild, Restart};
use super::{ChangeClass, DefaultValue, Field, FloatRange, Kind, Names};
use crate::preset::layer_name::MAX_BLOCKS;

/// What can be compared at a style layer.
const STATISTICS: &[&str] = &[
    "gram",
    "covariance",
    "mean",
    "covariance_and_mean",
    "mean_and_deviation",
    "wasserstein",
    "sliced_wasserstein",
    "histogram",
    "gram_and_histogram",
];

/// Where a layer's style comes from.
const SOURCES: &[&str] = &[
    "blend", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
];

/// Sides of pictures that are worth optimising, in pixels. The deepest tap of a VGG needs 16.
const SIDE: Kind = Kind::Integer {
    minimum: 16,
    maximum: 16_384,
};

const fn field(
    key: &'static str,
    kind: Kind,
    change: ChangeClass,
    default: DefaultValue,
    unit: &'static str,
    doc: &'static str,
) -> Field {
    Field {
        key,
        kind,
        change,
        default,
        unit,
        doc,
    }
}

const fn float(
    key: &'static str,
    range: FloatRange,
    change: ChangeClass,
    default: f64,
    doc: &'static str,
) -> Field {
    let default = DefaultValue::Float(default);
    field(key, Kind::Float(range), change, default, "", doc)
}

const fn word(
    key: &'static str,
    words: &'static [&'static str],
    change: ChangeClass,
    default: &'static str,
    doc: &'static str,
) -> Field {
    let default = DefaultValue::Text(default);
    field(key, Kind::Enumeration(words), change, default, "", doc)
}

const fn switch(key: &'static str, change: ChangeClass, default: bool, doc: &'static str) -> Field {
    let default = DefaultValue::Boolean(default);
    field(key, Kind::Boolean, change, default, "", doc)
}

const fn path(key: &'static str, change: ChangeClass, doc: &'static str) -> Field {
    field(key, Kind::Path, change, DefaultValue::Absent, "", doc)
}

const fn side(key: &'static str, default: i64, doc: &'static str) -> Field {
    let default = DefaultValue::Integer(default);
    field(key, SIDE, Rebuild, default, "pixels", doc)
}

const fn weights(key: &'static str, names: Names, doc: &'static str) -> Field {
    field(
        key,
        Kind::Weights(names),
        Live,
        DefaultValue::Empty,
        "",
        doc,
    )
}

const fn layers(key: &'static str, doc: &'static str) -> Field {
    field(
        key,
        Kind::Weights(Names::Layers),
        Live,
        DefaultValue::ByNetwork,
        "",
        doc,
    )
}

/// Every field of a preset.
#[rustfmt::skip] // one field a paragraph reads better than one argument a line
pub const FIELDS: &[Field] = &[
    field("description", Kind::Text, Live, DefaultValue::Text(""), "",
        "One line that says what the preset is for."),

    word("network.name", &["vgg16", "vgg19", "squeezenet1_0", "squeezenet1_1", "fitted"], Rebuild, "fitted",
        "The network whose features are compared. `fitted` learns its filters from the two pictures and needs no download."),
    path("network.weights", Rebuild,
        "A safetensors or PyTorch file with torchvision's tensor names, instead of the one that is fetched; not used by `fitted`."),
    word("network.pooling", &["max", "average", "l2"], Rebuild, "average",
        "How the network makes its features smaller."),
    float("network.pooling_scale", FloatRange::POSITIVE, Rebuild, 1.0,
        "Factor applied after every pooling; 2 with average pooling keeps features about as large as max pooling does."),
    word("network.padding", &["zeros", "reflect", "replicate", "replicate_first"], Rebuild, "reflect",
        "What the network sees beyond the edges of the picture; `replicate_first` repeats the edge at the first convolution only."),
    word("network.pixels", &["torchvision", "torchvision_255", "caffe", "caffe_256"], Rebuild, "torchvision",
        "The numbers that pixels are to the network; `caffe` ones go with weights that were trained in Caffe, which are fetched for them."),
    word("network.precision", &["float32", "tf32", "bfloat16"], Rebuild, "float32",
        "How exactly the network multiplies; losses and steps always are float32. `tf32` and `bfloat16` are for NVIDIA GPUs, where they are faster; on a CPU the first is float32 and the second slow."),
    field("network.widths", Kind::Integers { minimum: 1, maximum: 1024, longest: MAX_BLOCKS }, Rebuild,
        DefaultValue::Integers(&[32, 48, 64, 96]), "channels",
        "Output channels of each block of the `fitted` network, one number a block; other networks do not use it."),
    float("network.whitening", FloatRange::positive_to(100.0), Rebuild, 0.5,
        "The share ε of the mean eigenvalue that whitening adds in the `fitted` network: less gives finer grain, more blurs."),

    float("content.weight", FloatRange::WEIGHT, Live, 0.05,
        "Factor on the whole content loss: how firmly the picture keeps its shapes."),
    layers("content.layers",
        "Layers at which the picture is compared with the content picture, each with its weight."),
    word("content.error", &["mean", "sum", "half_sum", "relative"], Rebuild, "relative",
        "How the difference of features becomes a number; `relative` divides the mean by the variance of the target."),

    switch("content.normalize_gradients", Rebuild, false,
        "Divide the gradient of each content layer's error by its own size, so that weights alone decide between layers."),
    weights("content.regions", Names::Regions,
        "Factors of regions of the content mask, by colour; how firmly each keeps its shapes."),

    float("style.weight", FloatRange::WEIGHT, Live, 1.0,
        "Factor on the whole style loss: how firmly the picture takes on the style."),
    layers("style.layers",
        "Layers at which the picture is compared with the style picture, each with its weight."),
    word("style.statistic", STATISTICS, Rebuild, "covariance_and_mean",
        "What is compared at a style layer."),
    field("style.statistics", Kind::LayerWords(STATISTICS), Rebuild, DefaultValue::Empty, "",
        "Layers at which something else than `statistic` is compared."),
    float("style.shift", FloatRange { minimum: -1000.0, maximum: Some(1000.0), ..FloatRange::WEIGHT }, Rebuild, 0.0,
        "Subtracted from every feature before its Gram matrix is taken; other statistics do not use it."),
    word("style.normalization", &["none", "hw", "chw", "picture_hw"], Rebuild, "hw",
        "What matrices are divided by: nothing, height × width, channels × height × width, or the picture's own height × width."),
    word("style.error", &["mean", "sum", "relative"], Rebuild, "relative",
        "How the difference of two statistics becomes a number; `relative` divides the mean by the mean square of the target."),
    word("style.divide_by", &["none", "hw", "chw", "picture_hw"], Rebuild, "none",
        "What the error of a layer is divided by: nothing, height × width, channels × height × width, or the picture's own height × width."),
    float("style.divisor", FloatRange::POSITIVE, Live, 1.0,
        "A number that the error of every style layer is divided by as well."),
    switch("style.chained", Rebuild, false,
        "Take each layer's error less that of the layer listed next, each difference with the layer's weight."),
    field("style.projections", Kind::Integer { minimum: 0, maximum: 4096 }, Rebuild, DefaultValue::Integer(0), "directions",
        "Random directions at a layer for `sliced_wasserstein`, drawn anew at every step; 0 for as many as it has channels."),
    switch("style.normalize_gradients", Rebuild, false,
        "Divide the gradient of each style layer's error by its own size, so that weights alone decide between layers."),
    weights("style.blend", Names::Pictures,
        "Shares of several style pictures, by `first`, `second`, …; all alike where none is named."),
    field("style.source", Kind::LayerWords(SOURCES), Live, DefaultValue::Empty, "",
        "Layers that take their style from one picture alone, or from the `blend` as the others do."),
    weights("style.regions", Names::Regions,
        "Factors of regions of the masks, by colour; how firmly each takes on the style."),

    float("variation.weight", FloatRange::WEIGHT, Live, 2.0,
        "Factor on the total variation of the picture: how firmly it is kept smooth."),
    word("variation.form", &["absolute", "squared", "power", "eight_neighbours"], Live, "eight_neighbours",
        "What is added up over neighbouring pixels."),
    word("variation.reduction", &["mean", "sum"], Live, "mean",
        "Whether the variation is a mean or a sum over pixels; `eight_neighbours` is always a mean."),
    float("variation.exponent", FloatRange::positive_to(10.0), Live, 1.25,
        "Exponent of the `power` form; other forms do not use it."),

    word("optimizer.kind", &["adam", "lbfgs"], Rebuild, "adam",
        "How the picture is changed at each step."),
    float("optimizer.learning_rate", FloatRange::positive_to(1000.0), Live, 0.03,
        "Adam: how far a step moves a pixel at most, about, where black is 0 and white is 1. L-BFGS: the length of a step, usually 1."),
    float("optimizer.beta1", FloatRange::DECAY, Live, 0.9,
        "Decay of Adam's mean of the gradients."),
    float("optimizer.beta2", FloatRange::DECAY, Live, 0.99,
        "Decay of Adam's mean of the squared gradients."),
    float("optimizer.epsilon", FloatRange::positive_to(1.0), Live, 1e-8,
        "Added to the divisor of Adam's step, so that it is never 0."),
    word("optimizer.space", &["rgb", "normalized"], Rebuild, "rgb",
        "In which units the picture is optimised: RGB from 0 to 1, or as the network takes its pixels."),
    switch("optimizer.clamp", Live, true,
        "Keep the picture between black and white after every step."),
    float("optimizer.averaging", FloatRange::DECAY, Live, 0.0,
        "Decay of the moving average of the pictures that becomes the result; 0 for the last picture itself."),
    word("optimizer.line_search", &["none", "strong_wolfe"], Live, "none",
        "How L-BFGS finds the length of a step: the learning rate, or by trying until the strong Wolfe conditions hold."),
    field("optimizer.history", Kind::Integer { minimum: 1, maximum: 1000 }, Live, DefaultValue::Integer(100), "steps",
        "How many steps back L-BFGS remembers; each keeps two pictures in memory."),
    float("optimizer.tolerance_gradient", FloatRange::WEIGHT, Live, 0.0,
        "L-BFGS stops moving where no element of the gradient is larger."),
    float("optimizer.tolerance_change", FloatRange::WEIGHT, Live, 0.0,
        "L-BFGS stops moving where neither a step nor the loss changes by more."),

    field("scales.start", Kind::Integer { minimum: 0, maximum: 16_384 }, Rebuild, DefaultValue::Integer(0), "pixels",
        "Size that the picture forms at first, as `image.size`; 0 to begin at full size."),
    float("scales.factor", FloatRange { minimum: 1.0, maximum: Some(16.0), ..FloatRange::POSITIVE }, Rebuild, std::f64::consts::SQRT_2,
        "From one size to the next."),
    field("scales.steps", Kind::Integers { minimum: 1, maximum: 10_000_000, longest: 32 }, Rebuild,
        DefaultValue::Integers(&[500]), "steps",
        "Steps at each smaller size, the last number for all further ones; `schedule.steps` are those at full size."),

    side("image.size", 256,
        "Length of the side that `fit` names."),
    word("image.fit", &["longer", "shorter", "height", "exact", "native"], Rebuild, "longer",
        "Which side of the content picture becomes `size`; `exact` takes `width` and `height`, `native` the picture's own size."),
    side("image.width", 256,
        "Width where `fit` is `exact`."),
    side("image.height", 256,
        "Height where `fit` is `exact`."),
    switch("image.enlarge", Rebuild, true,
        "Whether small pictures are made larger; if not, one whose longer side is at most `size` keeps its own size."),
    switch("image.enlarge_style", Rebuild, true,
        "Whether small style pictures are made larger where `enlarge` says so of all pictures."),
    word("image.style_fit", &["own", "stretch"], Rebuild, "own",
        "Whether the style picture keeps its own shape or is stretched to the content's height and width."),
    float("image.style_scale", FloatRange::positive_to(16.0), Rebuild, 1.0,
        "Factor on the style picture's size where `style_fit` is `own`: larger gives larger strokes."),
    field("image.style_size", Kind::Integer { minimum: 0, maximum: 16_384 }, Rebuild, DefaultValue::Integer(0), "pixels",
        "Size of the style picture in place of `size` where `style_fit` is `own`, at every scale; 0 for the same as the content's."),
    word("image.filter", &["nearest", "bilinear", "bicubic", "lanczos3"], Rebuild, "lanczos3",
        "How pictures are resized."),
    word("image.match_colours",
        &["none", "content_to_style", "style_to_content", "style_to_content_histogram", "luminance"], Rebuild, "none",
        "Which picture takes on the other's colours first; `style_to_content` and `luminance` keep the content's colours in the result."),
    word("image.init", &["content", "noise", "style", "file"], Restart, "content",
        "The picture from which the optimisation starts."),
    path("image.init_file", Restart,
        "The picture to start from where `init` is `file`."),
    float("image.noise_deviation", FloatRange::to(10.0), Restart, 0.2,
        "Standard deviation of the noise around the ImageNet mean colour where `init` is `noise`; black is 0, white is 1."),
    word("image.gamut", &["clip", "keep_hue"], Live, "clip",
        "What becomes of colours beyond black or white in the result: channels are cut off, or the colour fades until it fits."),

    field("schedule.steps", Kind::Integer { minimum: 1, maximum: 10_000_000 }, Live,
        DefaultValue::Integer(200), "steps",
        "How many steps the optimisation takes."),
    field("schedule.seed", Kind::Integer { minimum: 0, maximum: i64::MAX }, Restart,
        DefaultValue::Integer(0), "",
        "Start of the random numbers: the same preset and seed give the same picture on the same machine."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_are_unique_and_have_a_doc_line() {
        let mut seen = HashSet::new();
        for field in FIELDS {
            assert!(seen.insert(field.key), "{} stands twice", field.key);
            assert!(field.doc.ends_with('.'), "{}: {}", field.key, field.doc);
            assert!(field.key.matches('.').count() <= 1, "{}", field.key);
        }
    }

    #[test]
    fn defaults_are_of_their_kind_and_in_range() {
        for field in FIELDS {
            let fits = match (field.kind, field.default) {
                (Kind::Float(range), DefaultValue::Float(number)) => range.contains(number),
                (Kind::Integer { minimum, maximum }, DefaultValue::Integer(number)) => {
                    (minimum..=maximum).contains(&number)
                }
                (Kind::Enumeration(words), DefaultValue::Text(word)) => words.contains(&word),
                (
                    Kind::Integers {
                        minimum,
                        maximum,
                        longest,
                    },
                    DefaultValue::Integers(numbers),
                ) => {
                    (1..=longest).contains(&numbers.len())
                        && numbers
                            .iter()
                            .all(|number| (minimum..=maximum).contains(number))
                }
                (Kind::Boolean, DefaultValue::Boolean(_))
                | (Kind::Text, DefaultValue::Text(_))
                | (Kind::Path, DefaultValue::Absent)
                | (Kind::Weights(Names::Layers), DefaultValue::ByNetwork)
                | (Kind::LayerWords(_), DefaultValue::Empty) => true,
                (Kind::Weights(names), DefaultValue::Empty) => names != Names::Layers,
                _ => false,
            };
            assert!(fits, "{}", field.key);
        }
    }
}
