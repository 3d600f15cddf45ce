//! A slot that holds the newest pictures: written by the worker, emptied by whoever shows them.
//! A picture that nobody took is replaced, so neither side ever waits for the other.

use std::sync::{Arc, Mutex, PoisonError};

use super::message::Pictures;

/// Shared by the worker and one viewer.
#[derive(Debug, Clone, Default)]
pub struct PictureSlot {
    newest: Arc<Mutex<Option<Pictures>>>,
}

impl PictureSlot {
    /// Replaces what is in the slot.
    pub fn put(&self, pictures: Pictures) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(pictures);
    }

    /// Takes what is in the slot.
    pub fn take(&self) -> Option<Pictures> {
        self.newest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_wins_and_is_taken_once() {
        let slot = PictureSlot::default();
        for step in 1..=3 {
            slot.put(Pictures {
                step,
                pictures: vec![],
            });
        }
        assert_eq!(slot.take().map(|pictures| pictures.step), Some(3));
        assert!(slot.take().is_none());
    }
}
