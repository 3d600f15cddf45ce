//! One TOML text, read as a preset: the fields it names, each checked against the registry.
//!
//! Knows nothing of other texts; the bases it extends are added by [`super::merge`]. Any thread.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check::Checker;
use super::complaint;
use super::field::{FIELDS, Field, find, tables};
use super::problem::Problem;
use super::source::{Place, Source};
use super::syntax;
use super::value::Entry;

/// The fields that one text names.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The preset it is laid over, and where it says so.
    pub extends: Option<(String, Place)>,
    pub entries: IndexMap<&'static str, Entry>,
    /// Fields it names with a value that does not fit.
    pub failed: Vec<&'static str>,
}

/// Reads a text and adds everything that is wrong with it to `problems`.
pub(super) fn read(source: &Arc<Source>, problems: &mut Vec<Problem>) -> Document {
    let mut document = Document::default();
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut found = Vec::new();
    let mut checker = Checker {
        source,
        offset: 0,
        problems: &mut found,
    };
    for (key, value) in table.get_ref() {
        document.read_top(&mut checker, key.get_ref(), key.span(), value);
    }
    // What else stands on a line that cannot be read is a guess of the parser, not the user's word.
    let mut unreadable: HashSet<usize> = HashSet::new();
    let mut syntax: Vec<Problem> = errors
        .iter()
        .map(|error| syntax::problem(source, error))
        .collect();
    syntax.sort_by_key(start);
    syntax.retain(|problem| line(problem).is_none_or(|line| unreadable.insert(line)));
    found.retain(|problem| line(problem).is_none_or(|line| !unreadable.contains(&line)));
    found.extend(syntax);
    found.sort_by_key(start);
    if !unreadable.is_empty() {
        // Any field may be missing from what was read, so nothing that spans fields can be checked.
        document.failed.extend(FIELDS.iter().map(|field| field.key));
    }
    problems.append(&mut found);
    document
}

fn start(problem: &Problem) -> usize {
    problem.place().map_or(0, |place| place.span.start)
}

fn line(problem: &Problem) -> Option<usize> {
    problem.place().map(|place| place.line_and_column().0)
}

impl Document {
    fn read_top(
        &mut self,
        checker: &mut Checker<'_>,
        key: &str,
        span: Range<usize>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let key_place = checker.place(span);
        if key == "extends" {
            self.read_extends(checker, value);
        } else if let Some(field) = find(key) {
            self.read_field(checker, field, value);
        } else if tables().contains(&key) {
            let DeValue::Table(table) = value.get_ref() else {
                let place = checker.place(value.span());
                let problem = complaint::not_a_table(key, value.get_ref(), place);
                checker.problems.push(problem);
                return;
            };
            for (name, value) in table {
                let path = format!("{key}.{}", name.get_ref());
                if let Some(field) = find(&path) {
                    self.read_field(checker, field, value);
                } else {
                    let place = checker.place(name.span());
                    checker
                        .problems
                        .push(complaint::unknown_field(&path, place));
                }
            }
        } else if value.get_ref().is_table() {
            checker
                .problems
                .push(complaint::unknown_table(key, key_place));
        } else {
            checker
                .problems
                .push(complaint::unknown_field(key, key_place));
        }
    }

    fn read_field(
        &mut self,
        checker: &mut Checker<'_>,
        field: &'static Field,
        value: &Spanned<DeValue<'_>>,
    ) {
        match checker.entry(field, value) {
            Some(entry) => {
                self.entries.insert(field.key, entry);
            }
            None => self.failed.push(field.key),
        }
    }

    fn read_extends(&mut self, checker: &mut Checker<'_>, value: &Spanned<DeValue<'_>>) {
        let place = checker.place(value.span());
        match value.get_ref() {
            DeValue::String(base) => self.extends = Some((base.to_string(), place)),
            _ => checker.problems.push(
                Problem::new("`extends` has the wrong type")
                    .at(place, "expected the name or the path of one preset in quotes")
                    .help("write `extends = \"gatys\"`, or the path of a file: `extends = \"./mine.toml\"`"),
            ),
        }
    }
}
