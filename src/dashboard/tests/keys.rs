//! What keys and the mouse do.

use terminput::{MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::dashboard::action::Panel;
use crate::dashboard::app::Exit;
use crate::dashboard::dialog::Dialog;
use crate::dashboard::message::{Done, Task};
use crate::dashboard::run_state::Phase;
use crate::engine::message::Snapshot;
use crate::preset::{Listed, Origin};

fn running() -> Desk {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.run_to(50);
    desk.take_effects();
    desk
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

#[test]
fn arrows_change_the_chosen_value_and_u_takes_it_back() {
    let mut desk = running();
    let before = desk.app.recipe.preset().content.weight;
    desk.press(KeyCode::Right);
    let sent = desk.sent_presets();
    assert_eq!(sent.len(), 1);
    assert!(
        sent[0].content.weight > before,
        "{}",
        sent[0].content.weight
    );
    assert_eq!(desk.app.recipe.changed_keys(), ["content.weight"]);
    desk.press_with(KeyCode::Right, KeyModifiers::SHIFT);
    assert!(desk.sent_presets()[0].content.weight > before * 1.5);
    desk.typed("uu");
    let sent = desk.sent_presets();
    assert!((sent.last().unwrap().content.weight - before).abs() < 1e-12);
    assert!(!desk.app.recipe.is_changed());
    desk.typed("u");
    assert!(desk.sent_presets().is_empty());
}

#[test]
fn a_typed_value_is_checked_before_it_counts() {
    let mut desk = running();
    desk.press(KeyCode::Enter);
    desk.press_with(KeyCode::Char('u'), KeyModifiers::CTRL);
    desk.typed("-3");
    desk.press(KeyCode::Enter);
    assert!(desk.sent_presets().is_empty());
    match &desk.app.dialog {
        Some(Dialog::Prompt(prompt)) => assert!(prompt.error.is_some()),
        other => panic!("{other:?}"),
    }
    desk.press_with(KeyCode::Char('u'), KeyModifiers::CTRL);
    desk.typed("0.7");
    desk.press(KeyCode::Enter);
    assert!(desk.app.dialog.is_none());
    assert!((desk.sent_presets()[0].content.weight - 0.7).abs() < 1e-12);
    desk.typed("R");
    assert!(!desk.app.recipe.is_changed());
}

#[test]
fn space_pauses_and_goes_on() {
    let mut desk = running();
    desk.typed(" ");
    assert!(matches!(desk.commands()[..], [Command::Pause, ..]));
    desk.engine(Event::Paused(50));
    desk.typed(" ");
    assert!(
        desk.commands()
            .iter()
            .any(|command| matches!(command, Command::Resume))
    );
}

#[test]
fn leaving_asks_and_saves() {
    let mut desk = running();
    desk.typed("q");
    assert!(matches!(desk.app.dialog, Some(Dialog::Quit(_))));
    assert!(desk.app.exit.is_none());
    desk.press(KeyCode::Enter);
    let stops = desk
        .commands()
        .iter()
        .any(|command| matches!(command, Command::Stop));
    assert!(stops);
    desk.engine(Event::Ended {
        reason: EndReason::Stopped,
        pictures: crate::engine::message::Pictures {
            candidates: [0].into(),
            step: 50,
            pictures: vec![Arc::new(Rgb32FImage::new(4, 4))],
        },
        seconds: 5.0,
    });
    let effects = desk.take_effects();
    let saves = effects
        .iter()
        .any(|effect| matches!(effect, Effect::Task(Task::Save(saving)) if saving.is_result));
    assert!(saves, "{effects:?}");
    // Not before the file is there.
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Leave)));
    desk.hear(Message::Done(Box::new(Done::Saved {
        candidate: 0,
        is_result: true,
        result: Ok(crate::dashboard::setup::Saved {
            path: "out.png".into(),
            summary: "wrote out.png".to_owned(),
        }),
    })));
    assert!(
        desk.take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Leave))
    );
    assert_eq!(desk.app.farewell().lines, ["wrote out.png"]);
}

#[test]
fn leaving_without_saving_saves_nothing_and_going_on_goes_on() {
    let mut desk = running();
    desk.typed("qg");
    assert!(desk.app.dialog.is_none() && desk.app.exit.is_none());
    desk.typed("qd");
    assert_eq!(desk.app.exit, Some(Exit::Now));
    let effects = desk.take_effects();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Leave)));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Task(Task::Save(_))))
    );
}

#[test]
fn a_finished_run_is_saved_stays_open_and_takes_more_steps() {
    let mut desk = running();
    desk.finish();
    let effects = desk.take_effects();
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Task(Task::Save(_))))
    );
    assert!(desk.app.exit.is_none());
    desk.typed("a");
    desk.press_with(KeyCode::Char('u'), KeyModifiers::CTRL);
    desk.typed("50");
    desk.press(KeyCode::Enter);
    let sent = desk.sent_presets();
    assert_eq!(sent[0].schedule.steps, 250);
}

/// 30 steps at half the size come before 200 at the full one.
#[test]
fn steps_at_smaller_sizes_count_as_well() {
    let mut loaded = demo();
    let half = loaded.preset.image.size / 2;
    loaded.preset.scales.start = half;
    loaded.preset.scales.factor = 2.0;
    loaded.preset.scales.steps = vec![30];
    let mut desk = Desk::with((120, 40), Protocol::HalfBlocks, DARK, loaded);
    desk.start();
    desk.run_to(50);
    let screen = desk.screen();
    assert!(screen.contains("step 50/230"), "{screen}");
    for more in ["20", "0"] {
        desk.typed("a");
        let Some(Dialog::Prompt(prompt)) = &desk.app.dialog else {
            panic!("no question");
        };
        assert_eq!(prompt.input.value(), desk.app.recipe.steps().to_string());
        desk.typed(more);
        desk.press(KeyCode::Enter);
    }
    let sent = desk.sent_presets();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].schedule.steps, 220);
    desk.finish();
    desk.typed(" ");
    desk.typed("5");
    desk.press(KeyCode::Enter);
    assert_eq!(desk.sent_presets()[0].total_steps(), 255);
}

#[test]
fn snapshots_are_looked_at_and_gone_back_to() {
    let mut desk = running();
    desk.typed("[");
    assert!(desk.app.timeline.chosen().is_none());
    desk.engine(snapshot(1, 10));
    desk.engine(snapshot(2, 30));
    desk.typed("[[");
    assert_eq!(desk.app.timeline.chosen().map(|kept| kept.step), Some(10));
    desk.commands();
    desk.typed("g");
    let commands = desk.commands();
    assert!(
        matches!(
            commands[..],
            [Command::Snapshot, Command::GoBack { snapshot: 1 }, ..]
        ),
        "{commands:?}"
    );
    desk.engine(Event::WentBack {
        candidates: [0].into(),
        snapshot: 1,
        step: 10,
    });
    assert_eq!(desk.app.run.step, 10);
    assert!(desk.app.timeline.chosen().is_none());
    assert_eq!(
        desk.app.run.history.steps().map(|steps| *steps.end()),
        Some(9)
    );
}

#[test]
fn the_picture_is_saved_once_the_engine_has_sent_it() {
    let mut desk = running();
    desk.typed("s");
    let effects = desk.take_effects();
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Task(Task::Save(_))))
    );
    desk.engine(snapshot(5, 50));
    let saved = desk
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Task(Task::Save(saving)) => Some(saving),
            _ => None,
        });
    let saving = saved.unwrap();
    assert_eq!((saving.pictures.step, saving.is_result), (50, false));
}

#[test]
fn enter_applies_a_preset_and_shows_what_is_wrong_with_a_broken_one() {
    let mut desk = running();
    let broken = preset::from_toml("nonsense = 1\n", "broken.toml").unwrap_err();
    let listed = |name: &str, description| Listed {
        name: name.to_owned(),
        origin: Origin::BuiltIn,
        description,
    };
    desk.hear(Message::Done(Box::new(Done::Listed(vec![
        listed("broken", Err(broken)),
        listed("demo", Ok("the demo".to_owned())),
        listed("gatys", Ok("the paper".to_owned())),
    ]))));
    desk.typed("5");
    assert_eq!(desk.app.cursor(Panel::Presets).chosen, 1);
    desk.press(KeyCode::Up);
    desk.press(KeyCode::Enter);
    assert!(
        matches!(&desk.app.dialog, Some(Dialog::Text(_, text, _)) if text.contains("nonsense"))
    );
    desk.press(KeyCode::Esc);
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Enter);
    let loads = desk
        .take_effects()
        .into_iter()
        .any(|effect| matches!(effect, Effect::Task(Task::Load { name, .. }) if name == "gatys"));
    assert!(loads);
}

#[test]
fn a_refused_preset_is_taken_back() {
    let mut desk = running();
    let before = desk.app.recipe.preset().clone();
    desk.press(KeyCode::Right);
    assert_ne!(*desk.app.recipe.preset(), before);
    desk.engine(Event::PresetRefused {
        candidate: 0,
        preset: Box::new(desk.app.recipe.preset().clone()),
        error: crate::engine::EngineError::WorkerGone("no memory for this".to_owned()),
    });
    assert_eq!(*desk.app.recipe.preset(), before);
    assert!(desk.screen().contains("no memory for this"));
}

#[test]
fn the_mouse_chooses_panels_lines_and_drags_borders() {
    let mut desk = running();
    let mut mouse = |kind, column, row| {
        desk.hear(Message::Input(Input::Event(Typed::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers: KeyModifiers::NONE,
        }))));
        (desk.app.focus, desk.app.areas().groups[0].area.width)
    };
    let down = MouseEventKind::Down(MouseButton::Left);
    assert_eq!(mouse(down, 10, 5).0, Panel::Losses);
    let (_, width) = mouse(MouseEventKind::Up(MouseButton::Left), 10, 5);
    mouse(down, width - 1, 10);
    let (_, wider) = mouse(MouseEventKind::Drag(MouseButton::Left), width + 9, 10);
    assert_eq!(wider, width + 10);
    mouse(MouseEventKind::Up(MouseButton::Left), width + 9, 10);
    let area = desk.app.areas().group_of(Panel::Parameters).unwrap().area;
    desk.hear(Message::Input(Input::Event(Typed::Mouse(MouseEvent {
        kind: down,
        column: area.x + 3,
        row: area.y + 3,
        modifiers: KeyModifiers::NONE,
    }))));
    assert_eq!(desk.app.focus, Panel::Parameters);
    assert_eq!(desk.app.cursor(Panel::Parameters).chosen, 2);
}

#[test]
fn a_signal_stops_and_saves() {
    let mut desk = running();
    desk.hear(Message::Signal(crate::terminal::signals::Signal::Terminate));
    assert_eq!(desk.app.exit, Some(Exit::Saving));
    assert!(
        desk.commands()
            .iter()
            .any(|command| matches!(command, Command::Stop))
    );
    assert!(desk.app.farewell().interrupted);
}

#[test]
fn the_help_scrolls_no_further_than_it_goes() {
    let mut desk = running();
    desk.typed("?");
    desk.press(KeyCode::End);
    desk.press(KeyCode::Down);
    desk.press(KeyCode::PageDown);
    desk.press(KeyCode::Up);
    assert!(matches!(desk.app.dialog, Some(Dialog::Help(first)) if first < 200));
}

#[test]
fn the_picture_of_a_failed_run_is_saved_on_leaving() {
    let mut desk = running();
    desk.engine(Event::Failed {
        candidates: [0].into(),
        error: crate::engine::EngineError::WorkerGone("gone".to_owned()),
        pictures: Some(crate::engine::message::Pictures {
            candidates: [0].into(),
            step: 40,
            pictures: vec![Arc::new(Rgb32FImage::new(4, 4))],
        }),
    });
    desk.take_effects();
    desk.typed("qs");
    let effects = desk.take_effects();
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Task(Task::Save(_)))),
        "{effects:?}"
    );
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Leave)));
}

#[test]
fn a_pause_that_nobody_can_end_is_ended() {
    let mut desk = running();
    desk.typed(" ");
    desk.hear(Message::Signal(crate::terminal::signals::Signal::HangUp));
    desk.commands();
    desk.engine(Event::Paused(51));
    assert!(matches!(desk.commands()[..], [Command::Resume]));
}

#[test]
fn a_result_is_saved_once() {
    let mut desk = running();
    desk.finish();
    desk.take_effects();
    desk.typed("q");
    desk.press(KeyCode::Enter);
    let effects = desk.take_effects();
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Task(Task::Save(_)))),
        "{effects:?}"
    );
}

#[test]
fn what_waits_for_a_restart_is_not_recorded_as_if_it_counted() {
    let mut desk = running();
    let in_force = desk.app.recipe.preset().clone();
    let mut asked = in_force.clone();
    asked.schedule.seed = 7;
    desk.engine(Event::PresetChanged {
        candidate: 0,
        step: 50,
        changes: preset::diff(&in_force, &asked),
        preset: Box::new(asked),
        in_force: Box::new(in_force),
    });
    assert!(desk.app.waits_for_restart);
    desk.typed("s");
    desk.engine(snapshot(5, 50));
    let saving = desk
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Task(Task::Save(saving)) => Some(saving),
            _ => None,
        });
    let saving = saving.unwrap();
    assert_eq!(saving.loaded.preset.schedule.seed, 0);
    assert!(saving.changes.is_empty());
}

#[test]
fn a_fetching_that_is_broken_off_leaves_no_trace() {
    let mut desk = running();
    desk.engine(Event::Paused(50));
    let fetching = Fetching::of("vgg19");
    desk.engine(Event::Preparing(Stage::Fetching(fetching)));
    // The person takes the change back: only this comes of it.
    let in_force = Box::new(desk.app.recipe.preset().clone());
    desk.engine(Event::PresetChanged {
        candidate: 0,
        step: 50,
        changes: Vec::new(),
        preset: in_force.clone(),
        in_force,
    });
    assert_eq!(desk.app.run.phase(), Phase::Paused);
    desk.commands();
    desk.typed(" ");
    assert!(matches!(desk.commands()[..], [Command::Resume]));
}

#[test]
fn without_a_terminal_the_run_goes_on_to_its_end() {
    let mut desk = running();
    desk.engine(Event::Paused(50));
    desk.commands();
    desk.hear(Message::Signal(crate::terminal::signals::Signal::HangUp));
    assert!(desk.app.exit.is_none() && desk.app.unseen);
    assert!(matches!(desk.commands()[..], [Command::Resume]));
    desk.engine(Event::Resumed(50));
    desk.finish();
    let effects = desk.take_effects();
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Task(Task::Save(_))))
    );
    desk.hear(Message::Done(Box::new(Done::Saved {
        candidate: 0,
        is_result: true,
        result: Err("the disk is full".to_owned()),
    })));
    assert!(
        desk.take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Leave))
    );
    assert_eq!(
        desk.app.farewell().failure.as_deref(),
        Some("the disk is full")
    );
}
