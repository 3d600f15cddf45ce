//! Work that takes too long for the screen: presets read and written, pictures saved, charts drawn. Thread
//! "tasks", one after the other, so that a save is over before the next begins.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;

use super::message::{Done, Task, WriteFailure};
use super::setup::{ChartPainter, Joiner, Keeper};
use crate::preset::editing;
use crate::preset::{self, Loaded, Origin, Override};

/// Who does what is beyond the dashboard's room.
#[derive(Debug)]
pub(super) struct Workshop {
    pub(super) keeper: Option<Arc<dyn Keeper>>,
    pub(super) painter: ChartPainter,
    pub(super) joiner: Option<Arc<dyn Joiner>>,
}

/// The other threads' end.
#[derive(Debug)]
pub(super) struct Tasks {
    tasks: Option<Sender<Task>>,
    thread: Option<JoinHandle<()>>,
}

impl Tasks {
    /// # Errors
    /// Where the system gives no thread.
    pub(super) fn start(
        workshop: Workshop,
        send: impl Fn(Done) + Send + 'static,
    ) -> io::Result<Self> {
        let (tasks, inbox) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("tasks".to_owned())
            .spawn(move || {
                for task in inbox {
                    let failed = failure_of(&task);
                    let done = catch_unwind(AssertUnwindSafe(|| done(task, &workshop)));
                    if let Ok(done) = done.or(failed.ok_or(())) {
                        send(done);
                    }
                }
            })?;
        Ok(Self {
            tasks: Some(tasks),
            thread: Some(thread),
        })
    }

    pub(super) fn add(&self, task: Task) {
        if let Some(tasks) = &self.tasks {
            // The thread ends only after this end is dropped.
            let _ = tasks.send(task);
        }
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            // What was asked for is finished: it may be the picture.
            let _ = thread.join();
        }
    }
}

/// What is said where the task itself could not say it: somebody waits for these.
fn failure_of(task: &Task) -> Option<Done> {
    match task {
        Task::Save(saving) => Some(Done::Saved {
            candidate: saving.candidate,
            is_result: saving.is_result,
            result: Err("the picture could not be written: the program made a mistake".to_owned()),
        }),
        Task::Chart { tag, .. } => Some(Done::Chart(*tag, None)),
        Task::Join { .. } => Some(Done::Joining(Err(
            "it cannot join: the program made a mistake".to_owned(),
        ))),
        Task::Load { .. } | Task::List | Task::Write { .. } | Task::WriteAs { .. } => None,
    }
}

fn done(task: Task, workshop: &Workshop) -> Done {
    match task {
        Task::Load {
            name,
            overrides,
            why,
        } => Done::Loaded {
            why,
            result: preset::load(&name, &overrides).map(Box::new),
        },
        Task::List => Done::Listed(preset::list()),
        Task::Join { number, name } => Done::Joining(match &workshop.joiner {
            Some(joiner) => joiner.join(number, &name).map(Box::new),
            None => Err("no preset can join here".to_owned()),
        }),
        Task::Chart {
            chart,
            tag,
            pixels,
            dark,
            cell_height,
        } => Done::Chart(tag, (workshop.painter)(&chart, pixels, dark, cell_height)),
        Task::Save(saving) => Done::Saved {
            candidate: saving.candidate,
            is_result: saving.is_result,
            result: match &workshop.keeper {
                Some(keeper) => keeper.save(&saving),
                None => Err("what is only watched is not saved from here".to_owned()),
            },
        },
        Task::Write {
            loaded,
            wanted,
            overrides,
        } => Done::Written {
            is_new: false,
            result: editing::save(&loaded, &loaded.preset, &wanted)
                .map_err(WriteFailure::from)
                .and_then(|path| {
                    let loaded = preset::load(&name_of(&loaded), &overrides)?;
                    Ok((path, Box::new(loaded)))
                }),
            overrides,
        },
        Task::WriteAs {
            loaded,
            wanted,
            name,
            overrides,
        } => Done::Written {
            is_new: true,
            result: editing::save_as(&loaded, &wanted, &name)
                .map_err(WriteFailure::from)
                .and_then(|path| reload(&path.to_string_lossy(), &overrides, path.clone())),
            overrides,
        },
    }
}

fn reload(
    name: &str,
    overrides: &[Override],
    path: std::path::PathBuf,
) -> Result<(std::path::PathBuf, Box<Loaded>), WriteFailure> {
    Ok((path, Box::new(preset::load(name, overrides)?)))
}

/// What [`preset::load`] finds the same preset by.
pub(super) fn name_of(loaded: &Loaded) -> String {
    match &loaded.origin {
        Origin::File(path) => match path.to_string_lossy() {
            // A bare `mine.toml` is a path already; anything without a folder or extension is not.
            text if text.contains('/') || text.ends_with(".toml") => text.into_owned(),
            text => format!("./{text}"),
        },
        Origin::BuiltIn | Origin::Text => loaded.name.clone(),
    }
}
