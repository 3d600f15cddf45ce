//! A comparison that is seen at several terminals: as its own program shows it, and as one that is attached.

use super::*;
use crate::attach::company::{Company, Deed};
use crate::dashboard::compare::Exit;
use crate::dashboard::message::{Done, Task};
use crate::dashboard::setup::{Joining, Saved};
use crate::preset::diff;
use crate::terminal::signals::Signal;

fn sharing(sharing: Sharing) -> Table {
    let mut table = Table::shared((120, 40), sharing);
    table.start();
    table.run_to(20);
    table.company(Company::UpToDate);
    table.take_effects();
    table
}

fn own() -> Table {
    let id = "k3f9".to_owned();
    sharing(Sharing::Own { id })
}

fn attached() -> Table {
    sharing(Sharing::Attached {
        id: "k3f9".to_owned(),
        attached: 1,
    })
}

impl Table {
    fn company(&mut self, company: Company) {
        self.hear(Message::Company(company));
    }
}

fn saves(effects: &[Effect]) -> usize {
    let is_save = |effect: &&Effect| matches!(effect, Effect::Task(Task::Save(_)));
    effects.iter().filter(is_save).count()
}

fn leaves(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Leave))
}

fn lost(state: &str, is_error: bool) -> Company {
    Company::Lost {
        state: state.to_owned(),
        why: "the comparison is over, and its program has ended".to_owned(),
        is_error,
    }
}

#[test]
fn the_others_are_told_of_and_what_they_change_is_shown() {
    for mut table in [own(), attached()] {
        table.company(Company::Came { attached: 2 });
        assert!(
            table
                .screen()
                .contains("another terminal is attached (2 now)")
        );
        table.company(Company::Acted(Deed::Paused));
        table.engine(Event::Paused(20));
        let screen = table.screen();
        assert!(
            screen.contains("another terminal paused the comparison"),
            "{screen}"
        );
        assert!(screen.contains("‖ paused"), "{screen}");

        let old = table.preset(1);
        let mut new = old.clone();
        new.style.weight = 2.5;
        table.company(Company::Acted(Deed::ChangedPreset));
        table.engine(Event::PresetChanged {
            candidate: 1,
            step: 20,
            changes: diff(&old, &new),
            preset: Box::new(new.clone()),
            in_force: Box::new(new.clone()),
        });
        let screen = table.screen();
        assert!(
            screen.contains("changed at another terminal: 2 demo-strong"),
            "{screen}"
        );
        assert_eq!(table.preset(1), new);
        assert!(table.commands().is_empty(), "nothing is sent back");
    }
}

#[test]
fn a_comparison_of_another_program_is_left_and_goes_on() {
    let mut table = attached();
    let screen = table.screen();
    assert!(
        screen.contains("attached k3f9") && screen.contains("q leave"),
        "{screen}"
    );
    table.typed("q");
    let screen = table.screen();
    assert!(
        screen.contains("detach: leave the screen, all go on"),
        "{screen}"
    );
    table.press(KeyCode::Enter);
    let effects = table.take_effects();
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Detach))
    );
    assert!(leaves(&effects) && saves(&effects) == 0);
    let is_stop = |effect: &Effect| matches!(effect, Effect::Engine(Command::Stop));
    assert!(!effects.iter().any(is_stop));
    let farewell = table.desk.farewell();
    assert!(
        farewell.lines[0].contains("it goes on; `stylescope attach k3f9`"),
        "{farewell:?}"
    );
    assert!(farewell.failure.is_none());
}

#[test]
fn a_comparison_of_another_program_can_be_stopped_which_saves_it() {
    let mut table = attached();
    table.typed("qs");
    assert!(matches!(table.commands()[..], [Command::Stop]));
    table.engine(ended(&[0, 1, 2], 20, EndReason::Stopped));
    let effects = table.take_effects();
    assert_eq!(saves(&effects), 0, "its own program saves");
    assert!(!leaves(&effects));
    table.company(Company::Said {
        text: "demo: wrote out.png".to_owned(),
        is_error: false,
    });
    table.company(lost("stopped", false));
    assert!(leaves(&table.take_effects()));
    assert_eq!(table.desk.farewell().lines, ["demo: wrote out.png"]);
}

#[test]
fn every_key_asks_the_other_program() {
    let mut table = attached();
    table.typed(" ");
    assert!(matches!(table.commands()[..], [Command::Pause]));
    table.typed("2d");
    table.typed("y");
    assert!(matches!(
        table.commands()[..],
        [Command::Drop { candidate: 1 }]
    ));
    table.engine(Event::Dropped {
        candidate: 1,
        pictures: pictures(&[1], 20),
    });
    assert_eq!(table.numbers(), [0, 2]);
    // Whoever is promoted goes on alone on this screen.
    table.typed("1p");
    table.press(KeyCode::Enter);
    let commands = table.commands();
    assert!(
        matches!(
            commands[..],
            [
                Command::Drop { candidate: 2 },
                Command::ChangePreset { candidate: 0, .. }
            ]
        ),
        "{commands:?}"
    );
    assert!(
        table
            .desk
            .alone()
            .is_some_and(crate::dashboard::app::App::is_attached)
    );
    assert!(table.screen().contains("attached k3f9"));
    table.typed("qd");
    assert!(leaves(&table.take_effects()));
}

#[test]
fn the_end_of_the_other_program_is_said_and_nothing_is_asked_of_it() {
    let mut table = attached();
    table.company(lost("killed", true));
    let screen = table.screen();
    assert!(screen.contains("× killed"), "{screen}");
    table.typed(" dpjt");
    assert!(table.commands().is_empty());
    assert!(table.screen().contains("its program is gone (killed)"));
    table.typed("q");
    assert!(leaves(&table.take_effects()));
    assert_eq!(table.desk.farewell().lines, ["k3f9: killed, step 20"]);
}

/// The pictures of all have been saved.
fn results_are_saved(table: &mut Table) {
    for candidate in 0..3 {
        table.hear(Message::Done(Box::new(Done::Saved {
            candidate,
            is_result: true,
            result: Ok(Saved {
                path: "a.png".into(),
                summary: "wrote a.png".to_owned(),
            }),
        })));
    }
}

#[test]
fn where_others_look_a_lost_screen_leaves_it_to_them() {
    let mut table = own();
    table.company(Company::Came { attached: 1 });
    table.engine(Event::Paused(20));
    table.hear(Message::Signal(Signal::HangUp));
    assert!(table.commands().is_empty(), "they see to it");
    table.engine(Event::Resumed(20));
    table.finish();
    assert_eq!(saves(&table.take_effects()), 3);
    results_are_saved(&mut table);
    let effects = table.take_effects();
    let told = effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Announce { .. }));
    assert_eq!(told.count(), 3);
    assert!(!leaves(&effects));
    table.company(Company::Left {
        attached: 0,
        is_lost: false,
    });
    assert!(leaves(&table.take_effects()));
}

#[test]
fn what_somebody_else_stops_is_saved_and_left() {
    let mut table = own();
    table.company(Company::Came { attached: 1 });
    table.company(Company::Acted(Deed::Stopped));
    table.engine(ended(&[0, 1, 2], 20, EndReason::Stopped));
    let effects = table.take_effects();
    assert_eq!(saves(&effects), 3);
    assert!(!leaves(&effects));
    results_are_saved(&mut table);
    assert!(leaves(&table.take_effects()));
}

#[test]
fn a_paused_one_goes_on_where_the_last_connection_is_lost_and_not_where_it_was_left() {
    for is_lost in [true, false] {
        let mut table = own();
        table.company(Company::Came { attached: 1 });
        table.hear(Message::Signal(Signal::HangUp));
        table.engine(Event::Paused(20));
        table.commands();
        table.company(Company::Left {
            attached: 0,
            is_lost,
        });
        let commands = table.commands();
        assert_eq!(
            matches!(commands[..], [Command::Resume]),
            is_lost,
            "{commands:?}"
        );
        assert_eq!(table.compare().exit, None::<Exit>);
    }
}

#[test]
fn somebody_elsewhere_may_let_a_preset_join() {
    let mut table = own();
    table.company(Company::Invited("calm.toml".to_owned()));
    let effects = table.take_effects();
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Task(Task::Join { number, name }) => Some((*number, name.clone())),
        _ => None,
    });
    assert_eq!(asked, Some((3, "calm.toml".to_owned())));
    let candidate = given(3, "calm", &[("style.weight", "0.5")]);
    let input = Box::new(crate::engine::input::Candidate {
        preset: candidate.loaded.preset.clone(),
        content: Arc::new(Rgb32FImage::new(4, 4)).into(),
        styles: Vec::new(),
    });
    let contender = Box::new(candidate.contender());
    let joining = Joining { candidate, input };
    table.hear(Message::Done(Box::new(Done::Joining(Ok(Box::new(
        joining,
    ))))));
    let effects = table.take_effects();
    let place = |is_it: fn(&Effect) -> bool| effects.iter().position(is_it);
    let told = place(|effect| matches!(effect, Effect::Introduce(one) if one.number == 3));
    let joins = place(|effect| matches!(effect, Effect::Engine(Command::Join { .. })));
    assert!(told.is_some() && told < joins);

    let mut other = attached();
    other.hear(Message::Joined(contender));
    assert!(other.screen().contains("4 calm joins"));
    assert_eq!(other.numbers(), [0, 1, 2, 3]);
}

#[test]
fn the_help_says_what_keys_do_to_another_program_s_comparison() {
    let mut table = attached();
    table.press(KeyCode::Char('?'));
    let screen = table.screen();
    assert!(
        screen.contains("the same; twice leaves, and the comparison goes on"),
        "{screen}"
    );
    assert!(screen.contains("drop the chosen one"), "{screen}");

    let (size, protocol) = ((120, 60), Protocol::HalfBlocks);
    let mut table = Table::opened(size, protocol, DARK, three(), true, Sharing::Alone);
    table.start();
    table.press(KeyCode::Char('?'));
    let screen = table.screen();
    assert!(screen.contains("leave; the comparison goes on"), "{screen}");
    for words in ["twice", "drop the", "promote it", "pause all", "save the"] {
        assert!(!screen.contains(words), "{words}: {screen}");
    }
}
