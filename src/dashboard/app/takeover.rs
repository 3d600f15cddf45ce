//! A run that has been going on elsewhere, as one of several, gets a dashboard of its own. UI thread.

use std::time::Instant;

use super::{App, Beginning};
use crate::dashboard::event_log::EventLog;
use crate::dashboard::gpu::GpuLoad;
use crate::dashboard::recipe::Recipe;
use crate::dashboard::run_state::RunState;
use crate::dashboard::shared::Shared;
use crate::dashboard::timeline::Timeline;
use crate::preset::{Change, Preset};

/// What is known of a run by then.
#[derive(Debug)]
pub(in crate::dashboard) struct Takeover {
    pub(in crate::dashboard) run: RunState,
    /// As it is to go on.
    pub(in crate::dashboard) recipe: Recipe,
    /// As the engine has taken it up.
    pub(in crate::dashboard) confirmed: Recipe,
    /// The preset by which steps are made.
    pub(in crate::dashboard) in_force: Preset,
    pub(in crate::dashboard) changes: Vec<(u64, Change)>,
    pub(in crate::dashboard) timeline: Timeline,
    pub(in crate::dashboard) events: EventLog,
    pub(in crate::dashboard) gpu: Option<GpuLoad>,
    pub(in crate::dashboard) shared: Shared,
}

impl App {
    /// The dashboard of a run with everything that happened in it, and the preset by which it is to go on
    /// sent to the engine.
    pub(in crate::dashboard) fn taking_over(
        beginning: Beginning,
        takeover: Takeover,
        now: Instant,
    ) -> Self {
        let mut app = Self::new(beginning, now);
        if let Some(started) = &takeover.run.started {
            app.pictures.engine_is_on(&started.device, started.threads);
        }
        app.run = takeover.run;
        app.recipe = takeover.recipe;
        app.confirmed = takeover.confirmed;
        app.in_force = takeover.in_force;
        app.changes = takeover.changes;
        app.timeline = takeover.timeline;
        app.events = takeover.events;
        app.gpu = takeover.gpu;
        app.shared = takeover.shared;
        app.repaint = true;
        app.send_preset();
        app
    }
}
