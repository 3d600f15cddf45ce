//! What a person may turn while the picture forms, and how far one turn goes.
//!
//! Pure, any thread.

mod series;

use super::difference::short_text;
use super::field::{ChangeClass, DefaultValue, Field, FloatRange, Kind};
use super::flat::flatten;
use super::model::{OptimizerKind, Preset, VariationForm};
use super::overriding::Override;
use super::value::Value;

/// One field, or one entry of a table, as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// `style.weight`, or `style.layers.relu4_2`.
    pub key: String,
    /// As `--set` takes it, short: `3e5`, `0.05`, `true`, `squared`.
    pub value: String,
    /// One line that says what it does.
    pub doc: &'static str,
    /// What the number counts, such as `steps`; often empty.
    pub unit: &'static str,
    /// What values it takes: `a number from 0 to 1`.
    pub expectation: String,
}

/// Which way, and how far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    /// About a tenth less, or the word before.
    FineDown,
    /// About a tenth more, or the next word.
    FineUp,
    /// About half.
    CoarseDown,
    /// About twice.
    CoarseUp,
}

impl Turn {
    /// Downwards where negative.
    fn notches(self) -> i32 {
        match self {
            Self::FineDown => -1,
            Self::FineUp => 1,
            Self::CoarseDown => -series::COARSE,
            Self::CoarseUp => series::COARSE,
        }
    }
}

/// Every live field of `preset` that has an effect, in the order of the registry, each entry of a table
/// by itself. Texts are left out.
#[must_use]
pub fn parameters(preset: &Preset) -> Vec<Parameter> {
    single_values(preset)
        .into_iter()
        .filter(|single| is_used(single.field, preset))
        .map(|single| Parameter {
            value: short_text(&single.value),
            doc: single.field.doc,
            unit: single.field.unit,
            expectation: single.kind.expectation(),
            key: single.key,
        })
        .collect()
}

/// The override that turns the live field or the entry `key` one notch; None where it is at its end, or is
/// nothing that can be turned.
///
/// Numbers move through a series of round ones, in steps of about a tenth or 1-2-5: a turn up and one
/// down give such a number back, unless it meets the end of its range. Decays do so in 1 − x. Words and
/// booleans go round in a circle.
#[must_use]
pub fn turned(preset: &Preset, key: &str, turn: Turn) -> Option<Override> {
    let single = single_values(preset)
        .into_iter()
        .find(|single| single.key == key)?;
    let notches = turn.notches();
    let field = single.field;
    let value = match (single.kind, single.value) {
        (Kind::Float(FloatRange::DECAY), Value::Float(decay)) => {
            Value::Float(series::turned_decay(decay, notches)?)
        }
        (Kind::Float(range), Value::Float(number)) => {
            let scale = match single.field.default {
                DefaultValue::Float(usual) if usual > 0.0 => usual,
                _ => 1.0,
            };
            Value::Float(series::turned_float(number, range, scale, notches)?)
        }
        (Kind::Integer { minimum, maximum }, Value::Integer(number)) => {
            Value::Integer(series::turned_integer(number, minimum, maximum, notches)?)
        }
        (Kind::Boolean, Value::Boolean(flag)) => Value::Boolean(!flag),
        (Kind::Enumeration(words), Value::Text(word)) if words.len() > 1 => {
            let place = words.iter().position(|known| *known == word)?;
            let step = if notches > 0 { 1 } else { words.len() - 1 };
            Value::Text((*words.get((place + step) % words.len())?).to_owned())
        }
        _ => return None,
    };
    if field.key == "style.blend" && value == Value::Float(0.0) {
        let name = key.rsplit('.').next().unwrap_or("");
        let mut others = preset
            .style
            .blend
            .iter()
            .filter(|(other, _)| *other != name);
        // A blend needs a share that is not 0.
        others.find(|(_, share)| **share > 0.0)?;
    }
    Some(Override {
        key: key.to_owned(),
        value: short_text(&value),
    })
}

/// A live field that is no table, or one entry of one.
struct Single {
    key: String,
    field: &'static Field,
    kind: Kind,
    value: Value,
}

fn single_values(preset: &Preset) -> Vec<Single> {
    let mut singles = Vec::new();
    let live = flatten(preset)
        .into_iter()
        .filter(|(field, _)| field.change == ChangeClass::Live);
    for (field, value) in live {
        match (field.kind.of_entry(), value.entries()) {
            (Some(kind), Some(entries)) => {
                singles.extend(entries.into_iter().map(|(name, value)| Single {
                    key: format!("{}.{name}", field.key),
                    field,
                    kind,
                    value,
                }));
            }
            _ if matches!(field.kind, Kind::Text | Kind::Path) => {}
            _ => singles.push(Single {
                key: field.key.to_owned(),
                field,
                kind: field.kind,
                value,
            }),
        }
    }
    singles
}

/// Whether the field has an effect while the other fields are what they are.
fn is_used(field: &Field, preset: &Preset) -> bool {
    match field.key {
        "variation.exponent" => preset.variation.form == VariationForm::Power,
        "variation.reduction" => preset.variation.form != VariationForm::EightNeighbours,
        "optimizer.beta1" | "optimizer.beta2" | "optimizer.epsilon" => {
            preset.optimizer.kind == OptimizerKind::Adam
        }
        "optimizer.line_search"
        | "optimizer.history"
        | "optimizer.tolerance_gradient"
        | "optimizer.tolerance_change" => preset.optimizer.kind == OptimizerKind::Lbfgs,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;
    use crate::preset::{built_in, from_toml, with_overrides};

    fn preset(name: &str) -> Preset {
        from_toml(built_in::text(name).unwrap(), name).unwrap()
    }

    fn key_and_value(parameter: &Parameter) -> String {
        format!("{}={}", parameter.key, parameter.value)
    }

    #[test]
    fn live_fields_and_layers_are_listed_in_order() {
        let listed: Vec<String> = parameters(&preset("gatys"))
            .iter()
            .map(key_and_value)
            .collect();
        assert_eq!(
            listed,
            [
                "content.weight=1.0",
                "content.layers.relu4_2=1.0",
                "style.weight=1000.0",
                "style.layers.relu1_1=0.2",
                "style.layers.relu2_1=0.2",
                "style.layers.relu3_1=0.2",
                "style.layers.relu4_1=0.2",
                "style.layers.relu5_1=0.2",
                "style.divisor=4.0",
                "variation.weight=0.0",
                "variation.form=eight_neighbours",
                "optimizer.learning_rate=0.02",
                "optimizer.beta1=0.9",
                "optimizer.beta2=0.999",
                "optimizer.epsilon=1e-8",
                "optimizer.clamp=true",
                "optimizer.averaging=0.0",
                "image.gamut=clip",
                "schedule.steps=500",
            ]
        );
    }

    #[test]
    fn what_the_form_does_not_use_is_left_out() {
        let mut preset = preset("gatys");
        let mut unused = |form| {
            preset.variation.form = form;
            let listed = parameters(&preset);
            ["variation.exponent", "variation.reduction"]
                .into_iter()
                .filter(|key| !listed.iter().any(|parameter| parameter.key == *key))
                .collect::<Vec<_>>()
        };
        assert_eq!(unused(VariationForm::Power), [""; 0]);
        assert_eq!(unused(VariationForm::Squared), ["variation.exponent"]);
    }

    #[test]
    fn only_numbers_of_the_chosen_optimizer_are_listed() {
        let of_kind = |kind| {
            let mut preset = preset("gatys");
            preset.optimizer.kind = kind;
            let listed = parameters(&preset).into_iter();
            let listed = listed.filter_map(|parameter| {
                let name = parameter.key.strip_prefix("optimizer.")?;
                Some(name.to_owned())
            });
            listed.collect::<Vec<_>>()
        };
        assert_eq!(
            of_kind(OptimizerKind::Adam),
            [
                "learning_rate",
                "beta1",
                "beta2",
                "epsilon",
                "clamp",
                "averaging"
            ]
        );
        assert_eq!(
            of_kind(OptimizerKind::Lbfgs),
            [
                "learning_rate",
                "clamp",
                "averaging",
                "line_search",
                "history",
                "tolerance_gradient",
                "tolerance_change",
            ]
        );
    }

    /// `gatys` with entries in every table.
    fn with_tables() -> Preset {
        let settings = [
            "style.blend={ first = 0.5, second = 0 }",
            "style.source={ relu1_1 = 'blend', relu2_1 = 'eighth' }",
            "style.statistics.relu1_1=histogram",
            "style.regions={ '#ff0000' = 2 }",
            "content.regions={ '#00ff00' = 0 }",
        ];
        let settings: Vec<Override> = settings.iter().map(|text| text.parse().unwrap()).collect();
        with_overrides(&preset("gatys"), &settings).unwrap()
    }

    #[test]
    fn entries_of_tables_are_turned_by_themselves() {
        let listed = parameters(&with_tables());
        let entries: Vec<String> = listed
            .iter()
            .filter(|parameter| parameter.key.matches('.').count() == 2)
            .filter(|parameter| !parameter.key.contains(".layers."))
            .map(key_and_value)
            .collect();
        assert_eq!(
            entries,
            [
                "content.regions.#00ff00=0.0",
                "style.blend.first=0.5",
                "style.blend.second=0.0",
                "style.source.relu1_1=blend",
                "style.source.relu2_1=eighth",
                "style.regions.#ff0000=2.0",
            ]
        );
        let turned = |key, turn| {
            let setting = turned(&with_tables(), key, turn)?;
            let changed = with_overrides(&with_tables(), std::slice::from_ref(&setting)).unwrap();
            assert_ne!(changed, with_tables());
            Some(setting.value)
        };
        for (key, turn, value) in [
            ("style.blend.first", Turn::FineUp, "0.55"),
            ("style.blend.second", Turn::CoarseUp, "0.01"),
            ("style.regions.#ff0000", Turn::CoarseDown, "1.0"),
            ("content.regions.#00ff00", Turn::FineUp, "0.01"),
            ("style.source.relu1_1", Turn::FineUp, "first"),
            ("style.source.relu1_1", Turn::FineDown, "eighth"),
            ("style.source.relu2_1", Turn::FineUp, "blend"),
        ] {
            assert_eq!(turned(key, turn).as_deref(), Some(value), "{key}");
        }
        // Targets of another statistic have to be computed first.
        assert_eq!(turned("style.statistics.relu1_1", Turn::FineUp), None);
    }

    #[test]
    fn the_last_share_of_a_blend_stays_above_nothing() {
        let mut preset = with_tables();
        preset.style.blend["first"] = 0.01;
        assert_eq!(turned(&preset, "style.blend.first", Turn::FineDown), None);
        preset.style.blend["second"] = 0.01;
        let gone = turned(&preset, "style.blend.first", Turn::FineDown).unwrap();
        assert_eq!(gone.value, "0.0");
    }

    #[test]
    fn words_and_switches_go_round() {
        let turned = |key, turn| turned(&preset("gatys"), key, turn).map(|turned| turned.value);
        assert_eq!(
            turned("variation.form", Turn::FineUp).as_deref(),
            Some("absolute")
        );
        assert_eq!(
            turned("variation.form", Turn::CoarseDown).as_deref(),
            Some("power")
        );
        assert_eq!(
            turned("optimizer.clamp", Turn::FineDown).as_deref(),
            Some("false")
        );
        assert_eq!(turned("optimizer.kind", Turn::FineUp), None);
        assert_eq!(turned("description", Turn::FineUp), None);
        assert_eq!(turned("style.layers", Turn::FineUp), None);
        assert_eq!(turned("style.layers.relu9_9", Turn::FineUp), None);
        assert_eq!(turned("variation.weight", Turn::FineDown), None);
    }

    #[test]
    fn paths_stay_as_they_are() {
        let mut preset = preset("gatys");
        preset.network.weights = Some("relative/weights.safetensors".into());
        let setting = turned(&preset, "style.layers.relu1_1", Turn::FineUp).unwrap();
        let changed = with_overrides(&preset, &[setting]).unwrap();
        assert_eq!(changed.network.weights, preset.network.weights);
        assert!((changed.style.layers["relu1_1"] - 0.22).abs() < 1e-12);
        let wrong = with_overrides(&preset, &["style.weight=-1".parse().unwrap()]);
        assert!(wrong.unwrap_err().summary().starts_with("command line:1:"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn whatever_is_turned_stays_sound(
            preset in prop_oneof![
                select(built_in::names()).prop_map(preset),
                Just(with_tables()),
            ],
            turns in prop::collection::vec(
                (any::<Index>(), select(vec![Turn::FineDown, Turn::FineUp, Turn::CoarseDown, Turn::CoarseUp])),
                1..12,
            ),
        ) {
            let mut preset = preset;
            for (index, turn) in turns {
                let listed = parameters(&preset);
                let key = &listed[index.index(listed.len())].key;
                if let Some(setting) = turned(&preset, key, turn) {
                    let changed = with_overrides(&preset, std::slice::from_ref(&setting));
                    prop_assert!(changed.is_ok(), "{setting:?}");
                    let changed = changed.unwrap();
                    prop_assert!(changed != preset, "{:?} does nothing", setting);
                    preset = changed;
                }
            }
        }
    }
}
