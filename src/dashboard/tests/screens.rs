//! Whole screens, compared with the files in `tests/screens`. `UPDATE=1` writes them anew; look at the
//! difference before it is kept.

use std::path::PathBuf;

use super::*;
use crate::preset::{Change, ChangeClass};

pub(super) fn check(name: &str, desk: &mut Desk) {
    let screen = desk.screen();
    let path = PathBuf::from(format!("tests/screens/{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all("tests/screens").unwrap();
        std::fs::write(&path, &screen).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        screen == expected,
        "{} differs; UPDATE=1 writes it anew. It is now:\n{screen}",
        path.display()
    );
}

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

#[test]
fn while_the_network_is_fitted() {
    let mut desk = Desk::new((80, 24));
    desk.engine(Event::Preparing(Stage::Fitting));
    check("fitting-80x24", &mut desk);
}

#[test]
fn while_weights_are_fetched() {
    let mut desk = Desk::new((80, 24));
    let fetching = |done_bytes: u64, waiting: Option<&str>| {
        Event::Preparing(Stage::Fetching(Fetching {
            network: "vgg19".to_owned(),
            from: "https://example.org/timm/vgg19.tv_in1k".to_owned(),
            done_bytes,
            total_bytes: 51_900_000,
            whole_bytes: 574_673_361,
            waiting: waiting.map(str::to_owned),
        }))
    };
    for second in 0..6 {
        desk.engine(fetching(second * 4_000_000, None));
        desk.now += Duration::from_secs(1);
    }
    desk.app.tick(desk.now);
    check("fetching-80x24", &mut desk);
    desk.engine(fetching(
        20_000_000,
        Some("the connection was cut; trying again in 2 s"),
    ));
    let screen = desk.screen();
    assert!(screen.contains("cut; trying again in 2 s"), "{screen}");
    let said = desk.app.events.take_fresh().join("\n");
    assert_eq!(
        said.matches("fetching the weights of vgg19").count(),
        1,
        "{said}"
    );
    desk.start();
    let screen = desk.screen();
    assert!(!screen.contains("20.0 MB of"), "{screen}");
}

#[test]
fn running_at_every_size() {
    for size in SIZES {
        let mut desk = Desk::new(size);
        desk.start();
        desk.run_to(80);
        desk.show_picture();
        desk.engine(Event::PresetChanged {
            candidate: 0,
            step: 40,
            changes: vec![Change {
                key: "style.weight".to_owned(),
                old: "1.0".to_owned(),
                new: "2.0".to_owned(),
                class: ChangeClass::Live,
            }],
            preset: Box::new(demo().preset),
            in_force: Box::new(demo().preset),
        });
        check(&format!("running-{}x{}", size.0, size.1), &mut desk);
    }
}

#[test]
fn paused_finished_and_failed() {
    let mut desk = Desk::new((80, 24));
    desk.start();
    desk.run_to(30);
    desk.engine(Event::Paused(30));
    check("paused-80x24", &mut desk);
    desk.engine(Event::Resumed(30));
    desk.finish();
    desk.typed("6");
    check("finished-80x24", &mut desk);

    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.run_to(30);
    desk.engine(Event::Failed {
        candidates: [0].into(),
        error: crate::engine::EngineError::WorkerGone("out of memory".to_owned()),
        pictures: None,
    });
    check("failed-120x40", &mut desk);
}

#[test]
fn dialogs() {
    let mut desk = Desk::new((80, 24));
    desk.start();
    desk.run_to(30);
    desk.press(KeyCode::Char('?'));
    check("help-80x24", &mut desk);
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Char('q'));
    check("quit-80x24", &mut desk);
    desk.press(KeyCode::Esc);
    desk.typed("4");
    desk.press(KeyCode::Enter);
    desk.typed("x");
    desk.press(KeyCode::Enter);
    check("typing-80x24", &mut desk);
}

#[test]
fn one_panel_on_the_whole_screen() {
    let mut desk = Desk::new((80, 24));
    desk.start();
    desk.run_to(150);
    desk.typed("1m");
    check("loss-maximised-80x24", &mut desk);
    desk.typed("2");
    check("layers-maximised-80x24", &mut desk);
}

#[test]
fn too_small_a_terminal_says_so() {
    let mut desk = Desk::new((59, 15));
    desk.start();
    desk.run_to(30);
    check("too-small-59x15", &mut desk);
}
