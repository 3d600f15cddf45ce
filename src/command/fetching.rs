//! How the fetching of weights is shown in line mode: a line that says what comes from where, then a bar or
//! a line for every tenth. Main thread.

use std::io;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::output;
use crate::engine::message::Fetching;
use crate::preset::visible::visible;
use crate::record::figure::{bytes, duration};
use crate::record::transfer::{Transfer, announcement};

const TEMPLATE: &str = "{bar:24.cyan/bright.black}  {msg}";

/// On a terminal: a bar on standard error.
#[derive(Debug, Default)]
pub(super) struct FetchBar(Followed);

impl FetchBar {
    /// Shows how far it is in `bar`.
    pub(super) fn show(&mut self, fetching: &Fetching, bar: &ProgressBar) -> io::Result<()> {
        if let Some(line) = self.0.follow(fetching) {
            bar.suspend(|| output::line(line))?;
            // A template that indicatif refuses would show its own bar, which is no reason to stop.
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style.progress_chars("━━─"));
            }
        }
        let Some(transfer) = &self.0.transfer else {
            bar.set_message(visible(fetching.waiting.as_deref().unwrap_or("connecting")));
            return Ok(());
        };
        bar.set_length(fetching.total_bytes);
        bar.set_position(fetching.done_bytes);
        bar.set_message(words(transfer));
        Ok(())
    }
}

fn words(transfer: &Transfer) -> String {
    let mut words = vec![transfer.amount()];
    if let Some(waiting) = &transfer.now.waiting {
        words.push(visible(waiting));
        return words.join("  ");
    }
    if let Some(rate) = transfer.bytes_per_second() {
        words.push(format!("{}/s", bytes(rate as u64)));
    }
    if let Some(left) = transfer.seconds_left() {
        words.push(format!("{} left", duration(left)));
    }
    words.join("  ")
}

/// Elsewhere: plain lines on standard output.
#[derive(Debug, Default)]
pub(super) struct FetchLines {
    followed: Followed,
    waiting: Option<String>,
    tenths: u64,
    said: Option<Instant>,
}

/// Lines come no faster.
const LINE_INTERVAL: Duration = Duration::from_secs(1);

impl FetchLines {
    /// Says what is new since the last time, where that is worth a line.
    pub(super) fn say(&mut self, fetching: &Fetching) -> io::Result<()> {
        if let Some(line) = self.followed.follow(fetching) {
            output::line(line)?;
            self.tenths = 0;
            self.said = Some(Instant::now());
        }
        if fetching.waiting != self.waiting {
            self.waiting.clone_from(&fetching.waiting);
            if let Some(waiting) = &self.waiting {
                output::line(visible(waiting))?;
            }
        }
        let Some(transfer) = &self.followed.transfer else {
            return Ok(());
        };
        let tenths = fetching.done_bytes * 10 / fetching.total_bytes.max(1);
        let recently = |said: Instant| said.elapsed() < LINE_INTERVAL;
        if tenths > self.tenths && !self.said.is_some_and(recently) {
            self.tenths = tenths;
            self.said = Some(Instant::now());
            output::line(words(transfer))?;
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Followed {
    transfer: Option<Transfer>,
}

impl Followed {
    /// The line that announces it, where this is the first that is heard of what comes from there.
    fn follow(&mut self, fetching: &Fetching) -> Option<String> {
        if fetching.total_bytes == 0 {
            return None;
        }
        Transfer::follow(&mut self.transfer, fetching, Instant::now())
            .then(|| visible(&announcement(fetching)))
    }
}
