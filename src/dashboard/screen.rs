//! Turns the state into bytes for the terminal: only what differs from the frame before, in one
//! synchronized update. UI thread; writes to nothing but memory.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{TerminalOptions, Viewport};

use super::desk::Desk;

/// The terminal shows nothing of what is between these (mode 2026); others ignore them.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
const CLEAR: &[u8] = b"\x1b[0m\x1b[2J";

/// Bytes that the backend and the screen both hold.
#[derive(Debug, Clone, Default)]
struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is on the screen, as far as this program knows.
#[derive(Debug)]
pub(super) struct Screen {
    bytes: Bytes,
    terminal: Terminal<CrosstermBackend<Bytes>>,
    size: (u16, u16),
    /// What the backend writes for a frame in which nothing differs.
    nothing: Vec<u8>,
    clear: bool,
}

impl Screen {
    /// # Errors
    /// Never in practice: nothing is written but to memory.
    pub(super) fn new(size: (u16, u16)) -> io::Result<Self> {
        let bytes = Bytes::default();
        let area = Rect::new(0, 0, size.0, size.1);
        let mut terminal = Terminal::with_options(
            CrosstermBackend::new(bytes.clone()),
            TerminalOptions {
                viewport: Viewport::Fixed(area),
            },
        )?;
        bytes.0.borrow_mut().clear();
        terminal.flush()?;
        let nothing = std::mem::take(&mut *bytes.0.borrow_mut());
        Ok(Self {
            bytes,
            terminal,
            size,
            nothing,
            clear: true,
        })
    }

    /// Everything is written again with the next frame.
    ///
    /// # Errors
    /// As [`Screen::new`].
    pub(super) fn repaint(&mut self, size: (u16, u16)) -> io::Result<()> {
        *self = Self::new(size)?;
        Ok(())
    }

    pub(super) fn size(&self) -> (u16, u16) {
        self.size
    }

    /// The bytes that make the screen look like `desk`; `None` where it does already.
    ///
    /// # Errors
    /// As [`Screen::new`].
    pub(super) fn frame(&mut self, desk: &impl Desk) -> io::Result<Option<Vec<u8>>> {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        desk.render(area, self.terminal.get_frame().buffer_mut());
        self.terminal.flush()?;
        self.terminal.swap_buffers();
        let drawn = std::mem::take(&mut *self.bytes.0.borrow_mut());
        let clear = std::mem::take(&mut self.clear);
        if drawn == self.nothing && !clear {
            return Ok(None);
        }
        let mut frame = Vec::with_capacity(drawn.len() + 32);
        frame.extend_from_slice(BEGIN);
        if clear {
            frame.extend_from_slice(CLEAR);
        }
        frame.extend_from_slice(&drawn);
        frame.extend_from_slice(END);
        Ok(Some(frame))
    }
}
