//! Faults that tests put into a run: they exist in unit tests only. Worker thread.

use std::sync::{Arc, Mutex, PoisonError};

use super::EngineError;
use super::lane::Lane;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// libtorch refuses an operation.
    Error,
    /// The picture of this candidate is not a number any more.
    NotANumber(usize),
    /// This candidate's picture has one colour.
    Grey(usize),
    /// There is no memory for more than so many candidates at once.
    MemoryFor(usize),
    /// A mistake in the program.
    Panic,
}

/// A fault, from which step on, and how often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    pub(super) from_step: u64,
    pub(super) times: usize,
}

/// All that are still to come, shared by the lanes of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    pub(super) fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        Self(Arc::new(Mutex::new(faults.into_iter().collect())))
    }

    /// To be called before every step of `lane`.
    pub(super) fn strike(&self, lane: &mut Lane) -> Result<(), EngineError> {
        let step = lane.step_count();
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for fault in faults
            .iter_mut()
            .filter(|fault| fault.from_step <= step && fault.times > 0)
        {
            let strikes = match fault.kind {
                Kind::Error | Kind::Panic => true,
                Kind::NotANumber(number) | Kind::Grey(number) => lane.row_of(number).is_some(),
                Kind::MemoryFor(most) => lane.together() > most,
            };
            if !strikes {
                continue;
            }
            fault.times -= 1;
            match fault.kind {
                Kind::Error => {
                    return Err(tch::TchError::Torch("injected".to_owned()).into());
                }
                Kind::NotANumber(number) => paint(lane, number, f64::NAN)?,
                Kind::Grey(number) => paint(lane, number, 0.5)?,
                Kind::MemoryFor(_) => {
                    let text = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has none";
                    return Err(tch::TchError::Torch(text.to_owned()).into());
                }
                Kind::Panic => panic!("injected at step {step}"),
            }
        }
        Ok(())
    }
}

fn paint(lane: &mut Lane, number: usize, value: f64) -> Result<(), EngineError> {
    let row = lane.row_of(number).unwrap_or_default() as i64;
    let picture = lane.picture().f_detach_copy()?;
    let _ = picture.f_narrow(0, row, 1)?.f_fill_(value)?;
    lane.set_picture(&picture)
}
