//! What is written loads back to the same preset, whatever its values.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::preset::field::{FIELDS, Field, FloatRange, Kind};
use crate::preset::flat::assemble;
use crate::preset::value::Value;

fn any_float(range: FloatRange) -> BoxedStrategy<f64> {
    (prop::num::f64::POSITIVE | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO)
        .prop_map(move |number| {
            let number = number.abs();
            match range.maximum {
                // Folded into the range rather than filtered: few floats are small.
                Some(maximum) if number > maximum => (number.fract() * maximum).max(maximum / 3.0),
                _ => number,
            }
        })
        .prop_filter("outside the range", move |number| range.contains(*number))
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
        Kind::Layers => {
            prop::collection::btree_map(select(layers), any_float(FloatRange::WEIGHT), 1..6)
                .prop_map(|layers| Some(Value::Layers(layers.into_iter().collect())))
                .boxed()
        }
    }
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
            preset
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
