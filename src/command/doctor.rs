//! `stylescope doctor`: what was found on this machine. Main thread.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Failure, output};
use crate::engine::device::{self, DeviceChoice};
use crate::preset::folder::folders;
use crate::preset::visible::visible;
use crate::terminal::ask::{self, Capabilities, Multiplexer, Protocol, Quiet};
use crate::terminal::session::{self, Size};

/// The longest wait for what the terminal says.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// No machine has more devices than this.
const MOST_DEVICES: usize = 64;

const PROTOCOLS: [Protocol; 5] = [
    Protocol::KittyPlaceholders,
    Protocol::KittyDirect,
    Protocol::Iterm2,
    Protocol::Sixel,
    Protocol::HalfBlocks,
];

pub(super) fn execute(as_json: bool) -> Result<ExitCode, Failure> {
    let devices = Devices::find();
    let terminal = Terminal::find();
    let folders = folders();
    if as_json {
        output::json_line(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "libtorch": env!("STYLESCOPE_LIBTORCH_VERSION"),
            "devices": devices.names,
            "default_device": devices.default,
            "device_note": devices.note,
            "terminal": terminal.as_ref().map(Terminal::as_json),
            "preset_folders": folders
                .iter()
                .map(|folder| json!({ "path": folder.to_string_lossy(), "exists": folder.is_dir() }))
                .collect::<Vec<_>>(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![(
        "program",
        format!(
            "stylescope {}, libtorch {}",
            env!("CARGO_PKG_VERSION"),
            env!("STYLESCOPE_LIBTORCH_VERSION")
        ),
    )];
    lines.push(("devices", devices.in_words()));
    match &terminal {
        Some(terminal) => lines.extend(terminal.in_words()),
        None => lines.push((
            "terminal",
            "none here: run this in one to see what it can show".to_owned(),
        )),
    }
    lines.push(("presets", folders_in_words(&folders)));
    for (name, text) in lines {
        let text = text.replace('\n', &format!("\n{:13}", ""));
        output::line(format!("{name:12} {text}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

struct Devices {
    names: Vec<String>,
    /// What `--device auto` takes.
    default: Option<String>,
    note: Option<String>,
}

impl Devices {
    fn find() -> Self {
        let choices = std::iter::once(DeviceChoice::Cpu)
            .chain((0..MOST_DEVICES).map(DeviceChoice::Cuda))
            .map_while(|choice| device::resolve(choice).ok());
        let names = choices
            .map(|resolved| device::name(resolved.device))
            .collect();
        let (default, note) = match device::resolve(DeviceChoice::Auto) {
            Ok(resolved) => (Some(device::name(resolved.device)), resolved.note),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            names,
            default,
            note,
        }
    }

    fn in_words(&self) -> String {
        let mut lines = vec![self.names.join(", ")];
        if let Some(default) = self.default.as_ref().filter(|_| self.names.len() > 1) {
            lines.push(format!("without --device: {default}"));
        }
        lines.extend(self.note.clone());
        lines.join("\n")
    }
}

struct Terminal {
    known: Capabilities,
    size: Option<Size>,
    /// It was asked, and not only its environment.
    asked: bool,
}

impl Terminal {
    /// `None` where neither end of the program is a terminal.
    fn find() -> Option<Self> {
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
        })
    }

    fn as_json(&self) -> Value {
        let known = &self.known;
        json!({
            "name": known.name,
            "asked": self.asked,
            "columns": self.size.map(|size| size.columns),
            "rows": self.size.map(|size| size.rows),
            "pixels": self.size.and_then(|size| size.pixels),
            "cell": known.cell,
            "chosen": name(known.choose()),
            "protocols": PROTOCOLS
                .into_iter()
                .filter(|protocol| known.knows(*protocol))
                .map(name)
                .collect::<Vec<_>>(),
            "kitty_placeholders": known.kitty.map(|kitty| kitty.placeholders),
            "sixel_registers": known.sixel_registers,
            "true_color": known.true_color,
            "dark_background": known.dark_background,
            "synchronized_output": known.synchronized,
            "status_reports": known.reports_status,
            "multiplexer": known.multiplexer.map(multiplexer_name),
            "passthrough": known.passthrough,
        })
    }

    fn in_words(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![
            ("terminal", format!("{}\n{}", self.name(), self.measures())),
            ("pictures", self.pictures()),
            ("colours", self.colours()),
            ("screen", self.screen()),
        ];
        if let Some(multiplexer) = self.known.multiplexer {
            lines.push((
                "multiplexer",
                multiplexer_in_words(multiplexer, &self.known),
            ));
        }
        lines
    }

    fn name(&self) -> String {
        let term = || visible(&std::env::var("TERM").unwrap_or_default());
        match &self.known.name {
            Some(name) => name.clone(),
            None if self.asked => format!("does not say what it is; TERM is {}", term()),
            None => format!("was not asked; TERM is {}", term()),
        }
    }

    fn measures(&self) -> String {
        let cells = self
            .size
            .map(|size| format!("{}×{} cells", size.columns, size.rows));
        let pixels = self
            .size
            .and_then(|size| size.pixels)
            .map(|(width, height)| format!("{width}×{height} pixels"));
        let cell = match self.known.cell {
            Some((width, height)) => format!("{width}×{height} pixels a cell"),
            None => "pixels of a cell unknown".to_owned(),
        };
        let parts: Vec<String> = [cells, pixels, Some(cell)].into_iter().flatten().collect();
        parts.join(", ")
    }

    fn pictures(&self) -> String {
        let known = &self.known;
        let others: Vec<&str> = PROTOCOLS
            .into_iter()
            .filter(|protocol| *protocol != known.choose() && known.knows(*protocol))
            .map(described)
            .collect();
        let mut lines = vec![described(known.choose()).to_owned()];
        if !others.is_empty() {
            lines.push(format!("also: {}", others.join(", ")));
        }
        if known.kitty.is_some_and(|kitty| !kitty.placeholders) && known.multiplexer.is_some() {
            lines.push("kitty's protocol needs kitty 0.28 or newer inside tmux".to_owned());
        }
        if let Some(registers) = known.sixel_registers.filter(|_| known.sixel) {
            lines.push(format!("sixel in {registers} colours"));
        }
        lines.join("\n")
    }

    fn colours(&self) -> String {
        let depth = if self.known.true_color {
            "24-bit"
        } else {
            "not known to be 24-bit (COLORTERM=truecolor says so)"
        };
        let background = match self.known.dark_background {
            Some(true) => "dark background",
            Some(false) => "light background",
            None => "background unknown",
        };
        format!("{depth}, {background}")
    }

    fn screen(&self) -> String {
        let synchronized = if self.known.synchronized { "yes" } else { "no" };
        let reports = if self.known.reports_status {
            "yes"
        } else {
            "no, so a slow link may lag; see --bandwidth"
        };
        format!("synchronized output: {synchronized}\nstatus reports: {reports}")
    }
}

/// What `--graphics` takes.
fn name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::KittyPlaceholders | Protocol::KittyDirect => "kitty",
        Protocol::Iterm2 => "iterm2",
        Protocol::Sixel => "sixel",
        Protocol::HalfBlocks => "halfblocks",
        Protocol::None => "none",
    }
}

fn described(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::KittyPlaceholders => "kitty (with placeholders)",
        Protocol::KittyDirect => "kitty (at the cursor)",
        other => name(other),
    }
}

fn multiplexer_name(multiplexer: Multiplexer) -> &'static str {
    match multiplexer {
        Multiplexer::Tmux => "tmux",
        Multiplexer::Screen => "screen",
    }
}

fn multiplexer_in_words(multiplexer: Multiplexer, known: &Capabilities) -> String {
    match multiplexer {
        Multiplexer::Tmux if known.passthrough => "tmux, which hands pictures through".to_owned(),
        Multiplexer::Tmux => {
            "tmux, which hands no pictures through; in ~/.tmux.conf this lets it:\n\
            set -g allow-passthrough on"
                .to_owned()
        }
        Multiplexer::Screen => "screen, which shows no pictures".to_owned(),
    }
}

fn folders_in_words(folders: &[PathBuf]) -> String {
    let lines: Vec<String> = folders
        .iter()
        .map(|folder| {
            let missing = if folder.is_dir() {
                ""
            } else {
                " (does not exist)"
            };
            let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
            format!("{}{missing}", visible(&whole.display().to_string()))
        })
        .collect();
    lines.join("\n")
}
