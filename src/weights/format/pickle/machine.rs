//! Goes through the opcodes of one pickle and keeps the objects they make.

mod literal;
mod stack;

use std::collections::HashMap;

use indexmap::IndexMap;

use super::cursor::Cursor;
use super::object::{Id, Objects, Storage, Value};
use super::opcode;
use crate::weights::format::FormatError;

/// The most steps that one pickle may take: a step an opcode, and one for each entry that is copied.
const MOST_STEPS: usize = 1 << 23;
/// The newest protocol there is.
const NEWEST_PROTOCOL: u8 = 5;

/// What a pickle describes.
#[derive(Debug)]
pub(in crate::weights::format) struct Pickle<'file> {
    /// The object that it is about.
    pub(in crate::weights::format) root: Id,
    /// All of them.
    pub(in crate::weights::format) objects: Objects<'file>,
    /// The storages of its tensors by key.
    pub(in crate::weights::format) storages: IndexMap<&'file [u8], Storage>,
    /// Where it ends, in bytes from the beginning of the file.
    pub(in crate::weights::format) end: usize,
}

/// Reads the pickle that begins at byte `start` of a file.
pub(in crate::weights::format) fn read(
    bytes: &[u8],
    start: usize,
) -> Result<Pickle<'_>, FormatError> {
    let mut machine = Machine {
        cursor: Cursor::new(bytes, start),
        opcode: 0,
        opcode_position: start,
        steps_left: MOST_STEPS,
        stack: Vec::new(),
        marks: Vec::new(),
        kept: HashMap::new(),
        objects: Objects::default(),
        storages: IndexMap::new(),
        tensor_count: 0,
    };
    let root = machine.run()?;
    Ok(Pickle {
        root,
        objects: machine.objects,
        storages: machine.storages,
        end: machine.cursor.position(),
    })
}

/// The state between two opcodes.
#[derive(Debug)]
pub(super) struct Machine<'file> {
    cursor: Cursor<'file>,
    opcode: u8,
    opcode_position: usize,
    steps_left: usize,
    stack: Vec<Id>,
    /// How high the stack was at each mark that is still open.
    marks: Vec<usize>,
    kept: HashMap<u32, Id>,
    pub(super) objects: Objects<'file>,
    pub(super) storages: IndexMap<&'file [u8], Storage>,
    pub(super) tensor_count: usize,
}

impl Machine<'_> {
    fn run(&mut self) -> Result<Id, FormatError> {
        loop {
            self.spend(1)?;
            self.opcode_position = self.cursor.position();
            self.opcode = self.cursor.byte()?;
            if self.opcode == opcode::STOP {
                return self.pop();
            }
            if let Some(value) = self.literal()? {
                self.push(value)?;
            } else if !self.collect()? && !self.keep()? && !self.act()? {
                return Err(match opcode::name(self.opcode) {
                    Some(name) => self.refused(name),
                    None => self.damaged(&format!("{:#04x} is no opcode", self.opcode)),
                });
            }
        }
    }

    /// Obeys an opcode that makes one object out of several; false where it is none.
    fn collect(&mut self) -> Result<bool, FormatError> {
        match self.opcode {
            opcode::MARK => self.marks.push(self.stack.len()),
            opcode::TUPLE => {
                let items = self.pop_to_mark()?;
                self.push(Value::Tuple(items))?;
            }
            opcode::TUPLE1 | opcode::TUPLE2 | opcode::TUPLE3 => {
                let count = usize::from(self.opcode - opcode::TUPLE1) + 1;
                let mut items = Vec::with_capacity(count);
                for _ in 0..count {
                    items.push(self.pop()?);
                }
                items.reverse();
                self.push(Value::Tuple(items))?;
            }
            opcode::LIST => {
                let items = self.pop_to_mark()?;
                self.push(Value::List(items))?;
            }
            opcode::DICT => {
                let entries = self.pop_entries()?;
                self.push(Value::Dict(entries))?;
            }
            opcode::APPEND => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            opcode::APPENDS => {
                let items = self.pop_to_mark()?;
                self.append(items)?;
            }
            opcode::SETITEM => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.set(vec![(key, value)])?;
            }
            opcode::SETITEMS => {
                let entries = self.pop_entries()?;
                self.set(entries)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Obeys an opcode that keeps, gets, doubles or drops objects; false where it is none.
    fn keep(&mut self) -> Result<bool, FormatError> {
        match self.opcode {
            opcode::POP => {
                // A mark that is on top is dropped as an object would be.
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                } else {
                    self.pop()?;
                }
            }
            opcode::POP_MARK => {
                self.pop_to_mark()?;
            }
            opcode::DUP => {
                let top = self.top()?;
                self.stack.push(top);
            }
            opcode::BINGET => {
                let key = self.cursor.byte()?;
                self.get(key.into())?;
            }
            opcode::LONG_BINGET => {
                let key = self.cursor.u32()?;
                self.get(key)?;
            }
            opcode::BINPUT => {
                let key = self.cursor.byte()?;
                self.put(key.into())?;
            }
            opcode::LONG_BINPUT => {
                let key = self.cursor.u32()?;
                self.put(key)?;
            }
            opcode::MEMOIZE => self.put(self.kept.len() as u32)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Obeys an opcode that frames the pickle or makes objects by name; false where it is none.
    fn act(&mut self) -> Result<bool, FormatError> {
        match self.opcode {
            opcode::PROTO => {
                let protocol = self.cursor.byte()?;
                if protocol > NEWEST_PROTOCOL {
                    return Err(self.damaged(&format!("there is no protocol {protocol}")));
                }
            }
            // Frames only help programs that read in pieces.
            opcode::FRAME => {
                self.cursor.u64()?;
            }
            opcode::STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Some(module), Some(name)) =
                    (self.objects.text(module), self.objects.text(name))
                else {
                    return Err(self.damaged("a name that is no text"));
                };
                let value = self.global(module, name)?;
                self.push(value)?;
            }
            opcode::BINPERSID => {
                let identity = self.pop()?;
                let value = self.storage(identity)?;
                self.push(value)?;
            }
            opcode::REDUCE | opcode::NEWOBJ => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                let made = self.call(callable, arguments)?;
                self.stack.push(made);
            }
            opcode::BUILD => {
                let state = self.pop()?;
                let object = self.top()?;
                self.build(object, state)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Counts steps, so that no small file can keep the program busy or fill its memory.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), FormatError> {
        self.steps_left = self.steps_left.checked_sub(steps).ok_or_else(|| {
            FormatError::Unsupported(format!("its pickle takes more than {MOST_STEPS} steps"))
        })?;
        Ok(())
    }

    /// The error for what the opcode at hand may not do.
    pub(super) fn refused(&self, what: &str) -> FormatError {
        FormatError::Refused {
            what: what.to_owned(),
            opcode: opcode::name(self.opcode).unwrap_or("of no name"),
            position: self.opcode_position as u64,
        }
    }

    /// The error for what the opcode at hand cannot do.
    pub(super) fn damaged(&self, what: &str) -> FormatError {
        FormatError::Damaged(format!(
            "its pickle makes no sense at byte {}: {what}",
            self.opcode_position
        ))
    }
}
