//! A run of another program on the screen.

use super::*;
use crate::dashboard::app::Exit;
use crate::dashboard::message::{Done, Task, Why};
use crate::engine::EngineError;
use crate::engine::message::{Refusal, Snapshot};
use crate::preset::{Change, ChangeClass, Origin};
use crate::record::folder::description::State;
use crate::record::folder::follow::{Sight, Sighting};
use crate::record::folder::steering::Steered;

fn watched(size: (u16, u16)) -> (Desk, Sighting) {
    let sighting = Sighting::default();
    let watching = Watching {
        id: "k3f9".to_owned(),
        preset: "demo".to_owned(),
        sighting: sighting.clone(),
        no_content: None,
        no_style: Some("the style picture is not here: /gone/starry-night.jpg".to_owned()),
    };
    let mut desk = Desk::watching(size, Some(watching));
    sighting.put(Sight {
        is_held: Some(true),
        wrote: Some(desk.now),
        ..Sight::default()
    });
    desk.start();
    desk.run_to(80);
    (desk, sighting)
}

fn snapshot(number: u64, step: u64) -> Event {
    Event::Snapshot(Snapshot {
        number,
        pictures: crate::engine::message::Pictures {
            candidates: [0].into(),
            step,
            pictures: vec![Arc::new(Rgb32FImage::new(64, 48))],
        },
    })
}

fn sight(desk: &mut Desk, sighting: &Sighting, state: State, silent_seconds: u64) {
    sighting.put(Sight {
        state,
        is_held: Some(state == State::Running),
        wrote: Some(desk.now),
        ..Sight::default()
    });
    desk.now += Duration::from_secs(silent_seconds);
    desk.settle();
}

#[test]
fn while_it_runs_and_after_it_was_killed() {
    let (mut desk, sighting) = watched((80, 24));
    desk.engine(snapshot(1, 75));
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
    screens::check("watching-80x24", &mut desk);
    sight(&mut desk, &sighting, State::Killed, 300);
    desk.typed("6");
    desk.now += Duration::from_secs(10);
    screens::check("watching-killed-80x24", &mut desk);
}

#[test]
fn leaving_asks_nothing_and_stops_nothing() {
    for key in ["q", "ctrl-c"] {
        let (mut desk, _) = watched((120, 40));
        desk.take_effects();
        if key == "q" {
            desk.typed("q");
        } else {
            desk.press_with(KeyCode::Char('c'), KeyModifiers::CTRL);
        }
        let effects = desk.take_effects();
        assert!(desk.app.dialog.is_none());
        assert_eq!(desk.app.exit, Some(Exit::Now));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Leave)));
        assert!(!effects.iter().any(|effect| {
            matches!(
                effect,
                Effect::Engine(Command::Stop) | Effect::Task(Task::Save(_))
            )
        }));
    }
}

#[test]
fn what_only_its_own_terminal_can_do_is_said_and_not_asked_for() {
    let (mut desk, _) = watched((120, 40));
    desk.engine(snapshot(1, 75));
    desk.take_effects();
    for (key, words) in [
        (" ", "its own terminal can pause it"),
        ("r", "its own terminal can begin it again"),
        ("g", "its own terminal can go back"),
        ("d", "what its own dashboard measures"),
        ("t", "it keeps snapshots by itself"),
        ("w", "is written into the run's preset.toml"),
    ] {
        desk.typed(key);
        let screen = desk.screen();
        assert!(screen.contains(words), "{key}: {screen}");
    }
    desk.now += Duration::from_secs(60);
    let asked = desk.commands();
    assert!(
        asked
            .iter()
            .all(|command| matches!(command, Command::RequestPicture(_))),
        "{asked:?}"
    );
}

#[test]
fn its_end_is_shown_and_saves_nothing() {
    let (mut desk, sighting) = watched((120, 40));
    desk.engine(snapshot(1, 75));
    desk.take_effects();
    desk.engine(Event::Ended {
        reason: EndReason::Completed,
        pictures: crate::engine::message::Pictures {
            candidates: [0].into(),
            step: 80,
            pictures: Vec::new(),
        },
        seconds: 8.0,
    });
    sight(&mut desk, &sighting, State::Completed, 1);
    let saves = |desk: &mut Desk| -> Vec<u64> {
        let effects = desk.take_effects().into_iter();
        effects
            .filter_map(|effect| match effect {
                Effect::Task(Task::Save(saving)) => Some(saving.pictures.step),
                _ => None,
            })
            .collect()
    };
    assert!(saves(&mut desk).is_empty());
    let screen = desk.screen();
    assert!(
        screen.contains("watching k3f9") && screen.contains("✓ completed"),
        "{screen}"
    );
    desk.typed("s");
    assert_eq!(saves(&mut desk), [75], "the newest that there is");
    desk.engine(snapshot(2, 80));
    desk.typed("s");
    assert_eq!(saves(&mut desk), [80]);
    desk.typed("[[s");
    assert_eq!(saves(&mut desk), [75], "the one that is looked at");
}

#[test]
fn keys_ask_by_the_preset_file_and_its_answer_counts() {
    let (mut desk, _) = watched((120, 40));
    let before = desk.app.recipe.preset().clone();
    desk.press(KeyCode::Right);
    let sent = desk.sent_presets();
    assert!(sent[0].content.weight > before.content.weight);
    // The file is read while the answer is under way: what was turned is not turned back.
    desk.take_effects();
    let loaded = |preset: &preset::Preset| Loaded {
        name: "preset".to_owned(),
        origin: Origin::File("runs/x/preset.toml".into()),
        preset: preset.clone(),
        files: vec![],
    };
    let read = |preset: &preset::Preset| {
        Message::Done(Box::new(Done::Loaded {
            why: Why::Changed,
            result: Ok(Box::new(loaded(preset))),
        }))
    };
    desk.hear(read(&before));
    assert_eq!(desk.app.recipe.preset(), &sent[0]);
    desk.engine(Event::PresetChanged {
        candidate: 0,
        step: 90,
        changes: vec![],
        preset: Box::new(sent[0].clone()),
        in_force: Box::new(sent[0].clone()),
    });
    desk.hear(read(&sent[0]));
    assert!(!desk.app.recipe.is_changed());
    assert_eq!(desk.app.recipe.loaded().name, "demo", "as the run calls it");
    assert!(desk.sent_presets().is_empty());
    // Refused: back to what the file says.
    desk.press(KeyCode::Right);
    let wanted = desk.sent_presets().remove(0);
    desk.engine(Event::PresetRefused {
        candidate: 0,
        preset: Box::new(wanted),
        error: EngineError::Elsewhere("the run is over".to_owned()),
    });
    assert_eq!(desk.app.recipe.preset(), &sent[0]);
    let screen = desk.screen();
    assert!(screen.contains("not taken up: the run is over"), "{screen}");
    desk.engine(Event::Refused {
        what: Refusal::Preset,
        error: EngineError::Elsewhere("preset.toml:3:1: unknown field".to_owned()),
    });
    let screen = desk.screen();
    assert!(screen.contains("not taken up: preset.toml:3:1"), "{screen}");
}

#[test]
fn a_picture_that_is_not_here_is_said_to_be_missing() {
    let (mut desk, _) = watched((120, 40));
    desk.engine(snapshot(1, 75));
    desk.show_picture();
    desk.typed("vv");
    let screen = desk.screen();
    assert!(
        screen.contains("the style picture is not here: /gone"),
        "{screen}"
    );
    desk.typed("v");
    let screen = desk.screen();
    assert!(!screen.contains("not here"), "{screen}");
}

#[test]
fn what_is_saved_in_the_folder_of_ones_own_run_is_an_override() {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.run_to(20);
    desk.take_effects();
    let wanted = preset::load("demo", &["style.weight=3.5".parse().unwrap()]).unwrap();
    desk.hear(Message::Steered {
        candidate: 0,
        steered: Steered::Changed {
            settings: preset::settings(&demo().preset, &wanted.preset),
            preset: Box::new(wanted.preset),
        },
    });
    let sent = desk.sent_presets();
    assert_eq!(sent.len(), 1);
    assert!((sent[0].style.weight - 3.5).abs() < 1e-12);
    assert_eq!(desk.app.recipe.changed_keys(), ["style.weight"]);
    let screen = desk.screen();
    assert!(
        screen.contains("from the run's folder: style.weight"),
        "{screen}"
    );
    desk.typed("u");
    assert!((desk.sent_presets()[0].style.weight - 1.0).abs() < 1e-12);
    desk.hear(Message::Steered {
        candidate: 0,
        steered: Steered::Refused("preset.toml:2:1: no".to_owned()),
    });
    assert!(desk.sent_presets().is_empty());
    let screen = desk.screen();
    assert!(screen.contains("not taken up: preset.toml:2:1"), "{screen}");
}

#[test]
fn the_help_lists_only_keys_that_do_something() {
    let (mut desk, _) = watched((120, 60));
    desk.press(KeyCode::Char('?'));
    let screen = desk.screen();
    for words in ["leave; the run goes on", "the same", "scroll further"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    for words in [
        "you are asked how",
        "twice",
        "pause, go on",
        "begin again from",
        "go on from the snapshot",
        "keep a snapshot",
        "measure each term",
    ] {
        assert!(!screen.contains(words), "{words}: {screen}");
    }
}
