//! Rows that come at the bottom and are forgotten at the top, in memory that stays where it is: of what is made anew for
//! each tile and lives for several, an allocator makes holes that nothing else fits into. Worker thread.

use std::ops::Range;

use tch::{TchError, Tensor};

use super::layout::{self, height_of, joined_rows};

/// Rows of something, `[1, C, h, W]`.
#[derive(Debug, Default)]
pub(super) struct RowBuffer {
    held: Range<i64>,
    /// `[1, C, room, W]`, in which the rows go round.
    memory: Option<Tensor>,
    /// The row that lies, or lay, at the top of the memory.
    top: i64,
    /// So many rows have room from the beginning.
    least_room: i64,
}

impl RowBuffer {
    /// With room for so many rows.
    pub(super) fn with_room(rows: i64) -> Self {
        Self {
            least_room: rows,
            ..Self::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The row that comes next.
    pub(super) fn end(&self) -> i64 {
        self.held.end
    }

    /// Takes the next rows, `[1, C, h, W]`.
    pub(super) fn push(&mut self, rows: &Tensor) -> Result<(), TchError> {
        let count = height_of(rows)?;
        self.make_room(rows, count)?;
        let end = self.held.end + count;
        for part in self.places(&(self.held.end..end))? {
            let rows = rows.f_narrow(2, part.rows.start - self.held.end, length(&part.rows))?;
            part.memory.shallow_clone().f_copy_(&rows)?;
        }
        self.held.end = end;
        Ok(())
    }

    /// Rows that are passed over: the next one is `row`, and none are there.
    pub(super) fn begin_at(&mut self, row: i64) {
        self.held = row..row;
    }

    /// These `rows`, which have to be there, as long as no others are pushed.
    pub(super) fn of(&self, rows: &Range<i64>) -> Result<Tensor, TchError> {
        joined_rows(&self.pieces(rows)?)
    }

    /// The same where they lie.
    pub(super) fn pieces(&self, rows: &Range<i64>) -> Result<Vec<Tensor>, TchError> {
        if rows.start < self.held.start || self.held.end < rows.end {
            return Err(TchError::Shape(format!("rows {rows:?} of {:?}", self.held)));
        }
        let parts = self.places(rows)?.into_iter();
        Ok(parts.map(|part| part.memory).collect())
    }

    /// The upper `count` of its rows, which are given up.
    pub(super) fn take(&mut self, count: i64) -> Result<Tensor, TchError> {
        let end = self.held.start + count;
        let found = self.of(&(self.held.start..end))?;
        self.forget(end);
        Ok(found)
    }

    pub(super) fn len(&self) -> i64 {
        length(&self.held)
    }

    /// Gives up the rows above `first`.
    pub(super) fn forget(&mut self, first: i64) {
        self.held.start = first.clamp(self.held.start, self.held.end);
    }

    /// Room for `count` rows more, as wide and deep as `like`.
    fn make_room(&mut self, like: &Tensor, count: i64) -> Result<(), TchError> {
        let held = length(&self.held);
        let room = self.memory.as_ref().map_or(Ok(0), height_of)?;
        let place = |row: i64| (row - self.top).rem_euclid(room.max(1));
        let goes_straight_on = place(self.held.start) + held + count <= room;
        // To move many is dearer than to have them in two pieces.
        if held + count <= room && (goes_straight_on || held > count) {
            return Ok(());
        }
        let old = match &self.memory {
            Some(_) if held > 0 => Some(self.of(&self.held.clone())?),
            _ => None,
        };
        if held + count > room || self.memory.is_none() {
            let (_, channels, _, width) = like.size4()?;
            let room = self.least_room.max(held + count);
            let shape = (1, channels, room, width);
            self.memory = Some(layout::empty(shape, (like.kind(), like.device()))?);
        }
        self.top = self.held.start;
        if let (Some(old), Some(memory)) = (old, &self.memory) {
            // What is moved within the memory may overlap.
            let old = if held + count > room {
                old
            } else {
                old.f_detach_copy()?
            };
            memory.f_narrow(2, 0, held)?.f_copy_(&old)?;
        }
        Ok(())
    }

    /// Where `rows` lie, of which there is room for all.
    fn places(&self, rows: &Range<i64>) -> Result<Vec<Part>, TchError> {
        let mut parts = Vec::with_capacity(2);
        let Some(memory) = &self.memory else {
            return Ok(parts);
        };
        let room = height_of(memory)?;
        let mut start = rows.start;
        while start < rows.end {
            let place = (start - self.top).rem_euclid(room);
            let end = rows.end.min(start + room - place);
            parts.push(Part {
                memory: memory.f_narrow(2, place, end - start)?,
                rows: start..end,
            });
            start = end;
        }
        Ok(parts)
    }
}

/// Rows that lie one below the other.
struct Part {
    rows: Range<i64>,
    memory: Tensor,
}

fn length(rows: &Range<i64>) -> i64 {
    rows.end - rows.start
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::tests::numbers;

    #[test]
    fn rows_are_what_was_pushed_however_many_are_forgotten() {
        let all = numbers(&[1, 3, 200, 5]);
        for (count, held) in [(1, 0), (4, 2), (4, 9), (7, 30), (16, 16)] {
            let mut buffer = RowBuffer::default();
            let mut most = 0;
            for start in (0..200 - count).step_by(count as usize) {
                buffer.push(&all.narrow(2, start, count)).unwrap();
                let end = start + count;
                assert_eq!(buffer.end(), end);
                let first = (end - count - held).max(0);
                let found = buffer.of(&(first..end)).unwrap();
                assert_eq!(found, all.narrow(2, first, end - first));
                assert!(buffer.of(&(first..end + 1)).is_err());
                buffer.forget(end - held);
                most = most.max(height_of(buffer.memory.as_ref().unwrap()).unwrap());
            }
            // No more memory than there has to be.
            assert!(most <= held + 2 * count, "{most} for {held} and {count}");
        }
    }
}
