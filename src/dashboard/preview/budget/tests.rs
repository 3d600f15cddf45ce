//! Budgets against simulated links.

use super::*;
use crate::terminal::ask::Protocol;

const PANEL: (u32, u32) = (400, 476);

/// A link that takes `link` bytes a second, and pictures of `density` bytes a pixel.
struct Simulation {
    budget: Budget,
    start: Instant,
    now: Instant,
    link: f64,
    density: [f64; 5],
    encode_seconds: f64,
    pictures: Vec<Picture>,
}

struct Picture {
    asked: f64,
    quality: Quality,
    bytes: f64,
    write_seconds: f64,
}

impl Simulation {
    fn new(protocol: Protocol, link: f64) -> Self {
        Self::with(Limits::new(protocol, 8.0, None, None), link)
    }

    fn with(limits: Limits, link: f64) -> Self {
        let start = Instant::now();
        Self {
            budget: Budget::new(limits),
            start,
            now: start,
            link,
            density: limits.density,
            encode_seconds: 0.01,
            pictures: Vec::new(),
        }
    }

    fn situation(&self, stepping: bool) -> Situation {
        Situation {
            link: (!self.pictures.is_empty()).then_some(self.link),
            pixels: u64::from(PANEL.0) * u64::from(PANEL.1),
            stepping,
        }
    }

    /// Goes on for `seconds`, a millisecond at a time while nothing is under way.
    fn run(&mut self, seconds: f64, stepping: bool) {
        let end = later(self.now, seconds);
        while self.now < end {
            if let Some(quality) = self.budget.ask(self.now, self.situation(stepping)) {
                self.picture(quality, stepping);
            } else {
                self.now += Duration::from_millis(1);
            }
        }
    }

    fn picture(&mut self, quality: Quality, stepping: bool) {
        let asked = self.now.duration_since(self.start).as_secs_f64();
        assert!(
            self.budget
                .ask(self.now, self.situation(stepping))
                .is_none()
        );
        self.now = later(self.now, self.encode_seconds);
        let bytes = self.density[place(quality)] * f64::from(PANEL.0 * PANEL.1);
        self.budget.encoded(bytes as usize, self.encode_seconds);
        assert!(
            self.budget
                .ask(self.now, self.situation(stepping))
                .is_none()
        );
        let write_seconds = bytes / self.link;
        self.now = later(self.now, write_seconds);
        self.budget.written(self.now, write_seconds);
        self.pictures.push(Picture {
            asked,
            quality,
            bytes,
            write_seconds,
        });
    }

    fn seconds(&self) -> f64 {
        self.now.duration_since(self.start).as_secs_f64()
    }

    fn sum(&self, what: impl Fn(&Picture) -> f64) -> f64 {
        self.pictures.iter().map(what).sum()
    }
}

#[test]
fn a_fast_link_gets_exact_pictures_at_the_rate() {
    let mut simulation = Simulation::new(Protocol::KittyPlaceholders, 100e6);
    simulation.run(5.0, true);
    let count = simulation.pictures.len();
    assert!((38..=41).contains(&count), "{count}");
    let last = simulation.pictures.last().unwrap();
    assert_eq!(last.quality, Quality::Exact);
}

#[test]
fn a_slow_link_gets_smaller_pictures_and_rests_half_of_the_time() {
    for (protocol, most) in [
        (Protocol::KittyPlaceholders, 0.4),
        (Protocol::KittyDirect, 0.4),
        (Protocol::Sixel, 0.2),
        (Protocol::Iterm2, 0.2),
    ] {
        let mut simulation = Simulation::new(protocol, 125e3);
        simulation.run(20.0, true);
        let after_the_first = simulation.pictures.split_off(1);
        assert!(
            after_the_first.len() >= 20,
            "{protocol:?}: {}",
            after_the_first.len()
        );
        for picture in &after_the_first {
            assert!(
                picture.write_seconds <= most * 1.01,
                "{protocol:?}: {}",
                picture.write_seconds
            );
            assert!(picture.quality < Quality::Full, "{protocol:?}");
        }
        simulation.pictures = after_the_first;
        let writing = simulation.sum(|picture| picture.write_seconds);
        assert!(
            writing <= 0.51 * simulation.seconds(),
            "{protocol:?}: {writing}"
        );
    }
}

#[test]
fn what_is_denser_than_expected_gets_smaller() {
    let mut simulation = Simulation::new(Protocol::Sixel, 125e3);
    simulation.density = simulation.density.map(|density| density * 2.0);
    simulation.run(10.0, true);
    for picture in &simulation.pictures[2..] {
        assert!(picture.write_seconds <= 0.2 * 1.01 || picture.quality == Quality::Eighth);
    }
}

#[test]
fn the_bandwidth_that_the_user_gives_is_kept() {
    let limits = Limits::new(Protocol::KittyPlaceholders, 8.0, Some(20e3), None);
    let mut simulation = Simulation::with(limits, 50e6);
    simulation.run(30.0, true);
    let bytes = simulation.sum(|picture| picture.bytes);
    let most = 20e3 * simulation.seconds() + simulation.pictures.last().unwrap().bytes;
    assert!(bytes <= most * 1.01, "{bytes} of {most}");
    assert!(bytes >= 0.5 * most, "{bytes} of {most}");
}

#[test]
fn encoding_takes_a_small_share_of_the_cores_that_the_engine_computes_on() {
    for (cores, share) in [(Some(2), 0.006), (Some(16), 0.048), (None, 0.5)] {
        let limits = Limits::new(Protocol::Sixel, 30.0, None, cores);
        let mut simulation = Simulation::with(limits, 50e6);
        simulation.encode_seconds = 0.06;
        simulation.run(60.0, true);
        let encoding = 0.06 * simulation.pictures.len() as f64 / simulation.seconds();
        assert!(
            encoding <= share * 1.1 && encoding >= share * 0.5,
            "{encoding} of {share}"
        );
    }
}

#[test]
fn what_stands_still_gets_better_and_is_then_left_alone() {
    let mut simulation = Simulation::new(Protocol::KittyPlaceholders, 250e3);
    simulation.run(3.0, true);
    assert!(simulation.pictures.last().unwrap().quality < Quality::Exact);
    simulation.run(10.0, false);
    assert_eq!(simulation.pictures.last().unwrap().quality, Quality::Exact);
    let count = simulation.pictures.len();
    simulation.run(60.0, false);
    assert_eq!(simulation.pictures.len(), count);
    assert_eq!(simulation.budget.wake_at(), None);
}

#[test]
fn what_cannot_be_interrupted_stays_short_even_when_it_stays() {
    let mut simulation = Simulation::new(Protocol::Sixel, 125e3);
    simulation.run(3.0, true);
    simulation.run(10.0, false);
    assert!(simulation.pictures.last().unwrap().write_seconds <= 0.41);
}

#[test]
fn what_the_user_changes_is_shown_at_once() {
    let limits = Limits::new(Protocol::KittyPlaceholders, 0.1, None, Some(2));
    let mut simulation = Simulation::with(limits, 50e6);
    simulation.run(1.0, true);
    assert_eq!(simulation.pictures.len(), 1);
    let asked = simulation.seconds();
    simulation.budget.changed();
    simulation.run(0.1, true);
    assert_eq!(simulation.pictures.len(), 2);
    assert!(simulation.pictures[1].asked - asked < 0.06);
}

#[test]
fn a_picture_under_way_is_given_up_for_another_view_unless_it_is_being_written() {
    let mut budget = Budget::new(Limits::new(Protocol::Sixel, 8.0, None, None));
    let situation = Situation {
        link: Some(1e6),
        pixels: u64::from(PANEL.0) * u64::from(PANEL.1),
        stepping: true,
    };
    let now = Instant::now();
    assert!(budget.ask(now, situation).is_some());
    budget.changed();
    assert!(budget.ask(later(now, 0.06), situation).is_some());
    budget.encoded(1000, 0.01);
    budget.changed();
    assert!(budget.ask(later(now, 5.0), situation).is_none());
    budget.written(later(now, 5.0), 0.001);
    assert!(budget.ask(later(now, 5.1), situation).is_some());
}

#[test]
fn unchanged_and_failed_pictures_cost_no_writing() {
    let mut budget = Budget::new(Limits::new(Protocol::Sixel, 8.0, Some(1.0), None));
    let situation = Situation {
        link: Some(1e6),
        pixels: u64::from(PANEL.0) * u64::from(PANEL.1),
        stepping: true,
    };
    let now = Instant::now();
    assert!(budget.ask(now, situation).is_some());
    budget.unchanged(now, 0.001);
    let next = later(now, 0.13);
    assert!(budget.ask(next, situation).is_some());
    budget.failed(next);
    assert!(!budget.busy());
    let still = Situation {
        stepping: false,
        ..situation
    };
    // The picture of the last step is tried once.
    assert!(budget.ask(later(next, 1.0), still).is_some());
    budget.failed(later(next, 1.0));
    assert!(budget.ask(later(next, 60.0), still).is_none());
}

#[test]
fn text_is_never_made_smaller() {
    let mut simulation = Simulation::new(Protocol::HalfBlocks, 10e3);
    simulation.density = [0.3; 5];
    simulation.run(60.0, true);
    assert!(
        simulation
            .pictures
            .iter()
            .all(|picture| picture.quality == Quality::Exact)
    );
}
