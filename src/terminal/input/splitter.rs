//! Bytes become events: what belongs together is found, however it was cut on its way. Any thread.
//!
//! Whatever the terminal answers is told from what is typed, so that an answer that comes late is not
//! taken for keys. Rubbish is dropped, and never holds up what comes after it for long.

use std::time::Duration;

use terminput::{Event, KeyCode, KeyEvent, KeyModifiers};

/// How long a lone ESC may still become a sequence; after that it is the key.
const ESCAPE_PATIENCE: Duration = Duration::from_millis(30);
/// How long the second byte of a sequence may still become more; after that it is a key with Alt.
const ALT_PATIENCE: Duration = Duration::from_millis(100);
/// How long the rest of a sequence, an answer or a paste may take.
const SEQUENCE_PATIENCE: Duration = Duration::from_secs(1);

/// Longer control sequences are rubbish.
const LONGEST_SEQUENCE: usize = 256;
/// Longer answers are rubbish.
const LONGEST_STRING: usize = 4 * 1024;
/// What a paste has beyond this is dropped.
const LONGEST_PASTE: usize = 1024 * 1024;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
const PASTE_START: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// What belongs together.
#[derive(Debug, Clone, PartialEq)]
pub enum Unit {
    /// Something that a person did.
    Event(Event),
    /// The answer to `CSI 5 n`.
    StatusReport,
    /// Another answer, with its first and last bytes.
    Reply(Vec<u8>),
}

/// What has come of something that is not whole yet.
#[derive(Debug, Default)]
pub struct Splitter {
    pending: Vec<u8>,
}

/// What stands at the beginning of the bytes.
enum Step {
    /// It may go on.
    Incomplete,
    /// So many bytes belong together, and mean this, or nothing.
    Whole(usize, Option<Unit>),
}

impl Splitter {
    /// Takes what was read, and calls `each` for all that is whole now.
    pub fn take(&mut self, bytes: &[u8], mut each: impl FnMut(Unit)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.pending.starts_with(PASTE_START) {
                rest = self.take_pasted(rest, &mut each);
                continue;
            }
            let (first, others) = rest.split_at(1);
            self.pending.extend_from_slice(first);
            rest = others;
            self.cut(&mut each);
        }
    }

    /// How long to wait for more before [`Self::silence`]; `None` where nothing is pending.
    pub fn patience(&self) -> Option<Duration> {
        match self.pending.as_slice() {
            [] => None,
            [ESCAPE] => Some(ESCAPE_PATIENCE),
            [ESCAPE, _] => Some(ALT_PATIENCE),
            _ => Some(SEQUENCE_PATIENCE),
        }
    }

    /// Nothing more came: what is pending is what it is.
    pub fn silence(&mut self, mut each: impl FnMut(Unit)) {
        let pending = std::mem::take(&mut self.pending);
        let unit = match pending.as_slice() {
            [ESCAPE] => Some(Unit::Event(Event::Key(KeyCode::Esc.into()))),
            [ESCAPE, key @ 0x20..=0x7e] => Some(Unit::Event(Event::Key(
                KeyEvent::new(KeyCode::Char(char::from(*key))).modifiers(KeyModifiers::ALT),
            ))),
            pasted if pasted.starts_with(PASTE_START) => {
                Some(paste(pasted.get(PASTE_START.len()..).unwrap_or_default()))
            }
            _ => None,
        };
        if let Some(unit) = unit {
            each(unit);
        }
    }

    /// Takes bytes of an open paste up to its end; gives back the rest.
    fn take_pasted<'a>(&mut self, bytes: &'a [u8], each: &mut impl FnMut(Unit)) -> &'a [u8] {
        for (at, byte) in bytes.iter().enumerate() {
            if self.pending.len() >= LONGEST_PASTE {
                // Room for the end, which must be seen.
                let kept = self.pending.len() - PASTE_END.len();
                self.pending.drain(kept - 1..kept);
            }
            self.pending.push(*byte);
            if self.pending.ends_with(PASTE_END) {
                let end = self.pending.len() - PASTE_END.len();
                each(paste(
                    self.pending.get(PASTE_START.len()..end).unwrap_or_default(),
                ));
                self.pending.clear();
                return bytes.get(at + 1..).unwrap_or_default();
            }
        }
        &[]
    }

    fn cut(&mut self, each: &mut impl FnMut(Unit)) {
        while !self.pending.is_empty() && !self.pending.starts_with(PASTE_START) {
            match step(&self.pending) {
                Step::Incomplete => return,
                Step::Whole(length, unit) => {
                    self.pending.drain(..length.min(self.pending.len()));
                    if let Some(unit) = unit {
                        each(unit);
                    }
                }
            }
        }
    }
}

fn paste(bytes: &[u8]) -> Unit {
    Unit::Event(Event::Paste(String::from_utf8_lossy(bytes).into_owned()))
}

fn step(bytes: &[u8]) -> Step {
    match bytes {
        [] | [ESCAPE] => Step::Incomplete,
        [ESCAPE, b'[', ..] => control_sequence(bytes),
        [ESCAPE, b'O', ..] => single_shift(bytes),
        [ESCAPE, b'P' | b'X' | b']' | b'^' | b'_', ..] => string(bytes),
        // The key, and something of its own after it.
        [ESCAPE, ESCAPE, ..] => Step::Whole(1, parsed(b"\x1b")),
        [ESCAPE, rest @ ..] => match character(rest) {
            Step::Whole(length, Some(_)) => {
                Step::Whole(length + 1, bytes.get(..=length).and_then(parsed))
            }
            Step::Whole(length, None) => Step::Whole(length + 1, None),
            Step::Incomplete => Step::Incomplete,
        },
        _ => character(bytes),
    }
}

/// One character in UTF-8; control characters are keys too.
fn character(bytes: &[u8]) -> Step {
    let length = match bytes.first() {
        None => return Step::Incomplete,
        Some(0..=0x7f) => 1,
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        Some(_) => return Step::Whole(1, None),
    };
    let known = bytes.get(..length.min(bytes.len())).unwrap_or_default();
    match std::str::from_utf8(known) {
        Ok(_) => Step::Whole(length, parsed(known)),
        Err(error) => match error.error_len() {
            None => Step::Incomplete,
            Some(wrong) => Step::Whole(wrong, None),
        },
    }
}

/// `ESC [`, parameters, a final byte.
fn control_sequence(bytes: &[u8]) -> Step {
    let rest = bytes.get(2..).unwrap_or_default();
    match rest {
        // Linux's console: function keys have a second bracket.
        [b'['] => return Step::Incomplete,
        [b'[', _, ..] => return Step::Whole(4, bytes.get(..4).and_then(parsed)),
        // The mouse as it was in the beginning: three bytes of any kind follow.
        [b'M', after @ ..] => {
            return match after {
                [_, _, _, ..] => Step::Whole(6, bytes.get(..6).and_then(parsed)),
                _ => Step::Incomplete,
            };
        }
        _ => {}
    }
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            0x40..=0x7e => {
                let length = at + 3;
                let whole = bytes.get(..length).unwrap_or_default();
                return Step::Whole(length, sequence_meaning(whole, rest.get(..at), *byte));
            }
            0x20..=0x3f if at < LONGEST_SEQUENCE => {}
            // Broken off; what broke it off is something of its own.
            _ => return Step::Whole(at + 2, None),
        }
    }
    Step::Incomplete
}

fn sequence_meaning(whole: &[u8], parameters: Option<&[u8]>, last: u8) -> Option<Unit> {
    let parameters = parameters.unwrap_or_default();
    match (parameters, last) {
        (b"0" | b"3", b'n') => Some(Unit::StatusReport),
        ([b'?' | b'>' | b'=', ..], _) | (_, b'n' | b't' | b'c' | b'y') | ([_, ..], b'R') => {
            Some(Unit::Reply(whole.to_vec()))
        }
        // A row or column 0 is nonsense that the parser would count down from.
        ([b'<', ..], b'M' | b'm') => mouse_is_sound(parameters.get(1..)?)
            .then(|| parsed(whole))
            .flatten(),
        (_, b'M' | b'm') => None,
        _ => parsed(whole),
    }
}

fn mouse_is_sound(parameters: &[u8]) -> bool {
    let numbers: Option<Vec<u16>> = std::str::from_utf8(parameters)
        .ok()
        .and_then(|text| text.split(';').map(|number| number.parse().ok()).collect());
    numbers.is_some_and(
        |numbers| matches!(numbers.as_slice(), [0..=255, column, row] if *column > 0 && *row > 0),
    )
}

/// `ESC O` and a letter: arrows and function keys in some modes. Some terminals put a digit in between for
/// what is held down with them.
fn single_shift(bytes: &[u8]) -> Step {
    match bytes {
        [_, _, 0x40..=0x7e, ..] => Step::Whole(3, bytes.get(..3).and_then(parsed)),
        [_, _, b'0'..=b'9'] | [_, _] => Step::Incomplete,
        [_, _, digit @ b'0'..=b'9', letter @ 0x40..=0x7e, ..] => {
            Step::Whole(4, parsed(&[ESCAPE, b'[', b'1', b';', *digit, *letter]))
        }
        _ => Step::Whole(
            2,
            Some(Unit::Event(Event::Key(
                KeyEvent::new(KeyCode::Char('O')).modifiers(KeyModifiers::ALT),
            ))),
        ),
    }
}

/// An answer in a string, up to ST, or BEL where it is an operating system command.
fn string(bytes: &[u8]) -> Step {
    let operating_system = bytes.get(1) == Some(&b']');
    for (at, byte) in bytes.iter().enumerate().skip(2) {
        match byte {
            &BELL if operating_system => return whole_string(bytes, at + 1),
            &ESCAPE => {
                return match bytes.get(at + 1) {
                    None => Step::Incomplete,
                    Some(b'\\') => whole_string(bytes, at + 2),
                    // Broken off by another sequence.
                    Some(_) => Step::Whole(at, None),
                };
            }
            // CAN and SUB end any sequence.
            0x18 | 0x1a => return Step::Whole(at + 1, None),
            _ if at >= LONGEST_STRING => return Step::Whole(at + 1, None),
            _ => {}
        }
    }
    Step::Incomplete
}

fn whole_string(bytes: &[u8], length: usize) -> Step {
    let whole = bytes.get(..length).unwrap_or_default();
    Step::Whole(length, Some(Unit::Reply(whole.to_vec())))
}

/// What the parser makes of bytes that belong together.
fn parsed(bytes: &[u8]) -> Option<Unit> {
    Event::parse_from(bytes).ok().flatten().map(Unit::Event)
}

#[cfg(test)]
mod tests;
