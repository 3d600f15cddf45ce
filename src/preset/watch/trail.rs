//! Which directory entries decide what a path leads to.
//!
//! Reads the file system; any thread. Holds nothing.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// Links that are followed before a path is taken for a circle, as Linux does.
const MOST_LINKS: usize = 40;

/// What was found on the way to a path.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Trail {
    /// Every entry on the way: a directory that is no link, and a name in it. A change of one of them may
    /// lead the path elsewhere.
    pub entries: Vec<(PathBuf, OsString)>,
    /// Where the path leads, free of links; None where nothing is there.
    pub end: Option<PathBuf>,
}

/// Goes along `path` entry by entry, through links too, as far as there is something.
pub(super) fn follow(path: &Path) -> Trail {
    let mut trail = Trail::default();
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut here = PathBuf::new();
    let mut ahead: VecDeque<OsString> = VecDeque::new();
    push_front(&absolute, &mut here, &mut ahead);
    let mut links = 0;
    while let Some(name) = ahead.pop_front() {
        if name == ".." {
            here.pop();
            continue;
        }
        let entry = here.join(&name);
        trail.entries.push((here.clone(), name));
        let Ok(metadata) = entry.symlink_metadata() else {
            return trail;
        };
        if !metadata.is_symlink() {
            here = entry;
            continue;
        }
        links += 1;
        match entry.read_link() {
            Ok(target) if links <= MOST_LINKS => push_front(&target, &mut here, &mut ahead),
            _ => return trail,
        }
    }
    trail.end = Some(here);
    trail
}

/// Puts the names of `path` before what is still to be gone; an absolute one starts anew.
fn push_front(path: &Path, here: &mut PathBuf, ahead: &mut VecDeque<OsString>) {
    let mut root = PathBuf::new();
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::Prefix(_) | Component::RootDir => root.push(component),
            Component::CurDir => {}
            Component::ParentDir | Component::Normal(_) => {
                names.push(component.as_os_str().to_owned());
            }
        }
    }
    if !root.as_os_str().is_empty() {
        *here = root;
    }
    for name in names.into_iter().rev() {
        ahead.push_front(name);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_link_on_the_way_is_an_entry() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir(root.join("..1")).unwrap();
        fs::write(root.join("..1/a.toml"), "").unwrap();
        symlink("..1", root.join("..data")).unwrap();
        symlink("..data/a.toml", root.join("a.toml")).unwrap();
        let trail = follow(&root.join("a.toml"));
        let below: Vec<PathBuf> = trail
            .entries
            .iter()
            .filter_map(|(folder, name)| {
                let entry = folder.join(name);
                entry.strip_prefix(&root).ok().map(Path::to_owned)
            })
            .skip_while(|path| path.as_os_str().is_empty())
            .collect();
        assert_eq!(
            below,
            ["a.toml", "..data", "..1", "..1/a.toml"].map(PathBuf::from)
        );
        assert_eq!(trail.end, Some(root.join("..1/a.toml")));
    }

    #[test]
    fn a_trail_ends_where_nothing_is_and_in_a_circle() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let missing = follow(&root.join("x/../y/z"));
        assert_eq!(missing.end, None);
        assert_eq!(missing.entries.last(), Some(&(root.clone(), "x".into())));
        symlink("circle", root.join("circle")).unwrap();
        assert_eq!(follow(&root.join("circle")).end, None);
    }
}
