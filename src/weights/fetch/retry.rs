//! How often one source is tried, and how long to wait in between.

use std::time::{Duration, Instant};

use super::reporter::{Progress, Reporter};
use crate::weights::environment::Patience;
use crate::weights::http::TransferError;

/// How often whoever waits is asked whether to go on.
const PULSE: Duration = Duration::from_millis(100);
/// Attempts at a server whose name is not known: without a network, four would only keep people waiting.
const ATTEMPTS_WITHOUT_NAME: u32 = 2;

/// Counts attempts in a row that brought nothing.
pub(super) struct Retry {
    patience: Patience,
    failed: u32,
}

impl Retry {
    pub(super) fn new(patience: Patience) -> Self {
        Self {
            patience,
            failed: 0,
        }
    }

    /// An attempt brought something.
    pub(super) fn advanced(&mut self) {
        self.failed = 0;
    }

    /// Waits before the next attempt after `error`, or hands the error back where no other is to follow.
    pub(super) fn pause(
        &mut self,
        error: TransferError,
        reporter: &mut Reporter<'_>,
    ) -> Result<(), TransferError> {
        self.failed += 1;
        let attempts = match error {
            TransferError::HostNotFound => self.patience.attempts.min(ATTEMPTS_WITHOUT_NAME),
            _ => self.patience.attempts,
        };
        if !error.is_passing() || self.failed >= attempts {
            return Err(error);
        }
        let pause = self.length(error.asked_wait());
        reporter.say(Progress::Trying {
            after: error.to_string(),
            seconds: pause.as_secs_f64().ceil() as u64,
        })?;
        let since = Instant::now();
        while let Some(left) = pause
            .checked_sub(since.elapsed())
            .filter(|left| !left.is_zero())
        {
            std::thread::sleep(left.min(PULSE));
            if reporter.again().is_break() {
                return Err(TransferError::Stopped);
            }
        }
        Ok(())
    }

    /// The pause after as many failures as there were, where the server asked for `asked`.
    fn length(&self, asked: Option<Duration>) -> Duration {
        let doubled = 2_u32.saturating_pow(self.failed.saturating_sub(1));
        self.patience
            .pause
            .saturating_mul(doubled)
            .max(asked.unwrap_or_default())
            .min(self.patience.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    fn patience() -> Patience {
        Patience {
            stall: Duration::from_secs(1),
            attempts: 4,
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
        }
    }

    #[test]
    fn pauses_double_and_servers_may_ask_for_longer_ones() {
        let mut retry = Retry::new(patience());
        let mut lengths = Vec::new();
        for failed in 1..=3 {
            retry.failed = failed;
            lengths.push(retry.length(None).as_secs());
        }
        assert_eq!(lengths, [1, 2, 4]);
        assert_eq!(retry.length(Some(Duration::from_secs(9))).as_secs(), 9);
        assert_eq!(retry.length(Some(Duration::from_secs(900))).as_secs(), 60);
    }

    #[test]
    fn the_last_failure_is_handed_back_and_success_starts_anew() {
        let mut quiet = |_: Progress| ControlFlow::Continue(());
        let mut reporter = Reporter::new(&mut quiet);
        let mut retry = Retry::new(Patience {
            pause: Duration::ZERO,
            ..patience()
        });
        let error = || TransferError::Server { status: 500 };
        for _ in 0..3 {
            retry.pause(error(), &mut reporter).unwrap();
        }
        retry.advanced();
        for _ in 0..3 {
            retry.pause(error(), &mut reporter).unwrap();
        }
        assert_eq!(retry.pause(error(), &mut reporter), Err(error()));
        let mut retry = Retry::new(patience());
        let gone = TransferError::NotFound { status: 404 };
        assert_eq!(retry.pause(gone.clone(), &mut reporter), Err(gone));
    }

    #[test]
    fn a_pause_can_be_broken_off() {
        let mut stop = |_: Progress| ControlFlow::Break(());
        let mut reporter = Reporter::new(&mut stop);
        let error = TransferError::Server { status: 500 };
        assert_eq!(
            Retry::new(patience()).pause(error, &mut reporter),
            Err(TransferError::Stopped)
        );
    }
}
