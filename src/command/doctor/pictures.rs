//! How pictures are shown in the terminal, and what stands between. Pure.

use serde_json::json;

use super::section::{Mark, Section};
use crate::terminal::ask::{Capabilities, Multiplexer, Protocol};

/// The name of the section that the test picture belongs to.
pub(super) const PICTURES: &str = "pictures";

const PROTOCOLS: [Protocol; 5] = [
    Protocol::KittyPlaceholders,
    Protocol::KittyDirect,
    Protocol::Iterm2,
    Protocol::Sixel,
    Protocol::HalfBlocks,
];

/// How pictures are shown.
pub(super) fn pictures(known: &Capabilities) -> Section {
    let chosen = known.choose();
    let knows = |protocol: &Protocol| known.knows(*protocol);
    let data = json!({
        "chosen": option(chosen),
        "protocols": PROTOCOLS.into_iter().filter(knows).map(option).collect::<Vec<_>>(),
        "kitty_placeholders": known.kitty.map(|kitty| kitty.placeholders),
        "sixel_registers": known.sixel_registers,
    });
    let mut section = Section::new(PICTURES, data);
    let described = |protocol: Protocol| match known.sixel_registers {
        Some(registers) if protocol == Protocol::Sixel => format!("sixel ({registers} colours)"),
        _ => described(protocol).to_owned(),
    };
    let mut first = described(chosen);
    let others: Vec<String> = PROTOCOLS
        .into_iter()
        .filter(|protocol| *protocol != chosen && knows(protocol))
        .map(described)
        .collect();
    if !others.is_empty() {
        first = format!("{first}; also {}", others.join(", "));
    }
    section.say(first);
    if chosen == Protocol::HalfBlocks {
        section.limit(match (known.multiplexer, known.kitty) {
            (Some(Multiplexer::Tmux), None) if !known.passthrough => {
                "sharper ones need tmux's passthrough: see below"
            }
            (Some(Multiplexer::Tmux), Some(_)) => {
                "sharper ones inside tmux: kitty 0.28 or newer, or Ghostty"
            }
            (Some(Multiplexer::Tmux), None) => {
                "sharper ones inside tmux: kitty or Ghostty around it, or a tmux with sixel"
            }
            (Some(Multiplexer::Screen), _) => "sharper ones need tmux, or neither",
            (None, _) => "sharper ones: kitty, Ghostty, WezTerm, foot, iTerm2, `xterm -ti vt340`",
        });
    }
    section
}

/// What stands between the program and the real terminal, and whether pictures pass it.
pub(super) fn multiplexer(known: &Capabilities) -> Section {
    let data = json!({
        "name": known.multiplexer.map(multiplexer_name),
        "passthrough": known.passthrough,
    });
    let mut section = Section {
        name: known.multiplexer.map_or("tmux", multiplexer_name),
        ..Section::new("multiplexer", data)
    };
    match known.multiplexer {
        None => section.mark = Mark::NotTried,
        Some(Multiplexer::Tmux) if known.passthrough => {
            section.say("hands pictures through (allow-passthrough is on)");
        }
        Some(Multiplexer::Tmux) => {
            section.say("hands no pictures through");
            section.limit("`tmux set -g allow-passthrough on`; for good in ~/.tmux.conf");
        }
        Some(Multiplexer::Screen) => {
            section.say("hands no pictures through, and cannot");
            section.limit("tmux can: `set -g allow-passthrough on` in ~/.tmux.conf");
        }
    }
    section
}

/// What `--graphics` takes.
fn option(protocol: Protocol) -> &'static str {
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
        Protocol::KittyPlaceholders => "kitty with placeholders",
        Protocol::KittyDirect => "kitty",
        Protocol::Iterm2 => "iTerm2's",
        Protocol::HalfBlocks => "half-blocks",
        other => option(other),
    }
}

fn multiplexer_name(multiplexer: Multiplexer) -> &'static str {
    match multiplexer {
        Multiplexer::Tmux => "tmux",
        Multiplexer::Screen => "screen",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::ask::Kitty;

    #[test]
    fn half_blocks_say_how_to_get_more() {
        let advice = |known: Capabilities| pictures(&known).advice.join("\n");
        let tmux = Some(Multiplexer::Tmux);
        assert!(advice(Capabilities::default()).contains("WezTerm"));
        let inside = Capabilities {
            multiplexer: tmux,
            ..Capabilities::default()
        };
        assert!(advice(inside.clone()).contains("see below"));
        let old_kitty = Capabilities {
            passthrough: true,
            kitty: Some(Kitty {
                placeholders: false,
            }),
            ..inside.clone()
        };
        assert!(advice(old_kitty).contains("0.28"));
        let sixel = Capabilities {
            sixel: true,
            sixel_registers: Some(256),
            ..inside
        };
        let section = pictures(&sixel);
        assert_eq!(section.mark, Mark::Works);
        assert_eq!(section.said, ["sixel (256 colours); also half-blocks"]);
    }

    #[test]
    fn tmux_says_whether_pictures_pass() {
        let mut known = Capabilities {
            multiplexer: Some(Multiplexer::Tmux),
            ..Capabilities::default()
        };
        assert_eq!(multiplexer(&known).mark, Mark::Limited);
        assert!(multiplexer(&known).advice[0].contains("allow-passthrough on"));
        known.passthrough = true;
        assert_eq!(multiplexer(&known).mark, Mark::Works);
        known.multiplexer = None;
        assert_eq!(multiplexer(&known).mark, Mark::NotTried);
    }
}
