//! `--set key=value`: single fields and entries of tables laid over a preset from the command line.
//!
//! Pure data, any thread. Whole fields are set before single entries, in the order given
//! otherwise, so that `network.name` may stand anywhere.

use std::str::FromStr;
use std::sync::Arc;

use toml::Spanned;
use toml::de::DeValue;

use super::check::Checker;
use super::entry_name::{canonical, noun};
use super::field::{FIELDS, Field, Kind, Names, find, quoted, tables};
use super::merge::Merged;
use super::nearest::nearest;
use super::problem::Problem;
use super::source::{Place, Source, SourceKind};
use super::value::Entry;
use super::visible::quote;
use super::{complaint, consistency};

/// One field and its value as the user wrote them. Parse it from `key=value`.
///
/// The value is TOML, and bare words count as text: `network.name=vgg19`. `style.layers.relu1_1=0.5`
/// edits or adds one layer, `style.layers.relu1_1=none` removes it; so do `style.blend.second=0.3` and
/// `style.regions.#ff0000=2` with an entry of another table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Override {
    /// A field such as `style.weight`, or one entry of a table such as `style.layers.relu1_1`.
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
    let (entries, fields): (Vec<_>, Vec<_>) = overrides
        .iter()
        .partition(|setting| entry_of(&setting.key).is_some());
    for setting in fields {
        set_field(merged, setting, problems);
    }
    for setting in entries {
        if let Some((field, name)) = entry_of(&setting.key) {
            set_entry(merged, setting, field, name, problems);
        }
    }
}

/// `style.layers.relu1_1`: the field `style.layers` and the name of the entry.
fn entry_of(key: &str) -> Option<(&'static Field, &str)> {
    FIELDS
        .iter()
        .filter(|field| field.kind.is_table())
        .find_map(|field| {
            let name = key.strip_prefix(field.key)?.strip_prefix('.')?;
            Some((field, name))
        })
}

impl Override {
    fn source(&self) -> Arc<Source> {
        // Other options and grids set fields, too: what was typed before the key is not known.
        let text = format!("{}={}", self.key, self.value);
        Source::new("command line", &text, SourceKind::Override)
    }

    /// The place of the last `length` bytes of the key.
    fn key_place(&self, source: &Arc<Source>, length: usize) -> Place {
        let end = self.key.len();
        Place::new(source, end - length.min(end)..end)
    }

    fn value_offset(&self) -> usize {
        self.key.len() + 1
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

fn set_entry(
    merged: &mut Merged,
    setting: &Override,
    field: &'static Field,
    written: &str,
    problems: &mut Vec<Problem>,
) {
    let source = setting.source();
    let place = setting.key_place(&source, written.len());
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
    // Whoever knows that a preset file needs quotes may write them here, too.
    let name = written
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
        .unwrap_or(written);
    if setting.value == "none" {
        let known = canonical(field.kind, name).unwrap_or_else(|| name.to_owned());
        problems.extend(remove_entry(entry, field, &known, place));
        return;
    }
    let Some(kind) = field.kind.of_entry() else {
        return;
    };
    match setting.parse(&kind) {
        Ok(value) => {
            let mut checker = Checker {
                source: &source,
                offset: setting.value_offset(),
                problems,
            };
            let known = checker.entry_name(field, name, place.clone());
            let value = checker.entry_value(field, known.as_deref().unwrap_or(name), &value);
            if let (Some(name), Some(value)) = (known, value) {
                entry.value.insert(name.clone(), value);
                entry.names.insert(name, place);
            }
        }
        Err(error) => problems.push(setting.syntax_problem(&source, &kind, &error)),
    }
}

/// Takes an entry out of a table, or says why there is nothing to take.
fn remove_entry(entry: &mut Entry, field: &Field, name: &str, place: Place) -> Option<Problem> {
    if !entry.value.remove(name) {
        let noun = noun(field.kind);
        let entries = entry.value.entries().unwrap_or_default();
        let names: Vec<&str> = entries.keys().map(String::as_str).collect();
        let near = nearest(name, names.iter().copied());
        let note = match names.as_slice() {
            [] => "it names none".to_owned(),
            names => format!("its {noun}s: {}", quoted(names)),
        };
        let title = format!("`{}` has no {noun} {} to remove", field.key, quote(name));
        return Some(
            Problem::new(title)
                .at(place, format!("expected a {noun} of the preset"))
                .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
                .note(note),
        );
    }
    entry.names.shift_remove(name);
    let is_empty = entry.value.entries().is_none_or(|left| left.is_empty());
    (is_empty && field.kind == Kind::Weights(Names::Layers))
        .then(|| complaint::empty_layers(field, place, "this removes the last layer"))
}
