//! What is being prepared, said once, however often it is asked meanwhile whether to go on. Worker thread.

use std::sync::mpsc::Sender;

use super::message::{Event, Stage};

/// Says stages of a preparation.
#[derive(Debug)]
pub(super) struct Preparing<'a> {
    outbox: &'a Sender<Event>,
    last: Option<Stage>,
}

impl<'a> Preparing<'a> {
    pub(super) fn new(outbox: &'a Sender<Event>) -> Self {
        Self { outbox, last: None }
    }

    /// Says `stage` where it is news.
    pub(super) fn say(&mut self, stage: Stage) {
        if self.last.as_ref() != Some(&stage) {
            let _ = self.outbox.send(Event::Preparing(stage.clone()));
            self.last = Some(stage);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_stage_is_said_once() {
        let (outbox, heard) = channel();
        let mut preparing = Preparing::new(&outbox);
        for stage in [
            Stage::Fitting,
            Stage::Targets,
            Stage::Targets,
            Stage::Targets,
        ] {
            preparing.say(stage);
        }
        let heard: Vec<Event> = heard.try_iter().collect();
        assert!(matches!(
            heard.as_slice(),
            [
                Event::Preparing(Stage::Fitting),
                Event::Preparing(Stage::Targets)
            ]
        ));
    }
}
