//! Several runs that are followed by one thread: who is shown, who is asked, and who comes later.

use std::path::Path;
use std::sync::mpsc::channel;

use image::{Rgb, RgbImage};

use super::*;
use crate::engine::message::Region;
use crate::preset::{load, to_toml};
use crate::record::folder::comparison::Comparison;
use crate::record::folder::description::{Description, State};
use crate::record::folder::{Hold, RunFolder};

/// A run in `comparison` that is held as long as what is given back is.
fn run(
    comparison: &ComparisonFolder,
    number: usize,
    (width, height): (u32, u32),
) -> (RunFolder, Hold) {
    let (folder, hold) = RunFolder::create_numbered(comparison.path(), number, "demo").unwrap();
    Description {
        size: Some((width, height)),
        state: State::Running,
        ..Description::default()
    }
    .write(&folder)
    .unwrap();
    std::fs::write(folder.preset(), to_toml(&load("demo", &[]).unwrap().preset)).unwrap();
    let level = number as u8 * 50;
    RgbImage::from_fn(width, height, |x, _| {
        Rgb([level, (x * 256 / width) as u8, 0])
    })
    .save(folder.snapshots().join("1.png"))
    .unwrap();
    let entry =
        r#"{"time":"2026-11-23T22:15:13Z","step":5,"event":"snapshot","file":"snapshots/1.png"}"#;
    std::fs::write(folder.journal(), format!("{entry}\n")).unwrap();
    (folder, hold)
}

/// Takes every one.
#[derive(Debug)]
struct Heard(Sender<usize>);

impl Arrivals for Heard {
    fn arrived(&mut self, followed: &Followed) -> bool {
        self.0.send(followed.candidate).is_ok()
    }
}

struct Table {
    round: Round,
    events: Receiver<Event>,
    arrived: Receiver<usize>,
}

impl Table {
    fn of(comparison: &ComparisonFolder) -> Self {
        let (to, events) = channel();
        let (heard, arrived) = channel();
        let round = Round::new(Beginning {
            runs: numbered(&comparison.runs().unwrap(), &[]),
            comparison: Some((comparison.clone(), Box::new(Heard(heard)))),
            events: to,
            pictures: PictureSlot::default(),
            interval: Duration::ZERO,
        });
        Self {
            round,
            events,
            arrived,
        }
    }

    fn look(&mut self) {
        self.round.look();
        while self.round.decode() {}
    }

    fn seen(&mut self, of: Whose, region: Option<Region>) -> Option<Preview> {
        self.round.command(Command::RequestPicture(PictureRequest {
            of,
            region,
            most: (100, 100),
        }));
        self.round.answer()
    }

    fn refusals(&self) -> Vec<String> {
        let refused = |event| match event {
            Event::Refused { error, .. } | Event::PresetRefused { error, .. } => {
                Some(error.to_string())
            }
            _ => None,
        };
        self.events.try_iter().filter_map(refused).collect()
    }
}

fn comparison(parent: &Path) -> ComparisonFolder {
    let folder = ComparisonFolder::at(parent.to_owned());
    Comparison::default().write(&folder).unwrap();
    folder
}

#[test]
fn one_answer_holds_everybody_who_is_meant() {
    let parent = tempfile::tempdir().unwrap();
    let folder = comparison(parent.path());
    let _first = run(&folder, 1, (40, 30));
    let _third = run(&folder, 3, (80, 60));
    let mut table = Table::of(&folder);
    assert!(table.seen(Whose::All, None).is_none(), "nothing was read");
    table.look();
    let preview = table.seen(Whose::All, None).unwrap();
    let seen = |preview: &Preview| -> Vec<(usize, u64, u8)> {
        let all = preview.pictures.iter();
        all.map(|seen| (seen.candidate, seen.step, seen.picture.get_pixel(0, 0).0[0]))
            .collect()
    };
    assert_eq!(seen(&preview), [(0, 5, 50), (2, 5, 150)]);
    assert!(table.round.answer().is_none(), "asked for once");

    let region = Region {
        x: 20,
        y: 6,
        width: 10,
        height: 6,
    };
    let preview = table.seen(Whose::Two(0, 2), Some(region)).unwrap();
    assert_eq!(preview.pictures[0].region, region);
    let doubled = Region {
        x: 40,
        y: 12,
        width: 20,
        height: 12,
    };
    assert_eq!(preview.pictures[1].region, doubled);
    let middle = |index: usize| preview.pictures[index].picture.get_pixel(0, 0).0[1];
    assert_eq!((middle(0), middle(1)), (128, 128));
    // It counts in pixels of whoever is named first.
    let preview = table.seen(Whose::Two(2, 0), Some(doubled)).unwrap();
    assert_eq!(preview.pictures[0].region, region);
    let alone = table.seen(Whose::One(2), Some(region)).unwrap();
    assert_eq!(seen(&alone), [(2, 5, 150)]);
    assert_eq!(alone.pictures[0].region, region);
    assert!(table.seen(Whose::One(1), None).is_none(), "there is none");
}

#[test]
fn a_picture_that_never_comes_keeps_nobody_waiting() {
    let parent = tempfile::tempdir().unwrap();
    let folder = comparison(parent.path());
    let _first = run(&folder, 1, (40, 30));
    let second = run(&folder, 2, (40, 30));
    std::fs::write(second.0.snapshots().join("1.png"), "half").unwrap();
    let mut table = Table::of(&folder);
    table.look();
    let preview = table.seen(Whose::All, None).unwrap();
    assert_eq!(preview.pictures.len(), 1);
}

#[test]
fn a_preset_goes_to_its_own_run_and_the_rest_is_refused_once() {
    let parent = tempfile::tempdir().unwrap();
    let folder = comparison(parent.path());
    let first = run(&folder, 1, (8, 6));
    let second = run(&folder, 2, (8, 6));
    let mut table = Table::of(&folder);
    table.look();
    let overrides = ["style.weight=7.5".parse().unwrap()];
    let preset = Box::new(load("demo", &overrides).unwrap().preset);
    table.round.command(Command::ChangePreset {
        candidate: 1,
        preset: preset.clone(),
    });
    let says_so = |run: &RunFolder| {
        let text = std::fs::read_to_string(run.preset()).unwrap();
        text.contains("weight = 7.5")
    };
    assert!(says_so(&second.0) && !says_so(&first.0));
    assert!(table.refusals().is_empty());
    for command in [
        Command::Pause,
        Command::Stop,
        Command::Drop { candidate: 1 },
    ] {
        table.round.command(command);
        let refusals = table.refusals();
        assert_eq!(refusals.len(), 1);
        assert!(refusals[0].contains("only watched"), "{refusals:?}");
    }
    drop(first);
    table.look();
    table.round.command(Command::ChangePreset {
        candidate: 0,
        preset,
    });
    let refusals = table.refusals();
    assert_eq!(refusals.len(), 1);
    assert!(refusals[0].contains("killed"), "{refusals:?}");
}

#[test]
fn a_run_that_begins_later_is_made_known_and_followed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = comparison(parent.path());
    let _second = run(&folder, 2, (8, 6));
    let mut table = Table::of(&folder);
    table.look();
    let _first = run(&folder, 1, (8, 6));
    for _ in 0..LOOKS_AT_RUNS {
        table.look();
    }
    assert_eq!(table.arrived.try_iter().collect::<Vec<_>>(), [0]);
    let preview = table.seen(Whose::All, None).unwrap();
    let whose: Vec<usize> = preview.pictures.iter().map(|seen| seen.candidate).collect();
    assert_eq!(whose, [0, 1]);
}
