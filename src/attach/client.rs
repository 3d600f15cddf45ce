//! The other end: a terminal's way to a run of another program. The threads `attached reads` and `attached writes`.

use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::address;
use super::company::{Company, Hearing, Voice};
use super::contender::Contender;
use super::frame::{Direction, Frame, FrameError};
use super::frame_io::{Body, Broken, read_frame};
use super::protocol::{self, PROGRAM, PROTOCOL};
use super::translation::{Heard, contender, heard, of_command};
use super::words::{ToRun, ToViewer, Welcome};
use crate::engine::message::{Command, Event};
use crate::engine::picture_slot::PictureSlot;
use crate::preset::Preset;
use crate::preset::visible::visible;

/// A program that says nothing for so long is not what it seems.
const PATIENCE: Duration = Duration::from_secs(20);
/// One that takes nothing for so long is stopped: nobody who leaves waits for it longer.
const WRITE_PATIENCE: Duration = Duration::from_secs(5);

/// Why a run cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// There is no socket, nobody listens, or the system says something else.
    #[error("{0}")]
    Socket(#[from] io::Error),
    /// What is said is not understood.
    #[error(transparent)]
    Nonsense(#[from] FrameError),
    /// The run's program does not want to.
    #[error("{}", visible(.0))]
    Refused(String),
}

impl From<Broken> for AttachError {
    fn from(error: Broken) -> Self {
        match error {
            Broken::Stream(error) => Self::Socket(error),
            Broken::Frame(error) => Self::Nonsense(error),
        }
    }
}

/// A run that is seen from here.
#[derive(Debug)]
pub struct Attached {
    /// The way to it; when it is dropped, the connection ends.
    pub client: Client,
    /// What is heard of it, from the start.
    pub hearing: Hearing,
    /// Where its pictures are put.
    pub pictures: PictureSlot,
    /// Those that its program computes: a run's only one, or all of a comparison.
    pub contenders: Vec<Contender>,
    /// The run's process.
    pub process: u32,
    /// How many terminals are attached, this one included.
    pub attached: usize,
}

/// Says things to the run.
#[derive(Debug)]
pub struct Client {
    words: Option<Sender<ToRun>>,
    /// Paths that the run's presets name, which mean what they mean there.
    known_paths: KnownPaths,
    stream: UnixStream,
    threads: Vec<JoinHandle<()>>,
    /// Nobody listens any more.
    is_left: Arc<AtomicBool>,
}

/// Connects to the run or comparison whose socket is at `path`. Once the connection ends, `fate` says what became of the run, on a thread that may
/// wait while what it is given says that anybody listens.
///
/// # Errors
/// Where nobody answers, or not as agreed upon.
pub fn attach(
    path: &Path,
    fate: impl FnOnce(&dyn Fn() -> bool) -> Company + Send + 'static,
) -> Result<Attached, AttachError> {
    let mut stream = address::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(WRITE_PATIENCE))?;
    let hello = ToRun::Hello {
        protocol: PROTOCOL,
        program: PROGRAM.to_owned(),
    };
    stream.write_all(&protocol::encode(&hello, Direction::ToRun)?)?;
    let welcome = welcomed(&mut stream)?;
    stream.set_read_timeout(None)?;
    let known_paths = KnownPaths::default();
    let contenders = welcome.contenders.into_iter().map(contender);
    let contenders = contenders.collect::<Result<Vec<_>, FrameError>>()?;
    for contender in &contenders {
        known_paths.note(&contender.loaded.preset);
    }
    let (voices, heard) = channel();
    let (words, said) = channel();
    let pictures = PictureSlot::default();
    let mut reader = Reader {
        stream: stream.try_clone()?,
        voices,
        pictures: pictures.clone(),
        known_paths: known_paths.clone(),
    };
    let is_left = Arc::new(AtomicBool::new(false));
    let left = Arc::clone(&is_left);
    let reads = std::thread::Builder::new()
        .name("attached reads".to_owned())
        .spawn(move || {
            let broken = reader.go();
            let is_heard = || !left.load(Ordering::Relaxed);
            if !is_heard() {
                return;
            }
            let mut lost = fate(&is_heard);
            if let (Company::Lost { why, .. }, Some(error)) = (&mut lost, broken) {
                *why = format!("{why} ({})", visible(&error.to_string()));
            }
            // A dashboard that is being left listens no more.
            let _ = reader.voices.send(Voice::Company(lost));
        })?;
    let written = stream.try_clone()?;
    let writes = std::thread::Builder::new()
        .name("attached writes".to_owned())
        .spawn(move || write(written, &said))?;
    Ok(Attached {
        client: Client {
            words: Some(words),
            known_paths,
            stream,
            threads: vec![reads, writes],
            is_left,
        },
        hearing: Hearing::Shared(heard),
        pictures,
        contenders,
        process: welcome.process,
        attached: welcome.attached,
    })
}

fn welcomed(stream: &mut UnixStream) -> Result<Welcome, AttachError> {
    let ended = || io::Error::new(io::ErrorKind::UnexpectedEof, "it ended the connection");
    let Body { words, raw } = read_frame(stream, Direction::ToViewer)?.ok_or_else(ended)?;
    let frame = Frame {
        words: &words,
        raw: &raw,
    };
    match protocol::to_viewer(frame)? {
        ToViewer::Welcome(welcome) if welcome.protocol == PROTOCOL => Ok(*welcome),
        ToViewer::Welcome(welcome) => Err(AttachError::Refused(format!(
            "it is made by {}, and this is {PROGRAM}",
            welcome.program
        ))),
        ToViewer::Refuse { why, .. } => Err(AttachError::Refused(why)),
        _ => Err(FrameError::Words("it begins without a greeting".to_owned()).into()),
    }
}

fn write(mut stream: UnixStream, said: &Receiver<ToRun>) {
    for words in said {
        let is_last = words == ToRun::Goodbye;
        let written = protocol::encode(&words, Direction::ToRun)
            .map_err(io::Error::other)
            .and_then(|bytes| stream.write_all(&bytes));
        if written.is_err() || is_last {
            break;
        }
    }
    // The reader hears the end of it and says so.
    let _ = stream.shutdown(Shutdown::Both);
}

struct Reader {
    stream: UnixStream,
    voices: Sender<Voice>,
    pictures: PictureSlot,
    known_paths: KnownPaths,
}

impl Reader {
    /// Until the connection ends; what was wrong with what came last.
    fn go(&mut self) -> Option<FrameError> {
        loop {
            let Body { words, raw } = match read_frame(&mut self.stream, Direction::ToViewer) {
                Ok(Some(frame)) => frame,
                Ok(None) | Err(Broken::Stream(_)) => return None,
                Err(Broken::Frame(error)) => return Some(error),
            };
            let frame = Frame {
                words: &words,
                raw: &raw,
            };
            let said = protocol::to_viewer(frame).and_then(|words| heard(words, &raw));
            let voice = match said {
                Ok(Some(Heard::Event(event))) => {
                    self.note(&event);
                    Voice::Engine(event)
                }
                Ok(Some(Heard::Preview(preview))) => {
                    self.pictures.put(preview);
                    Voice::Engine(Event::PictureReady)
                }
                Ok(Some(Heard::Company(Company::Said { text, is_error }))) => {
                    let text = visible(&text);
                    Voice::Company(Company::Said { text, is_error })
                }
                Ok(Some(Heard::Company(company))) => Voice::Company(company),
                Ok(Some(Heard::Joined(contender))) => {
                    self.known_paths.note(&contender.loaded.preset);
                    Voice::Joined(contender)
                }
                Ok(None) => continue,
                Err(error) => return Some(error),
            };
            if self.voices.send(voice).is_err() {
                return None;
            }
        }
    }

    fn note(&self, event: &Event) {
        if let Event::PresetChanged {
            preset, in_force, ..
        } = event
        {
            self.known_paths.note(preset);
            self.known_paths.note(in_force);
        }
    }
}

impl Client {
    /// Says something to the run. What comes of it is heard.
    pub fn send(&self, mut command: Command) {
        if let Command::ChangePreset { preset, .. } = &mut command {
            self.known_paths.make_whole(preset);
        }
        if let (Some(words), Some(said)) = (&self.words, of_command(&command)) {
            // A connection that has ended was said to have.
            let _ = words.send(said);
        }
    }

    /// Asks that a preset joins, by its name or its file's whole path.
    pub fn invite(&self, preset: String) {
        if let Some(words) = &self.words {
            let _ = words.send(ToRun::Invite { preset });
        }
    }

    /// The person leaves by a key; nothing is said after this, and nobody needs to know what becomes of the run.
    pub fn leave(&self) {
        self.is_left.store(true, Ordering::Relaxed);
        if let Some(words) = &self.words {
            let _ = words.send(ToRun::Goodbye);
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.is_left.store(true, Ordering::Relaxed);
        self.words = None;
        if let Some(writes) = self.threads.pop() {
            let _ = writes.join();
        }
        let _ = self.stream.shutdown(Shutdown::Both);
        // The reader may be waiting to see what became of the run. It gives that up, and ends by itself.
        self.threads.clear();
    }
}

/// The paths in the run's presets. Any other that is sent was named here, and starts here.
#[derive(Debug, Clone, Default)]
struct KnownPaths(Arc<Mutex<Vec<PathBuf>>>);

impl KnownPaths {
    fn note(&self, preset: &Preset) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for path in [&preset.network.weights, &preset.image.init_file] {
            if let Some(path) = path
                && !known.contains(path)
            {
                known.push(path.clone());
            }
        }
    }

    fn make_whole(&self, preset: &mut Preset) {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for path in [&mut preset.network.weights, &mut preset.image.init_file] {
            if let Some(path) = path
                && !known.contains(path)
                && let Ok(whole) = std::path::absolute(&path)
            {
                *path = whole;
            }
        }
    }
}
