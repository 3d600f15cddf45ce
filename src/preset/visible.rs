//! Makes text that came from a file safe to print: no control character reaches the terminal.
//!
//! Pure functions, any thread.

use std::fmt::Write;

/// Characters that a terminal acts on, or that hide or reorder what is printed.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// True where the text may stand in one line of a terminal as it is.
pub(super) fn is_printable(text: &str) -> bool {
    !text.chars().any(is_unsafe)
}

/// The text with every character that is not safe to print written as `\u{1b}`.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "{}", character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A word out of a file as messages quote it: printable, and no longer than a line.
pub(super) fn quote(word: &str) -> String {
    const LONGEST: usize = 48;
    match word.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", visible(word.get(..end).unwrap_or(word))),
        None => format!("`{}`", visible(word)),
    }
}

/// The text of a whole file, line by line as it stands, with every other unsafe character replaced
/// by one visible character, so that columns stay what they are.
pub fn visible_source(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        shown.push(shown_in_source(character));
    }
    shown
}

/// The offset in [`visible_source`]`(text)` of the offset `offset` in `text`.
pub(super) fn visible_offset(text: &str, offset: usize) -> usize {
    text.char_indices()
        .take_while(|(start, _)| *start < offset)
        .map(|(_, character)| shown_in_source(character).len_utf8())
        .sum()
}

fn shown_in_source(character: char) -> char {
    match character {
        '\n' => '\n',
        '\t' => ' ',
        // The control pictures stand in the order of the characters they are pictures of.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        other if is_unsafe(other) => '\u{fffd}',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(visible("a\u{1b}[31mb\n"), "a\\u{1b}[31mb\\u{a}");
        assert_eq!(
            visible_source("a\u{1b}[31mb\n\u{9b}\u{202e}"),
            "a␛[31mb\n\u{fffd}\u{fffd}"
        );
        assert_eq!(visible("größe"), "größe");
    }

    #[test]
    fn offsets_follow_the_longer_characters() {
        let text = "a\u{1b}b";
        assert_eq!(visible_offset(text, 0), 0);
        assert_eq!(visible_offset(text, 2), 4);
        assert_eq!(visible_offset(text, 99), visible_source(text).len());
    }
}
