//! The terminal itself: what it is and what it can do. Main thread.

use std::io::{self, IsTerminal};
use std::time::Duration;

use serde_json::json;

use super::pictures::{PICTURES, multiplexer, pictures};
use super::section::{Mark, Section};
use crate::dashboard::SMALLEST;
use crate::preset::visible::visible;
use crate::terminal::ask::{self, Capabilities, Quiet};
use crate::terminal::session::{self, Size};

/// The longest wait for what the terminal says.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What is known of the terminal.
pub(super) struct Terminal {
    pub(super) known: Capabilities,
    size: Option<Size>,
    /// It was asked, and not only its environment.
    asked: bool,
    /// `$TERM`.
    kind: String,
}

impl Terminal {
    /// `None` where neither end of the program is a terminal.
    pub(super) fn find() -> Option<Self> {
        if !io::stdin().is_terminal() && !io::stdout().is_terminal() {
            return None;
        }
        let quiet = Quiet::start();
        let known = match quiet {
            Some(_) => ask::ask(LONGEST_WAIT),
            None => ask::guess(),
        };
        Some(Self {
            known,
            size: session::size(),
            asked: quiet.is_some(),
            kind: std::env::var("TERM").unwrap_or_default(),
        })
    }

    /// How wide it is, in cells.
    pub(super) fn columns(&self) -> Option<usize> {
        self.size.map(|size| usize::from(size.columns))
    }

    /// Whether it takes text only, and no sequence.
    pub(super) fn is_dumb(&self) -> bool {
        matches!(self.kind.as_str(), "" | "dumb")
    }
}

/// The sections where there is no terminal.
pub(super) fn absent() -> Vec<Section> {
    let mut terminal = not_tried("terminal");
    terminal.say("none here: run this in one to see what it can show");
    vec![terminal, not_tried(PICTURES), not_tried("multiplexer")]
}

fn not_tried(key: &'static str) -> Section {
    Section {
        mark: Mark::NotTried,
        ..Section::new(key, json!({}))
    }
}

pub(super) fn sections(terminal: &Terminal) -> Vec<Section> {
    vec![
        itself(terminal),
        pictures(&terminal.known),
        multiplexer(&terminal.known),
    ]
}

fn itself(terminal: &Terminal) -> Section {
    let Terminal {
        known,
        size,
        asked,
        kind,
    } = terminal;
    let data = json!({
        "name": known.name,
        "term": kind,
        "asked": asked,
        "columns": size.map(|size| size.columns),
        "rows": size.map(|size| size.rows),
        "pixels": size.and_then(|size| size.pixels),
        "cell": known.cell,
        "true_color": known.true_color,
        "dark_background": known.dark_background,
        "synchronized_output": known.synchronized,
        "status_reports": known.reports_status,
    });
    let mut section = Section::new("terminal", data);
    let cells = size.map(|size| format!("{}×{} cells", size.columns, size.rows));
    let pixels = known
        .cell
        .map(|cell| format!("of {}×{} pixels", cell.0, cell.1));
    let parts = [Some(name(terminal)), cells].into_iter().flatten();
    let first = parts.collect::<Vec<_>>().join(", ");
    section.say(match pixels.filter(|_| size.is_some()) {
        Some(pixels) => format!("{first} {pixels}"),
        None => first,
    });
    section.say(abilities(known));
    if terminal.is_dumb() {
        section.mark = Mark::Fails;
        section.advice.push(format!(
            "the dashboard needs more than TERM={}: use another terminal, or export TERM=xterm-256color",
            visible(kind)
        ));
        return section;
    }
    if let Some(size) = size
        && (size.columns < SMALLEST.0 || size.rows < SMALLEST.1)
    {
        section.limit(format!(
            "make the window larger: the dashboard needs {}×{} cells",
            SMALLEST.0, SMALLEST.1
        ));
    }
    if !known.true_color {
        section.limit("if it shows 24-bit colours: export COLORTERM=truecolor");
    }
    if *asked && !known.reports_status {
        section.limit("over a slow link the screen may lag, unless bounded: --bandwidth 50k");
    }
    section
}

fn name(terminal: &Terminal) -> String {
    let kind = || visible(&terminal.kind);
    match &terminal.known.name {
        Some(name) => name.clone(),
        None if terminal.asked => format!("does not say its name (TERM is {})", kind()),
        None => format!("was not asked (TERM is {})", kind()),
    }
}

fn abilities(known: &Capabilities) -> String {
    let colours = if known.true_color {
        "24-bit colours"
    } else {
        "not known to show 24-bit colours"
    };
    let background = match known.dark_background {
        Some(true) => "dark background",
        Some(false) => "light background",
        None => "background unknown",
    };
    let without = |has: bool, what: &str| if has { "" } else { what }.to_owned();
    format!(
        "{colours}, {background}{}{}",
        without(known.synchronized, ", no synchronized output"),
        without(known.reports_status, ", no status reports")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(known: Capabilities) -> Terminal {
        Terminal {
            known,
            size: Some(Size {
                columns: 80,
                rows: 24,
                pixels: None,
            }),
            asked: true,
            kind: "xterm".to_owned(),
        }
    }

    fn able() -> Capabilities {
        Capabilities {
            name: Some("XTerm(379)".to_owned()),
            cell: Some((6, 13)),
            true_color: true,
            dark_background: Some(true),
            synchronized: true,
            reports_status: true,
            ..Capabilities::default()
        }
    }

    #[test]
    fn a_good_terminal_needs_no_advice() {
        let section = itself(&terminal(able()));
        assert_eq!(section.mark, Mark::Works);
        assert_eq!(
            section.said,
            [
                "XTerm(379), 80×24 cells of 6×13 pixels",
                "24-bit colours, dark background"
            ]
        );
    }

    #[test]
    fn every_limit_comes_with_advice() {
        let mut poor = terminal(Capabilities::default());
        poor.size = Some(Size {
            columns: 59,
            rows: 24,
            pixels: None,
        });
        let section = itself(&poor);
        assert_eq!(section.mark, Mark::Limited);
        for word in ["60×16", "COLORTERM", "--bandwidth"] {
            let has = section.advice.iter().any(|line| line.contains(word));
            assert!(has, "{word} in {:?}", section.advice);
        }
        poor.kind = "dumb".to_owned();
        assert_eq!(itself(&poor).mark, Mark::Fails);
    }
}
