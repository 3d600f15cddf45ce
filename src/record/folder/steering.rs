//! A run is steered from outside: whoever saves `preset.toml` in its folder, on this machine or another, changes the
//! preset by which it goes on. Has the threads of a [`Watcher`].

use std::sync::Arc;

use super::recorder::Recorder;
use crate::preset::visible::visible;
use crate::preset::watch::{Polling, WatchError, Watcher};
use crate::preset::{Override, Preset, settings};

/// What somebody saved.
#[derive(Debug, Clone)]
pub enum Steered {
    /// Another preset.
    Changed {
        /// All of it.
        preset: Box<Preset>,
        /// What of it is another than before.
        settings: Vec<Override>,
    },
    /// Something that is no preset: where and why, in one line. It is in the run's journal already.
    Refused(String),
}

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Steering {
    _watcher: Watcher,
}

impl Steering {
    /// Watches the folder of the run that `recorder` writes; `steered` is called on the watcher's thread.
    ///
    /// # Errors
    /// Where there is no thread to be had.
    pub fn start(
        recorder: &Arc<Recorder>,
        polling: Polling,
        steered: impl Fn(Steered) + Send + 'static,
    ) -> Result<Self, WatchError> {
        let file = recorder.preset_file();
        // A recorder that is finishing waits for nobody.
        let recorder = Arc::downgrade(recorder);
        let path = file.path().to_owned();
        let watcher = Watcher::start(&[path], &[], polling, move |_| match file.look() {
            None => {}
            Some(Ok(saved)) => steered(Steered::Changed {
                settings: settings(&saved.before, &saved.preset),
                preset: Box::new(saved.preset),
            }),
            Some(Err(error)) => {
                let reason = visible(&error.summary());
                if let Some(recorder) = recorder.upgrade() {
                    recorder.mistaken(reason.clone());
                }
                steered(Steered::Refused(reason));
            }
        })?;
        Ok(Self { _watcher: watcher })
    }
}
