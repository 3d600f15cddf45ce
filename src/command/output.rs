//! Lines on standard output that survive a reader which went away.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use serde_json::Value;

use crate::preset::visible::visible;

/// Whether standard error shows colours: a terminal, and nobody who asked for none
/// (<https://no-color.org>).
pub(super) fn errors_are_styled() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !unwanted
}

/// Writes `text` and a line break; a closed pipe comes back as an error, not a panic.
pub(super) fn line(text: impl std::fmt::Display) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_json_and_loses_what_terminals_act_on() {
        let value = Value::String("a\u{9b}31m\u{202e}\u{e0001}é\u{1b}".to_owned());
        let text = safe_json(&value.to_string());
        assert_eq!(text, r#""a\u009b31m\u202e\udb40\udc01é\u001b""#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
