//! Who writes down what the engine says, and hears of presets that are saved in the runs' folders. The UI thread
//! adds to them; the thread "engine events" tells them.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};

use super::connection::to;
use super::message::Message;
use crate::engine::message::Event;
use crate::preset::watch::Polling;
use crate::record::folder::recorder::{Recorder, Trouble};
use crate::record::folder::steering::Steering;

/// A run that is written down.
#[derive(Debug)]
struct Recorded {
    candidate: usize,
    /// What it is called, where there are several.
    label: Option<String>,
    recorder: Arc<Recorder>,
    steering: Option<Steering>,
}

/// All runs that are written down.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorders {
    all: Arc<Mutex<Vec<Recorded>>>,
}

impl Recorders {
    pub(super) fn add(&self, candidate: usize, label: Option<String>, recorder: Arc<Recorder>) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(Recorded {
            candidate,
            label,
            recorder,
            steering: None,
        });
    }

    /// Begins to hear of presets in the folders of those of which nothing is heard yet.
    pub(super) fn steer(&self, polling: Polling, sender: &Sender<Message>) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        for recorded in all
            .iter_mut()
            .filter(|recorded| recorded.steering.is_none())
        {
            let (to_loop, candidate) = (to(sender), recorded.candidate);
            let steering = Steering::start(&recorded.recorder, polling, move |steered| {
                to_loop(Message::Steered { candidate, steered });
            });
            // Why files cannot be watched is said of the presets' watcher.
            recorded.steering = steering.ok();
        }
    }

    pub(super) fn hear(&self, event: &Event) {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .for_each(|recorded| recorded.recorder.hear(event));
    }

    /// What was saved in this candidate's folder makes no sense to its run.
    pub(super) fn refuse(&self, candidate: usize, why: String) {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(recorded) = all.iter().find(|recorded| recorded.candidate == candidate) {
            recorded.recorder.refuse(why);
        }
    }

    /// What went wrong, or is well again, since the last call, and whose run it concerns.
    pub(super) fn take_troubles(&self) -> Vec<(Option<String>, Trouble)> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .flat_map(|recorded| {
                let troubles = recorded.recorder.take_troubles().into_iter();
                troubles.map(|trouble| (recorded.label.clone(), trouble))
            })
            .collect()
    }
}
