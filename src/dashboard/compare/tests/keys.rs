//! What keys and the mouse do.

use terminput::{MouseButton, MouseEvent, MouseEventKind, ScrollDirection};

use super::*;
use crate::dashboard::compare::Looking;
use crate::dashboard::compare::chart::Measure;
use crate::dashboard::compare::dialog::{Dialog, PromoteForm};
use crate::dashboard::compare::layout::Panel;
use crate::dashboard::dialog::{Prompt, Purpose};
use crate::engine::message::{Snapshot, Whose};

fn running() -> Table {
    let mut table = Table::new((120, 40));
    table.start();
    table.run_to(50);
    table.take_effects();
    table
}

fn mouse(table: &mut Table, kind: MouseEventKind, (column, row): (u16, u16)) {
    table.hear(Message::Input(Input::Event(Typed::Mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    }))));
}

#[test]
fn arrows_and_numbers_choose() {
    let mut table = running();
    table.press(KeyCode::Right);
    assert_eq!(table.compare().chosen, 1);
    // Two columns: the third is below the first, and nothing is below the second.
    table.press(KeyCode::Down);
    assert_eq!(table.compare().chosen, 1);
    table.press(KeyCode::Left);
    table.press(KeyCode::Down);
    assert_eq!(table.compare().chosen, 2);
    table.press(KeyCode::Up);
    assert_eq!(table.compare().chosen, 0);
    table.typed("3");
    assert_eq!(table.compare().chosen, 2);
    table.typed("9");
    assert_eq!(table.compare().chosen, 2);
    assert!(table.screen().contains("there is no candidate 9"));
}

#[test]
fn two_are_picked_and_seen_beside_each_other_and_divided() {
    let mut table = running();
    table.press(KeyCode::Enter);
    table.typed("3");
    table.press(KeyCode::Enter);
    assert_eq!(table.compare().pair, [Some(0), Some(2)]);
    table.typed("b");
    assert_eq!(table.compare().looking, Looking::Beside);
    table.typed("v");
    assert_eq!(table.compare().looking, Looking::Split);
    let before = table.compare().view.split;
    table.typed("<");
    assert!(table.compare().view.split < before);
    table.typed("+");
    table.show_pictures();
    let before = table.compare().view.centre;
    table.press(KeyCode::Right);
    assert!(table.compare().view.centre.0 > before.0);
    table.press(KeyCode::Esc);
    assert_eq!(table.compare().looking, Looking::Grid);
    // Again puts it back.
    table.press(KeyCode::Enter);
    assert_eq!(table.compare().pair, [Some(0), None]);
}

#[test]
fn the_engine_is_asked_for_the_two_only() {
    let mut table = running();
    table.show_pictures();
    table.typed("2v");
    table.now += Duration::from_secs(1);
    let asked: Vec<PictureRequest> = table
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Engine(Command::RequestPicture(request)) => Some(request),
            _ => None,
        })
        .collect();
    assert_eq!(
        asked.last().map(|request| request.of),
        Some(Whose::Two(0, 1))
    );
    assert!(asked.last().unwrap().region.is_some());
}

#[test]
fn numbers_change_who_is_seen_alone() {
    let mut table = running();
    table.typed("f");
    assert_eq!(table.compare().looked_at(), [Some(0), None]);
    table.typed("2");
    assert_eq!(table.compare().looked_at(), [Some(1), None]);
    assert!(table.screen().contains("alone"));
    table.typed("f");
    assert_eq!(table.compare().looking, Looking::Grid);
    table.typed("x");
    assert_eq!(table.compare().looking, Looking::Alone);
}

#[test]
fn dropping_asks_and_frees_the_place() {
    let mut table = running();
    table.typed("2d");
    assert!(matches!(table.compare().dialog, Some(Dialog::Drop(1))));
    table.typed("n");
    assert!(table.commands().is_empty());
    table.typed("dy");
    assert!(matches!(
        table.commands()[..],
        [Command::Drop { candidate: 1 }]
    ));
    table.engine(Event::Dropped {
        candidate: 1,
        pictures: pictures(&[1], 50),
    });
    assert_eq!(table.numbers(), [0, 2]);
    assert_eq!(table.compare().chosen, 2);
    // Its curve and its column stay.
    assert!(table.screen().contains("2 demo-strong"));
    table.engine(Event::Dropped {
        candidate: 0,
        pictures: pictures(&[0], 50),
    });
    table.typed("d");
    assert!(table.compare().dialog.is_none());
    assert!(table.screen().contains("the last one cannot be dropped"));
}

#[test]
fn the_others_are_compared_with_the_first_that_is_left() {
    let mut table = running();
    table.engine(Event::Dropped {
        candidate: 0,
        pictures: pictures(&[0], 50),
    });
    let third = table.compare().candidate(2).unwrap();
    assert!(
        third
            .differences
            .iter()
            .any(|change| change.key == "style.weight" && change.old == "4.0")
    );
}

/// A larger picture has one more size before its own: 30 steps more that are not made at the full one.
#[test]
fn steps_of_one_that_is_promoted_are_those_of_all_its_sizes() {
    let pyramid = given(
        0,
        "pyramid",
        &[
            ("image.size", "256"),
            ("scales.start", "128"),
            ("scales.factor", "2.0"),
            ("scales.steps", "[30]"),
        ],
    );
    let preset = pyramid.loaded.preset;
    let mut form = PromoteForm::new(0, &preset, (640, 480));
    assert_eq!(form.steps.input.value(), "460");
    let mut steps = |size: &str, steps: &str| {
        form.size = Prompt::new(Purpose::MoreSteps, size.to_owned());
        form.steps = Prompt::new(Purpose::MoreSteps, steps.to_owned());
        let overrides = form.overrides(&preset).unwrap();
        assert_eq!(overrides[0].key, "schedule.steps");
        overrides[0].value.clone()
    };
    assert_eq!(steps("256", "300"), "270");
    assert_eq!(steps("512", "300"), "240");
    assert_eq!(steps("512", "7"), "1");
}

#[test]
fn one_is_promoted_and_its_dashboard_takes_over() {
    let mut table = running();
    table.typed("2p");
    let Some(Dialog::Promote(form)) = &table.compare().dialog else {
        panic!("no form");
    };
    assert_eq!(form.size.input.value(), "640");
    assert_eq!(form.steps.input.value(), "400");
    table.press_with(KeyCode::Char('u'), KeyModifiers::CTRL);
    table.typed("0");
    table.press(KeyCode::Enter);
    assert!(table.desk.alone().is_none(), "0 is no size");
    table.press_with(KeyCode::Char('u'), KeyModifiers::CTRL);
    table.typed("512");
    table.press(KeyCode::Tab);
    table.typed("300");
    table.press(KeyCode::Enter);
    let commands = table.commands();
    let dropped: Vec<usize> = commands
        .iter()
        .filter_map(|command| match command {
            Command::Drop { candidate } => Some(*candidate),
            _ => None,
        })
        .collect();
    assert_eq!(dropped, [0, 2]);
    let changed = commands.iter().find_map(|command| match command {
        Command::ChangePreset { candidate, preset } => Some((candidate, preset)),
        _ => None,
    });
    let (candidate, preset) = changed.unwrap();
    assert_eq!((*candidate, preset.schedule.steps), (1, 300));
    assert_eq!(preset.image.size, 512);
    let app = table.desk.alone().unwrap();
    assert_eq!(app.run.step, 50);
    assert!(app.run.history.steps().is_some());
    // What is said of the others is none of its business.
    table.engine(Event::Dropped {
        candidate: 0,
        pictures: pictures(&[0], 50),
    });
    table.engine(Table::started(&[2], 0));
    assert_eq!(table.desk.alone().unwrap().run.step, 50);
    table.engine(Table::started(&[1], 50));
    let preset = table.desk.alone().unwrap().recipe.preset().clone();
    table.engine(Event::PresetChanged {
        candidate: 1,
        step: 50,
        changes: Vec::new(),
        in_force: Box::new(preset.clone()),
        preset: Box::new(preset),
    });
    let screen = table.screen();
    assert!(
        screen.contains("4 Parameters") && screen.contains("step 50/300"),
        "{screen}"
    );
    table.engine(ended(&[1], 300, EndReason::Completed));
    let saved = table
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Task(crate::dashboard::message::Task::Save(saving)) => Some(saving),
            _ => None,
        });
    let saving = saved.unwrap();
    assert_eq!((saving.candidate, saving.is_result), (1, true));
    let farewell = table.desk.farewell();
    assert_eq!(farewell.promoted, Some(1));
    assert!(
        farewell
            .lines
            .contains(&"1 demo: dropped at step 50".to_owned())
    );
}

#[test]
fn space_pauses_all_and_goes_on() {
    let mut table = running();
    table.typed(" ");
    assert!(matches!(table.commands()[..], [Command::Pause]));
    table.engine(Event::Paused(50));
    assert!(table.screen().contains("paused"));
    table.typed(" ");
    assert!(matches!(table.commands()[..], [Command::Resume]));
}

#[test]
fn the_chosen_picture_is_saved_once_the_engine_has_sent_it() {
    use crate::dashboard::message::Task;
    let mut table = running();
    table.typed("2s");
    let saves = |table: &mut Table| -> Vec<(usize, bool)> {
        table
            .take_effects()
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Task(Task::Save(saving)) => Some((saving.candidate, saving.is_result)),
                _ => None,
            })
            .collect()
    };
    assert!(saves(&mut table).is_empty());
    // Another lane's.
    table.engine(Event::Snapshot(Snapshot {
        number: 1,
        pictures: pictures(&[0], 50),
    }));
    assert!(saves(&mut table).is_empty());
    table.engine(Event::Snapshot(Snapshot {
        number: 2,
        pictures: pictures(&[1, 2], 50),
    }));
    assert_eq!(saves(&mut table), [(1, false)]);
}

#[test]
fn the_preset_of_the_chosen_one_is_edited() {
    let mut table = running();
    table.typed("2e");
    assert!(
        table.take_effects().iter().any(
            |effect| matches!(effect, Effect::Edit(path) if path.ends_with("demo-strong.toml"))
        )
    );
}

#[test]
fn the_curves_are_those_of_style_content_or_total() {
    let mut table = running();
    assert!(table.screen().contains("style, ≠ is measured otherwise"));
    table.typed("k");
    assert_eq!(table.compare().measure, Measure::Content);
    assert!(table.screen().contains("content, unweighted, log"));
    table.typed("kln");
    assert_eq!(table.compare().measure, Measure::Total);
    let screen = table.screen();
    assert!(
        screen.contains("weighted otherwise: no comparison"),
        "{screen}"
    );
    table.typed("i");
    let screen = table.screen();
    assert!(screen.lines().any(|line| line.ends_with("s│")), "{screen}");
}

#[test]
fn totals_under_the_same_weights_can_be_compared() {
    let given = vec![
        given(0, "a", &[]),
        given(1, "b", &[("optimizer.learning_rate", "0.5")]),
    ];
    let mut table = Table::with((120, 40), Protocol::HalfBlocks, DARK, given);
    table.start();
    table.run_to(20);
    table.typed("kk");
    assert!(table.screen().contains("total, weighted, log"));
}

#[test]
fn the_mouse_chooses_pictures_and_columns_and_turns_the_wheel() {
    let mut table = running();
    table.show_pictures();
    let places = table.compare().places();
    let middle = |tile: Rect| (tile.x + tile.width / 2, tile.y + tile.height / 2);
    let down = MouseEventKind::Down(MouseButton::Left);
    mouse(&mut table, down, middle(places[1].tile));
    assert_eq!(table.compare().chosen, 1);
    mouse(&mut table, down, middle(places[1].tile));
    assert_eq!(table.compare().looking, Looking::Alone);
    let wheel = MouseEventKind::Scroll(ScrollDirection::Up);
    let before = table.compare().view.zoom;
    mouse(&mut table, wheel, middle(places[0].tile));
    assert_ne!(table.compare().view.zoom, before);
    table.press(KeyCode::Esc);
    let wheel = MouseEventKind::Scroll(ScrollDirection::Down);
    mouse(&mut table, wheel, middle(places[0].tile));
    assert_eq!(table.compare().chosen, 2);
    let area = table.compare().inner(Panel::Differences).unwrap();
    mouse(&mut table, down, (area.x + 26, area.y));
    assert_eq!(table.compare().chosen, 0);
    assert_eq!(table.compare().focus, Panel::Differences);
}

#[test]
fn the_table_scrolls_and_keeps_the_first_in_sight() {
    let mut table = Table::with((80, 24), Protocol::None, DARK, many(6));
    table.start();
    table.run_to(10);
    table.press(KeyCode::Tab);
    table.press(KeyCode::Tab);
    assert_eq!(table.compare().focus, Panel::Differences);
    table.press(KeyCode::Right);
    table.press(KeyCode::Right);
    table.press(KeyCode::Right);
    let screen = table.screen();
    assert!(
        screen.contains("1 weight-1") && screen.contains("4 weight"),
        "{screen}"
    );
    table.press(KeyCode::End);
    assert!(table.screen().contains("steps/s  "), "{}", table.screen());
}

#[test]
fn what_is_only_watched_is_left_alone() {
    let mut table = Table::opened(
        (120, 40),
        Protocol::HalfBlocks,
        DARK,
        three(),
        true,
        Sharing::Alone,
    );
    table.start();
    table.run_to(20);
    table.typed("p");
    assert!(table.compare().dialog.is_none());
    table.typed("s");
    table.typed("q");
    let effects = table.take_effects();
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Leave)));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Engine(Command::Stop)))
    );
    assert!(table.desk.farewell().failure.is_none());
}
