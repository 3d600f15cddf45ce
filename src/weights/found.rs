//! A weights file where it lies, and what it can be compared with: what was recorded of it when it was fetched,
//! or the digest that is published with it. Any thread; reads block.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;

use super::cache::{Record, sha256_of};
use super::catalogue::{Published, Source};
use super::error::WeightsError;
use super::file::WeightsFile;
use super::find::{Origin, Place};
use super::store::{Digests, Needed};

/// An open file, and what is recorded of it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) file: WeightsFile,
    /// Of a whole file in the own cache.
    record: Option<Record>,
}

impl Found {
    pub(super) fn open(place: &Place) -> Result<Self, WeightsError> {
        let file = WeightsFile::open(&place.path)?;
        let record = if place.is_own_checkpoint() {
            Record::of(&place.path)
        } else {
            None
        };
        Ok(Self {
            place: place.clone(),
            file,
            record,
        })
    }

    /// The address it came from: by itself, by what is recorded beside it, or by where it lies.
    pub(super) fn source(&self) -> Option<String> {
        if self.place.origin != Origin::Cache {
            return self.place.source.clone();
        }
        let in_file = self.file.contents().metadata.get("source").cloned();
        in_file.or_else(|| self.record.as_ref().map(|record| record.source.clone()))
    }

    /// What it can be compared with.
    pub(super) fn digests(&self, published: &Published) -> Digests {
        let mut names = self.file.contents().tensors.keys();
        let has_own = self.place.origin == Origin::Cache
            && names.len() > 0
            && names.all(|name| self.file.recorded_sha256(name).is_some());
        if self.published_sha256(published).is_some() {
            Digests::Published
        } else if has_own || self.record.is_some() {
            Digests::Recorded
        } else {
            Digests::None
        }
    }

    /// The first digits of the SHA-256 that the whole file must have. `PyTorch`'s files bear the published
    /// names; in the own cache, those that came from a published address are published files, and those of
    /// which nothing is known can be nothing else.
    pub(super) fn published_sha256(&self, published: &Published) -> Option<&'static str> {
        if self.is_unrecorded() {
            return published.checkpoint().map(|(_, sha256)| sha256);
        }
        let source = match self.place.origin {
            Origin::HuggingFace => return None,
            Origin::PyTorch => self.place.source.as_ref(),
            Origin::Cache => self.record.as_ref().map(|record| &record.source),
        }?;
        published.sources.iter().find_map(|known| match known {
            Source::Address { url, sha256, .. } if url == source => Some(*sha256),
            _ => None,
        })
    }

    /// Whether what was recorded of it is gone, or damaged itself.
    fn is_unrecorded(&self) -> bool {
        self.place.is_own_checkpoint() && self.record.is_none()
    }

    /// An error where nothing tells whether it is what it was when it was fetched.
    pub(super) fn check_recorded(&self, published: &Published) -> Result<(), WeightsError> {
        if self.is_unrecorded() && self.published_sha256(published).is_none() {
            return Err(self.unrecorded());
        }
        Ok(())
    }

    /// Compares the tensors that are `needed` with what is recorded of them or, where that is gone, the whole
    /// file with what is published of it.
    pub(super) fn compare(
        &self,
        published: &Published,
        needed: &[Needed],
    ) -> Result<(), WeightsError> {
        if !self.is_unrecorded() {
            let mut needed = needed.iter();
            return needed.try_for_each(|tensor| self.compare_tensor(&tensor.name));
        }
        let computed = self.sha256(&mut || ControlFlow::Continue(()));
        let computed = computed.map_err(|source| WeightsError::Read {
            path: self.place.path.clone(),
            source,
        })?;
        match self.published_sha256(published) {
            Some(expected) if computed.starts_with(expected) => Ok(()),
            _ => Err(self.unrecorded()),
        }
    }

    /// Compares the elements of a tensor with what was recorded of them when they were fetched. In files that
    /// others put into the cache or keep elsewhere nothing is recorded, and nothing is compared.
    pub(super) fn compare_tensor(&self, name: &str) -> Result<(), WeightsError> {
        if self.place.origin != Origin::Cache {
            return Ok(());
        }
        let recorded = match &self.record {
            Some(record) => record.tensors.get(name).map(String::as_str),
            None => self.file.recorded_sha256(name),
        };
        match recorded {
            Some(recorded) => self.file.compare(name, recorded),
            // Then all tensors had one, and it is the name of the digest that is damaged.
            None if self.has_records() => Err(self.file.damaged(name)),
            None => Ok(()),
        }
    }

    fn has_records(&self) -> bool {
        let mut keys = self.file.contents().metadata.keys();
        self.record.is_some() || keys.any(|key| key.starts_with("sha256."))
    }

    /// The SHA-256 of the whole file; what `pulse` stops is an error of the kind `Interrupted`.
    pub(super) fn sha256(
        &self,
        pulse: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<String, io::Error> {
        let file = File::open(&self.place.path)?;
        let bytes = file.metadata()?.len();
        sha256_of(&file, 0, bytes, pulse)
    }

    fn unrecorded(&self) -> WeightsError {
        WeightsError::Unrecorded {
            path: self.place.path.clone(),
        }
    }
}
