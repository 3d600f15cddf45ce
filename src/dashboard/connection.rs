//! What is between the program and the terminal: its modes, who reads it, who writes it. Owned by the UI
//! thread, which only hands things over.

use std::io;
use std::sync::mpsc::Sender;

use super::message::Message;
use super::preview::encode;
use super::setup::{ASK_LIMIT, Options};
use super::theme::ColourSupport;
use crate::terminal::ask::{self, Capabilities, Multiplexer, Protocol};
use crate::terminal::input::{Input, InputThread};
use crate::terminal::output::Output;
use crate::terminal::session::{Session, Size};

/// Taken for a cell where the terminal does not tell: width and height in pixels.
const USUAL_CELL: (u16, u16) = (8, 16);

/// A terminal that this program has.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) session: Session,
    pub(super) input: InputThread,
    pub(super) output: Output,
    /// How pictures are shown.
    pub(super) protocol: Protocol,
    /// A frame is on its way, and the next one waits for it.
    pub(super) in_flight: bool,
    in_tmux: bool,
}

impl Connection {
    /// Asks the terminal of `session` what it can do, and begins to read and write it.
    pub(super) fn new(
        session: Session,
        options: &Options,
        sender: &Sender<Message>,
    ) -> io::Result<(Self, Capabilities)> {
        let (capabilities, typed) = ask::ask_and_listen(ASK_LIMIT);
        let to = to(sender);
        let output = Output::start(
            capabilities.reports_status,
            options.bandwidth_bytes_per_second,
            move |event| to(Message::Output(event)),
        )?;
        let to = self::to(sender);
        // Before what is typed from now on.
        for event in typed {
            to(Message::Input(Input::Event(event)));
        }
        let acknowledge = output.acknowledger();
        let input = InputThread::start(move |input| match input {
            // Not through the loop, which waits for these while it gives the terminal away.
            Input::StatusReport => acknowledge(),
            other => to(Message::Input(other)),
        })?;
        let connection = Self {
            session,
            input,
            output,
            protocol: (options.choose)(&capabilities),
            in_flight: false,
            in_tmux: capabilities.multiplexer == Some(Multiplexer::Tmux),
        };
        Ok((connection, capabilities))
    }

    /// Takes this program's pictures off the screen and out of the terminal's memory, after what is being
    /// written of one.
    pub(super) fn put_pictures_away(&mut self) {
        let bytes = encode::delete_all(self.protocol, self.in_tmux);
        if !bytes.is_empty() {
            self.output.pause();
            self.output.frame(bytes);
            self.output.resume();
        }
    }

    /// Takes this program's pictures out of the terminal's memory.
    pub(super) fn delete_pictures(&mut self) {
        let bytes = encode::delete_all(self.protocol, self.in_tmux);
        if !bytes.is_empty() {
            self.in_flight = true;
            self.output.frame(bytes);
        }
    }
}

/// Says something to the loop, from any thread. The loop ends last of all; what comes later is of no use.
pub(super) fn to(sender: &Sender<Message>) -> impl Fn(Message) + Send + 'static {
    let sender = sender.clone();
    move |message| drop(sender.send(message))
}

/// A cell's pixels: as the terminal said, or as its window has them, or the usual.
pub(super) fn cell(capabilities: &Capabilities, size: Option<Size>) -> (u16, u16) {
    capabilities
        .cell
        .or(measured_cell(size))
        .unwrap_or(USUAL_CELL)
}

/// A cell's pixels by the size of the window.
pub(super) fn measured_cell(size: Option<Size>) -> Option<(u16, u16)> {
    let size = size?;
    let (width, height) = size.pixels?;
    let cell = (width / size.columns, height / size.rows);
    (cell.0 > 0 && cell.1 > 0).then_some(cell)
}

/// The colours that are wanted and that there are.
pub(super) fn colour_support(capabilities: &Capabilities) -> ColourSupport {
    // <https://no-color.org>
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    ColourSupport {
        colours: !unwanted,
        true_color: capabilities.true_color,
        dark: capabilities.dark_background.unwrap_or(true),
    }
}
