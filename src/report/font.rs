//! The fonts that the program brings along, and how wide a text is in them. Any thread.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, point};
use plotters::style::FontStyle;

/// A font at some strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Face {
    Plain,
    Strong,
    /// All letters have the same width: for what is typed.
    Mono,
}

const TEXT: &str = "stylescope";
const CODE: &str = "stylescope mono";

static LIGHT: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).ok());
static HACK: LazyLock<Option<FontRef<'static>>> =
    LazyLock::new(|| FontRef::try_from_slice(epaint_default_fonts::HACK_REGULAR).ok());

/// A part of a text that one font has all letters of.
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    pub(super) face: Face,
}

/// A text's letters: which, and how far from its beginning, in units of [`height`].
pub(super) struct Laid {
    pub(super) letters: Vec<(GlyphId, f32)>,
    pub(super) width: f32,
}

impl Face {
    /// What plotters knows it by.
    pub(super) fn family(self) -> &'static str {
        match self {
            Self::Plain | Self::Strong => TEXT,
            Self::Mono => CODE,
        }
    }

    pub(super) fn style(self) -> FontStyle {
        match self {
            Self::Strong => FontStyle::Bold,
            Self::Plain | Self::Mono => FontStyle::Normal,
        }
    }

    /// The other way round.
    pub(super) fn of(family: &str, is_bold: bool) -> Self {
        match (family, is_bold) {
            (CODE, _) => Self::Mono,
            (_, true) => Self::Strong,
            (_, false) => Self::Plain,
        }
    }

    /// How much thicker than in the font a letter's strokes are to be, as a share of its size: the font is a
    /// light one.
    pub(super) fn thickening(self) -> f64 {
        match self {
            Self::Plain => 0.024,
            Self::Strong => 0.064,
            Self::Mono => 0.0,
        }
    }

    pub(super) fn font(self) -> Option<&'static FontRef<'static>> {
        match self {
            Self::Plain | Self::Strong => LIGHT.as_ref(),
            Self::Mono => HACK.as_ref(),
        }
    }
}

/// From the top of the highest letter to the bottom of the lowest, in the font's units.
pub(super) fn height(face: Face) -> f32 {
    face.font().map_or(1.0, Font::height_unscaled)
}

/// Where the letters of a text are, in the font's units.
pub(super) fn laid(text: &str, face: Face) -> Laid {
    let mut laid = Laid {
        letters: Vec::new(),
        width: 0.0,
    };
    let Some(font) = face.font() else {
        return laid;
    };
    for character in text.chars() {
        let letter = font.glyph_id(character);
        if let Some((before, _)) = laid.letters.last() {
            laid.width += font.kern_unscaled(*before, letter);
        }
        laid.letters.push((letter, laid.width));
        laid.width += font.h_advance_unscaled(letter);
    }
    laid
}

/// The text in parts: what the face's own font lacks is taken from the other one, which has more signs.
pub(super) fn parts(text: &str, face: Face) -> Vec<Part<'_>> {
    let has = |face: Face, character: char| {
        face.font()
            .is_some_and(|font| font.glyph_id(character).0 != 0)
    };
    let face_of = |character: char| {
        if !has(face, character) && has(Face::Mono, character) {
            Face::Mono
        } else {
            face
        }
    };
    let mut parts: Vec<Part<'_>> = Vec::new();
    for (at, character) in text.char_indices() {
        let face = face_of(character);
        let begin = match parts.last() {
            Some(last) if last.face == face => at - last.text.len(),
            _ => at,
        };
        if begin < at {
            parts.pop();
        }
        let text = text
            .get(begin..at + character.len_utf8())
            .unwrap_or_default();
        parts.push(Part { text, face });
    }
    parts
}

/// In pixels.
pub(super) fn width(text: &str, size: f64, face: Face) -> f64 {
    let width = |part: &Part<'_>| f64::from(laid(part.text, part.face).width / height(part.face));
    parts(text, face).iter().map(width).sum::<f64>() * size
}

/// The text, or its beginning and `…`, so that it is no wider than `most`.
pub(super) fn shortened(text: &str, size: f64, face: Face, most: f64) -> String {
    if width(text, size, face) <= most {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let shorter: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        if width(&shorter, size, face) <= most {
            return shorter;
        }
    }
    "…".to_owned()
}

/// The text in lines no wider than `most`, broken between words where that is possible; of more than `lines`
/// the last one ends with `…`.
pub(super) fn broken(text: &str, size: f64, face: Face, most: f64, lines: usize) -> Vec<String> {
    let fits = |text: &str| width(text, size, face) <= most;
    let mut found: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if fits(&longer) {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            found.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            if !line.is_empty() && !fits(&format!("{line}{character}")) {
                found.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    if !line.is_empty() {
        found.push(line);
    }
    if found.len() > lines {
        let rest = found.split_off(lines.saturating_sub(1)).join(" ");
        found.push(shortened(&rest, size, face, most));
    }
    found
}

/// Draws a text whose base line begins at `at`, all in pixels; `ink` is told how much of which pixel is covered,
/// a pixel more than once where letters are made stronger. plotters would put every letter flush left in its place.
pub(super) fn draw<E>(
    text: &str,
    size: f64,
    face: Face,
    at: (f64, f64),
    mut ink: impl FnMut((i32, i32), f32) -> Result<(), E>,
) -> Result<(), E> {
    let Some(font) = face.font() else {
        return Ok(());
    };
    let scale = size as f32 / height(face);
    // Once more beside itself, as often as it takes.
    let times = (size * face.thickening()).round() as i32;
    let mut covered: Vec<((i32, i32), f32)> = Vec::new();
    for (letter, across) in laid(text, face).letters {
        let place = point(at.0 as f32 + across * scale, at.1 as f32);
        let glyph = letter.with_scale_and_position(size as f32, place);
        let Some(outline) = font.outline_glyph(glyph) else {
            continue;
        };
        let corner = outline.px_bounds().min;
        outline.draw(|x, y, coverage| {
            let spot = (corner.x as i32 + x as i32, corner.y as i32 + y as i32);
            covered.push((spot, coverage.clamp(0.0, 1.0)));
        });
        for ((x, y), coverage) in covered.drain(..) {
            for beside in 0..=times {
                ink((x + beside, y), coverage)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_that_reports_use_is_in_a_font() {
        for face in [Face::Plain, Face::Strong] {
            for part in parts("a× → b…·–∞é", face) {
                let font = part.face.font().unwrap();
                for character in part.text.chars() {
                    assert_ne!(font.glyph_id(character).0, 0, "{character}");
                }
            }
        }
        let found: Vec<(&str, Face)> = parts("a → b", Face::Plain)
            .iter()
            .map(|part| (part.text, part.face))
            .collect();
        let plain = Face::Plain;
        assert_eq!(found, [("a ", plain), ("→", Face::Mono), (" b", plain)]);
        assert!(parts("", plain).is_empty());
    }

    #[test]
    fn texts_are_cut_and_broken_to_fit() {
        let most = width("a long name", 14.0, Face::Plain);
        assert_eq!(
            shortened("a long name", 14.0, Face::Plain, most),
            "a long name"
        );
        let cut = shortened("a long name that goes on", 14.0, Face::Plain, most);
        assert!(
            cut.ends_with('…') && width(&cut, 14.0, Face::Plain) <= most,
            "{cut}"
        );
        assert_eq!(shortened("long", 14.0, Face::Plain, 0.0), "…");
        let lines = broken(
            "one two threefourfivesixseveneight",
            10.0,
            Face::Mono,
            50.0,
            9,
        );
        assert!(lines.len() > 2 && lines[0] == "one two", "{lines:?}");
        assert!(
            lines
                .iter()
                .all(|line| width(line, 10.0, Face::Mono) <= 50.0)
        );
        assert_eq!(
            lines.concat().replace(' ', ""),
            "onetwothreefourfivesixseveneight"
        );
        let lines = broken(
            "one two three four five six seven",
            10.0,
            Face::Mono,
            50.0,
            2,
        );
        assert!(lines.len() == 2 && lines[1].ends_with('…'), "{lines:?}");
        assert!(broken("", 10.0, Face::Mono, 50.0, 2).is_empty());
    }
}
