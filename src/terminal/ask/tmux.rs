//! What tmux says about itself and the terminal that shows it. Main thread.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::preset::visible::visible;

/// The longest wait for tmux, and for the terminal behind it.
pub(super) const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// What is asked for, in this order.
const FORMAT: &str = "#{allow-passthrough}\t#{client_termtype}\t#{client_cell_width}\t\
    #{client_cell_height}\t#{client_termfeatures}";

/// What it said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tmux {
    /// `None` where this tmux has no such option: older ones hand everything through.
    pub(super) passthrough: Option<bool>,
    /// The terminal that shows it.
    pub(super) terminal: Option<String>,
    pub(super) cell: Option<(u16, u16)>,
    pub(super) true_color: bool,
}

impl Tmux {
    /// `None` where it does not answer in time.
    pub(super) fn ask(pane: &str) -> Option<Self> {
        let mut asked = Command::new("tmux")
            .args(["display-message", "-p", "-t", pane, FORMAT])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let limit = Instant::now() + LONGEST_WAIT;
        // It says less than a pipe holds, so it ends without being read.
        while asked.try_wait().ok()?.is_none() {
            if Instant::now() > limit {
                let _ = asked.kill();
                let _ = asked.wait();
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let mut said = Vec::new();
        asked.stdout.take()?.read_to_end(&mut said).ok()?;
        Self::understand(&String::from_utf8_lossy(&said))
    }

    fn understand(said: &str) -> Option<Self> {
        let mut fields = said.trim_end_matches('\n').split('\t').map(str::trim);
        let passthrough = match fields.next()? {
            "" => None,
            said => Some(!matches!(said, "off" | "0")),
        };
        let terminal = fields.next().filter(|name| !name.is_empty()).map(visible);
        let mut number = || fields.next().and_then(|number| number.parse().ok());
        let cell = number()
            .zip(number())
            .filter(|cell| cell.0 > 0 && cell.1 > 0);
        let features: Vec<&str> = fields.next().unwrap_or_default().split(',').collect();
        Some(Self {
            passthrough,
            terminal,
            cell,
            true_color: features.contains(&"RGB"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tmux_says() {
        assert_eq!(
            Tmux::understand("on\tXTerm(379)\t8\t16\t256,RGB,title\n"),
            Some(Tmux {
                passthrough: Some(true),
                terminal: Some("XTerm(379)".to_owned()),
                cell: Some((8, 16)),
                true_color: true,
            })
        );
        assert_eq!(Tmux::understand("\t\t\t\t\n"), Some(Tmux::default()));
        let off = Tmux::understand("off\t\t0\t0\t").unwrap();
        assert_eq!((off.passthrough, off.cell), (Some(false), None));
    }
}
