//! What the variables of the environment say about the terminal. Any thread.

use std::collections::HashMap;
use std::ffi::OsString;

use super::Multiplexer;

/// The variables, by name.
pub(super) struct Environment(HashMap<String, String>);

impl Environment {
    pub(super) fn of_process() -> Self {
        let text = |value: OsString| value.to_string_lossy().into_owned();
        Self(
            std::env::vars_os()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
        )
    }

    #[cfg(test)]
    pub(super) fn of(variables: &[(&str, &str)]) -> Self {
        Self(
            variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        (!value.is_empty()).then_some(value)
    }

    fn is(&self, name: &str, values: &[&str]) -> bool {
        self.get(name).is_some_and(|value| values.contains(&value))
    }

    pub(super) fn is_dumb(&self) -> bool {
        self.get("TERM").is_none_or(|term| term == "dumb")
    }

    /// Linux's console prints questions.
    pub(super) fn may_be_asked(&self) -> bool {
        !self.is_dumb() && !self.is("TERM", &["linux"])
    }

    /// macOS' own terminal prints a question about a mode.
    pub(super) fn may_be_asked_for_modes(&self) -> bool {
        !self.is("TERM_PROGRAM", &["Apple_Terminal"])
    }

    pub(super) fn multiplexer(&self) -> Option<Multiplexer> {
        let term = self.get("TERM").unwrap_or_default();
        if self.get("TMUX").is_some() || term.starts_with("tmux") {
            Some(Multiplexer::Tmux)
        } else if self.get("STY").is_some() || term.starts_with("screen") {
            Some(Multiplexer::Screen)
        } else {
            None
        }
    }

    /// The pane, where tmux runs on this machine and can be asked.
    pub(super) fn inside_own_tmux(&self) -> Option<&str> {
        self.get("TMUX").and(self.get("TMUX_PANE"))
    }

    /// What the program is that the shell was started in, as far as it says so. Inside a multiplexer the
    /// variables may be those of a terminal that is long gone.
    pub(super) fn shows_iterm2(&self) -> bool {
        let program = |name: &str| {
            let value = self.get(name).unwrap_or_default();
            ["iTerm", "WezTerm", "mintty", "rio", "WarpTerminal"]
                .iter()
                .any(|known| value.contains(known))
        };
        self.multiplexer().is_none()
            && (program("TERM_PROGRAM")
                || program("LC_TERMINAL")
                || self.get("KONSOLE_VERSION").is_some()
                || self.get("MLTERM").is_some())
    }

    pub(super) fn shows_true_color(&self) -> bool {
        let term = self.get("TERM").unwrap_or_default();
        self.is("COLORTERM", &["truecolor", "24bit"])
            || term.ends_with("-direct")
            || [
                "kitty",
                "ghostty",
                "alacritty",
                "wezterm",
                "foot",
                "contour",
            ]
            .iter()
            .any(|known| term.contains(known))
    }

    /// The last number of `$COLORFGBG` is the background's, of the 16 colours.
    pub(super) fn has_dark_background(&self) -> Option<bool> {
        let colours = self.get("COLORFGBG")?;
        let background: u8 = colours.rsplit(';').next()?.parse().ok()?;
        Some(background < 7 || background == 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplexers() {
        let inside = |variables: &[_]| Environment::of(variables).multiplexer();
        assert_eq!(inside(&[("TERM", "xterm-256color")]), None);
        assert_eq!(
            inside(&[("TERM", "screen-256color"), ("TMUX", "/tmp/x,1,0")]),
            Some(Multiplexer::Tmux)
        );
        assert_eq!(
            inside(&[("TERM", "tmux-256color")]),
            Some(Multiplexer::Tmux)
        );
        assert_eq!(
            inside(&[("TERM", "screen.xterm-256color")]),
            Some(Multiplexer::Screen)
        );
    }

    #[test]
    fn who_may_be_asked() {
        assert!(Environment::of(&[]).is_dumb());
        for term in ["dumb", "linux"] {
            assert!(!Environment::of(&[("TERM", term)]).may_be_asked(), "{term}");
        }
        assert!(Environment::of(&[("TERM", "xterm")]).may_be_asked());
    }

    #[test]
    fn what_variables_say() {
        let dark = |variables: &[_]| Environment::of(variables).has_dark_background();
        assert_eq!(dark(&[("COLORFGBG", "15;0")]), Some(true));
        assert_eq!(dark(&[("COLORFGBG", "0;default;15")]), Some(false));
        assert_eq!(dark(&[("COLORFGBG", "0;default")]), None);
        assert!(Environment::of(&[("COLORTERM", "truecolor")]).shows_true_color());
        assert!(!Environment::of(&[("TERM", "xterm-256color")]).shows_true_color());
        assert!(Environment::of(&[("TERM_PROGRAM", "WezTerm")]).shows_iterm2());
        let left_over = &[("TERM_PROGRAM", "iTerm.app"), ("TMUX", "/tmp/x,1,0")];
        assert!(!Environment::of(left_over).shows_iterm2());
    }
}
