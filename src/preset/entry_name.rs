//! What the entries of a table may be called: style pictures by their ordinals, regions by their colours.
//! Which layers there are depends on the network, so [`super::consistency`] checks those.
//!
//! Pure, any thread.

use std::ops::Range;

use super::field::{Field, Kind, Names, quoted};
use super::model::ORDINALS;
use super::nearest::nearest;
use super::problem::Problem;
use super::source::Place;
use super::visible::quote;

/// The colours that people paint masks with, by the names they may try.
const COLOURS: [(&str, &str); 8] = [
    ("black", "#000000"),
    ("white", "#ffffff"),
    ("red", "#ff0000"),
    ("green", "#00ff00"),
    ("blue", "#0000ff"),
    ("cyan", "#00ffff"),
    ("magenta", "#ff00ff"),
    ("yellow", "#ffff00"),
];

/// The name as a preset holds it; None for a name that no entry of the field can have.
pub(super) fn canonical(kind: Kind, name: &str) -> Option<String> {
    match kind {
        Kind::Weights(Names::Pictures) => ORDINALS.contains(&name).then(|| name.to_owned()),
        Kind::Weights(Names::Regions) => {
            let digits = name.strip_prefix('#')?;
            is_colour(digits).then(|| name.to_ascii_lowercase())
        }
        _ => Some(name.to_owned()),
    }
}

/// What an entry is: `layer`, `picture` or `region`.
pub(super) fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Weights(Names::Pictures) => "picture",
        Kind::Weights(Names::Regions) => "region",
        _ => "layer",
    }
}

/// What messages call the value of an entry: ``the weight of layer `relu1_1` in `style.layers` ``.
pub(super) fn entry_text(field: &Field, name: &str) -> String {
    let what = match field.kind {
        Kind::Weights(Names::Layers) => "the weight of layer",
        Kind::Weights(Names::Pictures) => "the share of picture",
        Kind::Weights(Names::Regions) => "the factor of region",
        _ => "layer",
    };
    format!("{what} {} in `{}`", quote(name), field.key)
}

/// What is said of a name that is none; see [`canonical`].
pub(super) fn unknown(field: &Field, name: &str, place: Place) -> Problem {
    let (title, expected, near) = match field.kind {
        Kind::Weights(Names::Pictures) => (
            format!("there is no picture {} in `{}`", quote(name), field.key),
            format!("expected one of {}", quoted(&ORDINALS)),
            ordinal_like(name).map(str::to_owned),
        ),
        _ => (
            format!("{} in `{}` is no colour", quote(name), field.key),
            "expected a colour such as `#ff0000`".to_owned(),
            colour_like(name),
        ),
    };
    let problem = Problem::new(title).at(place, expected);
    match near {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None if noun(field.kind) == "region" => {
            problem.note("`#` and two hexadecimal digits each for red, green and blue")
        }
        None => problem,
    }
}

/// Two entries of one table mean the same, which TOML itself does not see where letters differ in case.
pub(super) fn given_twice(field: &Field, name: &str, first: Place, second: Place) -> Problem {
    let noun = noun(field.kind);
    Problem::new(format!(
        "{noun} {} is given twice in `{}`",
        quote(name),
        field.key
    ))
    .at(second, "this is the second time")
    .with_context(first, "this is the first")
    .help("keep one of the two")
}

/// A colour that stands at the start of a line without quotes, which makes a comment of the line: where it
/// is, in a text that starts with the table's header, or is the table in its braces.
pub(super) fn colour_in_a_comment(text: &str) -> Option<Range<usize>> {
    let mut lines = text.split_inclusive('\n');
    let mut start = lines.next().map(str::len)?;
    if !text.starts_with(['[', '{']) {
        return None;
    }
    for line in lines {
        let entry = line.trim_start();
        if entry.starts_with('[') {
            return None;
        }
        let (colour, weight) = entry.split_once('=').unwrap_or_default();
        let colour = colour.trim_end();
        // `#ff0000 = sky` explains a colour.
        let is_weight = weight
            .trim_start()
            .starts_with(|first: char| first.is_ascii_digit());
        if is_weight && colour.strip_prefix('#').is_some_and(is_colour) {
            let start = start + (line.len() - entry.len());
            return Some(start..start + colour.len());
        }
        start += line.len();
    }
    None
}

/// See [`colour_in_a_comment`].
pub(super) fn comment(field: &Field, colour: &str, place: Place) -> Problem {
    Problem::new(format!("{} in `{}` is a comment", quote(colour), field.key))
        .at(place, "expected the colour in quotes")
        .help(format!(
            "write `\"{colour}\" = …`: a bare `#` begins a comment"
        ))
}

fn is_colour(digits: &str) -> bool {
    digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn ordinal_like(name: &str) -> Option<&'static str> {
    let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
    let by_number = digits
        .parse::<usize>()
        .ok()
        .and_then(|number| ORDINALS.get(number.checked_sub(1)?).copied());
    by_number.or_else(|| nearest(name, ORDINALS))
}

fn colour_like(name: &str) -> Option<String> {
    let word = name.trim().to_ascii_lowercase();
    let digits = word.trim_start_matches(['#', '&']).trim_start_matches("0x");
    if is_colour(digits) {
        return Some(format!("#{digits}"));
    }
    if digits.len() == 3 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let doubled: String = digits.chars().flat_map(|digit| [digit, digit]).collect();
        return Some(format!("#{doubled}"));
    }
    COLOURS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, colour)| (*colour).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGIONS: Kind = Kind::Weights(Names::Regions);

    #[test]
    fn colours_are_kept_in_small_letters() {
        assert_eq!(canonical(REGIONS, "#FF00aB").as_deref(), Some("#ff00ab"));
        for wrong in [
            "", "#", "ff0000", "#ff000", "#ff00000", "#gg0000", "##ff000", "#ff000é",
        ] {
            assert_eq!(canonical(REGIONS, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_nearly_a_name_is_recognised() {
        for (written, meant) in [
            ("ff0000", "#ff0000"),
            ("0xFF0000", "#ff0000"),
            ("#f0A", "#ff00aa"),
            ("Red", "#ff0000"),
        ] {
            assert_eq!(colour_like(written).as_deref(), Some(meant), "{written}");
        }
        assert_eq!(colour_like("sky"), None);
        for (written, meant) in [("2", "second"), ("3rd", "third"), ("fisrt", "first")] {
            assert_eq!(ordinal_like(written), Some(meant), "{written}");
        }
        for wrong in ["0", "9", "", "99999999999999999999999"] {
            assert_eq!(ordinal_like(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_unquoted_colour_is_found_up_to_the_next_table() {
        let text = "[style.regions]\n\"#00ff00\" = 1 # green = 2\n  #FF0000 = 2.0\n";
        let found = colour_in_a_comment(text).unwrap();
        assert_eq!(&text[found], "#FF0000");
        let braces = "{ # of all\n #ff0000 = 2.0\n}";
        assert_eq!(&braces[colour_in_a_comment(braces).unwrap()], "#ff0000");
        for sound in [
            "[style.regions]\n# red = 2\n#ff0000\n#ff0000 = sky\n# \"#ff0000\" = 2",
            "[style.regions]\n[content]\n#ff0000 = 2",
            "\"#ff0000\" = 1\n#ff0000 = 2",
            "[style.regions]",
            "",
        ] {
            assert_eq!(colour_in_a_comment(sound), None, "{sound}");
        }
    }
}
