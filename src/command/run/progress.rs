//! How the lines of a running picture are fitted into the terminal. Any thread.

/// As many of `words` as stand in one line of `columns`: cut between words, never within one.
pub(super) fn fitting(words: &[String], columns: usize) -> String {
    let mut line = String::new();
    for (index, word) in words.iter().enumerate() {
        let gap = if index == 0 { "" } else { "  " };
        if line.chars().count() + gap.len() + word.chars().count() > columns {
            break;
        }
        line += gap;
        line += word;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_between_words() {
        let words = ["loss 1.177", "style 0.6", "x"].map(str::to_owned);
        assert_eq!(fitting(&words, 24), "loss 1.177  style 0.6  x");
        assert_eq!(fitting(&words, 23), "loss 1.177  style 0.6");
        assert_eq!(fitting(&words, 20), "loss 1.177");
        assert_eq!(fitting(&words, 3), "");
    }
}
