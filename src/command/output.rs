//! Lines on standard output that survive a reader which went away.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use serde_json::Value;

use crate::preset::visible::visible;

/// Whether standard error shows colours: a terminal, and nobody who asked for none.
pub(super) fn errors_are_styled() -> bool {
    io::stderr().is_terminal() && colours_are_wanted()
}

/// Whether nobody asked for text without colours (<https://no-color.org>).
pub(super) fn colours_are_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes `text` and a line break; a closed pipe comes back as an error, not a panic.
pub(super) fn line(text: impl std::fmt::Display) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// Writes each of `texts` as [`line`].
pub(super) fn lines(texts: &[String]) -> io::Result<()> {
    texts.iter().try_for_each(line)
}

/// Writes the path as it is, for other programs to open.
pub(super) fn path(path: &Path) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(path.as_os_str().as_encoded_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// Writes `value` as one line of JSON. File names may hold characters that a terminal acts on; those
/// that JSON would leave as they are become `\u` escapes.
pub(super) fn json_line(value: &Value) -> io::Result<()> {
    line(safe_json(&value.to_string()))
}

fn safe_json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        let mut buffer = [0; 4];
        let unchanged: &str = character.encode_utf8(&mut buffer);
        if visible(unchanged) == unchanged {
            safe.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    safe
}

/// Writes `text` and a line break to standard error; where that is gone too, nobody is left to be told.
pub(super) fn error_line(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Breaks `text` between words so that it stands in a column between `indent` and `columns`.
pub(super) fn set_in(text: &str, columns: usize, indent: usize) -> String {
    /// Narrower columns are worse than lines that the terminal breaks.
    const NARROWEST: usize = 20;
    let width = columns.saturating_sub(indent);
    if width < NARROWEST {
        return text.to_owned();
    }
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| {
            line.is_empty() || line.chars().count() + 1 + word.chars().count() <= width
        }) {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines.join(&format!("\n{:indent$}", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stands_in_a_column() {
        let text = "one two three four five six seven";
        assert_eq!(
            set_in(text, 24, 4),
            "one two three four\n    five six seven"
        );
        assert_eq!(set_in(text, usize::MAX, 4), text);
        assert_eq!(set_in(text, 20, 4), text);
    }

    #[test]
    fn json_stays_json_and_loses_what_terminals_act_on() {
        let value = Value::String("a\u{9b}31m\u{202e}\u{e0001}é\u{1b}".to_owned());
        let text = safe_json(&value.to_string());
        assert_eq!(text, r#""a\u009b31m\u202e\udb40\udc01é\u001b""#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
