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

/// The candidates at these places, which could share a lane, as lanes: the candidates of a lane make every step
/// together, so those that go on from different ones need lanes of their own.
pub fn by_steps(places: &[usize], step_of: impl Fn(usize) -> Option<u64>) -> Vec<Vec<usize>> {
    let mut lanes: Vec<(Option<u64>, Vec<usize>)> = Vec::new();
    for place in places {
        let step = step_of(*place);
        match lanes.iter_mut().find(|(other, _)| *other == step) {
            Some((_, lane)) => lane.push(*place),
            None => lanes.push((step, vec![*place])),
        }
    }
    lanes.into_iter().map(|(_, lane)| lane).collect()
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

    #[test]
    fn who_is_at_another_step_has_a_lane_of_its_own() {
        let steps = [Some(10), None, Some(20), Some(10), None];
        let lanes = by_steps(&[0, 1, 2, 3, 4], |place| steps[place]);
        assert_eq!(lanes, [vec![0, 3], vec![1, 4], vec![2]]);
        assert_eq!(by_steps(&[2, 3], |_| None), [vec![2, 3]]);
    }
}
