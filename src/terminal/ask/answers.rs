//! The questions, and what the answers mean. Any thread.

use terminput::Event;

use super::environment::Environment;
use super::tmux::Tmux;
use super::{Capabilities, Kitty, Multiplexer};
use crate::preset::visible::visible;
use crate::terminal::input::splitter::Unit;
use crate::terminal::session::Size;

/// A picture of one pixel that is not to be shown.
const KITTY: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
/// What it is called, a cell's size, the screen's size, the background, whether it answers.
const PLAIN: &str = "\x1b[>0q\x1b[16t\x1b[14t\x1b]11;?\x1b\\\x1b[5n";
/// How many colours sixels may have; for those that know them. Others write the question into their log.
pub(super) const REGISTERS: &[u8] = b"\x1b[?1;1;0S\x1b[c";
/// Synchronized output.
const MODES: &str = "\x1b[?2026$p";
/// Which kind of terminal it is: the one question that all of them answer.
const LAST: &str = "\x1b[c";

/// A cell is not larger than this, in pixels; anything else is a mistake.
const LARGEST_CELL: u16 = 200;

/// What is asked of whatever reads what the program writes.
pub(super) fn questions(environment: &Environment) -> Vec<u8> {
    let mut questions = String::new();
    let multiplexer = environment.multiplexer();
    if multiplexer.is_none() {
        questions.push_str(KITTY);
    }
    if multiplexer != Some(Multiplexer::Screen) {
        questions.push_str(PLAIN);
        if environment.may_be_asked_for_modes() {
            questions.push_str(MODES);
        }
    }
    questions.push_str(LAST);
    questions.into_bytes()
}

/// What is asked of the terminal behind tmux; empty where there is none, or nothing would reach it. The
/// last one is answered by all terminals: its answer tells that things are handed through.
pub(super) fn wrapped_questions(environment: &Environment, tmux: Option<&Tmux>) -> Vec<u8> {
    let off = tmux.is_some_and(|tmux| tmux.passthrough == Some(false));
    if environment.multiplexer() != Some(Multiplexer::Tmux) || off {
        return Vec::new();
    }
    let inner = format!("{KITTY}\x1b[5n");
    format!("\x1bPtmux;{}\x1b\\", inner.replace('\x1b', "\x1b\x1b")).into_bytes()
}

/// What the terminal said.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) kitty: bool,
    /// The device attributes, which come last.
    pub(super) attributes: Option<Vec<u32>>,
    pub(super) attributes_reports: usize,
    pub(super) name: Option<String>,
    pub(super) cell: Option<(u16, u16)>,
    /// The screen in pixels.
    pub(super) screen: Option<(u16, u16)>,
    pub(super) dark_background: Option<bool>,
    pub(super) sixel_registers: Option<u32>,
    pub(super) synchronized: bool,
    pub(super) status_reports: usize,
    /// The terminal behind tmux has answered.
    pub(super) passthrough: bool,
    /// What was no answer but a person's.
    pub(super) typed: Vec<Event>,
}

impl Answers {
    /// The first attribute is the kind of terminal.
    pub(super) fn sixel(&self) -> bool {
        self.attributes
            .iter()
            .flat_map(|attributes| attributes.iter().skip(1))
            .any(|attribute| *attribute == 4)
    }

    pub(super) fn note(&mut self, unit: Unit) {
        match unit {
            Unit::StatusReport => self.status_reports += 1,
            Unit::Reply(bytes) => self.understand(&String::from_utf8_lossy(&bytes)),
            Unit::Event(event) => self.typed.push(event),
        }
    }

    fn understand(&mut self, reply: &str) {
        if let Some(string) = reply.strip_prefix("\x1b_G") {
            self.kitty |= string.starts_with("i=31;OK");
        } else if let Some(name) = reply.strip_prefix("\x1bP>|") {
            self.name = Some(visible(without_end(name).trim()));
        } else if let Some(colour) = reply.strip_prefix("\x1b]11;") {
            self.dark_background = is_dark(without_end(colour));
        } else if let Some(sequence) = reply.strip_prefix("\x1b[") {
            self.understand_sequence(sequence);
        }
    }

    fn understand_sequence(&mut self, sequence: &str) {
        let (parameters, last) = match sequence.char_indices().last() {
            Some((at, last)) => (sequence.get(..at).unwrap_or_default(), last),
            None => return,
        };
        let numbers: Vec<u32> = parameters
            .trim_start_matches('?')
            .trim_end_matches('$')
            .split(';')
            .map(|number| number.parse().unwrap_or_default())
            .collect();
        let pair = |height: u32, width: u32| {
            let pair = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
            (pair.0 > 0 && pair.1 > 0).then_some(pair)
        };
        match (parameters.starts_with('?'), numbers.as_slice(), last) {
            (true, attributes, 'c') => {
                self.attributes = Some(attributes.to_vec());
                self.attributes_reports += 1;
            }
            // 1 and 2: set and reset; 3: always set. 0 and 4: unknown, and never set.
            (true, [2026, state], 'y') => self.synchronized = matches!(state, 1..=3),
            (true, [1, 0, registers], 'S') => self.sixel_registers = Some(*registers),
            (false, [6, height, width], 't') => self.cell = pair(*height, *width),
            (false, [4, height, width], 't') => self.screen = pair(*height, *width),
            _ => {}
        }
    }
}

/// Without ST or BEL.
fn without_end(string: &str) -> &str {
    string
        .trim_end_matches('\\')
        .trim_end_matches(['\x1b', '\x07'])
}

/// Of `rgb:ffff/ffff/ffff`, with one to four digits a channel, and of `rgba:…`.
fn is_dark(colour: &str) -> Option<bool> {
    let (_, channels) = colour.split_once(':')?;
    let mut levels = channels.split('/').map(|channel| {
        let largest = 16_f64.powi(i32::try_from(channel.len()).ok()?) - 1.0;
        let level = u32::from_str_radix(channel, 16).ok()?;
        (largest > 0.0).then_some(f64::from(level) / largest)
    });
    let mut level = || levels.next().flatten();
    let (red, green, blue) = (level()?, level()?, level()?);
    Some(0.299 * red + 0.587 * green + 0.114 * blue < 0.5)
}

/// Puts together what everyone said.
pub(super) fn combine(
    environment: &Environment,
    tmux: Option<&Tmux>,
    answers: &Answers,
    size: Option<Size>,
) -> Capabilities {
    let said_tmux = answers
        .name
        .as_ref()
        .is_some_and(|name| name.starts_with("tmux "));
    let multiplexer = if said_tmux {
        Some(Multiplexer::Tmux)
    } else {
        environment.multiplexer()
    };
    let behind = tmux.and_then(|tmux| tmux.terminal.clone());
    let real = match multiplexer {
        None => answers.name.clone(),
        Some(_) => behind.clone(),
    };
    let real = Name(real.as_deref().unwrap_or_default());
    let passthrough = multiplexer == Some(Multiplexer::Tmux)
        && (answers.passthrough || tmux.is_some_and(|tmux| tmux.passthrough == Some(true)));
    let reaches = multiplexer.is_none() || passthrough;
    Capabilities {
        kitty: (answers.kitty && reaches).then(|| Kitty {
            placeholders: real.knows_placeholders(),
        }),
        sixel: answers.sixel(),
        iterm2: reaches && (environment.shows_iterm2() || real.shows_iterm2()),
        cell: cell(answers, tmux, size),
        sixel_registers: answers.sixel_registers.filter(|registers| *registers > 0),
        multiplexer,
        passthrough,
        dark_background: answers
            .dark_background
            .or_else(|| environment.has_dark_background()),
        true_color: environment.shows_true_color()
            || real.shows_true_color()
            || tmux.is_some_and(|tmux| tmux.true_color),
        synchronized: answers.synchronized,
        reports_status: answers.status_reports > 0,
        name: match (answers.name.clone(), behind) {
            (Some(name), Some(behind)) => Some(format!("{name} in {behind}")),
            (None, Some(behind)) => Some(format!("tmux in {behind}")),
            (name, None) => name,
        },
    }
}

fn cell(answers: &Answers, tmux: Option<&Tmux>, size: Option<Size>) -> Option<(u16, u16)> {
    let share = |pixels: Option<(u16, u16)>| {
        let ((width, height), size) = pixels.zip(size)?;
        Some((width / size.columns, height / size.rows))
    };
    [
        answers.cell,
        tmux.and_then(|tmux| tmux.cell),
        share(answers.screen),
        share(size.and_then(|size| size.pixels)),
    ]
    .into_iter()
    .flatten()
    .find(|(width, height)| {
        (1..=LARGEST_CELL).contains(width) && (1..=LARGEST_CELL).contains(height)
    })
}

/// What a terminal calls itself, and what is known of such terminals.
struct Name<'a>(&'a str);

impl Name<'_> {
    fn is(&self, names: &[&str]) -> bool {
        let own = self.0.to_lowercase();
        names.iter().any(|name| own.starts_with(name))
    }

    /// The first two numbers in it.
    fn version(&self) -> (u32, u32) {
        let mut numbers = self
            .0
            .split(|character: char| !character.is_ascii_digit())
            .filter(|number| !number.is_empty())
            .map(|number| number.parse().unwrap_or_default());
        let mut next = || numbers.next().unwrap_or_default();
        (next(), next())
    }

    fn knows_placeholders(&self) -> bool {
        self.is(&["ghostty"]) || self.is(&["kitty"]) && self.version() >= (0, 28)
    }

    fn shows_iterm2(&self) -> bool {
        self.is(&[
            "iterm2", "wezterm", "mlterm", "konsole", "mintty", "rio", "warp",
        ])
    }

    fn shows_true_color(&self) -> bool {
        self.is(&["xterm("]) && self.version().0 >= 331
            || self.is(&[
                "kitty",
                "ghostty",
                "wezterm",
                "iterm2",
                "foot",
                "contour",
                "konsole",
                "mintty",
                "alacritty",
                "vte(",
                "rio",
                "mlterm",
                "warp",
            ])
    }
}

#[cfg(test)]
mod tests;
