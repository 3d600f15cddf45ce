//! Does a TOML value fit its field? Every way in which it does not becomes a problem.
//!
//! Works on one parsed text at a time, any thread.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::field::{Field, FloatRange, Kind, Names};
use super::problem::Problem;
use super::source::{Place, Source};
use super::value::{Entry, Value};
use super::visible::is_printable;
use super::{complaint, entry_name};

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
        if let (Some(empty), DeValue::Table(table)) =
            (Value::empty_table(field.kind), value.get_ref())
        {
            return self.table(field, table, Entry::new(empty, place));
        }
        let value = self.value(&format!("`{}`", field.key), field, field.kind, value)?;
        Some(Entry::new(value, place))
    }

    /// The name of one entry of a table as presets hold it, or None after noting what is wrong with it.
    pub(super) fn entry_name(&mut self, field: &Field, name: &str, place: Place) -> Option<String> {
        match entry_name::canonical(field.kind, name) {
            Some(name) => Some(name),
            None => self.reject(entry_name::unknown(field, name, place)),
        }
    }

    /// The value of one entry of a table, or None after noting why there is none.
    pub(super) fn entry_value(
        &mut self,
        field: &Field,
        name: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Value> {
        let kind = field.kind.of_entry()?;
        self.value(&entry_name::entry_text(field, name), field, kind, value)
    }

    fn table(&mut self, field: &Field, table: &DeTable<'_>, mut entry: Entry) -> Option<Entry> {
        if table.is_empty() && field.kind == Kind::Weights(Names::Layers) {
            let label = "expected at least one layer and its weight";
            return self.reject(complaint::empty_layers(field, entry.place, label));
        }
        let mut is_sound = !self.hides_a_colour(field, &entry.place);
        for (key, value) in table {
            let place = self.place(key.span());
            let name = self.entry_name(field, key.get_ref(), place.clone());
            let value = self.entry_value(field, name.as_deref().unwrap_or(key.get_ref()), value);
            let (Some(name), Some(value)) = (name, value) else {
                is_sound = false;
                continue;
            };
            if let Some(first) = entry.names.get(&name) {
                let problem = entry_name::given_twice(field, &name, first.clone(), place);
                self.problems.push(problem);
                is_sound = false;
                continue;
            }
            entry.names.insert(name.clone(), place);
            entry.value.insert(name, value);
        }
        is_sound.then_some(entry)
    }

    /// Notes a region that is a comment because its colour has no quotes; without this it would just be
    /// missing.
    fn hides_a_colour(&mut self, field: &Field, table: &Place) -> bool {
        if field.kind != Kind::Weights(Names::Regions) {
            return false;
        }
        let start = table.span.start;
        let all = table.source.text.get(start..).unwrap_or("");
        let text = if all.starts_with('{') {
            all.get(..table.span.len()).unwrap_or(all)
        } else {
            all
        };
        let Some(found) = entry_name::colour_in_a_comment(text) else {
            return false;
        };
        let colour = text.get(found.clone()).unwrap_or("");
        let place = Place::new(self.source, start + found.start..start + found.end);
        self.problems
            .push(entry_name::comment(field, colour, place));
        true
    }

    /// A value of this kind that is the field's or an entry's; `what` is what messages call it.
    fn value(
        &mut self,
        what: &str,
        field: &Field,
        kind: Kind,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<Value> {
        match (kind, value.get_ref()) {
            (Kind::Float(range), _) => self.float(what, range, value).map(Value::Float),
            (Kind::Integer { minimum, maximum }, _) => self
                .integer(field, minimum..=maximum, value)
                .map(Value::Integer),
            (Kind::Boolean, DeValue::Boolean(flag)) => Some(Value::Boolean(*flag)),
            (Kind::Enumeration(words), DeValue::String(word)) => {
                if words.contains(&word.as_ref()) {
                    return Some(Value::Text(word.to_string()));
                }
                let place = self.place(value.span());
                self.reject(complaint::unknown_word(what, words, word, place))
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
                self.reject(complaint::wrong_type(what, &kind, found, place))
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
