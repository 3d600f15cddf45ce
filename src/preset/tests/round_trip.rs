//! What is written loads back to the same preset, whatever its values.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::preset::field::{FIELDS, Field, FloatRange, Kind, Names};
use crate::preset::flat::assemble;
use crate::preset::value::Value;

fn any_float(range: FloatRange) -> BoxedStrategy<f64> {
    let number = prop::num::f64::POSITIVE | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    (number, any::<bool>())
        .prop_map(move |(number, is_negative)| {
            let number = number.abs();
            let signed = if is_negative { -number } else { number };
            if let Some(sound) = [signed, number]
                .into_iter()
                .find(|number| range.contains(*number))
            {
                // −0 does not come back, as it never comes out of a file.
                return sound + 0.0;
            }
            // Folded into the range rather than filtered: few floats are small.
            let maximum = range.maximum.unwrap_or(range.minimum + 1.0);
            range.minimum + (maximum - range.minimum) * number.fract().max(1.0 / 3.0)
        })
        .boxed()
}

fn any_value(field: &Field, layers: Vec<String>) -> BoxedStrategy<Option<Value>> {
    match field.kind {
        Kind::Float(range) => any_float(range)
            .prop_map(|number| Some(Value::Float(number)))
            .boxed(),
        Kind::Integer { minimum, maximum } => (minimum..=maximum)
            .prop_map(|number| Some(Value::Integer(number)))
            .boxed(),
        Kind::Boolean => any::<bool>()
            .prop_map(|flag| Some(Value::Boolean(flag)))
            .boxed(),
        Kind::Enumeration(words) => select(words)
            .prop_map(|word| Some(Value::Text(word.to_owned())))
            .boxed(),
        // Absolute and without `.`, as a path that was loaded is.
        Kind::Path => "/[ --0-~äöü😀]{0,20}"
            .prop_map(|path| Some(Value::Text(path)))
            .boxed(),
        Kind::Text => "[ -~äöü😀]{0,40}"
            .prop_map(|text| Some(Value::Text(text)))
            .boxed(),
        // The number of blocks decides which layers there are, so it stays.
        Kind::Integers {
            minimum, maximum, ..
        } => prop::collection::vec(minimum..=maximum, 4)
            .prop_map(|numbers| Some(Value::Integers(numbers)))
            .boxed(),
        Kind::Weights(names) => {
            let (name, count) = match names {
                Names::Layers => (select(layers).boxed(), 1..6),
                Names::Pictures => (select(&ORDINALS[..]).prop_map(str::to_owned).boxed(), 0..8),
                Names::Regions => ("#[0-9a-f]{6}".boxed(), 0..6),
            };
            prop::collection::btree_map(name, any_float(FloatRange::WEIGHT), count)
                .prop_map(|weights| Some(Value::Weights(weights.into_iter().collect())))
                .boxed()
        }
        Kind::LayerWords(words) => {
            let word = select(words).prop_map(str::to_owned);
            prop::collection::btree_map(select(layers), word, 0..6)
                .prop_map(|words| Some(Value::Words(words.into_iter().collect())))
                .boxed()
        }
    }
}

/// Makes fit what has to fit together across fields.
fn fitting(mut preset: Preset) -> Preset {
    let layers = preset.style.layers.clone();
    preset
        .style
        .statistics
        .retain(|layer, _| layers.contains_key(layer));
    preset
        .style
        .source
        .retain(|layer, _| layers.contains_key(layer));
    if !layers
        .keys()
        .any(|layer| preset.style.statistic_at(layer) == Statistic::Gram)
    {
        preset.style.shift = 0.0;
    }
    if preset.style.blend.values().all(|share| *share == 0.0) {
        preset.style.blend.clear();
    }
    if preset.image.style_size < 16 {
        preset.image.style_size = 0;
    }
    let ImagePreset { size, fit, .. } = preset.image;
    let can_grow = matches!(fit, Fit::Longer | Fit::Shorter | Fit::Height);
    if !can_grow || preset.scales.start < 16 || preset.scales.start >= size {
        preset.scales.start = 0;
    }
    preset.scales.factor = preset.scales.factor.max(1.3);
    preset
}

fn any_preset() -> impl Strategy<Value = Preset> {
    select(&layer_name::NETWORKS[..]).prop_flat_map(|network| {
        let layers = layer_names_of(network, 4);
        let values: Vec<_> = FIELDS
            .iter()
            .map(|field| any_value(field, layers.clone()))
            .collect();
        values.prop_map(move |values| {
            let named = FIELDS.iter().zip(values);
            let mut preset =
                assemble(named.filter_map(|(field, value)| Some((field, value?)))).unwrap();
            preset.network.name = network;
            fitting(preset)
        })
    })
}

#[test]
fn built_in_presets_come_back() {
    for name in built_in::names() {
        let preset = built_in(name);
        assert_eq!(from_toml(&to_toml(&preset), name).unwrap(), preset);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_preset_comes_back(preset in any_preset()) {
        let text = to_toml(&preset);
        match from_toml(&text, "written") {
            Ok(loaded) => {
                prop_assert_eq!(diff(&preset, &loaded), []);
                prop_assert_eq!(loaded, preset);
            }
            Err(error) => prop_assert!(false, "{}\n{}", error, text),
        }
    }
}
