//! A slot that holds the newest pictures: written by the worker, emptied by whoever shows them.
//! A picture that nobody took is replaced, so neither side ever waits for the other.

use std::sync::{Arc, Mutex, PoisonError};

use super::message::Preview;

/// Shared by the worker and one viewer.
#[derive(Debug, Clone, Default)]
pub struct PictureSlot {
    newest: Arc<Mutex<Option<Preview>>>,
}

impl PictureSlot {
    /// Replaces what is in the slot.
    pub fn put(&self, preview: Preview) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(preview);
    }

    /// Takes what is in the slot.
    pub fn take(&self) -> Option<Preview> {
        self.newest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::{PictureRequest, Whose};
    use super::*;

    fn preview(width: u32) -> Preview {
        Preview {
            request: PictureRequest {
                of: Whose::All,
                region: None,
                most: (width, 1),
            },
            pictures: vec![],
        }
    }

    #[test]
    fn the_latest_wins_and_is_taken_once() {
        let slot = PictureSlot::default();
        for width in 1..=3 {
            slot.put(preview(width));
        }
        assert_eq!(
            slot.take().map(|preview| preview.request.most),
            Some((3, 1))
        );
        assert!(slot.take().is_none());
    }
}
