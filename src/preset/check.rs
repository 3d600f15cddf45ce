//! Does a TOML value fit its field? Every way in which it does not becomes a problem.
//!
//! Works on one parsed text at a time, any thread.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::complaint;
use super::field::{Field, FloatRange, Kind};
use super::problem::Problem;
use super::source::{Place, Source};
use super::value::{Entry, Value};
use super::visible::{is_printable, quote};

/// Checks the values of one text and collects what is wrong with them.
pub(super) struct Checker<'a> {
    pub source: &'a Arc<Source>,
    /// Where the parsed part of the text starts.
    pub offset: usize,
    pub problems: &'a mut Vec<Problem>,
}

impl Checker<'_> {
    pub(super) fn place(&self, span: Range<usize>) -> Place {
        Place::new(
            self.source,
            span.start + self.offset..span.end + self.offset,
        )
    }

    /// The field's value, or None after noting why there is none.
    pub(super) fn entry(&mut self, field: &Field, value: &Spanned<DeValue<'_>>) -> Option<Entry> {
        let place = self.place(value.span());
        if let (Kind::Layers, DeValue::Table(table)) = (field.kind, value.get_ref()) {
            return self.layers(field, table, place);
        }
        let value = self.value(field, value)?;
        Some(Entry::new(value, place))
    }

    /// The weight of one layer of a layer table.
    pub(super) fn layer_weight(
        &mut self,
        field: &Field,
        layer: &str,
        weight: &Spanned<DeValue<'_>>,
    ) -> Option<f64> {
        let what = format!("the weight of layer {} in `{}`", quote(layer), field.key);
        self.float(&what, FloatRange::WEIGHT, weight)
    }

    fn layers(&mut self, field: &Field, table: &DeTable<'_>, place: Place) -> Option<Entry> {
        if table.is_empty() {
            let label = "expected at least one layer and its weight";
            self.problems
                .push(complaint::empty_layers(field, place, label));
            return None;
        }
        let mut weights = IndexMap::new();
        let mut places = IndexMap::new();
        for (name, weight) in table {
            let layer = name.get_ref().to_string();
            if let Some(weight) = self.layer_weight(field, &layer, weight) {
                weights.insert(layer.clone(), weight);
            }
            places.insert(layer, self.place(name.span()));
        }
        let all_sound = weights.len() == table.len();
        all_sound.then(|| Entry {
            layer_places: places,
            ..Entry::new(Value::Layers(weights), place)
        })
    }

    fn value(&mut self, field: &Field, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        let what = format!("`{}`", field.key);
        match (field.kind, value.get_ref()) {
            (Kind::Float(range), _) => self.float(&what, range, value).map(Value::Float),
            (Kind::Integer { minimum, maximum }, _) => self
                .integer(field, minimum..=maximum, value)
                .map(Value::Integer),
            (Kind::Boolean, DeValue::Boolean(flag)) => Some(Value::Boolean(*flag)),
            (Kind::Enumeration(words), DeValue::String(word)) => {
                if words.contains(&word.as_ref()) {
                    return Some(Value::Text(word.to_string()));
                }
                let place = self.place(value.span());
                self.reject(complaint::unknown_word(field, words, word, place))
            }
            (Kind::Path | Kind::Text, DeValue::String(text)) => {
                if is_printable(text) {
                    return Some(Value::Text(text.to_string()));
                }
                let place = self.place(value.span());
                self.reject(complaint::unprintable(field, place))
            }
            (
                Kind::Integers {
                    minimum,
                    maximum,
                    longest,
                },
                DeValue::Array(items),
            ) => {
                if items.is_empty() || items.len() > longest {
                    let place = self.place(value.span());
                    return self.reject(complaint::wrong_length(field, items.len(), place));
                }
                let numbers: Vec<i64> = items
                    .iter()
                    .filter_map(|item| self.integer(field, minimum..=maximum, item))
                    .collect();
                (numbers.len() == items.len()).then_some(Value::Integers(numbers))
            }
            (kind, found) => {
                let place = self.place(value.span());
                self.reject(complaint::wrong_type(&what, &kind, found, place))
            }
        }
    }

    fn float(
        &mut self,
        what: &str,
        range: FloatRange,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Float(float) => float.as_str().parse::<f64>().ok(),
            // Beyond 2^53 a float is the nearest there is, as in every TOML file that says 1e20.
            DeValue::Integer(integer) => i128::from_str_radix(integer.as_str(), integer.radix())
                .ok()
                .and_then(|integer| integer.to_string().parse::<f64>().ok()),
            found => {
                let place = self.place(value.span());
                return self.reject(complaint::wrong_type(
                    what,
                    &Kind::Float(range),
                    found,
                    place,
                ));
            }
        };
        match number {
            // −0 would be written back as 0 in some places and −0 in others.
            Some(number) if range.contains(number) => Some(number + 0.0),
            _ => {
                let place = self.place(value.span());
                self.reject(complaint::float_out_of_range(what, range, number, place))
            }
        }
    }

    fn integer(
        &mut self,
        field: &Field,
        range: RangeInclusive<i64>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<i64> {
        let what = format!("`{}`", field.key);
        let place = self.place(value.span());
        let kind = Kind::Integer {
            minimum: *range.start(),
            maximum: *range.end(),
        };
        let DeValue::Integer(integer) = value.get_ref() else {
            return self.reject(complaint::wrong_type(&what, &kind, value.get_ref(), place));
        };
        match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(integer) if range.contains(&integer) => Some(integer),
            _ => self.reject(complaint::integer_out_of_range(&what, &kind, place)),
        }
    }

    fn reject<T>(&mut self, problem: Problem) -> Option<T> {
        self.problems.push(problem);
        None
    }
}
