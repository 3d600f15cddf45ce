//! What is known of a lane's pictures at one point, and the way of numbers to the host. Worker thread.

use std::rc::Rc;

use tch::{Device, Kind, TchError, Tensor};

/// What is known of the lane's pictures at one point.
#[derive(Debug)]
pub struct Evaluation {
    /// Every candidate's weighted loss, `[N]`; stays on the device.
    pub total: Tensor,
    /// `[N, 3, H, W]`, of each candidate's loss with respect to its picture, RGB in [0, 1].
    pub gradient: Tensor,
    /// The unweighted terms, `[N, K]`; passed through.
    pub terms: Tensor,
}

/// Evaluates other pictures of the lane, `[N, 3, H, W]`; what it returns must be right in the rows for which the
/// second argument is true.
pub type Evaluate<'a, E> = dyn FnMut(&Tensor, &[bool]) -> Result<Evaluation, E> + 'a;

impl Evaluation {
    /// That of the candidate in `row` alone, copied: `[1]`, `[1, 3, H, W]`, `[1, K]`.
    pub(super) fn row(&self, row: usize) -> Result<Self, TchError> {
        self.each(|tensor| row_of(tensor, row)?.f_detach_copy())
    }

    /// The lane's evaluation from those of its candidates in the order of their rows.
    pub(super) fn of_rows(rows: &[Rc<Self>]) -> Result<Self, TchError> {
        let joined = |part: fn(&Self) -> &Tensor| {
            let parts: Vec<&Tensor> = rows.iter().map(|row| part(row)).collect();
            Tensor::f_cat(&parts, 0)
        };
        Ok(Self {
            total: joined(|row| &row.total)?,
            gradient: joined(|row| &row.gradient)?,
            terms: joined(|row| &row.terms)?,
        })
    }

    /// Without the graph that it may come from.
    pub(super) fn detached(self) -> Result<Self, TchError> {
        self.each(Tensor::f_detach)
    }

    fn each(&self, change: impl Fn(&Tensor) -> Result<Tensor, TchError>) -> Result<Self, TchError> {
        Ok(Self {
            total: change(&self.total)?,
            gradient: change(&self.gradient)?,
            terms: change(&self.terms)?,
        })
    }
}

/// The candidate's part of a lane's tensor: `[1, …]` of `[N, …]`, sharing its memory.
pub(super) fn row_of(lane: &Tensor, row: usize) -> Result<Tensor, TchError> {
    lane.f_narrow(0, row as i64, 1)
}

/// Scalars `[]` of one device on the host, in one transfer.
pub(super) fn read(scalars: &[Tensor]) -> Result<Vec<f64>, TchError> {
    if scalars.is_empty() {
        return Ok(Vec::new());
    }
    let stacked = Tensor::f_stack(scalars, 0)?
        .f_to_device(Device::Cpu)?
        .f_to_kind(Kind::Double)?;
    let mut values = vec![0.0; scalars.len()];
    stacked.f_copy_data(&mut values, scalars.len())?;
    Ok(values)
}
