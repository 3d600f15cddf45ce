//! Presets that are saved while the run goes on.

use super::*;
use crate::dashboard::message::{Done, Task, Why};
use crate::preset::watch::Changed;

fn loaded(text: &str) -> Loaded {
    Loaded {
        preset: preset::from_toml(text, "mine.toml").unwrap(),
        ..demo()
    }
}

fn reload(desk: &mut Desk, text: &str) {
    let result =
        preset::from_toml(text, "mine.toml").map(|preset| Box::new(Loaded { preset, ..demo() }));
    desk.hear(Message::Done(Box::new(Done::Loaded {
        why: Why::Changed,
        result,
    })));
}

#[test]
fn a_saved_file_is_read_and_sent() {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.hear(Message::Files(Changed {
        files: vec!["mine.toml".into()],
        folders: false,
        at: desk.now,
    }));
    assert!(desk.take_effects().iter().any(|effect| matches!(
        effect,
        Effect::Task(Task::Load {
            why: Why::Changed,
            ..
        })
    )));
    reload(&mut desk, "extends = \"demo\"\n[style]\nweight = 3.0\n");
    let sent = desk.sent_presets();
    assert!((sent[0].style.weight - 3.0).abs() < 1e-12);
}

#[test]
fn a_broken_file_changes_nothing_and_stands_there_until_it_is_mended() {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.run_to(20);
    let before = desk.app.recipe.preset().clone();
    desk.commands();
    reload(&mut desk, "extends = \"demo\"\n[style]\nweigth = 3.0\n");
    assert!(desk.sent_presets().is_empty());
    assert_eq!(*desk.app.recipe.preset(), before);
    desk.typed("5");
    let screen = desk.screen();
    assert!(screen.contains("mine.toml:3:1"), "{screen}");
    assert!(screen.contains("file broken"), "{screen}");
    reload(&mut desk, "extends = \"demo\"\n[style]\nweight = 3.0\n");
    assert_eq!(desk.sent_presets().len(), 1);
    let screen = desk.screen();
    assert!(!screen.contains("file broken"), "{screen}");
    assert!(screen.contains("whole again"), "{screen}");
}

#[test]
fn what_keys_changed_stays_where_the_file_does_not_speak_of_it() {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.press(KeyCode::Right);
    let turned = desk.app.recipe.preset().content.weight;
    reload(&mut desk, "extends = \"demo\"\n[style]\nweight = 3.0\n");
    let preset = desk.app.recipe.preset();
    assert!((preset.content.weight - turned).abs() < 1e-12);
    assert!((preset.style.weight - 3.0).abs() < 1e-12);
    // The last to speak wins.
    reload(
        &mut desk,
        "extends = \"demo\"\n[style]\nweight = 3.0\n[content]\nweight = 0.9\n",
    );
    assert!((desk.app.recipe.preset().content.weight - 0.9).abs() < 1e-12);
    assert!(!desk.app.recipe.is_changed());
}

#[test]
fn another_network_takes_edits_of_its_layers_along() {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.press(KeyCode::Down);
    desk.press(KeyCode::Right);
    assert_eq!(desk.app.recipe.changed_keys(), ["content.layers.block2"]);
    let vgg = loaded("extends = \"gatys\"\n[network]\nweights = \"x.safetensors\"\n");
    desk.hear(Message::Done(Box::new(Done::Loaded {
        why: Why::Changed,
        result: Ok(Box::new(vgg)),
    })));
    assert!(!desk.app.recipe.is_changed());
}

#[test]
fn a_built_in_preset_is_written_under_a_new_name() {
    let mut desk = Desk::new((120, 40));
    desk.start();
    desk.press(KeyCode::Right);
    desk.typed("w");
    desk.typed("mine");
    desk.press(KeyCode::Enter);
    assert!(desk.take_effects().into_iter().any(
        |effect| matches!(effect, Effect::Task(Task::WriteAs { name, .. }) if name == "mine")
    ));
}
