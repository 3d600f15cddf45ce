//! The thread `output` itself: what to write next, and what has arrived.

use std::collections::VecDeque;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Instant;

use rustix::event::PollFlags;

use super::budget::Budget;
use super::{OutputEvent, Queue, Shared, Wish};
use crate::terminal::link::Link;
use crate::terminal::tty::{Tty, wait_or_woken};
use crate::terminal::way_back::Gate;

/// Every terminal answers this, with `CSI 0 n`.
const QUESTION: &[u8] = b"\x1b[5n";

pub(super) struct Writer {
    tty: Tty,
    gate: Gate,
    woken: UnixStream,
    pub(super) shared: Arc<Shared>,
    link: Link,
    budget: Option<Budget>,
    /// What is being written, to its end before anything else.
    current: Option<Current>,
    /// The picture that has begun.
    begun: Option<Begun>,
    /// What is reported when so many bytes have arrived.
    unreported: VecDeque<(u64, Report)>,
}

struct Current {
    bytes: Vec<u8>,
    written: usize,
    /// A question stands at the end.
    asks: bool,
    report: Option<Report>,
}

struct Begun {
    tag: u64,
    pieces: VecDeque<Vec<u8>>,
    bytes: usize,
    since: Option<Instant>,
}

#[derive(Clone, Copy)]
enum Report {
    Frame,
    Picture {
        tag: u64,
        bytes: usize,
        since: Instant,
    },
}

/// What the thread waits for.
struct Next {
    /// Until the terminal takes something.
    writes: bool,
    until: Option<Instant>,
}

impl Writer {
    pub(super) fn new(
        tty: Tty,
        gate: Gate,
        woken: UnixStream,
        shared: Arc<Shared>,
        acknowledged: bool,
        bandwidth: Option<u64>,
    ) -> Self {
        let now = Instant::now();
        Self {
            tty,
            gate,
            woken,
            shared,
            link: Link::new(acknowledged, now),
            budget: bandwidth.map(|bandwidth| Budget::new(bandwidth, now)),
            current: None,
            begun: None,
            unreported: VecDeque::new(),
        }
    }

    /// Until the program wants it to end, or, as an error, the terminal is gone.
    pub(super) fn run(&mut self, send: &impl Fn(OutputEvent)) -> io::Result<()> {
        loop {
            let now = Instant::now();
            self.take_answers();
            self.report(send, now);
            // While it is held somebody else has the terminal, and that is known.
            if self.shared.queue().done != Wish::Hold {
                self.gate.write(|| Ok(()))?;
            }
            let Some(next) = self.choose(now) else {
                return Ok(());
            };
            if self.wait(&next)? {
                self.write()?;
            }
        }
    }

    fn take_answers(&mut self) {
        let answers = std::mem::take(&mut self.shared.queue().answers);
        for at in answers {
            self.link.answered(at);
        }
    }

    /// Reports what has arrived.
    fn report(&mut self, send: &impl Fn(OutputEvent), now: Instant) {
        let mut reports = Vec::new();
        while let Some((behind, report)) = self.unreported.front().copied() {
            if behind > self.link.arrived() {
                break;
            }
            self.unreported.pop_front();
            reports.push(report);
        }
        let mut queue = self.shared.queue();
        for report in &reports {
            match report {
                Report::Frame => queue.open_frames = queue.open_frames.saturating_sub(1),
                Report::Picture { bytes, since, .. } if !self.link.asks() => {
                    let seconds = now.saturating_duration_since(*since).as_secs_f64();
                    self.link.measured(*bytes as u64, seconds, true, now);
                }
                Report::Picture { .. } => {}
            }
        }
        queue.bytes_per_second = self.link.bytes_per_second();
        drop(queue);
        for report in reports {
            send(match report {
                Report::Frame => OutputEvent::FrameWritten,
                Report::Picture { tag, bytes, since } => OutputEvent::PictureWritten {
                    tag,
                    bytes,
                    seconds: now.saturating_duration_since(since).as_secs_f64(),
                },
            });
        }
    }

    /// Chooses what to write next, and what to wait for; `None` at the end.
    fn choose(&mut self, now: Instant) -> Option<Next> {
        let shared = Arc::clone(&self.shared);
        let mut queue = shared.queue();
        // While it is held the terminal may be somebody else's.
        let held = queue.done == Wish::Hold;
        let open = !held
            && (self.current.is_some()
                || self.begun.is_some()
                || !self.unreported.is_empty()
                || !queue.frames.is_empty());
        let overdue = queue.deadline.is_some_and(|deadline| deadline <= now);
        match queue.wish {
            Wish::Write => queue.done = Wish::Write,
            Wish::End if overdue || !open => return None,
            Wish::Hold if overdue || !open => {
                queue.done = Wish::Hold;
                shared.changed.notify_all();
                return Some(Next {
                    writes: false,
                    until: None,
                });
            }
            Wish::End | Wish::Hold => {}
        }
        if self.link.expire(now) && self.current.is_none() {
            self.current = Some(Current::new(QUESTION.to_vec(), false, None));
        }
        let mut until = None;
        if self.current.is_none() {
            if let Some(frame) = queue.frames.pop_front() {
                self.current = Some(Current::new(frame, self.link.asks(), Some(Report::Frame)));
            } else {
                if self.begun.is_none() && queue.wish == Wish::Write {
                    self.begun = queue.picture.take().map(Begun::new);
                }
                until = self.choose_piece(now, &mut queue);
            }
        }
        let until = [until, self.link.deadline(), queue.deadline]
            .into_iter()
            .flatten()
            .min();
        Some(Next {
            writes: self.current.is_some(),
            until,
        })
    }

    /// Chooses the next piece of the picture that has begun, where it may be written now; gives back when
    /// it may, where that is known.
    fn choose_piece(&mut self, now: Instant, queue: &mut Queue) -> Option<Instant> {
        let begun = self.begun.as_mut()?;
        let length = begun.pieces.front().map_or(0, Vec::len);
        let allowed_from = self
            .budget
            .as_mut()
            .and_then(|budget| budget.allows_from(now));
        if allowed_from.is_some() || !self.link.takes(length) {
            // Nothing of it is out: a newer one may still take its place.
            if begun.since.is_none() {
                queue.picture = self.begun.take().map(Begun::back);
            }
            if self.link.question_is_missing() {
                self.current = Some(Current::new(Vec::new(), true, None));
            }
            return allowed_from;
        }
        if let Some(budget) = &mut self.budget {
            budget.spend(length);
        }
        let since = *begun.since.get_or_insert(now);
        let piece = begun.pieces.pop_front().unwrap_or_default();
        let report = begun.pieces.is_empty().then_some(Report::Picture {
            tag: begun.tag,
            bytes: begun.bytes,
            since,
        });
        let asks =
            self.link.asks() && (report.is_some() || self.link.question_is_due_after(length));
        if report.is_some() {
            self.begun = None;
        }
        self.current = Some(Current::new(piece, asks, report));
        None
    }

    /// Waits until there is something to do; true where the terminal takes something.
    fn wait(&self, next: &Next) -> io::Result<bool> {
        let wanted = if next.writes {
            PollFlags::OUT
        } else {
            PollFlags::empty()
        };
        let limit = next
            .until
            .map(|until| until.saturating_duration_since(Instant::now()));
        let waited = wait_or_woken(&self.tty, &self.woken, wanted, limit)?;
        Ok(waited.is_some_and(|(tty, _)| tty.contains(PollFlags::OUT)))
    }

    fn write(&mut self) -> io::Result<()> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        let rest = current.bytes.get(current.written..).unwrap_or_default();
        let count = self.gate.write(|| self.tty.write_some(rest))?;
        let now = Instant::now();
        current.written += count;
        if count > 0 {
            self.link.wrote(count, now);
        }
        if current.written >= current.bytes.len() {
            if current.asks {
                self.link.asked(now);
            }
            if let Some(report) = current.report {
                self.unreported.push_back((self.link.written(), report));
            }
            self.current = None;
        }
        Ok(())
    }
}

impl Current {
    fn new(mut bytes: Vec<u8>, asks: bool, report: Option<Report>) -> Self {
        if asks {
            bytes.extend_from_slice(QUESTION);
        }
        Self {
            bytes,
            written: 0,
            asks,
            report,
        }
    }
}

impl Begun {
    fn new((tag, pieces): (u64, Vec<Vec<u8>>)) -> Self {
        Self {
            tag,
            bytes: pieces.iter().map(Vec::len).sum(),
            pieces: pieces.into(),
            since: None,
        }
    }

    /// The opposite of [`Self::new`].
    fn back(self) -> (u64, Vec<Vec<u8>>) {
        (self.tag, self.pieces.into())
    }
}
