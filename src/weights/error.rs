//! What can be wrong with a weights file, in the words that the person reads. Plain values, any thread.

use std::path::{Path, PathBuf};

use super::format::{FormatError, Number};

/// What is wrong with a weights file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file cannot be opened or read.
    #[error(
        "cannot read the weights {path:?}: {source}\n  \
         give a safetensors or PyTorch file with --weights FILE"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error(
        "{path:?} is not a safetensors or PyTorch file ({reason})\n  \
         give a safetensors or PyTorch file with torchvision's tensor names, such as features.0.weight"
    )]
    NotWeights {
        /// The file.
        path: PathBuf,
        /// What the reader tripped over.
        reason: String,
    },
    /// The file is one, but not whole or not in order.
    #[error("the weights {path:?} are damaged: {reason}\n  get the file again")]
    NotIntact {
        /// The file.
        path: PathBuf,
        /// What the reader tripped over.
        reason: String,
    },
    /// The file is one, of a kind that is not read here.
    #[error(
        "the weights {path:?} cannot be used: {reason}\n  \
         in Python, save the network's state_dict() with torch.save or safetensors.torch.save_file"
    )]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is not supported.
        reason: String,
    },
    /// A pickle that would run something if it were loaded.
    #[error(
        "{path:?} is refused: its pickle asks for {what}, by the opcode {opcode} at byte {position}\n  \
         nothing of it was run; weights need no such thing: get them elsewhere, or, if you trust the file,\n  \
         load it in Python and save the network's state_dict() with safetensors.torch.save_file"
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// What the pickle wants, such as `posix.system`; escaped.
        what: String,
        /// The name of the opcode.
        opcode: &'static str,
        /// Where the opcode lies, in bytes from the beginning of the file.
        position: u64,
    },
    /// The file has no tensor of that name: usually another network's weights.
    #[error(
        "{path:?} has no tensor {tensor}, which {network} needs ({looks_like})\n  \
         give the weights of {network} with --weights FILE, or choose the network they belong to"
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The network that was asked for.
        network: String,
        /// What the file does hold.
        looks_like: String,
    },
    /// The tensor is there in another shape: usually another network's weights.
    #[error(
        "the tensor {tensor} in {path:?} is {found:?}, {network} needs {expected:?} ({looks_like})\n  \
         give the weights of {network} with --weights FILE, or choose the network they belong to"
    )]
    Shape {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The network that was asked for.
        network: String,
        /// Its shape in the file.
        found: Box<[usize]>,
        /// The shape the network needs.
        expected: Box<[i64]>,
        /// What the file holds.
        looks_like: Box<str>,
    },
    /// Elements that are not floating-point numbers.
    #[error(
        "the tensor {tensor} in {path:?} holds {found}, not F64, F32, F16 or BF16\n  \
         convert the file to float32"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The type found.
        found: Number,
    },
    /// A value that is not a number would spoil every picture.
    #[error(
        "the tensor {tensor} in {path:?} holds values that are not finite\n  \
         the file is damaged: get it again"
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
    },
    /// Nothing tells whether a file of the own cache is what it was.
    #[error(
        "what was recorded of {path:?} is gone or damaged, and it is not the published file\n  \
         get the file again"
    )]
    Unrecorded {
        /// The file.
        path: PathBuf,
    },
    /// The elements are not those that were there when the file was written.
    #[error(
        "the tensor {tensor} in {path:?} is not what was recorded when it was fetched\n  \
         the file is damaged: get it again"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
    },
}

impl WeightsError {
    /// What a reader tripped over, said of the file at `path`.
    pub(super) fn of(path: &Path, error: FormatError) -> Self {
        let path = path.to_owned();
        match error {
            FormatError::Unknown(reason) => Self::NotWeights { path, reason },
            FormatError::Unsupported(reason) => Self::Unsupported { path, reason },
            FormatError::Refused {
                what,
                opcode,
                position,
            } => Self::Refused {
                path,
                what,
                opcode,
                position,
            },
            FormatError::Short { .. } | FormatError::Damaged(_) => Self::NotIntact {
                path,
                reason: error.to_string(),
            },
        }
    }
}
