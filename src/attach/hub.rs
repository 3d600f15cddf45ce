//! Stands between a worker and all those who look at its run, or its comparison. The thread `hub`.
//!
//! It never waits for a terminal: what each is told lies in an outbox of its own, and one that falls too far behind is
//! given up.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::backlog::{Backlog, Told};
use super::company::{Company, Deed, Hearing, Voice};
use super::contender::Contender;
use super::kept::KeptStates;
use super::listener::{Gone, Listener};
use super::outbox::Outbox;
use super::protocol::{PROGRAM, PROTOCOL};
use super::requests::{Party, Requests};
use super::translation::{
    Said, deed_of, of_contender, of_deed, of_event, of_failure, of_preview, of_rows,
};
use super::words::{ToViewer, Welcome};
use crate::engine::EngineError;
use crate::engine::message::{Command, Event, Refusal};
use crate::engine::picture_slot::PictureSlot;
use crate::engine::worker::Worker;
use crate::preset::visible::visible;

/// At the end terminals get so long to take what was last said.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the hub is to know of the run or comparison.
#[derive(Debug)]
pub struct Opening {
    /// Where its socket is to be; `None` where nobody is to be attached.
    pub socket: Option<PathBuf>,
    /// Those that the worker computes, and those of a comparison that are over already.
    pub contenders: Vec<Contender>,
    /// What happened in an earlier program: everybody hears of it first.
    pub before: Vec<Event>,
}

/// Told to the thread.
#[derive(Debug)]
pub(super) enum Input {
    Engine(Event),
    /// The engine says nothing any more.
    EngineGone,
    /// From the program's own screen or lines.
    Local(Command),
    /// The program itself has something to say.
    Announced(String, bool),
    /// The program has one more to compute.
    Introduced(Box<Contender>),
    /// A terminal is attached.
    Came(u64, UnixStream),
    /// It wants a preset to join.
    Invited(u64, String),
    /// It wants something.
    From(u64, Command),
    /// It is gone.
    Gone(u64, Gone),
    Close,
}

/// The program's own end. When it is dropped the run ends, and the terminals hear of it.
#[derive(Debug)]
pub struct Hub {
    worker: Option<Worker>,
    inbox: Sender<Input>,
    listener: Option<Listener>,
    threads: Vec<JoinHandle<()>>,
}

impl Hub {
    /// Stands before `worker`. Gives what is heard of it from now on, and where its pictures are put.
    ///
    /// # Errors
    /// Where somebody else hears the worker, or the system gives no thread.
    pub fn start(
        mut worker: Worker,
        opening: Opening,
    ) -> Result<(Self, Hearing, PictureSlot), EngineError> {
        let events = worker
            .take_events()
            .ok_or_else(|| EngineError::WorkerGone("somebody else listens to it".to_owned()))?;
        let (inbox, told) = channel();
        let (local, heard) = channel();
        let to_local = local.clone();
        let pictures = PictureSlot::default();
        let desk = Desk {
            welcome: Welcome {
                protocol: PROTOCOL,
                program: PROGRAM.to_owned(),
                process: std::process::id(),
                attached: 0,
                contenders: opening.contenders.iter().map(of_contender).collect(),
            },
            engine: worker.commands(),
            engine_pictures: worker.picture_slot(),
            local: Some(local),
            local_pictures: pictures.clone(),
            viewers: Vec::new(),
            backlog: Backlog::default(),
            kept: KeptStates::default(),
            requests: Requests::default(),
        };
        let no_thread = |error: io::Error| EngineError::WorkerGone(error.to_string());
        let mut threads = Vec::new();
        let hub = std::thread::Builder::new().name("hub".to_owned());
        threads.push(
            hub.spawn(move || desk.go(opening.before, &told))
                .map_err(no_thread)?,
        );
        let to_hub = inbox.clone();
        let forward = move || {
            for event in events {
                if to_hub.send(Input::Engine(event)).is_err() {
                    return;
                }
            }
            let _ = to_hub.send(Input::EngineGone);
        };
        let builder = std::thread::Builder::new().name("hub events".to_owned());
        threads.push(builder.spawn(forward).map_err(no_thread)?);
        let opened = opening
            .socket
            .map(|socket| Listener::start(socket, inbox.clone()));
        let listener = opened.transpose().unwrap_or_else(|error| {
            // The run itself is as well without.
            let text = format!(
                "nobody can be attached: the socket cannot be opened ({error}); `stylescope watch` works"
            );
            let is_error = false;
            let _ = to_local.send(Voice::Company(Company::Said { text, is_error }));
            None
        });
        let hub = Self {
            worker: Some(worker),
            inbox,
            listener,
            threads,
        };
        Ok((hub, Hearing::Shared(heard), pictures))
    }

    /// Says something to the worker.
    pub fn send(&self, command: Command) {
        // The thread ends with this.
        let _ = self.inbox.send(Input::Local(command));
    }

    /// Tells all terminals something; `text` is safe to print.
    pub fn announce(&self, text: &str, is_error: bool) {
        let _ = self.inbox.send(Input::Announced(text.to_owned(), is_error));
    }

    /// Tells everybody of one more, before the worker is told that it joins.
    pub fn introduce(&self, contender: Contender) {
        let _ = self.inbox.send(Input::Introduced(Box::new(contender)));
    }

    /// The worker, for what is not said through the hub.
    pub fn worker(&self) -> Option<&Worker> {
        self.worker.as_ref()
    }

    /// Whether terminals can be attached.
    pub fn is_open(&self) -> bool {
        self.listener.is_some()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // Nobody comes any more, and then the engine has its last words.
        self.listener = None;
        self.worker = None;
        let forwarder = self.threads.pop();
        if let Some(thread) = forwarder {
            let _ = thread.join();
        }
        let _ = self.inbox.send(Input::Close);
        for thread in self.threads.drain(..) {
            // A panic there has been reported by the hook.
            let _ = thread.join();
        }
    }
}

#[derive(Debug)]
struct Viewer {
    id: u64,
    outbox: Outbox,
}

/// Everything that the thread holds.
#[derive(Debug)]
struct Desk {
    welcome: Welcome,
    engine: Option<Sender<Command>>,
    engine_pictures: PictureSlot,
    local: Option<Sender<Voice>>,
    local_pictures: PictureSlot,
    viewers: Vec<Viewer>,
    backlog: Backlog,
    kept: KeptStates,
    requests: Requests,
}

impl Desk {
    fn go(mut self, before: Vec<Event>, told: &Receiver<Input>) {
        for event in before {
            self.engine(event);
        }
        while let Ok(input) = told.recv() {
            match input {
                Input::Engine(event) => self.engine(event),
                // Whoever listens is to notice; terminals have been told why.
                Input::EngineGone => self.local = None,
                Input::Local(command) => self.command(Party::Local, command),
                Input::Announced(text, is_error) => {
                    self.tell_all(&ToViewer::Said { text, is_error }.into());
                }
                Input::Introduced(contender) => self.introduce(&contender),
                Input::Came(id, stream) => self.let_in(id, stream),
                Input::Invited(id, preset) => self.invite(id, preset),
                Input::From(id, command) => {
                    if self.viewers.iter().any(|viewer| viewer.id == id) {
                        self.command(Party::Viewer(id), command);
                    }
                }
                Input::Gone(id, why) => self.let_go(id, &why),
                Input::Close => break,
            }
        }
        let until = Instant::now() + FAREWELL;
        for viewer in &self.viewers {
            viewer.outbox.close();
        }
        for viewer in self.viewers {
            viewer.outbox.finish(until);
        }
    }

    fn engine(&mut self, event: Event) {
        match &event {
            Event::PictureReady => return self.picture_ready(),
            Event::Refused {
                what: Refusal::Picture,
                ..
            } => return self.picture_refused(event),
            Event::Snapshot(snapshot) => {
                let viewers = self.viewers.iter().map(|viewer| Party::Viewer(viewer.id));
                let by = std::iter::once(Party::Local).chain(viewers).collect();
                self.kept.add(snapshot.clone(), by);
            }
            _ => {}
        }
        self.backlog.hear(&event);
        if !self.viewers.is_empty()
            && let Some(said) = of_event(&event)
        {
            self.tell_all(&said);
        }
        self.tell_local(Voice::Engine(event));
    }

    fn picture_ready(&mut self) {
        let Some(preview) = self.engine_pictures.take() else {
            return;
        };
        let (party, next) = self.requests.answered(preview.request);
        match party {
            Some(Party::Local) => {
                self.local_pictures.put(preview);
                self.tell_local(Voice::Engine(Event::PictureReady));
            }
            Some(Party::Viewer(id)) => self.tell(id, of_preview(&preview)),
            None => {}
        }
        self.ask(next.map(Command::RequestPicture));
    }

    fn picture_refused(&mut self, event: Event) {
        let (party, next) = self.requests.refused();
        match party {
            Some(Party::Viewer(id)) => {
                if let Some(said) = of_event(&event) {
                    self.tell(id, said);
                }
            }
            Some(Party::Local) | None => self.tell_local(Voice::Engine(event)),
        }
        self.ask(next.map(Command::RequestPicture));
    }

    fn command(&mut self, party: Party, command: Command) {
        let command = match command {
            Command::RequestPicture(request) => {
                let next = self.requests.ask(party, request);
                next.map(Command::RequestPicture)
            }
            Command::Forget { snapshot } => self
                .kept
                .release(snapshot, party)
                .then_some(Command::Forget { snapshot }),
            command => Some(command),
        };
        if let Some(deed) = command.as_ref().and_then(deed_of) {
            let said = Said::from(ToViewer::Acted {
                deed: of_deed(deed),
            });
            self.tell_others(party, &said);
            if party != Party::Local {
                self.tell_local(Voice::Company(Company::Acted(deed)));
            }
        }
        self.ask(command);
    }

    fn ask(&self, command: Option<Command>) {
        if let (Some(engine), Some(command)) = (&self.engine, command) {
            // A worker that has ended has said so by its last event.
            let _ = engine.send(command);
        }
    }

    fn introduce(&mut self, contender: &Contender) {
        let words = of_contender(contender);
        self.tell_all(&ToViewer::Joined(Box::new(words.clone())).into());
        self.welcome.contenders.push(words);
    }

    /// Only the program itself can let a preset join: it has the pictures, and the records.
    fn invite(&mut self, id: u64, preset: String) {
        if !self.viewers.iter().any(|viewer| viewer.id == id) {
            return;
        }
        let deed = of_deed(Deed::Invited);
        self.tell_others(Party::Viewer(id), &ToViewer::Acted { deed }.into());
        self.tell_local(Voice::Company(Company::Invited(preset)));
    }

    fn let_in(&mut self, id: u64, stream: UnixStream) {
        let Ok(outbox) = Outbox::start(stream) else {
            return;
        };
        let attached = self.viewers.len() + 1;
        let before = |said: Said| outbox.push_from_before(said);
        let welcome = Welcome {
            attached,
            ..self.welcome.clone()
        };
        before(ToViewer::Welcome(Box::new(welcome)).into());
        let kept = self.kept.told_to(Party::Viewer(id));
        for told in self.backlog.tell(kept) {
            match told {
                Told::Event(event) => {
                    of_event(&event).into_iter().for_each(before);
                }
                Told::Losses(rows) => before(of_rows(&rows)),
                Told::Line(text) => {
                    let is_error = false;
                    before(ToViewer::Said { text, is_error }.into());
                }
                Told::Failed(candidates, why, pictures) => {
                    before(of_failure(&candidates, why, pictures.as_ref()));
                }
            }
        }
        before(ToViewer::UpToDate.into());
        self.tell_all(&ToViewer::Came { attached }.into());
        self.tell_local(Voice::Company(Company::Came { attached }));
        self.viewers.push(Viewer { id, outbox });
    }

    fn let_go(&mut self, id: u64, why: &Gone) {
        let Some(place) = self.viewers.iter().position(|viewer| viewer.id == id) else {
            return;
        };
        let viewer = self.viewers.remove(place);
        if let Gone::Nonsense(why) = why {
            let text = format!("the connection is closed: {}", visible(why));
            let is_error = true;
            viewer
                .outbox
                .push_from_before(ToViewer::Said { text, is_error }.into());
        }
        // The writer ends the connection once that is written, or at once where nobody reads.
        viewer.outbox.close();
        self.forget(id, !matches!(why, Gone::Left));
    }

    /// A terminal is no more.
    fn forget(&mut self, id: u64, is_lost: bool) {
        let party = Party::Viewer(id);
        self.requests.leave(party);
        for snapshot in self.kept.leave(party) {
            self.ask(Some(Command::Forget { snapshot }));
        }
        let attached = self.viewers.len();
        self.tell_all(&ToViewer::Left { attached }.into());
        self.tell_local(Voice::Company(Company::Left { attached, is_lost }));
    }

    fn tell_local(&mut self, voice: Voice) {
        if let Some(local) = &self.local
            && local.send(voice).is_err()
        {
            self.local = None;
        }
    }

    fn tell(&mut self, id: u64, said: Said) {
        let viewer = self.viewers.iter().find(|viewer| viewer.id == id);
        if viewer.is_some_and(|viewer| !viewer.outbox.push(said)) {
            self.give_up(&[id]);
        }
    }

    fn tell_all(&mut self, said: &Said) {
        // No terminal has this number.
        self.tell_others(Party::Local, said);
    }

    fn tell_others(&mut self, party: Party, said: &Said) {
        let behind: Vec<u64> = self
            .viewers
            .iter()
            .filter(|viewer| Party::Viewer(viewer.id) != party)
            .filter(|viewer| !viewer.outbox.push(said.clone()))
            .map(|viewer| viewer.id)
            .collect();
        self.give_up(&behind);
    }

    /// These take nothing any more, or far too slowly.
    fn give_up(&mut self, behind: &[u64]) {
        for id in behind {
            if let Some(place) = self.viewers.iter().position(|viewer| viewer.id == *id) {
                self.viewers.remove(place).outbox.cut();
                self.forget(*id, true);
            }
        }
    }
}
