//! A run without a screen takes up what is saved in its folder. The watcher's thread tells the worker.

use std::sync::{Arc, Mutex, PoisonError};

use super::plan::Plan;
use crate::command::output;
use crate::engine::message::Command;
use crate::engine::worker::Worker;
use crate::preset::watch::Polling;
use crate::record::folder::recorder::Recorder;
use crate::record::folder::steering::{Steered, Steering};

/// What was saved in the run's folder and is no preset, in words.
pub(in crate::command) type Mistakes = Arc<Mutex<Vec<String>>>;

pub(in crate::command) fn take(mistakes: &Mistakes) -> Vec<String> {
    std::mem::take(&mut *mistakes.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Has the run of `candidate` take up what is saved in its folder.
pub(in crate::command) fn steer(
    plan: &Plan,
    worker: &Worker,
    candidate: usize,
    recorder: &Arc<Recorder>,
    mistakes: &Mistakes,
) -> Option<Steering> {
    let polling = if plan.options.poll {
        Polling::Always
    } else {
        Polling::Automatic
    };
    let commands = worker.commands();
    let mistakes = Arc::clone(mistakes);
    let steering = Steering::start(recorder, polling, move |steered| match steered {
        Steered::Changed { preset, .. } => {
            if let Some(commands) = &commands {
                // A worker that has ended takes nothing up any more.
                let _ = commands.send(Command::ChangePreset { candidate, preset });
            }
        }
        Steered::Refused(why) => mistakes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(why),
    });
    match steering {
        Ok(steering) => Some(steering),
        Err(error) => {
            output::error_line(format!("note: {error}"));
            None
        }
    }
}
