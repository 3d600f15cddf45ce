//! Letters as outlines, each written once for all drawings of a document. Pure; any thread.

use std::collections::BTreeSet;
use std::fmt::Write;

use ab_glyph::{Font, GlyphId, OutlineCurve, Point};

use crate::report::font::Face;

/// The letters that are used, to be written once for all drawings of a document.
#[derive(Debug, Default)]
pub(in crate::report) struct Letters {
    used: BTreeSet<(Face, GlyphId)>,
}

impl Letters {
    /// What the outline of a letter is called, which from now on is needed; nothing for a space.
    pub(super) fn id(&mut self, face: Face, letter: GlyphId) -> Option<String> {
        let outline = face.font()?.outline(letter)?;
        if outline.curves.is_empty() {
            return None;
        }
        // Strong letters are plain ones with thicker lines.
        let face = if face == Face::Mono {
            face
        } else {
            Face::Plain
        };
        self.used.insert((face, letter));
        Some(id(face, letter))
    }

    /// Every letter's outline, for `<defs>`.
    pub(in crate::report) fn definitions(&self) -> String {
        let mut text = String::new();
        for (face, letter) in &self.used {
            if let Some(path) = outline(*face, *letter) {
                let id = id(*face, *letter);
                // Writing to a string cannot fail.
                let _ = write!(text, r#"<path id="{id}" d="{path}"/>"#);
            }
        }
        text
    }
}

fn id(face: Face, letter: GlyphId) -> String {
    let font = if face == Face::Mono { 'm' } else { 'g' };
    format!("{font}{}", letter.0)
}

/// In the font's units, upwards.
fn outline(face: Face, letter: GlyphId) -> Option<String> {
    let outline = face.font()?.outline(letter)?;
    let mut path = String::new();
    let mut end: Option<Point> = None;
    for curve in outline.curves {
        let (from, to) = match &curve {
            OutlineCurve::Line(from, to)
            | OutlineCurve::Quad(from, _, to)
            | OutlineCurve::Cubic(from, _, _, to) => (*from, *to),
        };
        if end != Some(from) {
            let close = if end.is_some() { "Z" } else { "" };
            let _ = write!(path, "{close}M{}", pair(from));
        }
        let _ = match curve {
            OutlineCurve::Line(_, to) => write!(path, "L{}", pair(to)),
            OutlineCurve::Quad(_, by, to) => write!(path, "Q{} {}", pair(by), pair(to)),
            OutlineCurve::Cubic(_, one, two, to) => {
                write!(path, "C{} {} {}", pair(one), pair(two), pair(to))
            }
        };
        end = Some(to);
    }
    path.push('Z');
    Some(path)
}

fn pair(point: Point) -> String {
    format!("{} {}", point.x.round(), point.y.round())
}
