//! One request under way: its own thread connects and reads, this side takes what arrived.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::client::{Client, Request};
use super::error::TransferError;
use super::head::Head;

/// How many pieces may wait to be taken.
const QUEUE: usize = 4;
/// The size of a piece at most, in bytes.
const PIECE_BYTES: usize = 64 << 10;
/// How often whoever waits is asked whether to go on.
const PULSE: Duration = Duration::from_millis(100);

/// What the thread of a request hands over.
#[derive(Debug)]
enum Message {
    Head(Head),
    Piece(Vec<u8>),
    End,
    Failed(TransferError),
}

/// A request under way. Dropped, it ends: its thread notices with the next piece.
#[derive(Debug)]
pub(in crate::weights) struct Transfer {
    messages: Receiver<Message>,
    stall: Duration,
}

/// Asked while nothing arrives; `Break` stops the transfer.
pub(in crate::weights) type Pulse<'a> = &'a mut dyn FnMut() -> ControlFlow<()>;

impl Transfer {
    /// Sends the request and waits for the head of an answer that is followed by data.
    pub(in crate::weights) fn start(
        client: &Client,
        request: Request,
        pulse: Pulse<'_>,
    ) -> Result<(Head, Self), TransferError> {
        let (sender, messages) = sync_channel(QUEUE);
        let of_thread = client.clone();
        std::thread::Builder::new()
            .name("weights".to_owned())
            .spawn(move || run(&of_thread, &request, &sender))
            .map_err(|error| TransferError::Connection(error.to_string()))?;
        let transfer = Self {
            messages,
            stall: client.stall,
        };
        match transfer.wait(pulse)? {
            Message::Head(head) => {
                head.check()?;
                Ok((head, transfer))
            }
            Message::Failed(error) => Err(error),
            Message::Piece(_) | Message::End => Err(lost()),
        }
    }

    /// The next piece of the body; `None` at its end, whether or not that came too early.
    pub(in crate::weights) fn next(
        &mut self,
        pulse: Pulse<'_>,
    ) -> Result<Option<Vec<u8>>, TransferError> {
        match self.wait(pulse)? {
            Message::Piece(piece) => Ok(Some(piece)),
            Message::End => Ok(None),
            Message::Failed(error) => Err(error),
            Message::Head(_) => Err(lost()),
        }
    }

    fn wait(&self, pulse: Pulse<'_>) -> Result<Message, TransferError> {
        let since = Instant::now();
        loop {
            match self.messages.recv_timeout(PULSE.min(self.stall)) {
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Disconnected) => return Err(lost()),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if pulse().is_break() {
                return Err(TransferError::Stopped);
            }
            if since.elapsed() >= self.stall {
                return Err(TransferError::Stalled(self.stall));
            }
        }
    }
}

fn lost() -> TransferError {
    TransferError::Connection("it ended unexpectedly".to_owned())
}

/// The thread of a request. Ends as soon as nobody takes what it hands over.
fn run(client: &Client, request: &Request, sender: &SyncSender<Message>) {
    let response = match client.call(request) {
        Ok(response) => response,
        Err(error) => {
            let _ = sender.send(Message::Failed(TransferError::of(error)));
            return;
        }
    };
    if sender.send(Message::Head(Head::of(&response))).is_err() {
        return;
    }
    let mut body = response.into_body().into_reader();
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let message = match body.read(&mut piece) {
            Ok(0) => Message::End,
            Ok(bytes) => {
                piece.truncate(bytes);
                Message::Piece(piece)
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => Message::Failed(TransferError::Connection(error.to_string())),
        };
        let goes_on = matches!(message, Message::Piece(_));
        if sender.send(message).is_err() || !goes_on {
            return;
        }
    }
}
