//! Everything a key or a click can ask for, and the one table of keys that the screen, the help and the
//! tests read. Data; any thread.

use terminput::{KeyCode, KeyEvent, KeyModifiers};

use super::standing::Standing;

/// A part of the screen that keys can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Panel {
    Losses,
    Layers,
    Preview,
    Parameters,
    Presets,
    Events,
}

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
    Focus(Panel),
    Maximise,
    SavePicture,
    EditPreset,
    WritePreset,
    WritePresetAs,
    Restart,
    MoreSteps,
    Undo,
    Revert,
    ToggleScale,
    NextWindow,
    ToggleChartPicture,
    NextSubject,
    PreviousSubject,
    ZoomIn,
    ZoomOut,
    RealPixels,
    Fit,
    DividerLeft,
    DividerRight,
    KeepSnapshot,
    SnapshotBack,
    SnapshotForward,
    Beside,
    GoBack,
    MeasureGradients,
    Up,
    Down,
    Left,
    Right,
    CoarseLeft,
    CoarseRight,
    PageUp,
    PageDown,
    First,
    Last,
    Choose,
}

impl Action {
    /// `help` or another word for it, by whose run it is; `None` where it means nothing there.
    pub(super) fn said(self, standing: Standing, help: &'static str) -> Option<&'static str> {
        match (standing, self) {
            (Standing::Attached, Self::Interrupt) => {
                Some("the same; twice leaves, and the run goes on")
            }
            (Standing::Watching, Self::Quit) => Some("leave; the run goes on"),
            (Standing::Watching, Self::Interrupt) => Some("the same"),
            (
                Standing::Watching,
                Self::TogglePause
                | Self::Restart
                | Self::GoBack
                | Self::MeasureGradients
                | Self::KeepSnapshot
                | Self::WritePreset,
            ) => None,
            _ => Some(help),
        }
    }
}

/// Where a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope<P = Panel> {
    Everywhere,
    In(P),
}

/// A key, what it does, and how the help says it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Binding<A = Action, P = Panel> {
    pub(super) scope: Scope<P>,
    code: KeyCode,
    modifiers: KeyModifiers,
    pub(super) action: A,
    /// How the key is written; bindings with the same words are one line of the help.
    pub(super) key: &'static str,
    /// Empty where another line says it.
    pub(super) help: &'static str,
    /// A word or two for the line at the bottom; empty for none.
    pub(super) hint: &'static str,
}

pub(super) const NONE: KeyModifiers = KeyModifiers::NONE;
pub(super) const CTRL: KeyModifiers = KeyModifiers::CTRL;
pub(super) const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

pub(super) const fn bind<A: Copy, P: Copy>(
    scope: Scope<P>,
    (modifiers, code): (KeyModifiers, KeyCode),
    action: A,
    key: &'static str,
    help: &'static str,
    hint: &'static str,
) -> Binding<A, P> {
    Binding {
        scope,
        code,
        modifiers,
        action,
        key,
        help,
        hint,
    }
}

pub(super) const fn char(character: char) -> (KeyModifiers, KeyCode) {
    (NONE, KeyCode::Char(character))
}

use Action as A;
use Panel as P;
use Scope::{Everywhere, In};

/// Every key. The first one that fits counts.
#[rustfmt::skip] // one key a line reads better
pub(super) const BINDINGS: &[Binding] = &[
    bind(In(P::Parameters), (NONE, KeyCode::Up), A::Up, "↑ ↓", "choose a value", "choose"),
    bind(In(P::Parameters), (NONE, KeyCode::Down), A::Down, "↑ ↓", "", ""),
    bind(In(P::Parameters), (NONE, KeyCode::Left), A::Left, "← →", "change it finely", "change"),
    bind(In(P::Parameters), (NONE, KeyCode::Right), A::Right, "← →", "", ""),
    bind(In(P::Parameters), (SHIFT, KeyCode::Left), A::CoarseLeft, "Shift ← → or < >", "change it coarsely", ""),
    bind(In(P::Parameters), (SHIFT, KeyCode::Right), A::CoarseRight, "Shift ← → or < >", "", ""),
    bind(In(P::Parameters), char('<'), A::CoarseLeft, "Shift ← → or < >", "", ""),
    bind(In(P::Parameters), char('>'), A::CoarseRight, "Shift ← → or < >", "", ""),
    bind(In(P::Parameters), (NONE, KeyCode::Enter), A::Choose, "Enter", "type a value", "type"),

    bind(In(P::Presets), (NONE, KeyCode::Up), A::Up, "↑ ↓", "choose a preset", "choose"),
    bind(In(P::Presets), (NONE, KeyCode::Down), A::Down, "↑ ↓", "", ""),
    bind(In(P::Presets), (NONE, KeyCode::Enter), A::Choose, "Enter", "apply it to the picture as it is", "apply"),

    bind(In(P::Preview), (NONE, KeyCode::Left), A::Left, "← ↑ ↓ →", "move what is shown", "move"),
    bind(In(P::Preview), (NONE, KeyCode::Right), A::Right, "← ↑ ↓ →", "", ""),
    bind(In(P::Preview), (NONE, KeyCode::Up), A::Up, "← ↑ ↓ →", "", ""),
    bind(In(P::Preview), (NONE, KeyCode::Down), A::Down, "← ↑ ↓ →", "", ""),
    bind(In(P::Preview), (SHIFT, KeyCode::Left), A::DividerLeft, "Shift ← → or < >", "move the divider of the split view", ""),
    bind(In(P::Preview), (SHIFT, KeyCode::Right), A::DividerRight, "Shift ← → or < >", "", ""),
    bind(In(P::Preview), char('<'), A::DividerLeft, "Shift ← → or < >", "", ""),
    bind(In(P::Preview), char('>'), A::DividerRight, "Shift ← → or < >", "", ""),

    bind(Everywhere, char('q'), A::Quit, "q", "leave: you are asked how", "quit"),
    bind(Everywhere, (CTRL, KeyCode::Char('c')), A::Interrupt, "Ctrl-C", "the same; twice stops, saves and leaves", ""),
    bind(Everywhere, char('?'), A::Help, "?", "this help", "help"),
    bind(Everywhere, (NONE, KeyCode::F(1)), A::Help, "?", "", ""),
    bind(Everywhere, char(' '), A::TogglePause, "Space", "pause, go on", "pause"),
    bind(Everywhere, char('s'), A::SavePicture, "s", "save the picture as it is", "save"),
    bind(Everywhere, char('a'), A::MoreSteps, "a", "ask for more steps", ""),
    bind(Everywhere, char('r'), A::Restart, "r", "begin again from the first picture", ""),
    bind(Everywhere, (CTRL, KeyCode::Char('z')), A::Suspend, "Ctrl-Z", "to the shell; `fg` comes back", ""),
    bind(Everywhere, (CTRL, KeyCode::Char('l')), A::Redraw, "Ctrl-L", "draw the screen again", ""),

    bind(Everywhere, (NONE, KeyCode::Tab), A::NextPanel, "Tab", "next panel (Shift-Tab: back, 1 to 6: that one)", "panel"),
    bind(Everywhere, (SHIFT, KeyCode::Tab), A::PreviousPanel, "Tab", "", ""),
    bind(Everywhere, char('1'), A::Focus(P::Losses), "Tab", "", ""),
    bind(Everywhere, char('2'), A::Focus(P::Layers), "Tab", "", ""),
    bind(Everywhere, char('3'), A::Focus(P::Preview), "Tab", "", ""),
    bind(Everywhere, char('4'), A::Focus(P::Parameters), "Tab", "", ""),
    bind(Everywhere, char('5'), A::Focus(P::Presets), "Tab", "", ""),
    bind(Everywhere, char('6'), A::Focus(P::Events), "Tab", "", ""),
    bind(Everywhere, char('m'), A::Maximise, "m", "the panel on the whole screen, and back", "large"),
    bind(Everywhere, (NONE, KeyCode::Esc), A::Escape, "Esc", "close, back", ""),

    bind(Everywhere, char('v'), A::NextSubject, "v V", "result, content, style, difference, split", "view"),
    bind(Everywhere, char('V'), A::PreviousSubject, "v V", "", ""),
    bind(Everywhere, char('+'), A::ZoomIn, "+ -", "zoom", "zoom"),
    bind(Everywhere, char('='), A::ZoomIn, "+ -", "", ""),
    bind(Everywhere, char('-'), A::ZoomOut, "+ -", "", ""),
    bind(Everywhere, char('x'), A::RealPixels, "x", "real pixels: one of it is one of the screen", ""),
    bind(Everywhere, char('0'), A::Fit, "0", "the whole picture", ""),
    bind(Everywhere, char('t'), A::KeepSnapshot, "t", "keep a snapshot of the run", ""),
    bind(Everywhere, char('['), A::SnapshotBack, "[ ]", "step through the snapshots", "snapshots"),
    bind(Everywhere, char(']'), A::SnapshotForward, "[ ]", "", ""),
    bind(Everywhere, char('b'), A::Beside, "b", "the snapshot beside the picture of now", ""),
    bind(Everywhere, char('g'), A::GoBack, "g", "go on from the snapshot", ""),

    bind(Everywhere, char('l'), A::ToggleScale, "l", "loss logarithmic or linear", "log"),
    bind(Everywhere, char('n'), A::NextWindow, "n", "the whole run, or the last steps only", "window"),
    bind(Everywhere, char('c'), A::ToggleChartPicture, "c", "draw the loss as a real picture", ""),
    bind(Everywhere, char('d'), A::MeasureGradients, "d", "measure each term's share of the gradient", ""),

    bind(Everywhere, char('u'), A::Undo, "u", "undo the last change of a value", "undo"),
    bind(Everywhere, char('R'), A::Revert, "R", "all values as in the file", ""),
    bind(Everywhere, char('e'), A::EditPreset, "e", "open the preset in $EDITOR", "edit"),
    bind(Everywhere, char('w'), A::WritePreset, "w", "write the changed values into the preset file", "write"),
    bind(Everywhere, char('W'), A::WritePresetAs, "W", "write them as a new preset", ""),

    bind(Everywhere, (NONE, KeyCode::Up), A::Up, "↑ ↓", "scroll", ""),
    bind(Everywhere, (NONE, KeyCode::Down), A::Down, "↑ ↓", "", ""),
    bind(Everywhere, char('k'), A::Up, "↑ ↓", "", ""),
    bind(Everywhere, char('j'), A::Down, "↑ ↓", "", ""),
    bind(Everywhere, (NONE, KeyCode::PageUp), A::PageUp, "PgUp PgDn Home End", "scroll further", ""),
    bind(Everywhere, (NONE, KeyCode::PageDown), A::PageDown, "PgUp PgDn Home End", "", ""),
    bind(Everywhere, (NONE, KeyCode::Home), A::First, "PgUp PgDn Home End", "", ""),
    bind(Everywhere, (NONE, KeyCode::End), A::Last, "PgUp PgDn Home End", "", ""),
];

/// What `key` asks for while keys go to `focus`.
pub(super) fn action(key: KeyEvent, focus: Panel) -> Option<Action> {
    find(BINDINGS, key, focus)
}

/// The same by any table of keys.
pub(super) fn find<A: Copy, P: Copy + PartialEq>(
    bindings: &[Binding<A, P>],
    key: KeyEvent,
    focus: P,
) -> Option<A> {
    let (code, modifiers) = match (key.code, key.modifiers) {
        // Shift is in the character already.
        (KeyCode::Char(character), modifiers) => {
            let upper = modifiers.contains(SHIFT) && character.is_ascii_lowercase();
            let character = if upper {
                character.to_ascii_uppercase()
            } else {
                character
            };
            (KeyCode::Char(character), modifiers.difference(SHIFT))
        }
        other => other,
    };
    bindings
        .iter()
        .filter(|binding| binding.code == code && binding.modifiers == modifiers)
        .find(|binding| match binding.scope {
            Everywhere => true,
            In(panel) => panel == focus,
        })
        .map(|binding| binding.action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_means_one_thing_in_a_panel() {
        for (index, binding) in BINDINGS.iter().enumerate() {
            for other in &BINDINGS[index + 1..] {
                let same = binding.code == other.code
                    && binding.modifiers == other.modifiers
                    && binding.scope == other.scope;
                assert!(!same, "{} is bound twice", binding.key);
            }
        }
    }

    #[test]
    fn every_key_is_in_the_help() {
        for binding in BINDINGS {
            assert!(
                BINDINGS
                    .iter()
                    .any(|other| other.key == binding.key && !other.help.is_empty()),
                "{} is in no line of the help",
                binding.key
            );
        }
    }

    #[test]
    fn shift_is_in_the_character() {
        let key = KeyEvent::new(KeyCode::Char('w')).modifiers(SHIFT);
        assert_eq!(action(key, P::Losses), Some(A::WritePresetAs));
        let key = KeyEvent::new(KeyCode::Char('W'));
        assert_eq!(action(key, P::Losses), Some(A::WritePresetAs));
    }

    #[test]
    fn arrows_belong_to_the_panel() {
        let key = KeyEvent::new(KeyCode::Left);
        assert_eq!(action(key, P::Preview), Some(A::Left));
        assert_eq!(action(key, P::Losses), None);
    }
}
