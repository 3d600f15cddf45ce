//! Whatever a file holds: no panic, and nothing that a terminal acts on in the message.

use proptest::prelude::*;

use super::*;

/// Reads the text and renders what is wrong with it, both ways.
fn read(text: &str) {
    if let Err(error) = from_toml(text, "a\u{1b}[31m\nlabel") {
        assert!(error.problem_count() > 0);
        let message = error.render(false);
        let is_safe = message
            .chars()
            .all(|character| character == '\n' || !character.is_control());
        assert!(is_safe, "{message:?}");
        assert!(!message.contains('\u{202e}'), "{message:?}");
        let _ = error.render(true);
        assert!(!error.summary().contains(['\n', '\u{1b}']));
    }
}

/// Pieces of TOML, of presets, and of trouble.
const PIECES: [&str; 38] = [
    "",
    "\n",
    " ",
    "=",
    ".",
    ",",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\"\"\"",
    "\\",
    "#",
    "-",
    "nan",
    "inf",
    "1e999",
    "99999999999999999999",
    "0x1",
    "1979-05-27",
    "true",
    "[[style]]",
    "[style]",
    "style",
    "layers",
    "style.regions = {",
    "\"#ff0000\"",
    "[style.blend]\nfirst",
    "statistics",
    "extends = \"demo\"\n",
    "\u{1b}",
    "\0",
    "\u{202e}",
    "é",
    "😀",
    "\r",
];

#[test]
fn built_in_presets_survive_mutation() {
    for name in built_in::names() {
        let text = built_in::text(name).unwrap();
        let offsets: Vec<usize> = text.char_indices().map(|(offset, _)| offset).collect();
        for (index, offset) in offsets.iter().copied().enumerate().step_by(3) {
            let piece = PIECES[index / 3 % PIECES.len()];
            let (before, after) = text.split_at(offset);
            read(before);
            read(&format!("{before}{piece}{after}"));
            let skipped: String = after.chars().skip(1).collect();
            read(&format!("{before}{piece}{skipped}"));
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let text = format!("style = {}{}", open.repeat(50_000), close.repeat(50_000));
        read(&text);
    }
    read(&"a.".repeat(50_000));
    read(&format!("[{}a]", "a.".repeat(50_000)));
}

#[test]
fn many_errors_are_told_in_part() {
    let lines: Vec<String> = (0..5000)
        .map(|number| format!("unknown{number} = 1"))
        .collect();
    let text = lines.join("\n");
    let error = from_toml(&text, "many").unwrap_err();
    assert_eq!(error.problem_count(), 5000);
    assert!(error.to_string().ends_with("… and 4960 more errors"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn any_pieces_are_read(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)) {
        read(&pieces.concat());
    }

    #[test]
    fn any_override_is_read(key in any::<String>(), value in any::<String>(), known in 0..field::FIELDS.len()) {
        let known = field::FIELDS[known].key;
        let below = format!("{known}.{key}");
        for key in [&key, known, &below, "style.layers.x", "style.layers.", "style.regions.#ff0000", "style.blend.first", "style.source.block1"] {
            let setting = Override { key: key.to_owned(), value: value.clone() };
            if let Err(error) = load_from("demo", &[setting], &[]) {
                let message = error.render(false);
                prop_assert!(message.chars().all(|character| character == '\n' || !character.is_control()));
            }
        }
    }

    #[test]
    fn any_name_is_looked_up(name in any::<String>()) {
        if let Err(error) = load_from(&name, &[], &["presets".into()]) {
            let message = error.render(false);
            prop_assert!(message.chars().all(|character| character == '\n' || !character.is_control()));
        }
    }
}
