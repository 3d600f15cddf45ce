//! Runs that grow, are written anew, break off and vanish while they are followed.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use image::{Rgb32FImage, RgbImage};
use jiff::{Timestamp, Zoned};
use proptest::prelude::*;

use super::following::Following;
use super::*;
use crate::engine::message::{EndReason, LossBlock, PictureRequest, Pictures, Snapshot, Started};
use crate::preset::{diff, load, to_toml};
use crate::record::folder::Hold;
use crate::record::folder::description::{Description, State, host_name};
use crate::record::folder::journal::{Entry, Happening};
use crate::record::folder::metrics::{Metrics, term_of};
use crate::record::folder::recorder::{Beginning as RecorderBeginning, Recorder};

fn preset(overrides: &[&str]) -> crate::preset::Preset {
    let overrides: Vec<_> = overrides.iter().map(|text| text.parse().unwrap()).collect();
    load("demo", &overrides).unwrap().preset
}

fn recorder(parent: &Path) -> Recorder {
    let now = Zoned::now();
    let (folder, hold) = RunFolder::create(parent, "demo", &now).unwrap();
    begin(folder, hold, now.timestamp())
}

fn begin(folder: RunFolder, hold: Hold, began: Timestamp) -> Recorder {
    Recorder::begin(RecorderBeginning {
        folder,
        hold,
        description: Description {
            machine: format!("{}, linux x86_64, 2 cores", host_name()),
            began,
            ..Description::default()
        },
        weights: None,
        init: None,
        preset: to_toml(&preset(&[])),
        candidate: 0,
        tensorboard: false,
        goes_on: None,
    })
    .unwrap()
}

fn started(step: u64) -> Event {
    Event::Started(Started {
        candidates: [0].into(),
        size: (8, 6),
        style_sizes: vec![],
        device: "cpu".to_owned(),
        threads: 1,
        notes: vec![],
        weights: None,
        step,
        steps: 100,
    })
}

fn losses(first_step: u64, count: usize, terms: &[&str], weight: f64) -> Event {
    let terms: Vec<_> = terms.iter().filter_map(|name| term_of(name)).collect();
    Event::Losses(LossBlock {
        candidates: [0].into(),
        first_step,
        weights: Arc::new([vec![weight; terms.len()]]),
        values: vec![0.5; count * terms.len()],
        terms: terms.into(),
        seconds: (first_step + count as u64) as f64 / 10.0,
    })
}

fn pictures(step: u64) -> Pictures {
    Pictures {
        candidates: [0].into(),
        step,
        pictures: vec![Arc::new(Rgb32FImage::new(8, 6))],
    }
}

fn ended(reason: EndReason, step: u64) -> Event {
    Event::Ended {
        reason,
        pictures: pictures(step),
        seconds: 3.0,
    }
}

/// A follower without its thread.
struct Desk {
    following: Following,
    events: Receiver<Event>,
    sighting: Sighting,
}

impl Desk {
    fn of(folder: &RunFolder) -> Self {
        let (to, events) = channel();
        let followed = Followed::new(0, folder.clone());
        let sighting = followed.sighting.clone();
        Self {
            following: Following::new(followed, to),
            events,
            sighting,
        }
    }

    /// What is told by a look, each in a word or two.
    fn look(&mut self) -> Vec<String> {
        self.following.look();
        self.events
            .try_iter()
            .filter_map(|event| match event {
                Event::Started(started) => Some(format!("started {}", started.step)),
                Event::Losses(block) => Some(format!(
                    "losses {}..{} ×{}",
                    block.first_step,
                    block.first_step + block.steps(),
                    block.weights[0][0]
                )),
                Event::PresetChanged { changes, .. } => Some(format!("changed {}", changes[0])),
                Event::WentBack { step, .. } => Some(format!("back to {step}")),
                Event::Paused(step) => Some(format!("paused {step}")),
                Event::Resumed(step) => Some(format!("resumed {step}")),
                Event::Refused { error, .. } => Some(format!("refused {error}")),
                Event::Ended { reason, .. } => Some(format!("{reason:?}")),
                Event::Failed { error, .. } => Some(format!("failed {error}")),
                _ => None,
            })
            .collect()
    }
}

/// Until the recorder has written everything that it was told.
fn written(recorder: &Recorder, last: impl Fn(&Happening) -> bool) {
    let start = Instant::now();
    loop {
        let entries = Entry::read_all(&recorder.folder().journal()).unwrap_or_default();
        if entries.last().is_some_and(|entry| last(&entry.what)) {
            return;
        }
        assert!(start.elapsed().as_secs() < 20, "{entries:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_the_engine_said_is_told_again_in_its_order() {
    let parent = tempfile::tempdir().unwrap();
    let recorder = recorder(parent.path());
    let folder = recorder.folder().clone();
    let mut desk = Desk::of(&folder);
    assert!(desk.look().is_empty());
    assert_eq!(desk.sighting.get().state, State::Running);

    recorder.hear(&started(0));
    recorder.hear(&losses(0, 10, &["content.a"], 1.0));
    recorder.hear(&Event::Paused(10));
    recorder.hear(&Event::Resumed(10));
    let changed = preset(&["style.weight=3"]);
    recorder.hear(&Event::PresetChanged {
        candidate: 0,
        step: 10,
        changes: diff(&preset(&[]), &changed),
        preset: Box::new(changed.clone()),
        in_force: Box::new(changed),
    });
    recorder.hear(&losses(10, 5, &["content.a", "style.b"], 3.0));
    recorder.hear(&Event::WentBack {
        candidates: [0].into(),
        snapshot: 1,
        step: 12,
    });
    recorder.hear(&losses(12, 3, &["content.a", "style.b"], 3.0));
    recorder.hear(&Event::Paused(15));
    written(&recorder, |what| *what == Happening::Paused);
    let all = [
        "started 0",
        "losses 0..10 ×1",
        "paused 10",
        "resumed 10",
        "changed style.weight 1.0 → 3.0, live",
        "losses 10..15 ×3",
        "back to 12",
        "losses 12..15 ×3",
        "paused 15",
    ];
    assert_eq!(desk.look(), all);
    assert!(desk.sighting.get().is_paused);
    assert!(desk.look().is_empty());

    recorder.hear(&started(0));
    // A term more: the file is written anew.
    recorder.hear(&losses(0, 4, &["content.a", "style.b", "variation"], 2.0));
    recorder.hear(&ended(EndReason::Completed, 4));
    written(&recorder, |what| *what == Happening::Completed);
    assert_eq!(desk.look(), ["started 0", "losses 0..4 ×2", "Completed"]);
    // Nobody else comes to another result, whenever it begins to look.
    let again = Desk::of(&folder).look();
    assert_eq!(again[..all.len()], all);
    assert_eq!(
        again[all.len()..],
        ["started 0", "losses 0..4 ×2", "Completed"]
    );
    // The description is written after the journal.
    let start = Instant::now();
    while desk.sighting.get().state != State::Completed {
        assert!(start.elapsed().as_secs() < 20);
        desk.look();
    }
    let sight = desk.sighting.get();
    assert_eq!(sight.step, 4);
    assert!(sight.cannot_steer().is_none(), "it waits for more steps");
    drop(recorder);
    desk.look();
    assert!(desk.sighting.get().cannot_steer().is_some());
}

#[test]
fn every_prefix_of_the_losses_gives_each_row_once() {
    let parent = tempfile::tempdir().unwrap();
    let recorder = recorder(parent.path());
    let folder = recorder.folder().clone();
    recorder.hear(&started(0));
    for block in 0..6 {
        recorder.hear(&losses(block * 5, 5, &["content.a"], 1.0));
    }
    recorder.hear(&ended(EndReason::Completed, 30));
    recorder.finish();
    let copy = RunFolder::at(parent.path().join("copy"));
    std::fs::create_dir(copy.path()).unwrap();
    std::fs::copy(folder.description(), copy.description()).unwrap();
    std::fs::copy(folder.journal(), copy.journal()).unwrap();
    let bytes = std::fs::read(folder.metrics()).unwrap();
    let mut desk = Desk::of(&copy);
    let mut steps = Vec::new();
    let mut file = std::fs::File::create(copy.metrics()).unwrap();
    for piece in bytes.chunks(37) {
        file.write_all(piece).unwrap();
        desk.following.look();
        for event in desk.events.try_iter() {
            if let Event::Losses(block) = event {
                steps.extend(block.rows(0).map(|losses| losses.step));
            }
        }
    }
    assert!(steps.iter().copied().eq(0..30), "{steps:?}");
}

#[test]
fn a_killed_run_is_said_to_be_killed_and_one_that_vanishes_stays_as_it_was() {
    let parent = tempfile::tempdir().unwrap();
    let recorder = recorder(parent.path());
    let folder = recorder.folder().clone();
    recorder.hear(&started(0));
    recorder.hear(&losses(0, 3, &["content.a"], 1.0));
    recorder.hear(&Event::Paused(3));
    written(&recorder, |what| *what == Happening::Paused);
    // As the system leaves it when the program dies.
    let dead = RunFolder::at(parent.path().join("dead"));
    std::fs::create_dir(dead.path()).unwrap();
    for name in [
        "run.json",
        "preset.toml",
        "metrics.csv",
        "events.jsonl",
        "lock",
    ] {
        std::fs::copy(folder.path().join(name), dead.path().join(name)).unwrap();
    }
    let mut desk = Desk::of(&dead);
    assert_eq!(desk.look(), ["started 0", "losses 0..3 ×1", "paused 3"]);
    let sight = desk.sighting.get();
    assert_eq!((sight.state, sight.step), (State::Killed, 3));
    assert!(
        sight
            .cannot_steer()
            .is_some_and(|why| why.contains("killed"))
    );
    std::fs::remove_dir_all(dead.path()).unwrap();
    assert!(desk.look().is_empty());
    let sight = desk.sighting.get();
    assert!(sight.is_gone && sight.step == 3);

    let mut alive = Desk::of(&folder);
    alive.look();
    assert_eq!(alive.sighting.get().state, State::Running);
}

#[test]
fn a_truncated_file_and_lines_of_nonsense_end_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let recorder = recorder(parent.path());
    let folder = recorder.folder().clone();
    recorder.hear(&started(0));
    recorder.hear(&losses(0, 9, &["content.a"], 1.0));
    recorder.hear(&Event::Paused(9));
    written(&recorder, |what| *what == Happening::Paused);
    let mut desk = Desk::of(&folder);
    desk.look();
    // A machine that died lost the end of the file.
    let whole = std::fs::read(folder.metrics()).unwrap();
    std::fs::write(folder.metrics(), &whole[..whole.len() / 2]).unwrap();
    assert!(desk.look().is_empty());
    std::fs::write(folder.metrics(), &whole).unwrap();
    assert!(desk.look().is_empty(), "nothing is told twice");
    let mut file = OpenOptions::new()
        .append(true)
        .open(folder.metrics())
        .unwrap();
    let last = String::from_utf8(whole).unwrap();
    let next = last.lines().last().unwrap().replacen("1,8,", "1,9,", 1);
    file.write_all(format!("nonsense\n\u{0}\u{1},\"\n{next}\n").as_bytes())
        .unwrap();
    file.write_all(format!("{next}\n").replacen("1,9,", "1,10,", 1).as_bytes())
        .unwrap();
    desk.look();
    std::fs::write(folder.description(), "{").unwrap();
    desk.look();
    assert_eq!(desk.sighting.get().state, State::Running);
}

#[test]
fn a_way_that_the_journal_does_not_tell_is_followed_all_the_same() {
    let parent = tempfile::tempdir().unwrap();
    let recorder = recorder(parent.path());
    let folder = recorder.folder().clone();
    recorder.hear(&started(0));
    recorder.hear(&losses(0, 5, &["content.a"], 1.0));
    recorder.hear(&Event::WentBack {
        candidates: [0].into(),
        snapshot: 1,
        step: 2,
    });
    recorder.hear(&losses(2, 2, &["content.a"], 1.0));
    recorder.hear(&ended(EndReason::Stopped, 4));
    recorder.finish();
    std::fs::remove_file(folder.journal()).unwrap();
    let told = Desk::of(&folder).look();
    let expected = ["started 0", "losses 0..5 ×1", "back to 2", "losses 2..4 ×1"];
    assert_eq!(told, expected);
}

#[test]
fn a_hundred_thousand_steps_are_read_at_once() {
    let parent = tempfile::tempdir().unwrap();
    let recorder = recorder(parent.path());
    let folder = recorder.folder().clone();
    recorder.hear(&started(0));
    recorder.hear(&losses(
        0,
        2,
        &["content.a", "style.b", "style.c", "variation"],
        1.0,
    ));
    recorder.hear(&ended(EndReason::Stopped, 2));
    recorder.finish();
    let text = std::fs::read_to_string(folder.metrics()).unwrap();
    let row = text.lines().nth(1).unwrap().split_once(",0,").unwrap().1;
    let mut file = BufWriter::new(
        OpenOptions::new()
            .append(true)
            .open(folder.metrics())
            .unwrap(),
    );
    for step in 2..100_000 {
        writeln!(file, "1,{step},{row}").unwrap();
    }
    file.flush().unwrap();
    let mut desk = Desk::of(&folder);
    let start = Instant::now();
    desk.following.look();
    let took = start.elapsed();
    let rows: u64 = desk
        .events
        .try_iter()
        .map(|event| match event {
            Event::Losses(block) => block.steps(),
            _ => 0,
        })
        .sum();
    assert_eq!(rows, 100_000);
    eprintln!("100 000 rows in {took:?}");
    // Well under a second as it is shipped; tests are compiled without optimisation, beside others.
    assert!(took.as_secs() < 3, "{took:?}");
    assert_eq!(
        Metrics::read(&folder.metrics()).unwrap().rows.len(),
        100_000
    );
}

#[test]
fn the_thread_gives_pictures_writes_presets_and_refuses_the_rest() {
    let parent = tempfile::tempdir().unwrap();
    let recorder = recorder(parent.path());
    let folder = recorder.folder().clone();
    recorder.hear(&started(0));
    recorder.hear(&losses(0, 3, &["content.a"], 1.0));
    recorder.hear(&Event::Snapshot(Snapshot {
        number: 1,
        pictures: pictures(3),
    }));
    written(&recorder, |what| matches!(what, Happening::Snapshot { .. }));
    let (to, events) = channel();
    let slot = PictureSlot::default();
    let followed = Followed::new(0, folder.clone());
    let sighting = followed.sighting.clone();
    let follower = Follower::start(Beginning {
        runs: vec![followed],
        comparison: None,
        events: to,
        pictures: slot.clone(),
        interval: Duration::from_millis(10),
    })
    .unwrap();
    let wait_for = |wanted: &dyn Fn(&Event) -> bool| {
        let limit = Duration::from_secs(20);
        while !wanted(&events.recv_timeout(limit).unwrap()) {}
    };
    follower.send(Command::RequestPicture(PictureRequest {
        of: crate::engine::message::Whose::All,
        region: None,
        most: (4, 4),
    }));
    wait_for(&|event| matches!(event, Event::PictureReady));
    let seen: Arc<RgbImage> = Arc::clone(&slot.take().unwrap().pictures[0].picture);
    assert_eq!(seen.dimensions(), (4, 3));
    follower.send(Command::Pause);
    wait_for(&|event| {
        matches!(event, Event::Refused { error, .. }
            if error.to_string().contains("its own terminal can pause it"))
    });
    follower.send(Command::ChangePreset {
        candidate: 0,
        preset: Box::new(preset(&["style.weight=7.5"])),
    });
    let start = Instant::now();
    while !std::fs::read_to_string(folder.preset()).is_ok_and(|text| text.contains("weight = 7.5"))
    {
        assert!(start.elapsed().as_secs() < 20);
        std::thread::sleep(Duration::from_millis(5));
    }
    recorder.hear(&ended(EndReason::Stopped, 3));
    recorder.finish();
    let text = std::fs::read_to_string(folder.preset()).unwrap();
    assert!(!text.contains("weight = 7.5"), "the run never took it up");
    wait_for(&|event| matches!(event, Event::Ended { .. }));
    while !sighting.get().is_over() {
        std::thread::sleep(Duration::from_millis(5));
    }
    follower.send(Command::ChangePreset {
        candidate: 0,
        preset: Box::new(preset(&["style.weight=8"])),
    });
    wait_for(&|event| {
        matches!(event, Event::PresetRefused { error, .. }
            if error.to_string().contains("the run is over (stopped)"))
    });
}

#[test]
fn the_last_step_that_can_be_counted_ends_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let recorder = recorder(parent.path());
    let folder = recorder.folder().clone();
    recorder.hear(&started(0));
    recorder.hear(&losses(0, 1, &["content.a"], 1.0));
    recorder.hear(&ended(EndReason::Stopped, 1));
    recorder.finish();
    let text = std::fs::read_to_string(folder.metrics()).unwrap();
    let last = u64::MAX.to_string();
    let row = text.lines().nth(1).unwrap();
    let rows = [(1, &last), (u32::MAX, &last)]
        .map(|(branch, step)| row.replacen("1,0,", &format!("{branch},{step},"), 1) + "\n");
    std::fs::write(folder.metrics(), format!("{text}{}", rows.concat())).unwrap();
    let mut desk = Desk::of(&folder);
    let mut told = desk.look();
    told.truncate(2);
    assert_eq!(told, ["started 0", "losses 0..1 ×1"]);
    assert_eq!(desk.sighting.get().step, 1);
}

/// The files of a whole run: description, losses, journal, preset.
fn whole_files() -> &'static [Vec<u8>; 4] {
    static FILES: OnceLock<[Vec<u8>; 4]> = OnceLock::new();
    FILES.get_or_init(|| {
        let parent = tempfile::tempdir().unwrap();
        let recorder = recorder(parent.path());
        recorder.hear(&started(0));
        recorder.hear(&losses(0, 4, &["content.a"], 1.0));
        recorder.hear(&Event::WentBack {
            candidates: [0].into(),
            snapshot: 1,
            step: 2,
        });
        recorder.hear(&losses(2, 4, &["content.a", "style.b"], 2.0));
        recorder.hear(&ended(EndReason::Completed, 6));
        recorder.finish();
        assert_eq!(recorder.take_troubles(), [], "the disk took everything");
        paths(recorder.folder()).map(|path| std::fs::read(path).unwrap())
    })
}

fn paths(folder: &RunFolder) -> [PathBuf; 4] {
    [
        folder.description(),
        folder.metrics(),
        folder.journal(),
        folder.preset(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn files_that_break_off_anywhere_or_hold_anything_end_nothing(
        ends in prop::array::uniform4(0.0..=1.0_f64),
        (place, garbage) in (0.0..=1.0_f64, prop::collection::vec(any::<u8>(), 0..40)),
    ) {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(parent.path().to_owned());
        let files = || paths(&folder).into_iter().zip(whole_files());
        for (path, bytes) in files() {
            std::fs::write(path, bytes).unwrap();
        }
        let mut desk = Desk::of(&folder);
        for ((path, bytes), end) in files().zip(ends) {
            let mut bytes = bytes[..(bytes.len() as f64 * end) as usize].to_vec();
            std::fs::write(&path, &bytes).unwrap();
            desk.look();
            let at = (bytes.len() as f64 * place) as usize;
            bytes.splice(at..at, garbage.iter().copied());
            std::fs::write(&path, &bytes).unwrap();
            desk.look();
        }
        prop_assert!(!desk.following.is_alone());
    }
}
