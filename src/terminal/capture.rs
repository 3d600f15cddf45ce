//! What libtorch, CUDA, OpenMP or a driver prints must not land on the screen: while a [`Capture`] lives,
//! standard output and error are a pipe, and a thread of its own, `capture`, makes lines of it.
//!
//! The thread ends with [`Capture::stop`], not with the pipe's last writer: a child may have inherited it.

use std::io::{self, PipeReader, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::stdio::{dup2_stderr, dup2_stdout, stderr, stdout};

use super::way_back;
use crate::preset::visible::visible;

/// Longer lines are cut, in bytes.
const LONGEST_LINE: usize = 2000;

/// While this lives, standard output and error are lines for the program.
#[derive(Debug)]
pub struct Capture {
    originals: (OwnedFd, OwnedFd),
    /// Closed to end the thread.
    until: Option<UnixStream>,
    reading: Option<JoinHandle<()>>,
}

impl Capture {
    /// Begins; `line` is called on a thread of its own with each line, safe to print and not empty. What
    /// is to reach the terminal meanwhile must have its own descriptor before.
    ///
    /// # Errors
    /// Where the system gives no pipe or thread.
    pub fn start(line: impl Fn(String) + Send + 'static) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let (until, stop) = UnixStream::pair()?;
        let originals = (
            stdout().try_clone_to_owned()?,
            stderr().try_clone_to_owned()?,
        );
        let noted = (originals.0.try_clone()?, originals.1.try_clone()?);
        io::stdout().flush()?;
        let reading = std::thread::Builder::new()
            .name("capture".to_owned())
            .spawn(move || read(&reader, &stop, &line))?;
        way_back::note_captured(Some(noted));
        let mut capture = Self {
            originals,
            until: Some(until),
            reading: Some(reading),
        };
        let taken = dup2_stdout(&writer).and_then(|()| dup2_stderr(&writer));
        if let Err(error) = taken {
            capture.put_back();
            return Err(error.into());
        }
        Ok(capture)
    }

    /// Puts standard output and error back. What was printed is delivered before this returns.
    pub fn stop(mut self) {
        self.put_back();
    }

    fn put_back(&mut self) {
        let Some(until) = self.until.take() else {
            return;
        };
        let _ = io::stdout().flush();
        let _ = dup2_stdout(&self.originals.0);
        let _ = dup2_stderr(&self.originals.1);
        way_back::note_captured(None);
        drop(until);
        if let Some(reading) = self.reading.take() {
            // A line's receiver that panicked has said so itself.
            let _ = reading.join();
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.put_back();
    }
}

/// Until everything is put back and the pipe is empty.
fn read(pipe: &PipeReader, stop: &UnixStream, line: &impl Fn(String)) {
    let mut lines = Lines::default();
    let mut chunk = [0; 4096];
    loop {
        let mut polled = [
            PollFd::new(pipe, PollFlags::IN),
            PollFd::new(stop, PollFlags::IN),
        ];
        match poll(&mut polled, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(_) => break,
        }
        let [pipe_said, stop_said] = polled.map(|polled| polled.revents());
        if pipe_said.contains(PollFlags::IN) {
            match rustix::io::read(pipe.as_fd(), &mut chunk) {
                Ok(0) => break,
                Ok(count) => lines.take(chunk.get(..count).unwrap_or_default(), line),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => break,
            }
        } else if !pipe_said.is_empty() || !stop_said.is_empty() {
            break;
        }
    }
    lines.end(line);
}

/// Bytes become lines. A carriage return ends one too, as progress bars use it.
#[derive(Debug, Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn take(&mut self, bytes: &[u8], line: &impl Fn(String)) {
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end(line),
                _ if self.0.len() < LONGEST_LINE => self.0.push(*byte),
                _ => {}
            }
        }
    }

    fn end(&mut self, line: &impl Fn(String)) {
        let text = String::from_utf8_lossy(&self.0);
        if !text.trim().is_empty() {
            line(visible(text.trim_end()));
        }
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn lines_are_whole_harmless_and_bounded() {
        let seen = RefCell::new(Vec::new());
        let mut lines = Lines::default();
        let note = |line| seen.borrow_mut().push(line);
        lines.take(b"one\r\ntw", &note);
        lines.take(b"o\x1b[31m\n\n 50%\r100%\n\xff", &note);
        lines.end(&note);
        lines.take(&[b'x'; 2 * LONGEST_LINE], &note);
        lines.end(&note);
        let seen = seen.into_inner();
        assert_eq!(
            seen[..5],
            ["one", "two\\u{1b}[31m", " 50%", "100%", "\u{fffd}"]
        );
        assert_eq!(seen[5].len(), LONGEST_LINE);
    }
}
