//! Tensors from a weights file: only those that are needed, their shapes, digests and values checked.
//! Worker thread.

use std::path::Path;

use tch::{Kind, TchError, Tensor};

use super::architecture::{ConvolutionShape, Operation, depth};
use super::{NetworkError, TensorSource};
use crate::weights::error::WeightsError;
use crate::weights::file::WeightsFile;
use crate::weights::format::Number;
use crate::weights::store::Needed;

/// The tensors of `operations` up to the deepest of `layers`.
///
/// # Errors
/// A layer that `operations` do not have; its name.
pub fn needed<'a>(
    operations: &[Operation],
    layers: impl IntoIterator<Item = &'a String>,
) -> Result<Vec<Needed>, &'a str> {
    let depth = depth(operations, layers)?;
    Ok(operations
        .iter()
        .take(depth)
        .flat_map(|operation| operation.kind.convolutions())
        .flat_map(ConvolutionShape::tensors)
        .map(|(name, shape)| Needed { name, shape })
        .collect())
}

/// A weights file as the source of a network's tensors.
#[derive(Debug)]
pub struct TrainedWeights {
    file: WeightsFile,
    network: String,
}

impl TrainedWeights {
    /// Opens `path`, whatever its format; `network` is the name that errors use.
    pub fn open(path: &Path, network: &str) -> Result<Self, WeightsError> {
        Ok(Self {
            file: WeightsFile::open(path)?,
            network: network.to_owned(),
        })
    }
}

impl TensorSource for TrainedWeights {
    fn tensor(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, NetworkError> {
        let number = &self.file.check(name, shape, &self.network)?.number;
        let kind = match number {
            Number::F64 => Kind::Double,
            Number::F32 => Kind::Float,
            Number::F16 => Kind::Half,
            Number::BF16 => Kind::BFloat16,
            Number::Other(_) => return Err(self.refused_format(name, number)),
        };
        self.file.check_digest(name)?;
        let bytes = match self.file.bytes(name) {
            Some(bytes) => bytes?,
            // Checked above: the file has it.
            None => return Err(NetworkError::NoWeights(self.network.clone())),
        };
        let tensor = Tensor::f_from_data_size(&bytes, shape, kind)?.f_to_kind(Kind::Float)?;
        if !is_finite(&tensor)? {
            return Err(WeightsError::NotFinite {
                path: self.file.path().to_owned(),
                tensor: name.to_owned(),
            }
            .into());
        }
        Ok(tensor)
    }
}

impl TrainedWeights {
    fn refused_format(&self, name: &str, found: &Number) -> NetworkError {
        WeightsError::Format {
            path: self.file.path().to_owned(),
            tensor: name.to_owned(),
            found: found.clone(),
        }
        .into()
    }
}

fn is_finite(tensor: &Tensor) -> Result<bool, TchError> {
    Ok(tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0)
}
