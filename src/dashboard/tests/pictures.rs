//! The way of a picture to the screen.

use super::*;

fn requests(commands: &[Command]) -> Vec<PictureRequest> {
    commands
        .iter()
        .filter_map(|command| match command {
            Command::RequestPicture(request) => Some(*request),
            _ => None,
        })
        .collect()
}

fn answer(desk: &mut Desk, request: PictureRequest) -> EncodeJob {
    let step = desk.app.run.step;
    desk.app.preview(super::answer(request, step));
    desk.take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Encode(job) => Some(job),
            _ => None,
        })
        .unwrap()
}

fn placed(job: &EncodeJob) -> Message {
    let painted = Painted::Placed {
        pieces: vec![b"picture".to_vec()],
        cells: job.tiles[0].layout.cells,
    };
    frame(job, 5, vec![PaintedTile { index: 0, painted }])
}

fn writes(effects: &[Effect]) -> usize {
    effects
        .iter()
        .filter(|effect| matches!(effect, Effect::WritePicture { .. }))
        .count()
}

#[test]
fn only_one_picture_is_under_way() {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.run_to(5);
    let first = requests(&desk.commands());
    assert_eq!(first.len(), 1);
    for step in 6..40 {
        desk.run_to(step);
        desk.now += Duration::from_secs(1);
    }
    assert!(requests(&desk.commands()).is_empty());
    let job = answer(&mut desk, first[0]);
    assert!(job.tiles[0].layout.cells.width > 10);
}

#[test]
fn a_placed_picture_waits_for_blank_cells_and_is_left_alone_afterwards() {
    let mut desk = Desk::with((120, 40), Protocol::Sixel, DARK, demo());
    desk.start();
    desk.run_to(5);
    let request = requests(&desk.commands())[0];
    let job = answer(&mut desk, request);
    desk.hear(placed(&job));
    assert_eq!(writes(&desk.take_effects()), 0);
    // A frame from before does not count.
    desk.hear(Message::Output(OutputEvent::FrameWritten));
    assert_eq!(writes(&desk.take_effects()), 0);
    let _ = desk.screen();
    desk.hear(Message::Output(OutputEvent::FrameWritten));
    assert_eq!(writes(&desk.take_effects()), 1);
    assert_eq!(desk.app.pictures.untouched(), [job.tiles[0].layout.cells]);
    desk.hear(Message::Output(OutputEvent::PictureWritten {
        tag: job.tag,
        bytes: 7,
        seconds: 0.01,
    }));
    // The next one goes over it at once.
    desk.now += Duration::from_secs(2);
    desk.run_to(10);
    let request = requests(&desk.commands())[0];
    let job = answer(&mut desk, request);
    desk.hear(placed(&job));
    assert_eq!(writes(&desk.take_effects()), 1);
}

#[test]
fn a_dialog_over_a_placed_picture_takes_it_away_and_it_comes_back() {
    let mut desk = Desk::with((120, 40), Protocol::Sixel, DARK, demo());
    desk.start();
    desk.run_to(5);
    let request = requests(&desk.commands())[0];
    let job = answer(&mut desk, request);
    desk.hear(placed(&job));
    let _ = desk.screen();
    desk.hear(Message::Output(OutputEvent::FrameWritten));
    desk.hear(Message::Output(OutputEvent::PictureWritten {
        tag: job.tag,
        bytes: 7,
        seconds: 0.01,
    }));
    desk.commands();
    desk.typed("?");
    assert!(desk.app.pictures.untouched().is_empty());
    desk.now += Duration::from_secs(2);
    assert!(requests(&desk.commands()).is_empty());
    desk.press(KeyCode::Esc);
    desk.now += Duration::from_secs(2);
    assert_eq!(requests(&desk.commands()).len(), 1);
}

#[test]
fn pictures_go_on_after_one_was_given_up_on_its_way() {
    // While it is drawn as text, and while it is written.
    for protocol in [Protocol::HalfBlocks, Protocol::Sixel] {
        let mut desk = Desk::with((120, 40), protocol, DARK, demo());
        desk.start();
        desk.run_to(5);
        let request = requests(&desk.commands())[0];
        let job = answer(&mut desk, request);
        if protocol == Protocol::Sixel {
            desk.hear(placed(&job));
            let _ = desk.screen();
            desk.hear(Message::Output(OutputEvent::FrameWritten));
        } else {
            desk.hear(painted(&job, 5));
        }
        desk.app.resize((100, 30), (8, 16));
        desk.app.pictures.forget();
        desk.hear(Message::Output(OutputEvent::PictureWritten {
            tag: job.tag,
            bytes: 7,
            seconds: 0.01,
        }));
        desk.hear(Message::Output(OutputEvent::FrameWritten));
        desk.now += Duration::from_secs(2);
        assert_eq!(requests(&desk.commands()).len(), 1, "{protocol:?}");
    }
}

#[test]
fn a_picture_for_an_older_view_is_not_shown() {
    let mut desk = Desk::with((120, 40), Protocol::Sixel, DARK, demo());
    desk.start();
    desk.run_to(5);
    let request = requests(&desk.commands())[0];
    let job = answer(&mut desk, request);
    desk.typed("m");
    desk.settle();
    desk.hear(placed(&job));
    let _ = desk.screen();
    desk.hear(Message::Output(OutputEvent::FrameWritten));
    assert_eq!(writes(&desk.take_effects()), 0);
}

#[test]
fn a_picture_that_the_engine_cannot_make_is_asked_for_again_when_something_changes() {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.run_to(5);
    assert_eq!(requests(&desk.commands()).len(), 1);
    desk.engine(Event::Refused {
        what: crate::engine::message::Refusal::Picture,
        error: crate::engine::EngineError::WorkerGone("no memory".to_owned()),
    });
    desk.now += Duration::from_secs(2);
    desk.typed("+");
    desk.now += Duration::from_secs(2);
    assert!(!requests(&desk.commands()).is_empty());
}

#[test]
fn the_content_needs_nothing_of_the_engine() {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.run_to(5);
    desk.show_picture();
    desk.take_effects();
    desk.typed("v");
    desk.now += Duration::from_secs(2);
    let effects = desk.take_effects();
    let jobs = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Encode(_)))
        .count();
    assert_eq!(jobs, 1, "{effects:?}");
}

#[test]
fn a_failed_run_still_shows_its_last_picture() {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.run_to(5);
    desk.take_effects();
    desk.engine(Event::Failed {
        candidates: [0].into(),
        error: crate::engine::EngineError::WorkerGone("gone".to_owned()),
        pictures: Some(crate::engine::message::Pictures {
            candidates: [0].into(),
            step: 5,
            pictures: vec![Arc::new(Rgb32FImage::new(64, 48))],
        }),
    });
    desk.typed("x");
    desk.now += Duration::from_secs(2);
    let effects = desk.take_effects();
    let job = effects.iter().find_map(|effect| match effect {
        Effect::Encode(job) => Some(job),
        _ => None,
    });
    assert!(
        job.is_some_and(|job| job.tiles[0].result.is_some()),
        "{effects:?}"
    );
}

#[test]
fn what_is_seen_is_said_in_fewer_words_where_there_is_no_room() {
    for (size, subject, old) in [
        ((80, 24), "difference", "snapshot 1/1"),
        ((100, 30), "difference", "snapshot 1/1"),
        ((60, 18), "difference", "snapshot 1/1"),
        ((200, 60), "difference step", "snapshot 1/1 of step 80"),
    ] {
        let mut desk = Desk::new(size);
        desk.start();
        desk.run_to(80);
        desk.show_picture();
        desk.engine(Event::Snapshot(crate::engine::message::Snapshot {
            number: 1,
            pictures: crate::engine::message::Pictures {
                candidates: [0].into(),
                step: 80,
                pictures: vec![Arc::new(Rgb32FImage::new(64, 48))],
            },
        }));
        desk.run_to(160);
        desk.typed("vvv");
        let top = |desk: &mut Desk| {
            let screen = desk.screen();
            let line = screen.lines().find(|line| line.contains("3 Picture"));
            line.unwrap().to_owned()
        };
        let line = top(&mut desk);
        assert!(line.contains(subject), "{size:?}: {line}");
        desk.typed("[");
        let line = top(&mut desk);
        assert!(line.contains(old), "{size:?}: {line}");
    }
}
