//! `--set key=value`: single fields and layers laid over a preset from the command line.
//!
//! Pure data, any thread. Whole fields are set before single layers, in the order given
//! otherwise, so that `network.name` may stand anywhere.

use std::str::FromStr;
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use super::check::Checker;
use super::complaint;
use super::consistency;
use super::field::{FIELDS, Field, Kind, find, quoted, tables};
use super::merge::Merged;
use super::nearest::nearest;
use super::problem::Problem;
use super::source::{Place, Source, SourceKind};
use super::value::{Entry, Value};
use super::visible::quote;

const ARGUMENT: &str = "--set ";

/// One field and its value as the user wrote them. Parse it from `key=value`.
///
/// The value is TOML, and bare words count as text: `network.name=vgg19`. `style.layers.relu1_1=0.5`
/// edits or adds one layer, `style.layers.relu1_1=none` removes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Override {
    /// A field such as `style.weight`, or one layer such as `style.layers.relu1_1`.
    pub key: String,
    /// The text after the `=`.
    pub value: String,
}

/// There is no `=`, or nothing before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected KEY=VALUE, such as `style.weight=3e5`")]
pub struct OverrideSyntaxError;

impl FromStr for Override {
    type Err = OverrideSyntaxError;

    fn from_str(argument: &str) -> Result<Self, Self::Err> {
        let (key, value) = argument.split_once('=').ok_or(OverrideSyntaxError)?;
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() {
            return Err(OverrideSyntaxError);
        }
        Ok(Self {
            key: key.to_owned(),
            value: value.to_owned(),
        })
    }
}

/// Lays the overrides over a preset; adds what is wrong with them to `problems`.
pub(super) fn apply(merged: &mut Merged, overrides: &[Override], problems: &mut Vec<Problem>) {
    let (layers, fields): (Vec<_>, Vec<_>) = overrides
        .iter()
        .partition(|setting| layer_of(&setting.key).is_some());
    for setting in fields {
        set_field(merged, setting, problems);
    }
    for setting in layers {
        if let Some((field, layer)) = layer_of(&setting.key) {
            set_layer(merged, setting, field, layer, problems);
        }
    }
}

/// `style.layers.relu1_1`: the field `style.layers` and the layer.
fn layer_of(key: &str) -> Option<(&'static Field, &str)> {
    FIELDS
        .iter()
        .filter(|field| field.kind == Kind::Layers)
        .find_map(|field| {
            let layer = key.strip_prefix(field.key)?.strip_prefix('.')?;
            Some((field, layer))
        })
}

impl Override {
    fn source(&self) -> Arc<Source> {
        let text = format!("{ARGUMENT}{}={}", self.key, self.value);
        Source::new("command line", &text, SourceKind::Override)
    }

    /// The place of the last `length` bytes of the key.
    fn key_place(&self, source: &Arc<Source>, length: usize) -> Place {
        let end = ARGUMENT.len() + self.key.len();
        Place::new(source, end - length.min(end)..end)
    }

    fn value_offset(&self) -> usize {
        ARGUMENT.len() + self.key.len() + 1
    }

    /// The value as TOML; text needs no quotes where the field takes text.
    fn parse(&self, kind: &Kind) -> Result<Spanned<DeValue<'_>>, toml::de::Error> {
        let is_quoted = self.value.starts_with(['"', '\'']);
        let takes_text = matches!(kind, Kind::Enumeration(_) | Kind::Path | Kind::Text);
        let word = || {
            let text = DeValue::String(self.value.as_str().into());
            Spanned::new(0..self.value.len(), text)
        };
        if takes_text && !is_quoted && (*kind == Kind::Text || !self.value.is_empty()) {
            return Ok(word());
        }
        DeValue::parse(&self.value).or_else(|error| {
            let is_word = self
                .value
                .chars()
                .all(|character| character.is_alphanumeric() || "_-+.%".contains(character));
            // A word where a number belongs is of the wrong type rather than bad TOML.
            if is_word && !self.value.is_empty() {
                Ok(word())
            } else {
                Err(error)
            }
        })
    }

    fn syntax_problem(
        &self,
        source: &Arc<Source>,
        kind: &Kind,
        error: &toml::de::Error,
    ) -> Problem {
        let span = error.span().unwrap_or(0..self.value.len());
        let offset = self.value_offset();
        let place = Place::new(source, span.start + offset..span.end + offset);
        let title = if self.value.is_empty() {
            format!("`{}` has no value", self.key)
        } else {
            format!("the value is not valid TOML: {}", error.message())
        };
        Problem::new(title).at(place, format!("expected {}", kind.expectation()))
    }
}

fn set_field(merged: &mut Merged, setting: &Override, problems: &mut Vec<Problem>) {
    let source = setting.source();
    let Some(field) = find(&setting.key) else {
        problems.push(unknown_key(setting, &source));
        return;
    };
    match setting.parse(&field.kind) {
        Ok(value) => {
            let mut checker = Checker {
                source: &source,
                offset: setting.value_offset(),
                problems,
            };
            match checker.entry(field, &value) {
                Some(entry) => merged.set(field.key, entry),
                None => merged.fail(field.key),
            }
        }
        Err(error) => {
            problems.push(setting.syntax_problem(&source, &field.kind, &error));
            merged.fail(field.key);
        }
    }
}

fn unknown_key(setting: &Override, source: &Arc<Source>) -> Problem {
    let key = setting.key.as_str();
    let place = setting.key_place(source, key.len());
    if key == "extends" {
        return Problem::new("`extends` cannot be set on the command line")
            .at(place, "expected a field of a preset")
            .help("name the preset itself with `-p`, or write a file that extends it");
    }
    if tables().contains(&key) {
        return complaint::whole_table(key, place);
    }
    complaint::unknown_field(key, place)
}

fn set_layer(
    merged: &mut Merged,
    setting: &Override,
    field: &'static Field,
    layer: &str,
    problems: &mut Vec<Problem>,
) {
    let source = setting.source();
    let place = setting.key_place(&source, layer.len());
    if merged.failed.contains(&field.key) {
        return;
    }
    if !merged.entries.contains_key(field.key) {
        let Some((network, block_count)) = consistency::network(merged) else {
            return;
        };
        let value = super::value::default_value(field, network, block_count);
        let Some(value) = value else { return };
        let defaults = Source::new("defaults", "", SourceKind::Text);
        merged.set(field.key, Entry::new(value, Place::new(&defaults, 0..0)));
    }
    let Some(entry) = merged.entries.get_mut(field.key) else {
        return;
    };
    let Value::Layers(layers) = &mut entry.value else {
        return;
    };
    if setting.value == "none" {
        if layers.shift_remove(layer).is_none() {
            let names: Vec<&str> = layers.keys().map(String::as_str).collect();
            let near = nearest(layer, names.iter().copied());
            problems.push(
                Problem::new(format!(
                    "`{}` has no layer {} to remove",
                    field.key,
                    quote(layer)
                ))
                .at(place, "expected a layer of the preset")
                .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
                .note(format!("its layers: {}", quoted(&names))),
            );
        } else if layers.is_empty() {
            problems.push(complaint::empty_layers(
                field,
                place,
                "this removes the last layer",
            ));
        }
        return;
    }
    let kind = Kind::Float(super::field::FloatRange::WEIGHT);
    match setting.parse(&kind) {
        Ok(value) => {
            let mut checker = Checker {
                source: &source,
                offset: setting.value_offset(),
                problems,
            };
            if let Some(weight) = checker.layer_weight(field, layer, &value) {
                layers.insert(layer.to_owned(), weight);
                entry.layer_places.insert(layer.to_owned(), place);
            }
        }
        Err(error) => problems.push(setting.syntax_problem(&source, &kind, &error)),
    }
}
