//! The stack, its marks, and what is kept off it for later use.

use super::Machine;
use crate::weights::format::FormatError;
use crate::weights::format::pickle::object::{Id, Value};

/// The most objects that a pickle may keep for later use.
const MOST_KEPT: usize = 1 << 20;

impl<'file> Machine<'file> {
    pub(super) fn push(&mut self, value: Value<'file>) -> Result<(), FormatError> {
        let id = self.objects.add(value)?;
        self.stack.push(id);
        Ok(())
    }

    /// The top of the stack, not below the last mark.
    pub(super) fn top(&self) -> Result<Id, FormatError> {
        let bottom = self.marks.last().copied().unwrap_or(0);
        self.stack
            .get(bottom..)
            .and_then(<[Id]>::last)
            .copied()
            .ok_or_else(|| self.damaged("it takes more than there is"))
    }

    pub(super) fn pop(&mut self) -> Result<Id, FormatError> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<Id>, FormatError> {
        match self.marks.pop() {
            Some(mark) if mark <= self.stack.len() => Ok(self.stack.split_off(mark)),
            _ => Err(self.damaged("there is no mark")),
        }
    }

    pub(super) fn pop_entries(&mut self) -> Result<Vec<(Id, Id)>, FormatError> {
        let items = self.pop_to_mark()?;
        let (pairs, odd) = items.as_chunks();
        if !odd.is_empty() {
            return Err(self.damaged("a key without a value"));
        }
        Ok(pairs.iter().map(|&[key, value]| (key, value)).collect())
    }

    pub(super) fn append(&mut self, items: Vec<Id>) -> Result<(), FormatError> {
        let list = self.top()?;
        match self.objects.get_mut(list) {
            Some(Value::List(list)) => list.extend(items),
            _ => return Err(self.damaged("it appends to what is no list")),
        }
        Ok(())
    }

    pub(super) fn set(&mut self, entries: Vec<(Id, Id)>) -> Result<(), FormatError> {
        let dictionary = self.top()?;
        match self.objects.get_mut(dictionary) {
            Some(Value::Dict(dictionary)) => dictionary.extend(entries),
            _ => return Err(self.damaged("it sets a key of what is no dictionary")),
        }
        Ok(())
    }

    pub(super) fn get(&mut self, key: u32) -> Result<(), FormatError> {
        match self.kept.get(&key) {
            Some(id) => self.stack.push(*id),
            None => return Err(self.damaged("it gets what was never kept")),
        }
        Ok(())
    }

    pub(super) fn put(&mut self, key: u32) -> Result<(), FormatError> {
        let top = self.top()?;
        self.kept.insert(key, top);
        if self.kept.len() > MOST_KEPT {
            return Err(FormatError::Unsupported(format!(
                "its pickle keeps more than {MOST_KEPT} objects"
            )));
        }
        Ok(())
    }
}
