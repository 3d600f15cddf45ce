//! All runs of a folder, and the one that a person means. Any thread; reads the disk.

use std::io;
use std::path::{Path, PathBuf};

use super::RunFolder;
use super::comparison::ComparisonFolder;
use super::description::Description;
use crate::preset::visible::visible;

/// A run that is there.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Where.
    pub folder: RunFolder,
    /// What it says of itself.
    pub description: Description,
}

/// Why a run is not found.
#[derive(Debug, thiserror::Error)]
pub enum NotFound {
    /// There is no folder of runs.
    #[error(
        "there are no runs in {runs:?}\n  every `stylescope run` is kept in the folder runs where it is begun; \
         --runs FOLDER looks elsewhere"
    )]
    NoRuns {
        /// Where it was looked for.
        runs: PathBuf,
    },
    /// No run is called that.
    #[error(
        "no run in {runs:?} is called {wanted:?}\n  `stylescope runs list` shows what there is"
    )]
    Unknown {
        /// Where it was looked for.
        runs: PathBuf,
        /// What was asked for.
        wanted: String,
    },
    /// Several runs are called that.
    #[error(
        "{wanted:?} can be any of these runs:\n  {}\n  more of the name is needed",
        listed(names)
    )]
    Ambiguous {
        /// What was asked for.
        wanted: String,
        /// The names of all that it fits.
        names: Vec<String>,
    },
    /// A comparison, which is several runs.
    #[error(
        "{wanted:?} is a comparison of these runs:\n  {}\n  name one of them",
        listed(names)
    )]
    Comparison {
        /// What was asked for.
        wanted: String,
        /// The names of its runs.
        names: Vec<String>,
    },
    /// A comparison that others are to compute.
    #[error(
        "no run of the comparison {path:?} has begun yet\n  where Slurm computes it, `squeue --me` shows whether it \
         waits; what its tasks said is in that folder: slurm-*.log"
    )]
    NotBegun {
        /// Which folder.
        path: PathBuf,
    },
    /// A comparison's folder that cannot be read.
    #[error(
        "{} cannot be read: {}\n  make it readable",
        visible(&path.display().to_string()),
        visible(reason)
    )]
    Unreadable {
        /// Which folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A folder that holds no run, or one that cannot be read.
    #[error(
        "{:?} cannot be read: {}\n  where it is no run, or of no use any more, the folder can be deleted",
        path.join("run.json"),
        visible(reason)
    )]
    NoRun {
        /// Which folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// A name a line. Whoever made the folders may have called them anything.
fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().map(|name| visible(name)).collect();
    shown.join("\n  ")
}

/// The newest run.
pub const NEWEST: &str = "latest";

/// All runs in `runs` and in the comparisons there, oldest first, and the folders that say nothing that can be read. Nothing where there is no
/// such folder.
///
/// # Errors
/// Where the folder cannot be read.
pub fn all(runs: &Path) -> io::Result<Vec<Result<Kept, NotFound>>> {
    let entries = match std::fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let folder = RunFolder::at(path.clone());
        // Other folders may lie here as well.
        if folder.description().exists() {
            found.push(read(folder));
        } else if ComparisonFolder::is_one(&path) {
            let compared = compared(&ComparisonFolder::at(path.clone()));
            if compared.is_empty() {
                found.push(Err(NotFound::NotBegun { path }));
            }
            found.extend(compared);
        }
    }
    found.sort_by_key(|kept| match kept {
        Ok(kept) => (kept.description.began, kept.folder.name()),
        Err(_) => (jiff::Timestamp::MIN, String::new()),
    });
    Ok(found)
}

/// The runs of a comparison, in its order.
fn compared(comparison: &ComparisonFolder) -> Vec<Result<Kept, NotFound>> {
    match comparison.runs() {
        Ok(runs) => runs.into_iter().map(read).collect(),
        Err(error) => vec![Err(NotFound::Unreadable {
            path: comparison.path().to_owned(),
            reason: error.to_string(),
        })],
    }
}

/// The runs that `wanted` means: those of a comparison, by its path, its name in `runs`, or the end or beginning of
/// one; otherwise the one that [`find`] finds. [`NEWEST`] is a comparison where the newest run belongs to one.
///
/// # Errors
/// [`NotFound`], also where a comparison holds no run or one that cannot be read.
pub fn find_all(runs: &Path, wanted: &str) -> Result<Vec<Kept>, NotFound> {
    let Some(comparison) = comparison_of(runs, wanted)? else {
        return Ok(vec![find(runs, wanted)?]);
    };
    of_comparison(&comparison)
}

/// The runs of `comparison`, in its order: at least one.
///
/// # Errors
/// [`NotFound`], where it holds none, or one that cannot be read.
pub fn of_comparison(comparison: &ComparisonFolder) -> Result<Vec<Kept>, NotFound> {
    let found = compared(comparison)
        .into_iter()
        .collect::<Result<Vec<Kept>, NotFound>>()?;
    if found.is_empty() {
        return Err(NotFound::NotBegun {
            path: comparison.path().to_owned(),
        });
    }
    Ok(found)
}

/// The comparison that `wanted` means, as [`find_all`] takes it; `None` where it means a single run, or nothing.
///
/// # Errors
/// Where several comparisons are called that.
pub fn comparison_of(runs: &Path, wanted: &str) -> Result<Option<ComparisonFolder>, NotFound> {
    let called = comparison(runs, wanted)?;
    if called.is_some() || wanted != NEWEST {
        return Ok(called);
    }
    let newest = find(runs, wanted).ok();
    let parent = newest.and_then(|kept| Some(kept.folder.path().parent()?.to_owned()));
    Ok(parent
        .filter(|parent| ComparisonFolder::is_one(parent))
        .map(ComparisonFolder::at))
}

/// The comparison that is called `wanted`, where there is one.
///
/// # Errors
/// Where several are.
pub fn comparison(runs: &Path, wanted: &str) -> Result<Option<ComparisonFolder>, NotFound> {
    let path = Path::new(wanted);
    if ComparisonFolder::is_one(path) {
        return Ok(Some(ComparisonFolder::at(path.to_owned())));
    }
    let Ok(entries) = std::fs::read_dir(runs) else {
        return Ok(None);
    };
    let all: Vec<ComparisonFolder> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| ComparisonFolder::is_one(path))
        .map(ComparisonFolder::at)
        .collect();
    for how in FITS {
        let mut fitting = all.iter().filter(|one| how(&one.name(), wanted));
        match (fitting.next(), fitting.next()) {
            (None, _) => {}
            (Some(one), None) => return Ok(Some(one.clone())),
            (Some(_), Some(_)) => {
                let fitting = all.iter().filter(|one| how(&one.name(), wanted));
                return Err(NotFound::Ambiguous {
                    wanted: wanted.to_owned(),
                    names: fitting.map(ComparisonFolder::name).collect(),
                });
            }
        }
    }
    Ok(None)
}

/// How what is wanted may fit a name, the best first.
const FITS: [fn(&str, &str) -> bool; 3] = [
    |name, wanted| name == wanted,
    |name, wanted| name.ends_with(&format!("-{wanted}")),
    |name, wanted| !wanted.is_empty() && name.starts_with(wanted),
];

/// The run in `folder`.
///
/// # Errors
/// [`NotFound::NoRun`]
pub fn read(folder: RunFolder) -> Result<Kept, NotFound> {
    match Description::read(&folder) {
        Ok(description) => Ok(Kept {
            folder,
            description,
        }),
        Err(error) => Err(NotFound::NoRun {
            path: folder.path().to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// The run that `wanted` means: a folder's path, a whole name in `runs`, the end or the beginning of one, or
/// [`NEWEST`].
///
/// # Errors
/// [`NotFound`]
pub fn find(runs: &Path, wanted: &str) -> Result<Kept, NotFound> {
    let path = Path::new(wanted);
    if let Some(comparison) = comparison(runs, wanted)? {
        let kept = compared(&comparison).into_iter().flatten();
        let names: Vec<String> = kept.map(|kept| kept.folder.name()).collect();
        return Err(if names.is_empty() {
            NotFound::NotBegun {
                path: comparison.path().to_owned(),
            }
        } else {
            NotFound::Comparison {
                wanted: wanted.to_owned(),
                names,
            }
        });
    }
    if wanted.contains(std::path::MAIN_SEPARATOR) || path.join("run.json").exists() {
        return read(RunFolder::at(path.to_owned()));
    }
    let no_run = |error: io::Error| NotFound::NoRun {
        path: runs.to_owned(),
        reason: error.to_string(),
    };
    let mut all = all(runs).map_err(no_run)?;
    if all.is_empty() {
        let runs = runs.to_owned();
        return Err(NotFound::NoRuns { runs });
    }
    let unknown = || NotFound::Unknown {
        runs: runs.to_owned(),
        wanted: wanted.to_owned(),
    };
    if wanted == NEWEST {
        return all.pop().ok_or_else(unknown)?;
    }
    let name = |kept: &Result<Kept, NotFound>| match kept {
        Ok(kept) => kept.folder.name(),
        Err(
            NotFound::NoRun { path, .. }
            | NotFound::Unreadable { path, .. }
            | NotFound::NotBegun { path },
        ) => RunFolder::at(path.clone()).name(),
        Err(_) => String::new(),
    };
    let fits =
        |kept: &Result<Kept, NotFound>, how: fn(&str, &str) -> bool| how(&name(kept), wanted);
    for how in FITS {
        let fitting: Vec<usize> = (0..all.len())
            .filter(|index| all.get(*index).is_some_and(|kept| fits(kept, how)))
            .collect();
        match fitting[..] {
            [] => {}
            [index] => return all.swap_remove(index),
            _ => {
                let names = fitting.iter().filter_map(|index| all.get(*index)).map(name);
                return Err(NotFound::Ambiguous {
                    wanted: wanted.to_owned(),
                    names: names.collect(),
                });
            }
        }
    }
    Err(unknown())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::folder::comparison::Comparison;
    use crate::record::folder::description::State;

    fn kept(runs: &Path, name: &str, second: i64) {
        let folder = RunFolder::at(runs.join(name));
        std::fs::create_dir_all(folder.path()).unwrap();
        let description = Description {
            began: jiff::Timestamp::from_second(second).unwrap(),
            state: State::Completed,
            ..Description::default()
        };
        description.write(&folder).unwrap();
    }

    #[test]
    fn the_run_that_is_meant() {
        let runs = tempfile::tempdir().unwrap();
        let runs = runs.path();
        assert!(matches!(find(runs, "a"), Err(NotFound::NoRuns { .. })));
        kept(runs, "2026-11-23-100000-demo-abcd", 1);
        kept(runs, "2026-11-24-100000-gatys-efgh", 3);
        kept(runs, "2026-11-24-110000-demo-wxyz", 2);
        std::fs::create_dir(runs.join("something else")).unwrap();
        let found = |wanted: &str| find(runs, wanted).map(|kept| kept.folder.id());
        assert_eq!(found("abcd").unwrap(), "abcd");
        assert_eq!(found("demo-wxyz").unwrap(), "wxyz");
        assert_eq!(found("2026-11-23").unwrap(), "abcd");
        assert_eq!(found("2026-11-24-100000-gatys-efgh").unwrap(), "efgh");
        assert_eq!(found(NEWEST).unwrap(), "efgh");
        let path = runs.join("2026-11-23-100000-demo-abcd");
        assert_eq!(found(&path.display().to_string()).unwrap(), "abcd");
        assert!(
            matches!(found("2026-11-24"), Err(NotFound::Ambiguous { names, .. }) if names.len() == 2)
        );
        assert!(matches!(found("bcd"), Err(NotFound::Unknown { .. })));
        assert!(matches!(found(""), Err(NotFound::Unknown { .. })));
        assert!(matches!(found("nowhere/else"), Err(NotFound::NoRun { .. })));
        assert_eq!(all(runs).unwrap().len(), 3);
        assert!(all(&runs.join("nowhere")).unwrap().is_empty());
    }

    #[test]
    fn the_runs_of_a_comparison() {
        let runs = tempfile::tempdir().unwrap();
        let runs = runs.path();
        kept(runs, "2026-11-23-100000-demo-abcd", 1);
        let comparison = ComparisonFolder::at(runs.join("2026-11-24-100000-compare-wxyz"));
        std::fs::create_dir(comparison.path()).unwrap();
        Comparison::default().write(&comparison).unwrap();
        let found = |wanted: &str| -> Result<Vec<String>, NotFound> {
            let kept = find_all(runs, wanted)?;
            Ok(kept.iter().map(|kept| kept.folder.id()).collect())
        };
        assert!(matches!(found("wxyz"), Err(NotFound::NotBegun { .. })));
        assert!(matches!(find(runs, "wxyz"), Err(NotFound::NotBegun { .. })));
        kept(comparison.path(), "01-demo-efgh", 3);
        kept(comparison.path(), "02-soft-ijkm", 3);
        let path = comparison.path().display().to_string();
        for wanted in ["wxyz", "2026-11-24", path.as_str(), NEWEST] {
            assert_eq!(found(wanted).unwrap(), ["efgh", "ijkm"], "{wanted}");
        }
        assert_eq!(found("ijkm").unwrap(), ["ijkm"]);
        assert_eq!(found("abcd").unwrap(), ["abcd"]);
        assert!(matches!(
            find(runs, "wxyz"),
            Err(NotFound::Comparison { names, .. }) if names == ["01-demo-efgh", "02-soft-ijkm"]
        ));
        assert_eq!(find(runs, NEWEST).unwrap().folder.id(), "ijkm");
        assert_eq!(all(runs).unwrap().len(), 3);
    }

    #[test]
    fn what_is_said_of_runs_that_are_not_found_acts_on_no_terminal() {
        let runs = tempfile::tempdir().unwrap();
        for id in ["abcd", "efgh"] {
            kept(runs.path(), &format!("a\u{1b}[31m\n\u{202e}-{id}"), 1);
        }
        let broken = RunFolder::at(runs.path().join("b-ijkm"));
        std::fs::create_dir(broken.path()).unwrap();
        std::fs::write(broken.description(), r#"{"state": "\u001b[31m"}"#).unwrap();
        for wanted in ["a", "ijkm", "\u{1b}[31m"] {
            let said = find(runs.path(), wanted).unwrap_err().to_string();
            assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said:?}");
        }
        let said = find(runs.path(), "ijkm").unwrap_err().to_string();
        assert!(said.contains("[31m"), "the reason is not there: {said}");
    }

    #[test]
    fn a_run_that_cannot_be_read_hides_no_other() {
        let runs = tempfile::tempdir().unwrap();
        kept(runs.path(), "2026-11-23-100000-demo-abcd", 1);
        std::fs::create_dir(runs.path().join("broken")).unwrap();
        std::fs::write(runs.path().join("broken/run.json"), "{").unwrap();
        assert_eq!(
            all(runs.path())
                .unwrap()
                .iter()
                .filter(|kept| kept.is_ok())
                .count(),
            1
        );
        assert!(matches!(
            find(runs.path(), "broken"),
            Err(NotFound::NoRun { .. })
        ));
    }
}
