//! Opcodes that stand for a value by themselves: numbers, texts, empty collections, names.

use super::Machine;
use crate::weights::format::pickle::object::Value;
use crate::weights::format::pickle::{global, opcode};
use crate::weights::format::{FormatError, shown};

impl<'file> Machine<'file> {
    /// The value of an opcode that stands for one by itself.
    pub(super) fn literal(&mut self) -> Result<Option<Value<'file>>, FormatError> {
        let cursor = &mut self.cursor;
        Ok(Some(match self.opcode {
            opcode::NONE => Value::None,
            opcode::NEWTRUE => Value::Bool(true),
            opcode::NEWFALSE => Value::Bool(false),
            opcode::BININT1 => Value::Int(cursor.byte()?.into()),
            opcode::BININT2 => Value::Int(cursor.u16()?.into()),
            opcode::BININT => Value::Int(cursor.i32()?.into()),
            // Python 2 writes numbers of more than 32 bits so.
            opcode::INT => {
                let line = cursor.line()?;
                let number = str::from_utf8(line)
                    .ok()
                    .and_then(|digits| digits.parse().ok());
                Value::Int(number.ok_or_else(|| self.damaged("a number that is none"))?)
            }
            opcode::LONG1 => {
                let count = cursor.byte()?;
                Value::Long(cursor.take(count.into())?)
            }
            opcode::LONG4 => {
                let count = cursor.u32()?;
                Value::Long(cursor.text(count.into())?)
            }
            opcode::BINFLOAT => {
                cursor.u64()?;
                Value::Opaque
            }
            opcode::SHORT_BINSTRING | opcode::SHORT_BINUNICODE => {
                let count = cursor.byte()?;
                Value::Text(cursor.text(count.into())?)
            }
            opcode::BINSTRING | opcode::BINUNICODE => {
                let count = cursor.u32()?;
                Value::Text(cursor.text(count.into())?)
            }
            opcode::BINUNICODE8 => {
                let count = cursor.u64()?;
                Value::Text(cursor.text(count)?)
            }
            opcode::EMPTY_TUPLE => Value::Tuple(Vec::new()),
            opcode::EMPTY_LIST => Value::List(Vec::new()),
            opcode::EMPTY_DICT => Value::Dict(Vec::new()),
            opcode::GLOBAL => {
                let (module, name) = (cursor.line()?, cursor.line()?);
                self.global(module, name)?
            }
            _ => return Ok(None),
        }))
    }

    pub(super) fn global(&self, module: &[u8], name: &[u8]) -> Result<Value<'file>, FormatError> {
        match global::find(module, name) {
            Some(global) => Ok(Value::Global(global)),
            None => Err(self.refused(&format!("{}.{}", quoted(module), quoted(name)))),
        }
    }
}

fn quoted(name: &[u8]) -> String {
    shown(&String::from_utf8_lossy(name))
}
