//! Texts that are not TOML: the parser's words, and what they mean to whoever wrote the text.
//!
//! Pure, any thread.

use std::sync::Arc;

use super::problem::Problem;
use super::source::{Place, Source};
use super::visible::{is_printable, quote};

/// What to say about a syntax error that the parser found.
pub(super) fn problem(source: &Arc<Source>, error: &toml::de::Error) -> Problem {
    let end = source.text.len();
    let span = error.span().unwrap_or(end..end);
    let found = source.text.get(span.clone()).unwrap_or("");
    let place = Place::new(source, span.clone());
    let (what, expected) = error
        .message()
        .split_once(", expected ")
        .unwrap_or((error.message(), ""));
    if what == "duplicate key" {
        return Problem::new(format!("{} is given twice", quote(found)))
            .at(place, "this is the second time")
            .help("keep one of the two; a table may stand once, with all its fields");
    }
    if what.starts_with("string values must be quoted") {
        return if found.trim().is_empty() {
            Problem::new("a value is missing").at(place, "expected a value")
        } else {
            Problem::new(format!(
                "{} is neither a number nor text in quotes",
                quote(found)
            ))
            .at(place, "expected a value")
            .help(format!(
                "if it is meant as text, write it in quotes: \"{found}\""
            ))
        };
    }
    let label = if expected.is_empty() || expected == "nothing" {
        String::new()
    } else {
        format!("expected {expected}")
    };
    let is_control = source
        .text
        .get(span.start..)
        .and_then(|rest| rest.chars().next())
        .is_some_and(|next| next != '\n' && !is_printable(next.encode_utf8(&mut [0; 4])));
    if is_control {
        return Problem::new("a control character cannot stand here")
            .at(place, "")
            .help("remove it");
    }
    if what.starts_with("invalid") && what.ends_with("string") && expected.contains(['"', '\'']) {
        return Problem::new("this text has no end").at(place, label);
    }
    Problem::new(format!("this is not TOML: {what}")).at(place, label)
}
