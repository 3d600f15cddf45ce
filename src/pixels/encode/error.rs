//! Why a picture was not written, in words a person can act on. Plain data; any thread.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::format::{EXTENSIONS, OutputFormat};

/// Why a picture was not, or could not be, written. Each message is one or two lines: what, which
/// file, what to do next. File names are escaped, so no control character reaches the terminal.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the message of each variant says what it is")]
pub enum WriteError {
    #[error(
        "{path:?} {}, so the format is not known\nend the name in {EXTENSIONS}",
        extension.as_ref().map_or("has no extension".to_owned(), |it| format!("has the unknown extension {it:?}"))
    )]
    Extension {
        path: PathBuf,
        extension: Option<String>,
    },
    #[error(
        "{path:?} is a folder, the name of a picture file was expected\nadd a file name, for example out.png"
    )]
    IsFolder { path: PathBuf },
    #[error("{path:?} is not a regular file (a pipe, a socket or a device)\nchoose another name")]
    NotRegular { path: PathBuf },
    #[error(
        "{path:?}: there is a file already, and it is not to be replaced\nchoose another name, or allow it"
    )]
    Exists { path: PathBuf },
    #[error(
        "{path:?} cannot be written: the folder {folder:?} does not exist\ncreate it, or choose another place"
    )]
    FolderMissing { path: PathBuf, folder: PathBuf },
    #[error("{path:?} cannot be written: {folder:?} is not a folder\nchoose another place")]
    NotAFolder { path: PathBuf, folder: PathBuf },
    #[error(
        "the folder {folder:?} cannot be written to: {}\nchoose another place, or ask for the right to",
        said(.source)
    )]
    FolderNotWritable { folder: PathBuf, source: io::Error },
    #[error("{path:?} cannot be written: {source}")]
    FileSystem { path: PathBuf, source: io::Error },
    #[error("{path:?} cannot be written: a picture of {width} × {height} pixels holds nothing")]
    NoPixels {
        path: PathBuf,
        width: u32,
        height: u32,
    },
    #[error(
        "{path:?} cannot be written: {width} × {height} pixels, and a {format} has at most {longest_side} a side\n\
         choose PNG"
    )]
    TooLarge {
        path: PathBuf,
        format: OutputFormat,
        width: u32,
        height: u32,
        longest_side: u32,
    },
    #[error(
        "the keyword {keyword:?} cannot be written into a picture: 1 to 79 printable ASCII characters, no colon"
    )]
    Keyword { keyword: String },
    #[error("{path:?} cannot be written as {format}: {reason}\ntry another format")]
    Encoder {
        path: PathBuf,
        format: OutputFormat,
        reason: String,
    },
}

/// A file that is not found where one is made: the file system makes none.
fn said(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no file can be made in it".to_owned(),
        _ => error.to_string(),
    }
}
