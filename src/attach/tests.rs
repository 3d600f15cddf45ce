//! Every message through bytes and back, bytes that are no messages, and a real run with several terminals.

mod bytes;
mod hub;

use std::sync::Arc;

use image::{Rgb, Rgb32FImage, RgbImage};

use super::translation::{
    Heard, Said, command, heard, of_command, of_event, of_losses, of_preview,
};
use super::words::{ToRun, ToViewer};
use super::{outbox, protocol};
use crate::engine::EngineError;
use crate::engine::message::{
    Command, EndReason, Event, Fetching, Gradients, LossBlock, LossTerm, PartOfStep, Parts,
    PictureRequest, Pictures, Preview, Recovered, Refusal, Region, Remark, RemarkKind, Seen,
    Snapshot, Stage, Started, Stuck, Suggestion, TermKind, Trouble, Whose,
};
use crate::preset::{self, Change, ChangeClass, Preset};

fn preset(more: &str) -> Preset {
    preset::from_toml(&format!("extends = \"demo\"\n{more}"), "a test").unwrap()
}

fn pictures() -> Pictures {
    let picture = Rgb32FImage::from_fn(3, 2, |x, y| Rgb([x as f32 / 7.0, y as f32, f32::MIN]));
    Pictures {
        candidates: [0].into(),
        step: 40,
        pictures: vec![Arc::new(picture)],
    }
}

fn block() -> LossBlock {
    let term = |kind, layer: Option<&str>| LossTerm {
        kind,
        layer: layer.map(str::to_owned),
    };
    LossBlock {
        candidates: [0].into(),
        first_step: 7,
        terms: [
            term(TermKind::Content, Some("block1")),
            term(TermKind::Style, Some("block2")),
            term(TermKind::Variation, None),
        ]
        .into(),
        weights: [vec![1.0, -0.1, 1e-30]].into(),
        values: vec![0.1, f32::INFINITY, 3.0, 0.2, 1e-40, f32::MAX],
        seconds: 1.25,
    }
}

#[expect(clippy::too_many_lines, reason = "one of each kind")]
fn events() -> Vec<Event> {
    let change = Change {
        key: "style.weight".to_owned(),
        old: "1.0".to_owned(),
        new: "3.5".to_owned(),
        class: ChangeClass::Live,
    };
    let error = || EngineError::Elsewhere("why \u{1b} not".to_owned());
    let preset = |more| Box::new(preset(more));
    let stages = [
        Stage::Weights,
        Stage::Fitting,
        Stage::Targets,
        Stage::Fetching(Fetching {
            done_bytes: u64::MAX,
            waiting: Some("soon".to_owned()),
            ..Fetching::of("vgg16")
        }),
    ];
    let refusals = [
        Refusal::Stop,
        Refusal::Preset,
        Refusal::Restart,
        Refusal::Snapshot,
        Refusal::GoBack,
        Refusal::Forget,
        Refusal::Picture,
        Refusal::Gradients,
        Refusal::Drop(3),
        Refusal::Join(4),
        Refusal::Pause,
    ];
    let reasons = [
        EndReason::Completed,
        EndReason::BudgetSpent,
        EndReason::Stopped,
    ];
    let mut events: Vec<Event> = stages.into_iter().map(Event::Preparing).collect();
    events.extend(refusals.map(|what| Event::Refused {
        what,
        error: error(),
    }));
    events.extend(reasons.map(|reason| Event::Ended {
        reason,
        pictures: pictures(),
        seconds: 0.1 + 0.2,
    }));
    events.extend([
        Event::Started(Started {
            candidates: [0].into(),
            size: (64, 48),
            style_sizes: vec![(48, 36), (1, 2)],
            device: "cuda:0".to_owned(),
            threads: 2,
            notes: vec!["a note".to_owned()],
            weights: Some("weights.safetensors".into()),
            step: 3,
            steps: 200,
        }),
        Event::Losses(block()),
        Event::PartOfStep(PartOfStep {
            candidates: [0].into(),
            step: 4,
            parts: Parts::Tiles,
            done: 3,
            of: 24,
        }),
        Event::PresetChanged {
            candidate: 0,
            step: 5,
            changes: vec![change],
            preset: preset("[style]\nweight = 0.1234567890123456789\n"),
            in_force: preset("[style]\nweight = 3e-300\n"),
        },
        Event::PresetRefused {
            candidate: 0,
            preset: preset(""),
            error: error(),
        },
        Event::Paused(3),
        Event::Resumed(4),
        Event::Snapshot(Snapshot {
            number: 9,
            pictures: pictures(),
        }),
        Event::WentBack {
            candidates: [0].into(),
            snapshot: 9,
            step: 40,
        },
        Event::Recovered(Recovered {
            candidate: 0,
            failed_step: 90,
            step: 40,
            why: Trouble::NotFinite {
                term: "style block1".to_owned(),
            },
            attempt: 1,
            attempts: 3,
            learning_rate: 0.1,
        }),
        Event::Stuck(Stuck {
            candidate: 0,
            failed_step: 90,
            step: 40,
            why: "it has exploded".to_owned(),
            suggestion: Suggestion {
                field: "optimizer.learning_rate".to_owned(),
                value: "0.01".to_owned(),
                now: "0.02".to_owned(),
            },
        }),
        Event::Remark(Remark {
            candidates: [0].into(),
            step: 80,
            kind: RemarkKind::Stalled,
            words: "nothing gets better".to_owned(),
        }),
        Event::Gradients(Gradients {
            candidates: [0].into(),
            step: 3,
            terms: block().terms,
            norms: vec![vec![1.0, 2.0, f64::NAN]],
            seconds: 0.5,
        }),
        Event::Dropped {
            candidate: 0,
            pictures: pictures(),
        },
        Event::Failed {
            candidates: [0].into(),
            error: error(),
            pictures: Some(pictures()),
        },
        Event::Failed {
            candidates: [0].into(),
            error: error(),
            pictures: None,
        },
    ]);
    events
}

/// As the other end gets it.
fn sent(said: &Said) -> Heard {
    let mut bytes = Vec::new();
    outbox::write(&mut bytes, said).unwrap();
    let protocol::FromRun { words, raw, length } =
        protocol::decode_to_viewer(&bytes).unwrap().unwrap();
    assert_eq!(length, bytes.len());
    assert_eq!(words, said.words);
    heard(words, raw).unwrap().unwrap()
}

fn requests() -> [PictureRequest; 3] {
    let region = Region {
        x: 1,
        y: 2,
        width: 3,
        height: 4,
    };
    [
        (Whose::All, None),
        (Whose::One(0), Some(region)),
        (Whose::Two(0, 7), Some(region)),
    ]
    .map(|(of, region)| PictureRequest {
        of,
        region,
        most: (80, 60),
    })
}

fn preview(request: PictureRequest) -> Preview {
    Preview {
        request,
        pictures: vec![Seen {
            candidate: 0,
            step: 12,
            region: Region {
                x: 0,
                y: 0,
                width: 6,
                height: 4,
            },
            size: (6, 4),
            picture: Arc::new(RgbImage::from_fn(3, 2, |x, y| Rgb([x as u8, y as u8, 255]))),
        }],
    }
}

#[test]
fn every_event_comes_as_it_was_said() {
    for event in events() {
        let said = of_event(&event).unwrap();
        let Heard::Event(came) = sent(&said) else {
            panic!("{event:?} became something else");
        };
        assert_eq!(format!("{event:?}"), format!("{came:?}"));
    }
    assert!(of_event(&Event::PictureReady).is_none());
}

#[test]
fn rows_that_stand_for_several_steps_become_as_many() {
    let Heard::Event(Event::Losses(came)) = sent(&of_losses(&block(), 3)) else {
        panic!("no losses");
    };
    assert_eq!(came.steps(), 6);
    assert_eq!(came.values[..3], came.values[6..9]);
    assert_eq!(came.values[9..], [0.2, 1e-40, f32::MAX].repeat(3));
}

#[test]
fn pictures_come_with_what_was_asked_for() {
    for request in requests() {
        let preview = preview(request);
        let Heard::Preview(came) = sent(&of_preview(&preview)) else {
            panic!("no picture");
        };
        assert_eq!(came.request, request);
        assert_eq!(came.pictures[0].picture, preview.pictures[0].picture);
        assert_eq!(came.pictures[0].step, 12);
    }
}

#[test]
fn every_command_comes_as_it_was_said() {
    let mut commands = vec![
        Command::Pause,
        Command::Resume,
        Command::Stop,
        Command::ChangePreset {
            candidate: 0,
            preset: Box::new(preset("[style]\nweight = 0.30000000000000004\n")),
        },
        Command::Restart,
        Command::Snapshot,
        Command::GoBack { snapshot: 3 },
        Command::Forget { snapshot: 3 },
        Command::MeasureGradients,
        Command::Drop { candidate: 2 },
    ];
    commands.extend(requests().map(Command::RequestPicture));
    for said in commands {
        let words = of_command(&said).unwrap();
        let bytes = protocol::encode(&words, super::frame::Direction::ToRun).unwrap();
        let (came, length) = protocol::decode_to_run(&bytes).unwrap().unwrap();
        assert_eq!((came.clone(), length), (words, bytes.len()));
        let came = command(came).unwrap().unwrap();
        assert_eq!(format!("{said:?}"), format!("{came:?}"));
    }
    for about_it in [
        ToRun::Goodbye,
        ToRun::Invite {
            preset: "mine.toml".to_owned(),
        },
    ] {
        assert!(command(about_it).unwrap().is_none());
    }
}

#[test]
fn a_preset_that_is_none_is_an_error() {
    let words = super::words::PresetText {
        toml: "[style]\nwieght = 4\n".to_owned(),
        weights: None,
        init_file: None,
    };
    let said = ToRun::ChangePreset {
        candidate: 0,
        preset: words.clone(),
    };
    assert!(command(said).is_err());
    let refused = ToViewer::PresetRefused {
        candidate: 0,
        preset: words,
        why: String::new(),
    };
    assert!(heard(refused, &[]).is_err());
}
