//! What is said about a value, a key or a layer that does not fit: what is wrong, what was
//! expected, what to do.
//!
//! Pure functions, any thread. All wordings stand here and in the files that find the problem;
//! `tests/presets/invalid` shows each as a user sees it.

use toml::de::DeValue;

use super::field::{FIELDS, Field, FloatRange, Kind, Names, quoted, tables};
use super::nearest::nearest;
use super::number::float_text;
use super::problem::Problem;
use super::source::Place;
use super::visible::quote;

/// The value is of another type than its field.
pub(super) fn wrong_type(what: &str, kind: &Kind, found: &DeValue<'_>, place: Place) -> Problem {
    let help = match (kind, found) {
        (Kind::Float(_), DeValue::String(text)) => text
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map(|number| format!("write it as a plain number: {}", float_text(number))),
        (Kind::Integer { .. }, DeValue::String(text)) => text
            .parse::<i64>()
            .ok()
            .map(|number| format!("write it as a plain number: {number}")),
        (Kind::Integer { .. }, DeValue::Float(float)) => whole_number(float.as_str())
            .map(|whole| format!("write it without a point or an exponent: {whole}")),
        (Kind::Boolean, DeValue::String(text)) if matches!(text.as_ref(), "true" | "false") => {
            Some(format!("write it without quotes: {text}"))
        }
        (kind, _) if kind.is_table() => table_example(kind),
        (Kind::Integers { .. }, DeValue::Integer(number)) => {
            Some(format!("write a list, even of one number: [{number}]"))
        }
        _ => None,
    };
    Problem::new(format!("{what} has the wrong type"))
        .at(
            place,
            format!(
                "expected {}, found {}",
                kind.expectation(),
                type_name(found)
            ),
        )
        .maybe_help(help)
}

pub(super) fn float_out_of_range(
    what: &str,
    range: FloatRange,
    found: Option<f64>,
    place: Place,
) -> Problem {
    let title = match found {
        Some(number) if number.is_nan() => format!("{what} cannot be `nan`"),
        Some(number) if number.is_finite() => format!("{what} is out of range"),
        _ => format!("{what} must be finite"),
    };
    Problem::new(title).at(place, format!("expected a number {range}"))
}

pub(super) fn integer_out_of_range(what: &str, kind: &Kind, place: Place) -> Problem {
    Problem::new(format!("{what} is out of range"))
        .at(place, format!("expected {}", kind.expectation()))
}

pub(super) fn wrong_length(field: &Field, length: usize, place: Place) -> Problem {
    let amount = if length == 0 {
        "no".to_owned()
    } else {
        length.to_string()
    };
    Problem::new(format!("`{}` has {amount} numbers", field.key))
        .at(place, format!("expected {}", field.kind.expectation()))
}

pub(super) fn unknown_word(
    what: &str,
    words: &'static [&'static str],
    word: &str,
    place: Place,
) -> Problem {
    let problem = Problem::new(format!("{what} cannot be {}", quote(word)));
    let expected = format!("expected {}", Kind::Enumeration(words).expectation());
    let help = nearest(word, words.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    problem.at(place, expected).maybe_help(help)
}

/// Text that would act on the terminal that shows it.
pub(super) fn unprintable(field: &Field, place: Place) -> Problem {
    Problem::new(format!("`{}` holds a control character", field.key))
        .at(place, "expected printable text in one line")
        .help("remove line breaks, escapes such as `\\u001b`, and invisible characters")
}

/// A layer table without a layer; `label` says how it came to that.
pub(super) fn empty_layers(field: &Field, place: Place, label: &str) -> Problem {
    let (table, _) = field.table_and_name();
    Problem::new(format!("`{}` lists no layer", field.key))
        .at(place, label)
        .help(format!(
            "to leave this loss out, keep a layer and set `{table}.weight = 0`"
        ))
}

/// A key that no field has; `key` is the whole dotted path.
pub(super) fn unknown_field(key: &str, place: Place) -> Problem {
    let (table, name) = key.split_once('.').unwrap_or(("", key));
    let siblings: Vec<&str> = FIELDS
        .iter()
        .map(Field::table_and_name)
        .filter(|(other, _)| *other == table)
        .map(|(_, name)| name)
        .collect();
    let near_sibling = nearest(name, siblings.iter().copied());
    let elsewhere: Vec<&Field> = FIELDS
        .iter()
        .filter(|field| field.table_and_name().1 == name)
        .collect();
    let help = match (near_sibling, elsewhere.as_slice()) {
        (Some(near), _) => Some(format!("did you mean `{near}`?")),
        (None, [field]) => {
            let (table, _) = field.table_and_name();
            Some(format!("there is `{}`: move it to [{table}]", field.key))
        }
        (None, []) => None,
        (None, fields) => {
            let keys: Vec<&str> = fields.iter().map(|field| field.key).collect();
            Some(format!(
                "there are {}: move it to one of these tables",
                quoted(&keys)
            ))
        }
    };
    let (label, known) = if table.is_empty() {
        let mut known = siblings;
        known.push("extends");
        known.extend(tables());
        ("expected a field or table of a preset".to_owned(), known)
    } else {
        (format!("expected a field of [{table}]"), siblings)
    };
    let title = if table.is_empty() {
        format!("unknown field {}", quote(name))
    } else {
        format!("unknown field {} in [{table}]", quote(name))
    };
    Problem::new(title)
        .at(place, label)
        .maybe_help(help)
        .note(format!("known: {}", quoted(&known)))
}

/// A table at the top that a preset does not have.
pub(super) fn unknown_table(name: &str, place: Place) -> Problem {
    let help = nearest(name, tables()).map(|near| format!("did you mean `{near}`?"));
    Problem::new(format!("unknown table {}", quote(name)))
        .at(place, "expected a table of a preset")
        .maybe_help(help)
        .note(format!("known: {}", quoted(&tables())))
}

/// A value where a table stands.
pub(super) fn not_a_table(table: &str, found: &DeValue<'_>, place: Place) -> Problem {
    Problem::new(format!("`{table}` is a table, not a value"))
        .at(
            place,
            format!("expected a table, found {}", type_name(found)),
        )
        .help(format!(
            "set a field of it, such as `{}`",
            example_of(table)
        ))
}

/// A table where the command line names a field.
pub(super) fn whole_table(table: &str, place: Place) -> Problem {
    Problem::new(format!("`{table}` is a table and cannot be set as a whole"))
        .at(place, format!("expected a field of [{table}]"))
        .help(format!(
            "set a field of it, such as `{}`",
            example_of(table)
        ))
}

fn example_of(table: &str) -> &'static str {
    FIELDS
        .iter()
        .find(|field| field.table_and_name().0 == table)
        .map_or("", |field| field.key)
}

/// How a table of this kind is written, for whoever wrote something else.
fn table_example(kind: &Kind) -> Option<String> {
    match kind {
        Kind::Weights(Names::Layers) => {
            Some("give each layer a weight: `layers = { relu1_1 = 1.0, relu2_1 = 0.5 }`".to_owned())
        }
        Kind::Weights(Names::Pictures) => Some(
            "give each style picture a share: `blend = { first = 0.7, second = 0.3 }`".to_owned(),
        ),
        Kind::Weights(Names::Regions) => Some(
            "give each region a factor: `regions = { \"#ff0000\" = 2.0, \"#0000ff\" = 0.5 }`"
                .to_owned(),
        ),
        Kind::LayerWords(words) => {
            let word = words.first()?;
            Some(format!("name the layers: `{{ relu1_1 = \"{word}\" }}`"))
        }
        _ => None,
    }
}

fn whole_number(float: &str) -> Option<String> {
    let number: f64 = float.parse().ok()?;
    let is_whole = number.fract() == 0.0 && number.abs() < 1e15;
    is_whole.then(|| format!("{number:.0}"))
}

fn type_name(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text {}", quote(text)),
        DeValue::Integer(_) => "an integer".to_owned(),
        DeValue::Float(_) => "a number with a point or an exponent".to_owned(),
        DeValue::Boolean(flag) => format!("`{flag}`"),
        DeValue::Datetime(_) => "a date or time".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
