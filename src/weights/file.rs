//! An open weights file: what it holds, and the elements of each tensor. Any thread.

use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::cache::hexadecimal;
use super::error::WeightsError;
use super::format::{self, Contents, Entry, Number, shown};
use super::mapped::Mapped;

/// A weights file that is mapped into memory, its description read.
#[derive(Debug)]
pub struct WeightsFile {
    path: PathBuf,
    mapped: Mapped,
    contents: Contents,
}

impl WeightsFile {
    /// Opens `path` and reads what it says about its tensors, whatever its format and name.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        let read = |source| WeightsError::Read {
            path: path.to_owned(),
            source,
        };
        // Asked before it is opened: opening a pipe would wait for its other end.
        let attributes = std::fs::metadata(path).map_err(read)?;
        if !attributes.is_file() {
            let what = if attributes.is_dir() {
                "it is a folder"
            } else {
                "it is not a regular file"
            };
            return Err(WeightsError::NotWeights {
                path: path.to_owned(),
                reason: what.to_owned(),
            });
        }
        let mapped = Mapped::of(&File::open(path).map_err(read)?).map_err(read)?;
        let contents = format::read(&mapped).map_err(|error| WeightsError::of(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            mapped,
            contents,
        })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says about its tensors.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The elements of the tensor `name`, little-endian, in row-major order without gaps; `None` where
    /// there is no such tensor.
    pub fn bytes(&self, name: &str) -> Option<Result<Cow<'_, [u8]>, WeightsError>> {
        let entry = self.contents.tensors.get(name)?;
        Some(
            entry
                .elements(&self.mapped)
                .ok_or_else(|| self.damaged(name)),
        )
    }

    /// The tensor `name` if it has the `shape` that `network` needs and holds floating-point numbers.
    pub fn check(&self, name: &str, shape: &[i64], network: &str) -> Result<&Entry, WeightsError> {
        let Some(entry) = self.contents.tensors.get(name) else {
            return Err(WeightsError::Missing {
                path: self.path.clone(),
                tensor: name.to_owned(),
                network: network.to_owned(),
                looks_like: self.looks_like(),
            });
        };
        let found = entry.shape.iter().map(|&side| i64::try_from(side).ok());
        if !found.eq(shape.iter().map(|&side| Some(side))) {
            return Err(WeightsError::Shape {
                path: self.path.clone(),
                tensor: name.to_owned(),
                network: network.to_owned(),
                found: entry.shape.clone().into(),
                expected: shape.into(),
                looks_like: self.looks_like().into(),
            });
        }
        if let Number::Other(_) = entry.number {
            return Err(WeightsError::Format {
                path: self.path.clone(),
                tensor: name.to_owned(),
                found: entry.number.clone(),
            });
        }
        Ok(entry)
    }

    /// The SHA-256 of the elements of `name`, in hexadecimal digits, as it was recorded when they were
    /// fetched.
    pub fn recorded_sha256(&self, name: &str) -> Option<&str> {
        let key = format!("sha256.{name}");
        self.contents.metadata.get(&key).map(String::as_str)
    }

    /// Compares the elements of `name` with the recorded digest; false where none is recorded.
    pub fn check_digest(&self, name: &str) -> Result<bool, WeightsError> {
        match self.recorded_sha256(name) {
            Some(recorded) if self.contents.tensors.contains_key(name) => {
                self.compare(name, recorded).map(|()| true)
            }
            _ => Ok(false),
        }
    }

    /// Compares the elements of `name` with `recorded`, their SHA-256 in hexadecimal digits.
    pub(super) fn compare(&self, name: &str, recorded: &str) -> Result<(), WeightsError> {
        let bytes = self.bytes(name).ok_or_else(|| self.damaged(name))??;
        if hexadecimal(&Sha256::digest(&bytes)).eq_ignore_ascii_case(recorded) {
            Ok(())
        } else {
            Err(self.damaged(name))
        }
    }

    /// The error for a tensor that is not what it was.
    pub(super) fn damaged(&self, name: &str) -> WeightsError {
        WeightsError::Damaged {
            path: self.path.clone(),
            tensor: shown(name),
        }
    }

    /// Says in a few words whose weights these seem to be, from their names and shapes.
    pub fn looks_like(&self) -> String {
        let tensors = &self.contents.tensors;
        let shape = |name: &str| tensors.get(name).map(|entry| entry.shape.as_slice());
        let known = if shape("features.3.squeeze.weight").is_some() {
            match shape("features.0.weight") {
                Some([96, ..]) => Some("squeezenet1_0"),
                _ => Some("squeezenet1_1"),
            }
        } else {
            match (shape("features.28.weight"), shape("features.16.weight")) {
                (Some([512, 512, 3, 3]), Some([256, 256, 3, 3])) => Some("vgg19"),
                (Some([512, 512, 3, 3]), None) => Some("vgg16"),
                _ => None,
            }
        };
        if let Some(name) = known {
            return format!("it looks like the weights of {name}");
        }
        if tensors.is_empty() {
            return "it holds no tensors".to_owned();
        }
        let names: Vec<String> = tensors.keys().take(3).map(|name| shown(name)).collect();
        format!("its first tensors are {}", names.join(", "))
    }
}
