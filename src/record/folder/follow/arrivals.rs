//! Runs of a comparison that begin while it is followed, and what they are called. The follower's thread.

use super::Followed;
use crate::record::folder::RunFolder;

/// Hears of runs that begin in a comparison while it is followed.
pub trait Arrivals: Send + std::fmt::Debug {
    /// A run has begun; whether it is to be followed. Where not, it is asked again later. What the run says comes
    /// after this. May read files.
    fn arrived(&mut self, followed: &Followed) -> bool;
}

/// Those of `runs` that are not among `known`, each with a number of its own: that of its folder's name less 1 where
/// no other has it.
pub fn numbered(runs: &[RunFolder], known: &[Followed]) -> Vec<Followed> {
    let mut all = known.to_vec();
    for run in runs {
        if all.iter().any(|other| other.folder == *run) {
            continue;
        }
        let is_free = |wanted: &usize| all.iter().all(|other| other.candidate != *wanted);
        let own = run.number().map(|number| number - 1).filter(is_free);
        if let Some(candidate) = own.or_else(|| (runs.len()..usize::MAX).find(is_free)) {
            all.push(Followed::new(candidate, run.clone()));
        }
    }
    all.split_off(known.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_has_a_number_of_its_own() {
        let folder = |name: &&str| RunFolder::at(name.into());
        let runs: Vec<RunFolder> = ["01-a-x", "03-b-x", "03-c-x", "0-d-x", "copied"]
            .iter()
            .map(folder)
            .collect();
        let numbers = |all: &[Followed]| -> Vec<usize> {
            all.iter().map(|followed| followed.candidate).collect()
        };
        let all = numbered(&runs, &[]);
        assert_eq!(numbers(&all), [0, 2, 5, 6, 7]);
        assert!(numbered(&runs, &all).is_empty());
        let more = [&runs[..], &[folder(&"02-e-x")]].concat();
        assert_eq!(numbers(&numbered(&more, &all)), [1]);
    }
}
