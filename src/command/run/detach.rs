//! A run or comparison that leaves its terminal: how it is started, and how it says that it goes on. Main thread of either program.
//!
//! The program starts itself once more with a hidden switch. That one begins a session of its own, does everything that a
//! run does, and says what went wrong as ever; its standard output and error are pipes to the first one until it has
//! said that the run goes on. From then on they are a file in the run's folder.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::stdio::{dup2_stderr, dup2_stdout, stdout};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cli::{BackgroundOptions, IN_BACKGROUND};
use crate::command::{Failure, output};
use crate::engine::message::{Event, Stage};
use crate::preset::visible::visible;
use crate::record::folder::RunFolder;

/// A run that takes longer to get ready than this is said to go on before it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the program in the background says to the first one.
#[derive(Debug, Serialize, Deserialize)]
struct Report {
    run: String,
    id: String,
    process: u32,
    can_attach: bool,
}

/// Leaves the terminal where that is wanted. `Some` where the program is done by that.
pub(in crate::command) fn leave(
    options: BackgroundOptions,
    json: bool,
) -> Option<Result<ExitCode, Failure>> {
    if options.in_background {
        // One that leads a session already needs none.
        let _ = rustix::process::setsid();
        return None;
    }
    options.detach.then(|| start(json))
}

/// Starts the program once more, and waits until it says that the run goes on, or what went wrong.
fn start(json: bool) -> Result<ExitCode, Failure> {
    let cannot = |error: io::Error| {
        Failure::new(format!(
            "it cannot be started in the background: {error}\n  leave --detach out, or start it with `nohup … --headless &`"
        ))
    };
    let mut words = std::env::args_os().skip(1);
    let mut child = Command::new(std::env::current_exe().map_err(cannot)?)
        .args(words.next())
        .arg(IN_BACKGROUND)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(cannot)?;
    let errors = child.stderr.take();
    let reader = std::thread::spawn(move || text_of(errors));
    let said = text_of(child.stdout.take());
    let errors = reader.join().unwrap_or_default();
    let report: Option<Report> = said
        .lines()
        .find_map(|line| serde_json::from_str(line).ok());
    let Some(report) = report else {
        let status = child.wait().map_err(cannot)?;
        let _ = io::stderr().lock().write_all(errors.as_bytes());
        if status.success() {
            // There was nothing to be done, which is all that there is to say.
            if !said.is_empty() {
                output::line(said.trim_end())?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        if json {
            let message = errors.trim().trim_start_matches("error: ");
            output::json_line(&json!({ "event": "error", "message": message }))?;
        }
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        return Ok(code
            .filter(|code| *code != 0)
            .map_or(ExitCode::FAILURE, ExitCode::from));
    };
    // Notes on the run.
    let _ = io::stderr().lock().write_all(errors.as_bytes());
    let id = visible(&report.id);
    let attach = report.can_attach.then(|| format!("stylescope attach {id}"));
    let watch = format!("stylescope watch {id}");
    if json {
        output::json_line(&json!({
            "event": "detached",
            "run": report.run,
            "id": report.id,
            "process": report.process,
            "attach": attach,
            "watch": watch,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format!(
        "{id} goes on in the background (process {}), kept in {}",
        report.process,
        visible(&report.run)
    ))?;
    if let Some(attach) = attach {
        output::line(format!("  {attach}    its dashboard, with every key"))?;
    }
    output::line(format!("  {watch}     the same to look at"))?;
    Ok(ExitCode::SUCCESS)
}

fn text_of(pipe: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // What was read until then is all that there is.
        let _ = pipe.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where something is kept that goes on in the background.
#[derive(Debug)]
pub(in crate::command) struct Place {
    pub(in crate::command) folder: PathBuf,
    pub(in crate::command) id: String,
    /// What is printed goes there.
    pub(in crate::command) log: PathBuf,
}

/// A run's.
pub(super) fn of_run(folder: &RunFolder) -> Place {
    Place {
        folder: folder.path().to_owned(),
        id: folder.id(),
        log: folder.output_log(),
    }
}

/// The program in the background, until it has said that the run goes on.
#[derive(Debug)]
pub(in crate::command) struct Leaving {
    pipe: Option<File>,
    log: File,
    began: Instant,
    report: Report,
}

impl Leaving {
    /// From now on what is printed goes into the folder; what goes wrong is still heard by the first program.
    pub(in crate::command) fn begin(place: Place, can_attach: bool) -> io::Result<Self> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&place.log)?;
        let pipe: OwnedFd = rustix::io::fcntl_dupfd_cloexec(stdout(), 3)?;
        dup2_stdout(&log)?;
        Ok(Self {
            pipe: Some(pipe.into()),
            log,
            began: Instant::now(),
            report: Report {
                run: std::path::absolute(&place.folder)
                    .unwrap_or(place.folder)
                    .display()
                    .to_string(),
                id: place.id,
                process: std::process::id(),
                can_attach,
            },
        })
    }

    /// Takes note of what the engine says, or that it says nothing: once the run can be said to go on, that is done.
    pub(in crate::command) fn hear(&mut self, event: Option<&Event>) -> Result<(), Failure> {
        let is_under_way = match event {
            Some(Event::Started(_) | Event::Preparing(Stage::Fetching(_))) => true,
            _ => self.began.elapsed() > PATIENCE,
        };
        let Some(mut pipe) = self.pipe.take_if(|_| is_under_way) else {
            return Ok(());
        };
        let mut line = json!(self.report).to_string();
        line.push('\n');
        pipe.write_all(line.as_bytes())
            .and_then(|()| Ok(dup2_stderr(&self.log)?))
            .map_err(|error| {
                // Whoever wanted the run broke it off before it was there.
                Failure::new(format!("nobody waits for this run any more: {error}"))
            })
    }
}
