//! Bytes that were sound, damaged in the ways that find mistakes. The same seed damages alike everywhere.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What readers of text stumble over.
const PIECES: [&str; 40] = [
    "0",
    "-1",
    "1e999",
    "-1e-999",
    "NaN",
    "inf",
    "18446744073709551615",
    "18446744073709551614",
    "9223372036854775807",
    "-9223372036854775808",
    "4294967295",
    "1e308",
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\"",
    "'",
    "\\",
    ",",
    ":",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\u{1b}[31m",
    "\\u001b]0;x\\u0007",
    "\u{202e}",
    "\u{feff}",
    "é",
    "\0",
    "-999999999-01-01T00:00:00Z",
    "9999-12-30T22:00:00.999999999Z",
    "\"-009999-01-02T01:59:59Z\"",
    "../../../../x",
    "/dev/zero",
    "step-000001.png",
    "unweighted.style.x",
    "wait",
];

/// Damages.
pub(super) struct Mutation {
    random: ChaCha8Rng,
}

impl Mutation {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// A number below `end`, or 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.random.random_range(0..end.max(1))
    }

    /// `sound` with one to five damages.
    pub(super) fn of(&mut self, sound: &[u8]) -> Vec<u8> {
        let mut bytes = sound.to_vec();
        for _ in 0..=self.below(5) {
            self.damage(&mut bytes);
        }
        bytes
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        let length = 1 + self.below(40);
        let end = (at + length).min(bytes.len());
        match self.below(10) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.below(8);
                }
            }
            1 => {
                let value = self.below(256) as u8;
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
            2 => drop(bytes.drain(at..end)),
            3 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            4 => bytes.truncate(at),
            5 => {
                let deep = ["[", "{\"a\":", "("][self.below(3)].repeat(1 + self.below(3000));
                bytes.splice(at..at, deep.into_bytes());
            }
            6 => {
                let piece = PIECES[self.below(PIECES.len())];
                bytes.splice(at..at, piece.bytes());
            }
            // Most mistakes sit behind a value of the right kind.
            _ => {
                let range = value_after(bytes, at);
                let piece = PIECES[self.below(PIECES.len())];
                bytes.splice(range, piece.bytes());
            }
        }
    }
}

/// The first value at or after `at`: what stands between two separators.
fn value_after(bytes: &[u8], at: usize) -> std::ops::Range<usize> {
    let ends = |byte: &u8| matches!(byte, b',' | b':' | b'=' | b'\n' | b']' | b'}');
    let is_value = |byte: &u8| !ends(byte) && !matches!(byte, b' ' | b'[' | b'{');
    let start = bytes[at..].iter().position(ends).map_or(at, |end| {
        let after = at + end;
        bytes[after..]
            .iter()
            .position(is_value)
            .map_or(bytes.len(), |start| after + start)
    });
    let end = bytes[start..]
        .iter()
        .position(ends)
        .map_or(bytes.len(), |end| start + end);
    start..end
}
