//! What of a file may reach the terminal: names and decoders' messages with control characters
//! escaped. Pure; any thread.

use std::fmt::Display;

/// Longest message of a decoder that is passed on, in characters.
const LONGEST_REASON_CHARACTERS: usize = 160;

/// A decoder's message on one line, without control characters, cut to a readable length.
///
/// Some decoders quote bytes of the file in their messages, and a file can hold terminal escapes.
pub(super) fn one_line(reason: impl Display) -> String {
    let mut shown = String::new();
    for character in reason.to_string().chars().take(LONGEST_REASON_CHARACTERS) {
        if character == '\n' || character == '\t' {
            shown.push(' ');
        } else if character == '"' || character == '\'' || character == '\\' {
            shown.push(character);
        } else {
            shown.extend(character.escape_debug());
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_the_rest_is_kept() {
        assert_eq!(one_line("a \"b\"\n\u{1b}[2Jé"), "a \"b\" \\u{1b}[2Jé");
        assert_eq!(one_line("x".repeat(5000)).len(), LONGEST_REASON_CHARACTERS);
    }

    #[test]
    fn names_in_errors_are_escaped_too() {
        // The errors show paths with `{:?}`; this is the property of `Path` they rely on.
        let shown = format!("{:?}", std::path::Path::new("a\u{1b}[31m\u{202e}b\nü"));
        assert_eq!(shown, "\"a\\u{1b}[31m\\u{202e}b\\nü\"");
    }
}
