//! Brings the wanted bytes of a remote file into a part, again and again while the network fails.

use super::Failed;
use super::part::Part;
use super::remote::{Remote, wrong_range};
use super::reporter::{Progress, Reporter};
use super::retry::Retry;
use super::wanted::Wanted;
use crate::weights::http::{Client, Request, Transfer, TransferError};

/// One remote file on its way into one part.
pub(super) struct Download<'a, 'here> {
    pub(super) client: &'a Client,
    pub(super) remote: &'a Remote,
    pub(super) wanted: Wanted,
    pub(super) part: &'a mut Part<'here>,
}

impl Download<'_, '_> {
    /// Says what is fetched, and fetches it. What arrived stays in the part whatever happens.
    pub(super) fn run(
        &mut self,
        name: &'static str,
        retry: &mut Retry,
        reporter: &mut Reporter<'_>,
    ) -> Result<(), Failed> {
        if self.wanted.next_span().is_none() {
            return Ok(());
        }
        let streamed = !self.remote.ranges;
        reporter.say(Progress::Starting {
            name,
            from: self.remote.source.clone(),
            bytes: if streamed {
                self.wanted.end()
            } else {
                self.wanted.total_bytes()
            },
            of_bytes: self.remote.total_bytes.unwrap_or(self.wanted.end()),
            resumed_bytes: if streamed {
                0
            } else {
                self.wanted.done_bytes()
            },
        })?;
        while let Some(span) = self.wanted.next_span() {
            let before_bytes = self.wanted.done_bytes();
            let outcome = self.request(span, reporter);
            if self.wanted.done_bytes() > before_bytes {
                retry.advanced();
            }
            match outcome {
                Ok(()) => {}
                Err(Failed::Transfer(error)) => retry.pause(error, reporter)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One request for the bytes of `span`, first and last included.
    fn request(&mut self, span: (u64, u64), reporter: &mut Reporter<'_>) -> Result<(), Failed> {
        let request = Request {
            url: self.remote.url.clone(),
            range: self.remote.ranges.then_some(span),
            unless_changed: self.remote.validator.clone(),
        };
        let (head, mut transfer) =
            match Transfer::start(self.client, request, &mut || reporter.again()) {
                // The file was longer a moment ago.
                Err(TransferError::RangeRefused) => return Err(TransferError::Changed.into()),
                other => other?,
            };
        let (mut position, end) = if head.status == 206 {
            match head.content_range {
                // A server may send less than was asked for; the rest is the next request's.
                Some(range) if range.first == span.0 && range.last <= span.1 => {
                    (span.0, range.last + 1)
                }
                range => return Err(wrong_range(span, range).into()),
            }
        } else {
            (0, self.wanted.end())
        };
        self.remote.check_same(&head)?;
        let begin = position;
        while position < end {
            let Some(piece) = transfer.next(&mut || reporter.again())? else {
                return Err(TransferError::Truncated {
                    expected_bytes: end - begin,
                    arrived_bytes: position - begin,
                }
                .into());
            };
            for wanted in self.wanted.take(position, &piece) {
                self.part.append(wanted)?;
            }
            position += piece.len() as u64;
            reporter.say(if head.status == 206 {
                Progress::Fetched {
                    done_bytes: self.wanted.done_bytes(),
                    total_bytes: self.wanted.total_bytes(),
                }
            } else {
                // Without ranges everything before the wanted bytes comes as well, and takes its time.
                Progress::Fetched {
                    done_bytes: position.min(end),
                    total_bytes: end,
                }
            })?;
        }
        Ok(())
    }
}
