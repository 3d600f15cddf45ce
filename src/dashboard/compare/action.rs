//! Everything a key can ask for while candidates are compared, and the one table of keys that the screen, the
//! help and the tests read. Data; any thread.

use terminput::KeyCode;

use super::layout::Panel;
use crate::dashboard::action::Scope::{Everywhere, In};
use crate::dashboard::action::{Binding, CTRL, NONE, SHIFT, bind, char};
use crate::dashboard::standing::Standing;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    Interrupt,
    Suspend,
    Redraw,
    Help,
    Escape,
    TogglePause,
    NextPanel,
    PreviousPanel,
    Maximise,
    /// The candidate whose number is one more than this.
    Choose(usize),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    First,
    Last,
    Pick,
    Alone,
    Beside,
    Split,
    DividerLeft,
    DividerRight,
    ZoomIn,
    ZoomOut,
    RealPixels,
    Fit,
    Drop,
    Promote,
    Join,
    SavePicture,
    KeepSnapshot,
    EditPreset,
    NextMeasure,
    ToggleScale,
    NextWindow,
    ToggleSeconds,
}

impl Action {
    /// `help` or another word for it, by whose comparison it is; `None` where it means nothing there.
    pub(super) fn said(self, standing: Standing, help: &'static str) -> Option<&'static str> {
        match (standing, self) {
            (Standing::Attached, Self::Interrupt) => {
                Some("the same; twice leaves, and the comparison goes on")
            }
            (Standing::Watching, Self::Quit) => Some("leave; the comparison goes on"),
            (Standing::Watching, Self::Interrupt) => Some("the same"),
            (Standing::Watching, Self::Escape) => Some("close; back to all pictures"),
            (
                Standing::Watching,
                Self::TogglePause
                | Self::Drop
                | Self::Promote
                | Self::Join
                | Self::SavePicture
                | Self::KeepSnapshot,
            ) => None,
            _ => Some(help),
        }
    }
}

use Action as A;
use Panel as P;

/// Every key. The first one that fits counts.
#[rustfmt::skip] // one key a line reads better
pub(super) const BINDINGS: &[Binding<Action, Panel>] = &[
    bind(In(P::Pictures), (NONE, KeyCode::Left), A::Left, "← ↑ ↓ →", "choose a picture; in a large one, move what is shown", "choose"),
    bind(In(P::Pictures), (NONE, KeyCode::Right), A::Right, "← ↑ ↓ →", "", ""),
    bind(In(P::Pictures), (NONE, KeyCode::Up), A::Up, "← ↑ ↓ →", "", ""),
    bind(In(P::Pictures), (NONE, KeyCode::Down), A::Down, "← ↑ ↓ →", "", ""),

    bind(Everywhere, char('q'), A::Quit, "q", "leave: you are asked how", "quit"),
    bind(Everywhere, (CTRL, KeyCode::Char('c')), A::Interrupt, "Ctrl-C", "the same; twice stops, saves and leaves", ""),
    bind(Everywhere, char('?'), A::Help, "?", "this help", "help"),
    bind(Everywhere, (NONE, KeyCode::F(1)), A::Help, "?", "", ""),

    bind(Everywhere, char('1'), A::Choose(0), "1 to 9", "choose the candidate of this number", ""),
    bind(Everywhere, char('2'), A::Choose(1), "1 to 9", "", ""),
    bind(Everywhere, char('3'), A::Choose(2), "1 to 9", "", ""),
    bind(Everywhere, char('4'), A::Choose(3), "1 to 9", "", ""),
    bind(Everywhere, char('5'), A::Choose(4), "1 to 9", "", ""),
    bind(Everywhere, char('6'), A::Choose(5), "1 to 9", "", ""),
    bind(Everywhere, char('7'), A::Choose(6), "1 to 9", "", ""),
    bind(Everywhere, char('8'), A::Choose(7), "1 to 9", "", ""),
    bind(Everywhere, char('9'), A::Choose(8), "1 to 9", "", ""),
    bind(Everywhere, (NONE, KeyCode::Enter), A::Pick, "Enter", "pick it as one of two, A and B, or put it back", "pick"),
    bind(Everywhere, char('b'), A::Beside, "b", "the two beside each other", "beside"),
    bind(Everywhere, char('v'), A::Split, "v", "the two on both sides of a divider", "split"),
    bind(Everywhere, char('f'), A::Alone, "f", "the chosen one alone; numbers show others instead", "alone"),
    bind(Everywhere, char('<'), A::DividerLeft, "< >", "move the divider", ""),
    bind(Everywhere, char('>'), A::DividerRight, "< >", "", ""),
    bind(Everywhere, char('+'), A::ZoomIn, "+ -", "zoom", ""),
    bind(Everywhere, char('='), A::ZoomIn, "+ -", "", ""),
    bind(Everywhere, char('-'), A::ZoomOut, "+ -", "", ""),
    bind(Everywhere, char('x'), A::RealPixels, "x", "real pixels: one of it is one of the screen", ""),
    bind(Everywhere, char('0'), A::Fit, "0", "the whole picture", ""),
    bind(Everywhere, (NONE, KeyCode::Esc), A::Escape, "Esc", "close; back to all pictures; no, it is not to join", ""),

    bind(Everywhere, char('d'), A::Drop, "d", "drop the chosen one: its place in the batch is free", "drop"),
    bind(Everywhere, char('p'), A::Promote, "p", "promote it: it goes on alone, larger and for longer", "promote"),
    bind(Everywhere, char('j'), A::Join, "j", "let the new preset join", ""),
    bind(Everywhere, char(' '), A::TogglePause, "Space", "pause all, go on", "pause"),
    bind(Everywhere, char('s'), A::SavePicture, "s", "save the chosen picture as it is", "save"),
    bind(Everywhere, char('t'), A::KeepSnapshot, "t", "keep a snapshot of all", ""),
    bind(Everywhere, char('e'), A::EditPreset, "e", "open its preset in $EDITOR", "edit"),

    bind(Everywhere, char('k'), A::NextMeasure, "k", "curves of style, content or total loss", "loss"),
    bind(Everywhere, char('l'), A::ToggleScale, "l", "loss logarithmic or linear", "log"),
    bind(Everywhere, char('n'), A::NextWindow, "n", "the whole run, or the last steps only", ""),
    bind(Everywhere, char('i'), A::ToggleSeconds, "i", "curves over steps, or over seconds of computing", ""),

    bind(Everywhere, (NONE, KeyCode::Tab), A::NextPanel, "Tab", "next panel (Shift-Tab: back)", "panel"),
    bind(Everywhere, (SHIFT, KeyCode::Tab), A::PreviousPanel, "Tab", "", ""),
    bind(Everywhere, char('m'), A::Maximise, "m", "the panel on the whole screen, and back", "large"),
    bind(Everywhere, (CTRL, KeyCode::Char('z')), A::Suspend, "Ctrl-Z", "to the shell; `fg` comes back", ""),
    bind(Everywhere, (CTRL, KeyCode::Char('l')), A::Redraw, "Ctrl-L", "draw the screen again", ""),

    bind(Everywhere, (NONE, KeyCode::Up), A::Up, "↑ ↓ PgUp PgDn Home End", "scroll", ""),
    bind(Everywhere, (NONE, KeyCode::Down), A::Down, "↑ ↓ PgUp PgDn Home End", "", ""),
    bind(Everywhere, (NONE, KeyCode::Left), A::Left, "← →", "choose the next column of the table", ""),
    bind(Everywhere, (NONE, KeyCode::Right), A::Right, "← →", "", ""),
    bind(Everywhere, (NONE, KeyCode::PageUp), A::PageUp, "↑ ↓ PgUp PgDn Home End", "", ""),
    bind(Everywhere, (NONE, KeyCode::PageDown), A::PageDown, "↑ ↓ PgUp PgDn Home End", "", ""),
    bind(Everywhere, (NONE, KeyCode::Home), A::First, "↑ ↓ PgUp PgDn Home End", "", ""),
    bind(Everywhere, (NONE, KeyCode::End), A::Last, "↑ ↓ PgUp PgDn Home End", "", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_means_one_thing_in_a_panel_and_is_in_the_help() {
        use terminput::{KeyEvent, KeyModifiers};

        use crate::dashboard::action::find;
        for binding in BINDINGS {
            assert!(
                BINDINGS
                    .iter()
                    .any(|other| other.key == binding.key && !other.help.is_empty()),
                "{} is in no line of the help",
                binding.key
            );
        }
        let key = |character| KeyEvent::new(KeyCode::Char(character)).modifiers(KeyModifiers::NONE);
        assert_eq!(find(BINDINGS, key('3'), P::Chart), Some(A::Choose(2)));
        let mut seen = Vec::new();
        for character in ' '..='~' {
            let found = BINDINGS
                .iter()
                .filter(|binding| find(&[**binding], key(character), P::Events).is_some());
            seen.push(found.count());
        }
        assert!(seen.iter().all(|count| *count <= 1), "{seen:?}");
    }
}
