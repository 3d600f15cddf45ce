//! Presets that are saved while the comparison goes on, and new ones that join.

use super::*;
use crate::dashboard::message::{Done, Task, Why};
use crate::dashboard::setup::Joining;
use crate::engine::input::Candidate;
use crate::engine::message::Refusal;
use crate::preset::watch::Changed;
use crate::preset::{Listed, Origin};

fn running() -> Table {
    let mut table = Table::new((120, 40));
    table.start();
    table.run_to(20);
    table.take_effects();
    table
}

fn saved(table: &mut Table, file: &str, folders: bool) {
    table.hear(Message::Files(Changed {
        files: vec![file.into()],
        folders,
        at: table.now,
    }));
}

fn loads(effects: &[Effect]) -> Vec<usize> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Task(Task::Load {
                why: Why::Candidate(number),
                ..
            }) => Some(*number),
            _ => None,
        })
        .collect()
}

fn reload(table: &mut Table, number: usize, text: &str) {
    let before = table.compare().candidate(number).unwrap();
    let loaded = before.recipe.loaded().clone();
    let result =
        preset::from_toml(text, "mine.toml").map(|preset| Box::new(Loaded { preset, ..loaded }));
    table.hear(Message::Done(Box::new(Done::Loaded {
        why: Why::Candidate(number),
        result,
    })));
}

#[test]
fn a_saved_file_changes_its_candidate_only() {
    let mut table = running();
    saved(&mut table, "presets/demo-strong.toml", false);
    assert_eq!(loads(&table.take_effects()), [1]);
    reload(&mut table, 1, "extends = \"demo\"\n[style]\nweight = 9.0\n");
    let commands = table.commands();
    let [
        Command::ChangePreset {
            candidate: 1,
            preset,
        },
    ] = &commands[..]
    else {
        panic!("{commands:?}");
    };
    assert!((preset.style.weight - 9.0).abs() < 1e-12);
    assert!(table.screen().contains("style.weight 1.0→9.0"));
    saved(&mut table, "presets/another.toml", false);
    assert!(loads(&table.take_effects()).is_empty());
}

#[test]
fn a_broken_file_is_said_and_its_candidate_goes_on() {
    let mut table = running();
    reload(&mut table, 1, "extends = \"demo\"\n[style]\nweigth = 9.0\n");
    assert!(table.commands().is_empty());
    let screen = table.screen();
    assert!(screen.contains("mine.toml:3:1"), "{screen}");
    assert!(screen.contains("2 demo-strong ×"), "{screen}");
    reload(&mut table, 1, "extends = \"demo\"\n[style]\nweight = 9.0\n");
    assert_eq!(table.commands().len(), 1);
    assert!(table.screen().contains("whole again"));
}

#[test]
fn a_refused_preset_is_taken_back() {
    let mut table = running();
    let before = table.preset(1);
    reload(&mut table, 1, "extends = \"demo\"\n[style]\nweight = 9.0\n");
    let asked = table.preset(1);
    table.engine(Event::PresetRefused {
        candidate: 1,
        preset: Box::new(asked),
        error: EngineError::WorkerGone("no memory for this".to_owned()),
    });
    assert_eq!(table.preset(1), before);
    assert!(table.screen().contains("no memory for this"));
}

fn listed(names: &[&str]) -> Message {
    let listed = names.iter().map(|name| Listed {
        name: (*name).to_owned(),
        origin: Origin::File(format!("presets/{name}.toml").into()),
        description: Ok(String::new()),
    });
    Message::Done(Box::new(Done::Listed(listed.collect())))
}

fn joining(number: usize) -> Message {
    let candidate = given(number, "fresh", &[("style.weight", "7.0")]);
    let picture = Arc::new(Rgb32FImage::new(8, 8));
    let input = Box::new(Candidate {
        preset: candidate.loaded.preset.clone(),
        content: Arc::clone(&picture).into(),
        styles: vec![picture.into()],
    });
    Message::Done(Box::new(Done::Joining(Ok(Box::new(Joining {
        candidate,
        input,
    })))))
}

#[test]
fn a_new_preset_is_offered_and_joins() {
    let mut table = running();
    table.hear(listed(&["demo", "demo-strong"]));
    assert!(
        !table.screen().contains("lets it join"),
        "they were there before"
    );
    table.typed("j");
    assert!(table.screen().contains("no new preset"));
    table.hear(listed(&["demo", "demo-strong", "fresh"]));
    assert!(table.screen().contains("new preset fresh: j lets it join"));
    table.press(KeyCode::Esc);
    table.now += Duration::from_secs(10);
    table.settle();
    let screen = table.screen();
    assert!(!screen.lines().last().unwrap().contains("lets it join"));
    table.hear(listed(&["demo", "demo-strong"]));
    table.hear(listed(&["demo", "demo-strong", "fresh"]));
    table.typed("j");
    let asked = table
        .take_effects()
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Task(Task::Join { number, name }) => Some((number, name)),
            _ => None,
        });
    assert_eq!(asked, Some((3, "presets/fresh.toml".to_owned())));
    table.hear(joining(3));
    let commands = table.commands();
    assert!(
        matches!(commands[..], [Command::Join { candidate: 3, .. }]),
        "{commands:?}"
    );
    table.engine(Table::started(&[3], 0));
    table.run_lane(&[3], 20);
    let screen = table.screen();
    assert!(screen.contains("4 fresh"), "{screen}");
    assert_eq!(table.numbers(), [0, 1, 2, 3]);
}

#[test]
fn one_that_cannot_join_is_gone_again_and_its_number_with_it() {
    let mut table = running();
    table.hear(listed(&["demo"]));
    table.hear(listed(&["demo", "fresh"]));
    table.typed("j");
    table.hear(joining(3));
    table.engine(Event::Refused {
        what: Refusal::Join(3),
        error: EngineError::WorkerGone("no memory for this".to_owned()),
    });
    assert_eq!(table.numbers(), [0, 1, 2]);
    table.hear(listed(&["demo"]));
    table.hear(listed(&["demo", "fresh"]));
    table.take_effects();
    table.typed("j");
    assert!(
        table
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::Task(Task::Join { number: 4, .. })))
    );
}

#[test]
fn a_preset_saved_in_the_folder_of_its_run_steers_one() {
    use crate::record::folder::steering::Steered;
    let mut table = running();
    let preset = table.preset(1);
    let steer = |value: &str| Message::Steered {
        candidate: 1,
        steered: Steered::Changed {
            preset: Box::new(preset.clone()),
            settings: vec![Override {
                key: "style.weight".to_owned(),
                value: value.to_owned(),
            }],
        },
    };
    table.hear(steer("9.0"));
    let commands = table.commands();
    assert!(
        matches!(&commands[..], [Command::ChangePreset { candidate: 1, .. }]),
        "{commands:?}"
    );
    assert!(table.screen().contains("style.weight 1.0→9.0"));
    table.hear(steer("-9.0"));
    assert!(
        table
            .take_effects()
            .iter()
            .any(|effect| matches!(effect, Effect::RefuseSteering { candidate: 1, .. }))
    );
}
