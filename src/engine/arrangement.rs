//! Which candidates share a lane. Pure; any thread.

use super::input::Candidate;
use super::preparation::check_compatible;

/// The candidates as lanes of at most `most`, by their places in `candidates`. Those that can share a lane do, in
/// the order in which they come.
pub fn arrange(candidates: &[Candidate], most: usize) -> Vec<Vec<usize>> {
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let fits = |lane: &&mut Vec<usize>| {
            let first = lane.first().and_then(|first| candidates.get(*first));
            lane.len() < most.max(1)
                && first.is_some_and(|first| {
                    check_compatible(first, std::slice::from_ref(candidate)).is_ok()
                })
        };
        match lanes.iter_mut().find(fits) {
            Some(lane) => lane.push(place),
            None => lanes.push(vec![place]),
        }
    }
    lanes
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use image::Rgb32FImage;

    use super::*;
    use crate::preset;

    #[test]
    fn what_fits_together_stays_together() {
        let content = Arc::new(Rgb32FImage::new(40, 30));
        let style = Arc::new(Rgb32FImage::new(30, 30));
        let candidate = |overrides: &[&str]| {
            let overrides: Vec<_> = overrides.iter().map(|text| text.parse().unwrap()).collect();
            Candidate {
                preset: preset::load("demo", &overrides).unwrap().preset,
                content: Arc::clone(&content).into(),
                styles: vec![Arc::clone(&style).into()],
            }
        };
        let candidates = [
            candidate(&[]),
            candidate(&["image.size=20"]),
            candidate(&["style.weight=3"]),
            candidate(&["schedule.seed=7"]),
            candidate(&["image.size=20", "schedule.steps=3"]),
            candidate(&["content.weight=3"]),
        ];
        assert_eq!(
            arrange(&candidates, 9),
            [vec![0, 2, 5], vec![1, 4], vec![3]]
        );
        assert_eq!(
            arrange(&candidates, 2),
            [vec![0, 2], vec![1, 4], vec![3], vec![5]]
        );
        assert_eq!(arrange(&candidates, 0).len(), 6);
        assert!(arrange(&[], 3).is_empty());
    }
}
