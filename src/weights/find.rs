//! Where weights may lie on this machine already. Reads folders, never the network; any thread.

use std::fmt;
use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::catalogue::{Published, Source};
use super::environment::Environment;

/// Whose folder a file lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// This program's own cache.
    Cache,
    /// `PyTorch`'s.
    PyTorch,
    /// Hugging Face's.
    HuggingFace,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Cache => "cache",
            Self::PyTorch => "PyTorch's cache",
            Self::HuggingFace => "Hugging Face's cache",
        })
    }
}

/// A place where a file of weights may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The file, which need not exist.
    pub(super) path: PathBuf,
    /// Whose folder it is in.
    pub(super) origin: Origin,
    /// The address whose file lies there; in the own cache the file itself says.
    pub(super) source: Option<String>,
}

impl Place {
    /// Whether tensors lie there that this program fetched one by one.
    pub(super) fn is_own_tensors(&self) -> bool {
        self.origin == Origin::Cache && !self.is_own_checkpoint()
    }

    /// Whether a whole published file lies there that this program fetched.
    pub(super) fn is_own_checkpoint(&self) -> bool {
        self.origin == Origin::Cache
            && self
                .path
                .extension()
                .is_some_and(|extension| extension == "pth")
    }
}

/// All places for `published`, in the order in which they are tried.
pub(super) fn places(
    environment: &Environment,
    cache: &Cache,
    published: &Published,
) -> Vec<Place> {
    let mut places = Vec::new();
    for path in [
        cache.tensors_path(published.name),
        cache.checkpoint_path(published.name),
    ] {
        places.push(Place {
            path,
            origin: Origin::Cache,
            source: None,
        });
    }
    if let Some(checkpoints) = &environment.checkpoints {
        for source in published.sources {
            if let Source::Address { file, url, .. } = source {
                let path = checkpoints.join(file);
                if !places.iter().any(|place| place.path == path) {
                    places.push(Place {
                        path,
                        origin: Origin::PyTorch,
                        source: Some((*url).to_owned()),
                    });
                }
            }
        }
    }
    if let Some(hub) = &environment.hub_cache {
        for source in published.sources {
            if let Source::Hub {
                repository, file, ..
            } = source
            {
                let folder = hub.join(format!("models--{}", repository.replace('/', "--")));
                let mut files: Vec<PathBuf> = snapshots(&folder)
                    .into_iter()
                    .map(|snapshot| snapshot.join(file))
                    .collect();
                if files.is_empty() {
                    // So that messages can say where it is not.
                    files.push(folder.join(file));
                }
                places.extend(files.into_iter().map(|path| Place {
                    path,
                    origin: Origin::HuggingFace,
                    source: Some(source.url("https://huggingface.co")),
                }));
            }
        }
    }
    places
}

/// The revisions in the folder of a repository in Hugging Face's cache, the one called `main` first.
///
/// <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>
fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let snapshots = folder.join("snapshots");
    let main = std::fs::read_to_string(folder.join("refs/main")).ok();
    let main = main.map(|revision| snapshots.join(revision.trim()));
    let mut found: Vec<PathBuf> = std::fs::read_dir(&snapshots)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .collect();
    found.sort_by_key(|path| (main.as_ref() != Some(path), path.clone()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_revision_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        for revision in ["a", "b", "c"] {
            std::fs::create_dir_all(folder.join("snapshots").join(revision)).unwrap();
        }
        std::fs::create_dir_all(folder.join("refs")).unwrap();
        std::fs::write(folder.join("refs/main"), "b\n").unwrap();
        let names: Vec<String> = snapshots(folder)
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["b", "a", "c"]);
        assert!(snapshots(&folder.join("other")).is_empty());
    }
}
