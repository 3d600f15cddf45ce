//! Texts that presets are read from, and places in them.
//!
//! Immutable and shared by `Arc`, so an error keeps the text it points into; any thread.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::plain_file;
use super::problem::Problem;

/// Bytes that a preset file may have; the longest built-in one has two thousand.
pub const LARGEST_FILE: u64 = 256 * 1024;

/// One text: a preset file, a built-in preset, an argument of the command line.
#[derive(Debug)]
pub(super) struct Source {
    /// What messages call it: a file's path, `built-in preset gatys`, `command line`.
    pub label: String,
    pub text: String,
    pub kind: SourceKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SourceKind {
    BuiltIn(&'static str),
    /// A file; its relative paths start at the file's folder.
    File(PathBuf),
    /// Text without a folder, such as the preset inside a picture; may extend built-ins only.
    Text,
    /// `--set key=value`.
    Override,
}

impl Source {
    /// Windows line ends become `\n` and a byte order mark is dropped, so that columns and carets
    /// are right.
    pub(super) fn new(label: impl Into<String>, text: &str, kind: SourceKind) -> Arc<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Arc::new(Self {
            label: label.into(),
            text: text.replace("\r\n", "\n"),
            kind,
        })
    }

    /// Reads a preset file. Blocks on the file system.
    pub(super) fn read_file(path: &Path) -> Result<Arc<Self>, ReadFailure> {
        let bytes = plain_file::read(path, LARGEST_FILE).map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => ReadFailure::TooLarge,
            _ => ReadFailure::Failed(error),
        })?;
        let label = path.display().to_string();
        let kind = SourceKind::File(path.to_owned());
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(label, &text, kind)),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                // Not `new`: it could move the offset.
                let source = Arc::new(Self { label, text, kind });
                let end = valid + '\u{fffd}'.len_utf8();
                Err(ReadFailure::NotText(Place::new(&source, valid..end)))
            }
        }
    }

    /// The folder at which relative paths in this text start; None for the working directory.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.kind {
            SourceKind::File(path) => path.parent(),
            _ => None,
        }
    }
}

/// A range of bytes in a text.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub source: Arc<Source>,
    pub span: Range<usize>,
}

impl Place {
    pub(super) fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        Self {
            source: Arc::clone(source),
            span,
        }
    }

    /// Line and column of the start, both from 1, the column in characters.
    pub(super) fn line_and_column(&self) -> (usize, usize) {
        let before = self.source.text.get(..self.span.start).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

/// Why a file could not be read as text.
#[derive(Debug)]
pub(super) enum ReadFailure {
    Failed(io::Error),
    TooLarge,
    /// The place of the first byte that is not UTF-8.
    NotText(Place),
}

impl ReadFailure {
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Failed(error) if error.kind() == io::ErrorKind::NotFound => {
                "there is no such file".to_owned()
            }
            Self::Failed(error) => error.to_string(),
            Self::TooLarge => format!("a preset has at most {} KiB", LARGEST_FILE / 1024),
            Self::NotText(_) => "it is not a text file".to_owned(),
        }
    }

    pub(super) fn problem(&self, title: &str) -> Problem {
        match self {
            Self::NotText(place) => Problem::new(title)
                .at(place.clone(), "this is not UTF-8")
                .help("save the file as UTF-8 text"),
            _ => Problem::new(title),
        }
    }
}

/// Whether the name of a preset is the path of a file.
pub(super) fn is_path(name: &str) -> bool {
    name.contains('/')
        || name.contains(std::path::MAIN_SEPARATOR)
        || Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "toml")
}

/// `~/` at the start becomes the user's home folder.
pub(super) fn expand_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}
