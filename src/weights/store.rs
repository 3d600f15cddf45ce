//! Published weights by name: finds them on this machine, and fetches what is missing.
//!
//! Any thread. [`Store::obtain`] blocks while it fetches, and tells how far it is; everything else only
//! reads files. Never falls back on other weights than those that were asked for.

mod error;
mod inventory;
mod search;

use std::path::{Path, PathBuf};

use super::cache::{Cache, Lock};
use super::catalogue::Published;
use super::environment::{Environment, EnvironmentError};
use super::fetch::{self, Failure, Order, Parts};

pub use super::cache::CacheError;
pub use super::fetch::{Progress, Report};
pub use super::find::Origin;
pub use super::http::TransferError;
pub use error::{NotFound, ObtainError, Sources};
pub use inventory::{Digests, Listed, Outcome, RemoveError, Removed, Verified};

use search::{Look, Searched};

/// A tensor that a network needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// Its name in torchvision's files, such as `features.0.weight`.
    pub name: String,
    /// Its sides.
    pub shape: Vec<i64>,
}

/// A file with everything that is needed in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Where it lies.
    pub path: PathBuf,
    /// Whose folder that is.
    pub origin: Origin,
    /// The address it came from, where that is known.
    pub source: Option<String>,
    /// What was noticed on the way, such as a damaged file that was passed over; a line each.
    pub notes: Vec<String>,
}

/// The published weights on this machine, and the way to those that are not.
#[derive(Debug, Clone)]
pub struct Store {
    environment: Environment,
    cache: Cache,
}

impl Store {
    /// A store as the variables of this process say; `offline` as `--offline` says.
    pub fn from_environment(offline: bool) -> Result<Self, EnvironmentError> {
        Environment::of_process(offline).map(Self::new)
    }

    /// A store with given settings.
    #[must_use]
    pub fn new(environment: Environment) -> Self {
        let cache = Cache::in_folder(&environment.cache);
        Self { environment, cache }
    }

    /// The settings.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The program's own folder of weights, which need not exist.
    pub fn folder(&self) -> &Path {
        self.cache.folder()
    }

    /// How long all files in that folder are together.
    pub fn size_bytes(&self) -> u64 {
        self.cache.size_bytes()
    }

    /// The first file on this machine that has everything `needed`: in the own cache, in `PyTorch`'s, in
    /// Hugging Face's. A file that is damaged or lacks something is passed over. Never uses the network.
    pub fn locate(
        &self,
        published: &'static Published,
        needed: &[Needed],
    ) -> Result<Located, NotFound> {
        self.search(published, needed, Look::Inside).located
    }

    /// The same by names and shapes alone, which takes no time: whether the file is what it was when it was
    /// fetched is left to whoever uses it.
    pub fn locate_unchecked(
        &self,
        published: &'static Published,
        needed: &[Needed],
    ) -> Result<Located, NotFound> {
        self.search(published, needed, Look::Outside).located
    }

    /// What [`Store::locate`] finds; what is not there is fetched into the own cache. `report` hears how far it
    /// is, at least ten times a second; when it answers `Break`, that is [`ObtainError::Stopped`], and what
    /// has arrived stays for the next time.
    pub fn obtain(
        &self,
        published: &'static Published,
        needed: &[Needed],
        report: Report<'_>,
    ) -> Result<Located, ObtainError> {
        let missing = match self.locate(published, needed) {
            Ok(located) => return Ok(located),
            Err(missing) => missing,
        };
        if let Some(said_by) = self.environment.offline {
            return Err(ObtainError::Offline { said_by, missing });
        }
        self.cache.create()?;
        let mut waiting = || report(Progress::Waiting);
        let Some(lock) = Lock::take(&self.cache, published.name, &mut waiting)? else {
            return Err(ObtainError::Stopped);
        };
        // Somebody else may have fetched it while this one waited.
        let Searched { located, damaged } = self.search(published, needed, Look::Inside);
        let missing = match located {
            Ok(located) => return Ok(located),
            Err(missing) => missing,
        };
        let order = Order {
            published,
            needed,
            environment: &self.environment,
            cache: &self.cache,
            parts: Parts::new(&self.cache, published.name, lock.is_exclusive()),
        };
        match fetch::fetch(&order, report) {
            Ok(()) => {}
            Err(Failure::Stopped) => return Err(ObtainError::Stopped),
            Err(Failure::Cache(error)) => return Err(error.into()),
            Err(Failure::Sources(failures)) => {
                return Err(ObtainError::Sources(Sources { missing, failures }));
            }
        }
        let mut located = self
            .locate(published, needed)
            .map_err(ObtainError::NotThere)?;
        // A file that came in the other form does not replace a damaged one, which would be passed over, and
        // said to be, from now on. That it stays where it cannot be removed does no harm.
        for path in damaged.iter().filter(|path| **path != located.path) {
            let _ = Cache::discard_whole(path);
        }
        // What was wrong with files that have been replaced since is of interest once: now.
        for note in missing.notes {
            if !located.notes.contains(&note) {
                located.notes.push(note);
            }
        }
        Ok(located)
    }
}
