//! What the parts of one name are called, what an earlier attempt left of them, and which of them go.
//!
//! Under a lock nobody else is at work, and a part is called by its key alone. Where the file system knows no
//! locks, each fetch has parts of its own: it takes what another one has left by renaming it, which only
//! one of several can do, and leaves what it has in the same way.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::weights::cache::{Cache, discard};

/// A part that has not changed for so long belongs to nobody any more.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// Stands behind the keys of parts that a fetch without a lock has left.
const LEFT: &str = "left";

/// The parts of one name, as one fetch uses them.
#[derive(Debug)]
pub(in crate::weights) struct Parts<'a> {
    cache: &'a Cache,
    name: &'a str,
    /// What stands behind the keys of parts that are this fetch's alone; `None` under a lock.
    own: Option<String>,
}

impl<'a> Parts<'a> {
    /// The parts of `name`; `is_locked` where nobody else can be at work on them.
    pub(in crate::weights) fn new(cache: &'a Cache, name: &'a str, is_locked: bool) -> Self {
        Self {
            cache,
            name,
            // Not the number of the process: containers and machines that share a folder share those too.
            own: (!is_locked).then(|| format!("{:016x}", rand::random::<u64>())),
        }
    }

    /// Where the part with that key is written.
    pub(super) fn path(&self, key: &str) -> PathBuf {
        match &self.own {
            None => self.cache.part_path(self.name, key),
            Some(own) => self.cache.part_path(self.name, &format!("{key}-{own}")),
        }
    }

    /// The same, with what an earlier attempt has left of it.
    pub(super) fn take(&self, key: &str) -> PathBuf {
        let path = self.path(key);
        if self.own.is_some() && !path.exists() {
            // Where nothing was left, or somebody else was quicker, it begins anew.
            let _ = fs::rename(self.left(key), &path);
        }
        path
    }

    /// Once a file is finished, no part is of use any more, but to those who may be at work beside this one.
    pub(super) fn clear(&self) {
        for part in self.cache.parts(self.name) {
            let is_nobodys = match self.behind_key(&part) {
                None => self.own.is_none(),
                Some(LEFT) => true,
                behind => behind == self.own.as_deref(),
            };
            if is_nobodys || is_abandoned(&part) {
                // One that cannot be removed does no harm, and what was wanted is there.
                let _ = discard(&part);
            }
        }
    }

    /// Where nothing was finished, leaves what has arrived to the next attempt.
    pub(super) fn leave(&self) {
        let Some(own) = &self.own else {
            return;
        };
        for part in self.cache.parts(self.name) {
            if self.behind_key(&part) == Some(own)
                && let Some(key) = self.key(&part)
            {
                // One that cannot be renamed is removed when it is abandoned.
                let _ = fs::rename(&part, self.left(key));
            }
        }
    }

    fn left(&self, key: &str) -> PathBuf {
        self.cache.part_path(self.name, &format!("{key}-{LEFT}"))
    }

    /// `0123` of `vgg19.0123.part` and of `vgg19.0123-left.part`.
    fn key<'part>(&self, part: &'part Path) -> Option<&'part str> {
        let rest = self.rest(part)?;
        Some(rest.split_once('-').map_or(rest, |(key, _)| key))
    }

    fn behind_key<'part>(&self, part: &'part Path) -> Option<&'part str> {
        let (_, behind) = self.rest(part)?.split_once('-')?;
        Some(behind)
    }

    fn rest<'part>(&self, part: &'part Path) -> Option<&'part str> {
        let stem = part.file_stem()?.to_str()?;
        stem.strip_prefix(self.name)?.strip_prefix('.')
    }
}

fn is_abandoned(part: &Path) -> bool {
    fs::metadata(part)
        .and_then(|attributes| attributes.modified())
        .ok()
        .and_then(|changed| changed.elapsed().ok())
        .is_some_and(|since| since > ABANDONED)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const NAME: &str = "vgg19-caffe";

    fn cache(folder: &tempfile::TempDir) -> Cache {
        let cache = Cache::in_folder(folder.path());
        cache.create().unwrap();
        cache
    }

    /// As if nobody had written into it for two days.
    fn age(path: &Path) {
        let file = fs::File::options().append(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - 2 * ABANDONED)
            .unwrap();
    }

    #[test]
    fn without_locks_nobody_removes_or_takes_the_others_parts() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(&folder);
        let [one, other] = [(); 2].map(|()| Parts::new(&cache, NAME, false));
        let [ones, others] = [&one, &other].map(|parts| parts.take("0123"));
        assert_ne!(ones, others);
        fs::write(&ones, "one").unwrap();
        fs::write(&others, "other").unwrap();
        one.clear();
        assert_eq!(cache.parts(NAME), [&*others]);
        // Nor does one who has a lock, be it of another machine.
        let locked = Parts::new(&cache, NAME, true);
        fs::write(locked.path("0123"), "locked").unwrap();
        other.take("0123");
        locked.clear();
        assert_eq!(cache.parts(NAME), [&*others]);
        age(&others);
        locked.clear();
        assert!(cache.parts(NAME).is_empty());
    }

    #[test]
    fn without_locks_one_goes_on_where_another_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(&folder);
        let before = Parts::new(&cache, NAME, false);
        fs::write(before.take("0123"), "half").unwrap();
        before.leave();
        let [one, other] = [(); 2].map(|()| Parts::new(&cache, NAME, false));
        let ones = one.take("0123");
        assert_eq!(fs::read(&ones).unwrap(), b"half");
        assert!(!other.take("0123").exists());
        // Taken again, it is what it is by now.
        fs::write(&ones, "more").unwrap();
        other.leave();
        assert_eq!(fs::read(one.take("0123")).unwrap(), b"more");
        one.leave();
        assert_eq!(cache.parts(NAME).len(), 1);
        other.clear();
        assert!(cache.parts(NAME).is_empty());
    }

    #[test]
    fn under_a_lock_parts_stay_until_a_file_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let cache = cache(&folder);
        let parts = Parts::new(&cache, NAME, true);
        let path = parts.take("0123");
        fs::write(&path, "half").unwrap();
        parts.leave();
        assert_eq!(Parts::new(&cache, NAME, true).take("0123"), path);
        assert!(path.exists());
        parts.clear();
        assert!(!path.exists());
    }
}
