//! The pictures that lie in a run's folder. Any thread; reads the disk.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;

use super::RunFolder;
use super::metrics::Row;

/// A picture on the way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snapshot {
    /// As in [`Row`].
    pub branch: u32,
    /// Updates made by then.
    pub step: u64,
    /// Its file.
    pub path: PathBuf,
}

impl RunFolder {
    /// Every snapshot that is there, branch by branch.
    ///
    /// # Errors
    /// Where the folder cannot be read; one that is not there holds none.
    pub fn all_snapshots(&self) -> io::Result<Vec<Snapshot>> {
        let entries = match std::fs::read_dir(self.snapshots()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if let Some((branch, step)) = path.file_name().and_then(|name| named(name.to_str()?)) {
                found.push(Snapshot { branch, step, path });
            }
        }
        found.sort();
        Ok(found)
    }
}

/// The snapshots that led to the last one, of all that there are: `way` says which branches did, and how far.
pub fn on_the_way(all: Vec<Snapshot>, way: &[Row]) -> Vec<Snapshot> {
    // Without losses nobody knows; the last branch at least belongs together.
    let newest = all.iter().map(|snapshot| snapshot.branch).max();
    let last = way.last().map(|row| row.branch).or(newest);
    let mut ends: HashMap<u32, u64> = HashMap::new();
    for row in way {
        ends.insert(row.branch, row.step + 1);
    }
    let mut kept: Vec<Snapshot> = all
        .into_iter()
        .filter(|snapshot| {
            let is_last = Some(snapshot.branch) >= last;
            is_last
                || ends
                    .get(&snapshot.branch)
                    .is_some_and(|end| snapshot.step <= *end)
        })
        .collect();
    kept.sort_by_key(|snapshot| (snapshot.step, snapshot.branch));
    kept
}

/// `step-000040.png`, `step-000040-branch2.png`
fn named(name: &str) -> Option<(u32, u64)> {
    let name = name.strip_prefix("step-")?.strip_suffix(".png")?;
    match name.split_once("-branch") {
        Some((step, branch)) => Some((branch.parse().ok()?, step.parse().ok()?)),
        None => Some((1, name.parse().ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(branch: u32, step: u64) -> Row {
        Row {
            branch,
            step,
            seconds: 0.0,
            total: 0.0,
            terms: Vec::new(),
        }
    }

    #[test]
    fn those_of_ways_that_were_given_up_are_left_out() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(parent.path().to_owned());
        assert!(folder.all_snapshots().unwrap().is_empty());
        std::fs::create_dir(folder.snapshots()).unwrap();
        for (branch, step) in [(1, 10), (1, 20), (1, 30), (2, 25), (2, 40), (3, 38)] {
            std::fs::write(folder.snapshot(branch, step), "").unwrap();
        }
        std::fs::write(folder.snapshots().join("notes.png"), "").unwrap();
        let all = folder.all_snapshots().unwrap();
        assert_eq!(all.len(), 6);
        // Back to step 20, and from 35 on once more.
        let way: Vec<Row> = (0..20)
            .map(|step| row(1, step))
            .chain((20..35).map(|step| row(2, step)))
            .chain((35..39).map(|step| row(3, step)))
            .collect();
        let steps = |kept: Vec<Snapshot>| -> Vec<(u32, u64)> {
            kept.iter().map(|kept| (kept.branch, kept.step)).collect()
        };
        let kept = on_the_way(all.clone(), &way);
        assert_eq!(steps(kept), [(1, 10), (1, 20), (2, 25), (3, 38)]);
        assert_eq!(steps(on_the_way(all, &[])), [(3, 38)]);
    }
}
