//! A part of what `doctor` says, as text for people and as JSON for programs. Pure.

use std::path::Path;

use serde_json::{Map, Value};

use crate::command::output::set_in;
use crate::preset::visible::visible;

/// Where the text of a section begins: after its mark and its name.
pub(super) const INDENT: usize = 13;

/// How well something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Nothing can be said here.
    NotTried,
    /// It works.
    Works,
    /// It works with a limit.
    Limited,
    /// It does not work.
    Fails,
}

impl Mark {
    fn sign(self) -> char {
        match self {
            Self::NotTried => '·',
            Self::Works => '✓',
            Self::Limited => '!',
            Self::Fails => '×',
        }
    }

    /// As JSON has it.
    fn word(self) -> &'static str {
        match self {
            Self::NotTried => "not_tried",
            Self::Works => "works",
            Self::Limited => "limited",
            Self::Fails => "fails",
        }
    }
}

/// What is said of one thing. All texts are safe to print.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    /// The name in JSON.
    pub(super) key: &'static str,
    /// The name in the text, at most ten letters.
    pub(super) name: &'static str,
    pub(super) mark: Mark,
    /// What was found, a line each.
    pub(super) said: Vec<String>,
    /// What to do about it, a line each.
    pub(super) advice: Vec<String>,
    /// The same as data, for JSON: an object.
    pub(super) data: Value,
}

/// How sections are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    /// Lines are broken to so many columns.
    pub(super) columns: usize,
    /// `None`: no colours. Otherwise whether the background is light.
    pub(super) light: Option<bool>,
}

impl Style {
    /// For a file or another program: whole lines without colours.
    pub(super) const PLAIN: Self = Self {
        columns: usize::MAX,
        light: None,
    };

    pub(super) fn bold(self, text: &str) -> String {
        match self.light {
            Some(_) => format!("\x1b[1m{text}\x1b[0m"),
            None => text.to_owned(),
        }
    }

    /// The sign of `mark` in its colour. On a light background the terminal's own yellow is hard to see.
    fn sign(self, mark: Mark) -> String {
        let sign = mark.sign();
        let colour = match (self.light, mark) {
            (None, _) | (_, Mark::NotTried) => return sign.to_string(),
            (Some(false), Mark::Works) => "32",
            (Some(false), Mark::Limited) => "33",
            (Some(false), Mark::Fails) => "31",
            (Some(true), Mark::Works) => "38;5;28",
            (Some(true), Mark::Limited) => "38;5;130",
            (Some(true), Mark::Fails) => "38;5;160",
        };
        format!("\x1b[1;{colour}m{sign}\x1b[0m")
    }
}

impl Section {
    /// With nothing said yet.
    pub(super) fn new(key: &'static str, data: Value) -> Self {
        Self {
            key,
            name: key,
            mark: Mark::Works,
            said: Vec::new(),
            advice: Vec::new(),
            data,
        }
    }

    pub(super) fn say(&mut self, line: impl Into<String>) {
        self.said.push(line.into());
    }

    /// Something is not as good as it could be, and this helps.
    pub(super) fn limit(&mut self, advice: impl Into<String>) {
        self.mark = self.mark.max(Mark::Limited);
        self.advice.push(advice.into());
    }

    /// The mark and the name, as wide as [`INDENT`].
    pub(super) fn heading(&self, style: Style) -> String {
        let name = format!("{:width$}", self.name, width = INDENT - 2);
        format!("{} {}", style.sign(self.mark), style.bold(&name))
    }

    /// What stands beside the heading: what was found, then what to do, in lines of at most `columns`.
    pub(super) fn lines(&self, columns: usize) -> Vec<String> {
        let said = self.said.iter().map(|line| set_in(line, columns, 0));
        let advice = self.advice.iter().map(|line| {
            let text = set_in(line, columns, 2);
            format!("→ {text}")
        });
        said.chain(advice)
            .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    /// The whole section as text.
    pub(super) fn text(&self, style: Style) -> String {
        let lines = self.lines(style.columns.saturating_sub(INDENT));
        let below = format!("\n{:INDENT$}", "");
        format!("{}{}", self.heading(style), lines.join(&below))
    }

    /// The whole section as an object.
    pub(super) fn json(&self) -> Value {
        let mut object = Map::new();
        object.insert("status".to_owned(), self.mark.word().into());
        object.insert("said".to_owned(), self.said.clone().into());
        object.insert("advice".to_owned(), self.advice.clone().into());
        if let Value::Object(data) = &self.data {
            object.extend(data.clone());
        }
        Value::Object(object)
    }
}

/// `path` as people read it: from the root or, where it is in there, from the home folder.
pub(super) fn shown(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let home = etcetera::home_dir().ok();
    visible(&match home.and_then(|home| whole.strip_prefix(home).ok()) {
        Some(inside) if inside.as_os_str().is_empty() => "~".to_owned(),
        Some(inside) => format!("~/{}", inside.display()),
        None => whole.display().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn section() -> Section {
        let mut section = Section::new("tmux", json!({ "passthrough": false }));
        section.say("hands no pictures through");
        section.limit("set -g allow-passthrough on");
        section
    }

    #[test]
    fn a_section_stands_in_columns() {
        assert_eq!(
            section().text(Style::PLAIN),
            "! tmux       hands no pictures through\n             → set -g allow-passthrough on"
        );
        let narrow = Style {
            columns: INDENT + 24,
            light: None,
        };
        assert_eq!(
            section().text(narrow),
            "! tmux       hands no pictures\n             through\n             \
             → set -g\n               allow-passthrough on"
        );
    }

    #[test]
    fn colours_follow_the_background() {
        let style = |light| Style { columns: 80, light };
        assert!(!section().text(style(None)).contains('\x1b'));
        assert!(
            section()
                .text(style(Some(false)))
                .starts_with("\x1b[1;33m!")
        );
        assert!(
            section()
                .text(style(Some(true)))
                .starts_with("\x1b[1;38;5;130m!")
        );
    }

    #[test]
    fn json_has_what_the_text_has() {
        assert_eq!(
            section().json(),
            json!({
                "status": "limited",
                "said": ["hands no pictures through"],
                "advice": ["set -g allow-passthrough on"],
                "passthrough": false,
            })
        );
    }

    #[test]
    fn the_worst_mark_stays() {
        let mut section = section();
        section.mark = Mark::Fails;
        section.limit("more");
        assert_eq!(section.mark, Mark::Fails);
    }
}
