//! Goes through the bytes of a pickle, never beyond their end.

use crate::weights::format::FormatError;

/// The longest text that is read, in bytes; tensors' names have a few dozen.
const LONGEST_TEXT_BYTES: u64 = 1 << 20;
/// The longest line that is read, in bytes: a module's or a class's name, or a number's digits.
const LONGEST_LINE_BYTES: usize = 1024;

/// A place in the bytes of a file.
#[derive(Debug)]
pub(super) struct Cursor<'file> {
    bytes: &'file [u8],
    position: usize,
}

impl<'file> Cursor<'file> {
    /// Begins at `position`; the pickle may go on to the end of `bytes`.
    pub(super) fn new(bytes: &'file [u8], position: usize) -> Self {
        Self { bytes, position }
    }

    /// In bytes from the beginning of the file.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'file [u8], FormatError> {
        let taken = self
            .position
            .checked_add(count)
            .and_then(|end| self.bytes.get(self.position..end))
            .ok_or_else(|| self.ended())?;
        self.position += count;
        Ok(taken)
    }

    fn array<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], FormatError> {
        self.take(COUNT)?
            .first_chunk()
            .copied()
            .ok_or_else(|| self.ended())
    }

    pub(super) fn byte(&mut self) -> Result<u8, FormatError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(super) fn u16(&mut self) -> Result<u16, FormatError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, FormatError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn i32(&mut self) -> Result<i32, FormatError> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, FormatError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A text of `count` bytes, in whatever encoding.
    pub(super) fn text(&mut self, count: u64) -> Result<&'file [u8], FormatError> {
        if count > LONGEST_TEXT_BYTES {
            return Err(FormatError::Unsupported(format!(
                "its pickle has a text of {count} bytes at byte {}; no more than {LONGEST_TEXT_BYTES} are read",
                self.position
            )));
        }
        self.take(count as usize)
    }

    /// A line, without its end.
    pub(super) fn line(&mut self) -> Result<&'file [u8], FormatError> {
        let rest = self.bytes.get(self.position..).unwrap_or_default();
        let longest = rest.get(..LONGEST_LINE_BYTES).unwrap_or(rest);
        let Some(length) = longest.iter().position(|byte| *byte == b'\n') else {
            return Err(if longest.len() < rest.len() {
                FormatError::Damaged(format!(
                    "its pickle has a line without an end at byte {}",
                    self.position
                ))
            } else {
                self.ended()
            });
        };
        let line = self.take(length)?;
        self.position += 1;
        Ok(line)
    }

    fn ended(&self) -> FormatError {
        FormatError::Damaged(format!(
            "its pickle is cut off at byte {}: the copy is not whole",
            self.bytes.len()
        ))
    }
}
