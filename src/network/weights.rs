//! Weights from a `safetensors` file: only the tensors that are needed are read, their shapes checked.
//! Runs on the worker thread.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata};
use tch::{Kind, TchError, Tensor};

use super::{NetworkError, TensorSource};

/// The format's own limit on its header.
const LARGEST_HEADER_BYTES: u64 = 100_000_000;

/// What is wrong with a weights file.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be opened or read.
    #[error(
        "cannot read the weights {path:?}: {source}\n  give a safetensors file with --weights FILE"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error(
        "{path:?} is not a safetensors file ({reason})\n  \
         give a safetensors file with torchvision's tensor names, such as features.0.weight"
    )]
    NotSafetensors {
        /// The file.
        path: PathBuf,
        /// What the reader tripped over.
        reason: String,
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
    /// A number format that is not a floating-point one.
    #[error(
        "the tensor {tensor} in {path:?} holds {found:?}, not F32, F16 or BF16\n  convert the file to float32"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// The format found.
        found: Dtype,
    },
    /// A value that is not a number would spoil every picture.
    #[error(
        "the tensor {tensor} in {path:?} holds values that are not finite\n  the file is damaged: get it again"
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
    },
}

/// An open weights file with its header read.
#[derive(Debug)]
pub struct WeightsFile {
    path: PathBuf,
    network: String,
    file: File,
    metadata: Metadata,
    data_start: u64,
}

impl WeightsFile {
    /// Opens `path` and reads its header; `network` is the name that errors use.
    pub fn open(path: &Path, network: &str) -> Result<Self, WeightsError> {
        let read = |source| WeightsError::Read {
            path: path.to_owned(),
            source,
        };
        let not = |reason: String| WeightsError::NotSafetensors {
            path: path.to_owned(),
            reason,
        };
        // Asked before it is opened: opening a pipe would wait for its other end.
        let attributes = std::fs::metadata(path).map_err(read)?;
        if !attributes.is_file() {
            let what = if attributes.is_dir() {
                "it is a folder"
            } else {
                "it is not a regular file"
            };
            return Err(not(what.to_owned()));
        }
        let mut file = File::open(path).map_err(read)?;
        let file_bytes = attributes.len();
        let mut length = [0; 8];
        file.read_exact(&mut length)
            .map_err(|_| not("it is shorter than a header".to_owned()))?;
        let header_bytes = u64::from_le_bytes(length);
        if header_bytes > LARGEST_HEADER_BYTES || header_bytes > file_bytes.saturating_sub(8) {
            return Err(not(
                "it does not begin with the length of a header".to_owned()
            ));
        }
        let mut header = vec![0; header_bytes as usize];
        file.read_exact(&mut header).map_err(read)?;
        // `SafeTensors::read_metadata` wants the data as well; this checks the same of the header alone.
        let metadata: Metadata = serde_json::from_slice(&header)
            .map_err(|error| not(error.to_string().escape_debug().to_string()))?;
        let data_start = 8 + header_bytes;
        if file_bytes < data_start + metadata.data_len() as u64 {
            return Err(not(format!(
                "it ends after {file_bytes} bytes, its header promises {}: the copy is not whole",
                data_start + metadata.data_len() as u64
            )));
        }
        Ok(Self {
            path: path.to_owned(),
            network: network.to_owned(),
            file,
            metadata,
            data_start,
        })
    }

    /// Says in a few words whose weights these seem to be, from their names and shapes.
    fn looks_like(&self) -> String {
        let shape = |name: &str| self.metadata.info(name).map(|info| info.shape.clone());
        let known = if shape("features.3.squeeze.weight").is_some() {
            match shape("features.0.weight").as_deref() {
                Some([96, ..]) => Some("squeezenet1_0"),
                _ => Some("squeezenet1_1"),
            }
        } else {
            match (
                shape("features.28.weight").as_deref(),
                shape("features.16.weight").as_deref(),
            ) {
                (Some([512, 512, 3, 3]), Some([256, 256, 3, 3])) => Some("vgg19"),
                (Some([512, 512, 3, 3]), None) => Some("vgg16"),
                _ => None,
            }
        };
        if let Some(name) = known {
            return format!("it looks like the weights of {name}");
        }
        let mut names = self.metadata.offset_keys();
        names.truncate(3);
        format!("its first tensors are {}", names.join(", ").escape_debug())
    }
}

impl TensorSource for WeightsFile {
    fn tensor(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, NetworkError> {
        let Some(info) = self.metadata.info(name).cloned() else {
            return Err(WeightsError::Missing {
                path: self.path.clone(),
                tensor: name.to_owned(),
                network: self.network.clone(),
                looks_like: self.looks_like(),
            }
            .into());
        };
        if !info
            .shape
            .iter()
            .map(|&side| side as i64)
            .eq(shape.iter().copied())
        {
            return Err(WeightsError::Shape {
                path: self.path.clone(),
                tensor: name.to_owned(),
                network: self.network.clone(),
                found: info.shape.clone().into(),
                expected: shape.into(),
                looks_like: self.looks_like().into(),
            }
            .into());
        }
        let kind = match info.dtype {
            Dtype::F32 => Kind::Float,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            found => {
                return Err(WeightsError::Format {
                    path: self.path.clone(),
                    tensor: name.to_owned(),
                    found,
                }
                .into());
            }
        };
        let read = |source| WeightsError::Read {
            path: self.path.clone(),
            source,
        };
        let (begin, end) = info.data_offsets;
        let mut bytes = vec![0; end.saturating_sub(begin)];
        self.file
            .seek(SeekFrom::Start(self.data_start + begin as u64))
            .map_err(read)?;
        self.file.read_exact(&mut bytes).map_err(read)?;
        let tensor = Tensor::f_from_data_size(&bytes, shape, kind)?.f_to_kind(Kind::Float)?;
        if !is_finite(&tensor)? {
            return Err(WeightsError::NotFinite {
                path: self.path.clone(),
                tensor: name.to_owned(),
            }
            .into());
        }
        Ok(tensor)
    }
}

fn is_finite(tensor: &Tensor) -> Result<bool, TchError> {
    Ok(tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0)
}
