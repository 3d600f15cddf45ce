//! The loop: hears what happens, lets the state answer, carries out what it wants, and draws. UI thread.
//!
//! It waits for nothing but the next message. The terminal is written by the thread `output`, tasks are done
//! by `tasks`, pictures made by `preview`; the engine is a thread of its own.

use std::io;
use std::path::PathBuf;
use std::process::Command as Program;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::connection::{Connection, cell, measured_cell};
use super::desk::Desk;
use super::event_log::Tone;
use super::gpu::GpuWatch;
use super::log::Log;
use super::message::{Effect, Message};
use super::opening::StartError;
use super::preview::Encoder;
use super::recorders::Recorders;
use super::screen::Screen;
use super::setup::{Commands, Farewell, Setup};
use super::task::Tasks;
use crate::engine::message::Event;
use crate::engine::picture_slot::PictureSlot;
use crate::preset::visible::visible;
use crate::preset::watch::{Polling, Watcher};
use crate::record::folder::recorder::Trouble;
use crate::terminal::ask::Capabilities;
use crate::terminal::capture::Capture;
use crate::terminal::output::OutputEvent;
use crate::terminal::signals;

/// Frames that nobody waits for come no faster.
const FRAME_INTERVAL: Duration = Duration::from_millis(100);
/// Frames after a key.
const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(16);
/// Clocks and what is due are looked at this often where nothing happens.
const IDLE_INTERVAL: Duration = Duration::from_millis(250);
/// Messages taken in one go before the screen gets its turn.
const MOST_MESSAGES: usize = 256;

/// Opens the dashboard, runs it to its end, and gives the terminal back.
///
/// # Errors
/// Where there is no terminal, no thread, or no worker to be had; then the terminal is as it was.
pub fn run(setup: Setup) -> Result<Farewell, StartError> {
    let mut live = Live::of_run(setup)?;
    live.go_on();
    Ok(live.close().farewell())
}

/// The editor has the terminal; it comes back with it.
pub(super) type Lent = Receiver<(Connection, io::Result<std::process::ExitStatus>)>;

/// The state, and all that moves it.
pub(super) struct Live<D> {
    pub(super) desk: D,
    pub(super) connection: Option<Connection>,
    pub(super) screen: Screen,
    pub(super) lent: Option<Lent>,
    pub(super) engine: Option<Box<dyn Commands>>,
    /// Hands on what the engine says.
    pub(super) engine_events: Option<JoinHandle<()>>,
    pub(super) recorders: Recorders,
    pub(super) polling: Polling,
    pub(super) slot: PictureSlot,
    pub(super) tasks: Option<Tasks>,
    pub(super) watcher: Option<Watcher>,
    pub(super) encoder: Encoder,
    pub(super) gpu: Option<GpuWatch>,
    pub(super) capture: Option<Capture>,
    pub(super) log: Option<Log>,
    pub(super) messages: Receiver<Message>,
    pub(super) sender: Sender<Message>,
    pub(super) capabilities: Capabilities,
    /// What a cell measured at the start.
    pub(super) first_cell: Option<(u16, u16)>,
    pub(super) last_frame: Option<Instant>,
    /// A person did something that is not on the screen yet.
    pub(super) urgent: bool,
}

impl<D: Desk> Live<D> {
    /// Until the state wants to leave.
    pub(super) fn go_on(&mut self) {
        loop {
            let now = Instant::now();
            if let Some(connection) = &self.connection {
                self.desk.pictures().link = connection.output.bytes_per_second();
            }
            self.hear_recorder(now);
            self.desk.tick(now);
            if self.carry_out() {
                return;
            }
            self.write_log();
            self.draw(now);
            let timeout = self.timeout(now);
            match self.messages.recv_timeout(timeout) {
                Ok(message) => self.hear(message),
                // This end holds a sender itself: it is never disconnected.
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
            for _ in 0..MOST_MESSAGES {
                match self.messages.try_recv() {
                    Ok(message) => self.hear(message),
                    Err(_) => break,
                }
            }
            self.take_back();
        }
    }

    fn hear_recorder(&mut self, now: Instant) {
        for (label, trouble) in self.recorders.take_troubles() {
            let tone = match trouble {
                Trouble::Began(_) => Tone::Error,
                Trouble::Over => Tone::Good,
            };
            let whose = label.map_or_else(String::new, |label| format!("{label}: "));
            self.desk.say(now, tone, format!("{whose}{trouble}"));
        }
    }

    fn timeout(&self, now: Instant) -> Duration {
        let until = |at: Instant| at.saturating_duration_since(now);
        let picture = self.desk.wake_at().map_or(IDLE_INTERVAL, until);
        let frame = match (&self.connection, self.desk.is_dirty()) {
            (Some(connection), true) if !connection.in_flight => {
                self.next_frame().map_or(Duration::ZERO, until)
            }
            _ => IDLE_INTERVAL,
        };
        // A picture that is due but cannot be asked for yet must not make this loop spin.
        frame
            .min(picture.max(Duration::from_millis(5)))
            .min(IDLE_INTERVAL)
    }

    /// When the next frame may be drawn; `None` for at once.
    fn next_frame(&self) -> Option<Instant> {
        let interval = if self.urgent {
            KEY_FRAME_INTERVAL
        } else {
            FRAME_INTERVAL
        };
        Some(self.last_frame? + interval)
    }

    fn hear(&mut self, message: Message) {
        let now = Instant::now();
        match &message {
            Message::Input(_) => self.urgent = true,
            Message::Output(OutputEvent::FrameWritten) => {
                if let Some(connection) = &mut self.connection {
                    connection.in_flight = false;
                }
            }
            Message::Signal(signal) => {
                // Whoever sends SIGTERM again while everything is being saved does not insist.
                if !self.desk.is_leaving() || *signal == signals::Signal::Terminate {
                    signals::answered();
                }
                match signal {
                    signals::Signal::WindowChange => self.measure(),
                    signals::Signal::Continue => self.come_back(),
                    _ => {}
                }
            }
            Message::Engine(event) => match event.as_ref() {
                Event::PictureReady => {
                    if let Some(preview) = self.slot.take() {
                        self.desk.preview(preview);
                    }
                }
                Event::Started(started) if self.gpu.is_none() && self.desk.computes_here() => {
                    let sender = self.sender.clone();
                    self.gpu = GpuWatch::start(&started.device, move |load| {
                        drop(sender.send(Message::Gpu(load)));
                    });
                }
                _ => {}
            },
            _ => {}
        }
        self.desk.handle(message, now);
        if self.desk.is_unseen() {
            self.disconnect();
        }
    }

    /// True where the state wants to leave.
    fn carry_out(&mut self) -> bool {
        let mut leaves = false;
        // What is carried out may want more.
        loop {
            let effects = self.desk.take_effects();
            if effects.is_empty() {
                return leaves;
            }
            for effect in effects {
                match effect {
                    Effect::Engine(command) => {
                        if let Some(engine) = &self.engine {
                            engine.send(command);
                        }
                    }
                    Effect::Announce { text, is_error } => {
                        if let Some(engine) = &self.engine {
                            engine.announce(&text, is_error);
                        }
                    }
                    Effect::Introduce(contender) => {
                        if let Some(engine) = &self.engine {
                            engine.introduce(*contender);
                        }
                    }
                    Effect::Invite(preset) => {
                        if let Some(engine) = &self.engine {
                            engine.invite(preset);
                        }
                    }
                    Effect::Detach => {
                        if let Some(engine) = &self.engine {
                            engine.detach();
                        }
                    }
                    Effect::Task(task) => {
                        if let Some(tasks) = &self.tasks {
                            tasks.add(task);
                        }
                    }
                    Effect::Watch(files) => {
                        if let Some(watcher) = &self.watcher {
                            watcher.watch_files(&files);
                        }
                    }
                    Effect::RefuseSteering { candidate, why } => {
                        self.recorders.refuse(candidate, why);
                    }
                    Effect::Encode(job) => self.encoder.encode(job),
                    Effect::ForgetPictures => self.encoder.repaint(),
                    Effect::DeletePictures => self.delete_pictures(),
                    Effect::WritePicture { tag, pieces } => {
                        if let Some(connection) = &self.connection {
                            connection.output.picture(tag, pieces);
                        }
                    }
                    Effect::Record {
                        candidate,
                        label,
                        recorder,
                    } => {
                        self.recorders.add(candidate, Some(label), recorder);
                        self.recorders.steer(self.polling, &self.sender);
                    }
                    Effect::Edit(path) => self.edit(path),
                    Effect::Suspend => self.suspend(),
                    Effect::Leave => leaves = true,
                }
            }
        }
    }

    fn draw(&mut self, now: Instant) {
        let due = self.next_frame().is_none_or(|at| at <= now);
        let Some(connection) = &mut self.connection else {
            return;
        };
        if connection.in_flight || !due || !self.desk.is_dirty() {
            return;
        }
        if self.desk.take_repaint() || self.screen.size() != self.desk.size() {
            // Only memory is written.
            let _ = self.screen.repaint(self.desk.size());
            self.desk.pictures().forget();
        }
        self.desk.pictures().prepare_cells();
        self.desk.clean();
        self.urgent = false;
        self.last_frame = Some(now);
        match self.screen.frame(&self.desk) {
            Ok(Some(bytes)) => {
                connection.in_flight = true;
                connection.output.frame(bytes);
            }
            Ok(None) | Err(_) => {
                // Nothing to write is as good as written.
                self.desk
                    .handle(Message::Output(OutputEvent::FrameWritten), now);
            }
        }
    }

    fn write_log(&mut self) {
        let lines = self.desk.take_log_lines();
        if lines.is_empty() {
            return;
        }
        if let Some(error) = self.log.as_mut().and_then(|log| log.add(&lines)) {
            self.desk.say(
                Instant::now(),
                Tone::Error,
                format!("the log takes no more: {error}"),
            );
        }
    }

    /// The terminal has another size.
    fn measure(&mut self) {
        let Some(connection) = &self.connection else {
            return;
        };
        if let Some(size) = connection.session.size() {
            // What the terminal answered is true of the font that it had then.
            let measured = measured_cell(Some(size)).filter(|now| Some(*now) != self.first_cell);
            let cell = measured.unwrap_or_else(|| cell(&self.capabilities, Some(size)));
            self.desk.resize((size.columns, size.rows), cell);
            self.urgent = true;
        }
    }

    /// The program was stopped from outside and goes on.
    fn come_back(&mut self) {
        if let Some(connection) = &mut self.connection {
            // A terminal that cannot be taken is noticed when it is written.
            let _ = connection.session.enter_again();
            connection.in_flight = false;
        }
        self.desk.pictures().come_back();
        self.measure();
    }

    fn suspend(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        connection.put_pictures_away();
        connection.output.pause();
        connection.input.pause();
        let result = connection.session.suspend();
        connection.input.resume();
        connection.output.resume();
        connection.in_flight = false;
        self.connection = Some(connection);
        self.desk.pictures().come_back();
        if let Err(error) = result {
            self.desk
                .lose_screen(Instant::now(), &format!("the terminal is gone ({error})"));
        }
        self.measure();
    }

    /// Opens an editor in the foreground. The loop goes on: what the editor saves takes effect at once.
    fn edit(&mut self, path: PathBuf) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let mut words = editor();
        if words.is_empty() {
            words.push("vi".to_owned());
        }
        let name = words.remove(0);
        let (done, lent) = mpsc::channel();
        let sender = self.sender.clone();
        let spawned = std::thread::Builder::new()
            .name("editor".to_owned())
            .spawn(move || {
                connection.put_pictures_away();
                connection.output.pause();
                connection.input.pause();
                let mut program = Program::new(&name);
                program.args(words).arg(&path);
                let result = connection.session.run_in_foreground(&mut program);
                connection.input.resume();
                connection.output.resume();
                let closed = match &result {
                    Ok(_) => Ok(()),
                    Err(error) => Err(format!(
                        "the editor `{}` cannot be run: {error}; set $VISUAL or $EDITOR",
                        visible(&name)
                    )),
                };
                drop(done.send((connection, result)));
                drop(sender.send(Message::EditorClosed(closed)));
            });
        if spawned.is_ok() {
            self.lent = Some(lent);
            self.desk.lend(true);
        }
    }

    /// The editor gives the terminal back.
    fn take_back(&mut self) {
        let Some(lent) = &self.lent else { return };
        if let Ok((mut connection, _)) = lent.try_recv() {
            connection.in_flight = false;
            self.connection = Some(connection);
            self.lent = None;
            self.desk.lend(false);
            self.desk.pictures().come_back();
            self.measure();
        }
    }

    fn delete_pictures(&mut self) {
        if let Some(connection) = &mut self.connection {
            connection.delete_pictures();
        }
    }

    /// The terminal is gone.
    fn disconnect(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.session.abandon();
        }
    }

    /// Gives everything back.
    pub(super) fn close(mut self) -> D {
        // Files first: the picture may still be on its way to the disk.
        self.tasks = None;
        while let Ok(message) = self.messages.try_recv() {
            if matches!(message, Message::Done(_) | Message::Printed(_)) {
                self.desk.handle(message, Instant::now());
            }
        }
        self.write_log();
        if let Some(lent) = self.lent.take()
            && let Ok((connection, _)) = lent.recv()
        {
            self.connection = Some(connection);
        }
        if let Some(mut connection) = self.connection.take() {
            connection.put_pictures_away();
            connection.output.stop();
            connection.input.pause();
            let mut session = connection.session;
            session.leave();
        }
        if let Some(capture) = self.capture.take() {
            capture.stop();
        }
        signals::stop_delivering();
        // The recorders are to hear the engine's last words.
        self.engine = None;
        if let Some(thread) = self.engine_events.take() {
            // A panic there has been reported by the hook.
            let _ = thread.join();
        }
        self.desk
    }
}

/// `$VISUAL`, else `$EDITOR`, in words.
fn editor() -> Vec<String> {
    ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.trim().is_empty())
        .map(|value| value.split_whitespace().map(str::to_owned).collect())
        .unwrap_or_default()
}
