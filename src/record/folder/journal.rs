//! What happened in a run and when: `events.jsonl`, an object a line. Plain data; any thread.

use std::io;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::description::State;
use super::growing::GrowingFile;
use super::tail::Tail;
use crate::engine::message::{RemarkKind, Suggestion, Trouble};
use crate::preset::plain_file;

/// Longer journals are none of this program's.
const MOST_BYTES: u64 = 256 << 20;

/// While nothing can be written, so much waits in memory.
const MOST_WAITING_BYTES: usize = 16 << 20;

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was heard of.
    pub time: Timestamp,
    /// Updates made by then.
    pub step: u64,
    /// What happened.
    #[serde(flatten)]
    pub what: Happening,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// The lane is built, for the first time or again.
    Started {
        /// Width and height of the picture.
        size: (u32, u32),
        /// `cpu`, `cuda:0`, …
        device: String,
        /// Threads of libtorch on the CPU.
        threads: usize,
        /// Updates to be made.
        steps: u64,
        /// What a person should know about it.
        notes: Vec<String>,
    },
    /// The run begins again from the first picture.
    Restarted,
    /// A preset took effect.
    PresetChanged {
        /// Field by field, `style.weight 1e5 → 3e5, live`.
        changes: Vec<String>,
    },
    /// Something that was asked for could not be done.
    Refused {
        /// Why.
        reason: String,
    },
    /// No more steps for a while.
    Paused,
    /// Steps again.
    Resumed,
    /// A picture on the way was kept.
    Snapshot {
        /// Its file, relative to the run's folder.
        file: String,
    },
    /// The run goes on from an earlier state.
    WentBack {
        /// The number of the way that it goes from here, as in [`super::metrics::Row`].
        branch: u32,
    },
    /// The numbers went wrong, and the run goes on from its last good state at half the rate.
    Recovered {
        /// The number of the way that it goes from here, as in [`super::metrics::Row`].
        branch: u32,
        /// The step at which it was noticed.
        failed_step: u64,
        /// What was wrong.
        why: Trouble,
        /// 1 for the first attempt.
        attempt: u32,
        /// How many there are.
        attempts: u32,
        /// `optimizer.learning_rate` from here on.
        learning_rate: f64,
    },
    /// The run cannot go on as it is, and waits until somebody changes something.
    Stuck {
        /// The number of the way that it would go from here.
        branch: u32,
        /// The step at which it was noticed.
        failed_step: u64,
        /// What is wrong, in words.
        why: String,
        /// What to change.
        suggestion: Suggestion,
    },
    /// Something else to know of it.
    Remark {
        /// What sort of thing it is.
        kind: RemarkKind,
        /// All of it.
        words: String,
    },
    /// How much of the gradient comes from which term.
    Gradients {
        /// The norm of each term's gradient, `null` where it was not measured.
        norms: IndexMap<String, Option<f64>>,
    },
    /// The run had ended and is gone on with.
    Continued {
        /// How it had ended.
        after: State,
    },
    /// The result was written as a file of the user's.
    Saved {
        /// Its path.
        path: String,
    },
    /// All steps were made.
    Completed,
    /// Somebody stopped the run.
    Stopped,
    /// It gave up its place in a comparison.
    Dropped,
    /// The run could not go on.
    Failed {
        /// Why.
        reason: String,
    },
    /// Of a later version of the program.
    #[serde(other)]
    Unknown,
}

impl Entry {
    /// The line, with its end.
    pub(super) fn line(&self) -> io::Result<String> {
        let mut line = serde_json::to_string(self)?;
        line.push('\n');
        Ok(line)
    }

    /// All entries of a file, in order. What is no entry is left out, such as the beginning of a line that was
    /// never finished.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read_all(path: &Path) -> io::Result<Vec<Self>> {
        let bytes = plain_file::read(path, MOST_BYTES)?;
        Ok(bytes
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect())
    }
}

/// The file as far as it was read while it is written.
#[derive(Debug)]
pub(super) struct JournalTail {
    file: Tail,
    /// Lines that were read, whether or not they could be understood.
    taken: usize,
    /// Of a file that is another than before, so many are known already.
    known: usize,
}

impl JournalTail {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            file: Tail::new(path),
            taken: 0,
            known: 0,
        }
    }

    /// The entries that came since the last call.
    pub(super) fn read(&mut self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        loop {
            let piece = self.file.read()?;
            if piece.is_anew {
                self.known = self.taken.max(self.known);
                self.taken = 0;
            }
            for line in piece.lines.split_inclusive(|byte| *byte == b'\n') {
                self.taken += 1;
                if self.taken > self.known {
                    entries.extend(serde_json::from_slice::<Entry>(line).ok());
                }
            }
            if !piece.more {
                return Ok(entries);
            }
        }
    }
}

/// Puts entries at the end of the file.
#[derive(Debug)]
pub(super) struct JournalWriter {
    file: GrowingFile,
    /// Whole lines that are not in the file yet.
    waiting: String,
}

impl JournalWriter {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            file: GrowingFile::new(path, 0),
            waiting: String::new(),
        }
    }

    /// The same for a file in which there may be entries.
    pub(super) fn go_on(path: PathBuf) -> io::Result<Self> {
        Ok(Self {
            file: GrowingFile::go_on(path)?,
            waiting: String::new(),
        })
    }

    /// Adds an entry; where it cannot be written it is kept, and written with the next one.
    pub(super) fn add(&mut self, entry: &Entry) -> io::Result<()> {
        if self.waiting.len() < MOST_WAITING_BYTES {
            self.waiting.push_str(&entry.line()?);
        }
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            self.file.append(self.waiting.as_bytes())?;
            self.waiting.clear();
        }
        Ok(())
    }

    /// Has the disk take everything.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        self.file.sync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_again() {
        let entry = |step, what| Entry {
            time: Timestamp::from_second(1_795_472_113).unwrap(),
            step,
            what,
        };
        let entries = [
            entry(
                0,
                Happening::Started {
                    size: (3, 4),
                    device: "cpu".to_owned(),
                    threads: 2,
                    steps: 200,
                    notes: vec!["a\nb".to_owned()],
                },
            ),
            entry(7, Happening::Paused),
            entry(
                8,
                Happening::Recovered {
                    branch: 2,
                    failed_step: 12,
                    why: Trouble::NotFinite {
                        term: "style block1".to_owned(),
                    },
                    attempt: 1,
                    attempts: 3,
                    learning_rate: 0.015,
                },
            ),
            entry(
                9,
                Happening::Gradients {
                    norms: [
                        ("style relu1_1".to_owned(), Some(0.5)),
                        ("variation".to_owned(), None),
                    ]
                    .into_iter()
                    .collect(),
                },
            ),
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut text: String = entries.iter().map(|entry| entry.line().unwrap()).collect();
        assert!(text.contains(r#""step":7,"event":"paused"}"#), "{text}");
        text.push_str(
            "{\"time\":\"2026-11-23T22:15:13Z\",\"step\":10,\"event\":\"of_tomorrow\",\"x\":1}\n",
        );
        text.push_str("{\"time\":\"2026-11");
        std::fs::write(&path, text).unwrap();
        let read = Entry::read_all(&path).unwrap();
        assert_eq!(read[..4], entries);
        assert_eq!(read[4].what, Happening::Unknown);
        assert_eq!(read.len(), 5);
    }
}
