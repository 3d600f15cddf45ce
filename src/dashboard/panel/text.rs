//! Text cut to the columns that there are. Pure.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// As much of `text` as fits, with `…` where something is left out at the end.
pub(in crate::dashboard) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut shown = start_of(text, columns.saturating_sub(1));
    if columns > 0 {
        shown.push('…');
    }
    shown
}

/// As much of a path as fits, with `…` where something is left out in front: its end tells more.
pub(in crate::dashboard) fn cut_path(path: &str, columns: usize) -> String {
    let width = path.width();
    if width <= columns {
        return path.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut left = width;
    for (index, character) in path.char_indices() {
        if left < columns {
            return format!("…{}", path.get(index..).unwrap_or_default());
        }
        left -= character.width().unwrap_or(0);
    }
    "…".to_owned()
}

/// As much of `text` as fits, with `…` where something is left out within: its end tells it from others.
pub(in crate::dashboard) fn cut_inside(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let start = start_of(text, columns.saturating_sub(1) / 2);
    let room = columns.saturating_sub(start.width());
    start + &cut_path(text, room)
}

/// `start…end` with as much of the start as fits.
pub(in crate::dashboard) fn joined(start: &str, end: &str, columns: usize) -> String {
    match columns.checked_sub(end.width() + 1) {
        Some(room @ 1..) => format!("{}…{end}", start_of(start, room)),
        _ => cut_path(end, columns),
    }
}

/// `text` broken between words into lines of at most `columns`; a longer word is broken within. Line
/// breaks in it stay.
pub(in crate::dashboard) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let indent: String = line
            .chars()
            .take_while(|character| *character == ' ')
            .collect();
        let mut current = indent.clone();
        for word in line.split_whitespace() {
            let gap = usize::from(!current.trim().is_empty());
            if current.width() + gap + word.width() <= columns {
                if gap == 1 {
                    current.push(' ');
                }
                current.push_str(word);
                continue;
            }
            if !current.trim().is_empty() {
                lines.push(std::mem::replace(&mut current, indent.clone()));
            }
            let mut rest = word;
            while current.width() + rest.width() > columns {
                let part = start_of(rest, columns.saturating_sub(current.width()).max(1));
                if part.is_empty() {
                    break;
                }
                rest = rest.get(part.len()..).unwrap_or_default();
                current.push_str(&part);
                lines.push(std::mem::take(&mut current));
            }
            current.push_str(rest);
        }
        lines.push(current);
    }
    lines
}

fn start_of(text: &str, columns: usize) -> String {
    let mut width = 0;
    text.chars()
        .take_while(|character| {
            width += character.width().unwrap_or(0);
            width <= columns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("starry night", 12), "starry night");
        assert_eq!(cut("starry night", 8), "starry …");
        assert_eq!(cut("名画名画", 5), "名画…");
        assert_eq!(cut("x", 0), "");
        assert_eq!(cut_path("a/long/path.jpg", 9), "…path.jpg");
        assert_eq!(cut_path("a.jpg", 9), "a.jpg");
        assert_eq!(cut_inside("1 keep weight=2", 15), "1 keep weight=2");
        assert_eq!(cut_inside("1 keep-colours weight=2", 15), "1 keep-…eight=2");
        assert_eq!(cut_inside("名画名画", 5), "名…画");
        assert_eq!(cut_inside("x", 0), "");
        assert_eq!(joined("content", "block2", 14), "content…block2");
        assert_eq!(joined("content", "block2", 12), "conte…block2");
        assert_eq!(joined("content", "block2", 6), "block2");
        assert_eq!(joined("content", "block2", 4), "…ck2");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("  one two\nx", 6), ["  one", "  two", "x"]);
        assert_eq!(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrapped("", 3), [""]);
    }
}
