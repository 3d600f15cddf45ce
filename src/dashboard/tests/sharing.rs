//! A run that is seen at several terminals: as its own program shows it, and as one that is attached.

use super::*;
use crate::attach::company::{Company, Deed};
use crate::dashboard::event_log::Tone;
use crate::dashboard::message::Task;
use crate::engine::message::{Pictures as Ended, Snapshot};
use crate::preset::diff;
use crate::terminal::signals::Signal;

const SIZE: (u16, u16) = (100, 30);

fn own() -> Desk {
    let id = "k3f9".to_owned();
    let mut desk = Desk::sharing(SIZE, Sharing::Own { id });
    desk.start();
    desk.run_to(20);
    desk.take_effects();
    desk
}

fn attached() -> Desk {
    let sharing = Sharing::Attached {
        id: "k3f9".to_owned(),
        attached: 1,
    };
    let mut desk = Desk::sharing(SIZE, sharing);
    desk.start();
    desk.run_to(20);
    desk.company(Company::UpToDate);
    desk.take_effects();
    desk
}

impl Desk {
    fn company(&mut self, company: Company) {
        self.hear(Message::Company(company));
    }

    /// Somebody else sets the weight of style.
    fn set_elsewhere(&mut self, weight: f64) {
        let old = self.app.recipe.preset().clone();
        let mut new = old.clone();
        new.style.weight = weight;
        self.company(Company::Acted(Deed::ChangedPreset));
        self.engine(Event::PresetChanged {
            candidate: 0,
            step: 20,
            changes: diff(&old, &new),
            preset: Box::new(new.clone()),
            in_force: Box::new(new),
        });
    }

    fn ends(&mut self, reason: EndReason) {
        let step = self.app.run.step;
        self.engine(Event::Ended {
            reason,
            pictures: Ended {
                step,
                candidates: [0].into(),
                pictures: vec![Arc::new(Rgb32FImage::new(64, 48))],
            },
            seconds: 2.0,
        });
    }
}

fn saves(effects: &[Effect]) -> usize {
    effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Task(Task::Save(_))))
        .count()
}

fn leaves(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Leave))
}

#[test]
fn the_others_are_told_of_and_what_they_change_is_shown() {
    for mut desk in [own(), attached()] {
        desk.company(Company::Came { attached: 2 });
        assert!(
            desk.screen()
                .contains("another terminal is attached (2 now)")
        );
        desk.set_elsewhere(2.5);
        let screen = desk.screen();
        assert!(
            screen.contains("changed at another terminal: style.weight"),
            "{screen}"
        );
        assert_eq!(
            desk.app.recipe.preset().style.weight.to_bits(),
            2.5_f64.to_bits()
        );
        assert!(desk.sent_presets().is_empty(), "nothing is sent back");
        // What is turned here goes on from there.
        desk.press(KeyCode::Right);
        let sent = desk.sent_presets();
        assert!(sent.len() <= 1);
        desk.company(Company::Acted(Deed::Paused));
        desk.engine(Event::Paused(20));
        let screen = desk.screen();
        assert!(
            screen.contains("another terminal paused the run") && screen.contains("‖ paused"),
            "{screen}"
        );
    }
}

#[test]
fn a_preset_that_the_run_turns_by_itself_is_nobody_elses() {
    let mut desk = own();
    let old = desk.app.recipe.preset().clone();
    let mut new = old.clone();
    new.optimizer.learning_rate /= 2.0;
    desk.engine(Event::PresetChanged {
        candidate: 0,
        step: 20,
        changes: diff(&old, &new),
        preset: Box::new(new.clone()),
        in_force: Box::new(new.clone()),
    });
    assert_eq!(*desk.app.recipe.preset(), new);
    assert!(!desk.screen().contains("another terminal"));
}

#[test]
fn a_run_of_another_program_is_left_and_goes_on() {
    let mut desk = attached();
    let screen = desk.screen();
    assert!(
        screen.contains("attached k3f9") && screen.contains("q leave"),
        "{screen}"
    );
    desk.press(KeyCode::Char('q'));
    let screen = desk.screen();
    assert!(
        screen.contains("detach: leave the screen, the run goes on"),
        "{screen}"
    );
    desk.press(KeyCode::Enter);
    let effects = desk.take_effects();
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Detach))
    );
    assert!(leaves(&effects));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Engine(Command::Stop)))
    );
    assert_eq!(saves(&effects), 0);
    let farewell = desk.app.farewell();
    assert!(
        farewell.lines[0].contains("it goes on; `stylescope attach k3f9`"),
        "{farewell:?}"
    );
    assert!(farewell.failure.is_none() && !farewell.interrupted);
}

#[test]
fn a_run_of_another_program_can_be_stopped() {
    let mut desk = attached();
    desk.typed("qs");
    let effects = desk.take_effects();
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Engine(Command::Stop)))
    );
    assert!(!leaves(&effects));
    desk.ends(EndReason::Stopped);
    assert_eq!(saves(&desk.take_effects()), 0, "its own program saves");
    desk.company(Company::Said {
        text: "wrote out.png".to_owned(),
        is_error: false,
    });
    desk.company(Company::Lost {
        state: "stopped".to_owned(),
        why: "the run is over".to_owned(),
        is_error: false,
    });
    assert!(leaves(&desk.take_effects()));
    assert_eq!(desk.app.farewell().lines, ["wrote out.png"]);
}

#[test]
fn an_attached_screen_neither_keeps_nor_saves_by_itself_but_when_asked() {
    let mut desk = attached();
    desk.now += Duration::from_secs(10);
    desk.run_to(100);
    assert!(
        !desk
            .commands()
            .iter()
            .any(|command| matches!(command, Command::Snapshot))
    );
    desk.typed("s");
    assert!(
        desk.commands()
            .iter()
            .any(|command| matches!(command, Command::Snapshot))
    );
    desk.engine(Event::Snapshot(Snapshot {
        number: 1,
        pictures: Ended {
            step: 100,
            candidates: [0].into(),
            pictures: vec![Arc::new(Rgb32FImage::new(64, 48))],
        },
    }));
    assert_eq!(saves(&desk.take_effects()), 1);
    desk.finish();
    let effects = desk.take_effects();
    assert_eq!(saves(&effects), 0);
    assert!(!leaves(&effects));
    assert!(desk.screen().contains("finished"));
}

#[test]
fn a_run_whose_program_is_gone_stays_on_the_screen() {
    let mut desk = attached();
    desk.company(Company::Lost {
        state: "killed".to_owned(),
        why: "the run was killed: its program ended without a word".to_owned(),
        is_error: true,
    });
    let screen = desk.screen();
    assert!(
        screen.contains("× killed") && screen.contains("the run was killed"),
        "{screen}"
    );
    desk.take_effects();
    for key in [
        KeyCode::Char(' '),
        KeyCode::Right,
        KeyCode::Char('t'),
        KeyCode::Char('r'),
    ] {
        desk.press(key);
        assert!(desk.commands().is_empty(), "{key:?}");
        let (tone, text) = desk.app.notice().unwrap();
        assert!(
            tone == Tone::Notice && text.contains("program is gone"),
            "{text}"
        );
    }
    desk.press(KeyCode::Char('q'));
    assert!(leaves(&desk.take_effects()));
    assert!(desk.app.farewell().lines[0].contains("killed"));
}

#[test]
fn a_lost_terminal_leaves_an_attached_run_as_it_is() {
    let mut desk = attached();
    desk.engine(Event::Paused(20));
    desk.take_effects();
    desk.hear(Message::Signal(Signal::HangUp));
    let effects = desk.take_effects();
    assert!(leaves(&effects));
    let meddles = |effect: &Effect| {
        matches!(
            effect,
            Effect::Detach | Effect::Engine(Command::Stop | Command::Resume)
        )
    };
    assert!(!effects.iter().any(meddles));
}

#[test]
fn the_own_screen_says_how_the_run_goes_on_without_it() {
    let mut desk = own();
    desk.press(KeyCode::Char('q'));
    let screen = desk.screen();
    assert!(screen.contains("stylescope attach k3f9"), "{screen}");
    assert!(screen.contains("close the terminal"), "{screen}");
}

#[test]
fn without_a_screen_those_who_are_attached_see_to_the_run() {
    let mut desk = own();
    desk.company(Company::Came { attached: 1 });
    desk.engine(Event::Paused(20));
    desk.hear(Message::Signal(Signal::HangUp));
    assert!(
        !desk
            .commands()
            .iter()
            .any(|command| matches!(command, Command::Resume))
    );
    // The last one leaves by a key: it stays paused.
    let attached = 0;
    desk.company(Company::Left {
        attached,
        is_lost: false,
    });
    assert!(
        !desk
            .commands()
            .iter()
            .any(|command| matches!(command, Command::Resume))
    );
    // The connection of the last one breaks: nobody would let it go on.
    desk.company(Company::Came { attached: 1 });
    desk.company(Company::Left {
        attached,
        is_lost: true,
    });
    assert!(
        desk.commands()
            .iter()
            .any(|command| matches!(command, Command::Resume))
    );
}

#[test]
fn a_finished_run_without_a_screen_waits_for_those_who_are_attached() {
    let mut desk = own();
    desk.company(Company::Came { attached: 1 });
    desk.hear(Message::Signal(Signal::HangUp));
    desk.finish();
    let effects = desk.take_effects();
    assert_eq!(saves(&effects), 1);
    desk.hear(Message::Done(Box::new(
        crate::dashboard::message::Done::Saved {
            candidate: 0,
            is_result: true,
            result: Ok(crate::dashboard::setup::Saved {
                path: "out.png".into(),
                summary: "wrote out.png".to_owned(),
            }),
        },
    )));
    let effects = desk.take_effects();
    assert!(effects.iter().any(
        |effect| matches!(effect, Effect::Announce { text, is_error: false } if text == "wrote out.png")
    ));
    assert!(!leaves(&effects));
    desk.company(Company::Left {
        attached: 0,
        is_lost: true,
    });
    assert!(leaves(&desk.take_effects()));
}

#[test]
fn a_run_that_is_stopped_elsewhere_is_saved_and_left() {
    let mut desk = own();
    desk.company(Company::Came { attached: 1 });
    desk.company(Company::Acted(Deed::Stopped));
    desk.ends(EndReason::Stopped);
    let effects = desk.take_effects();
    assert_eq!(saves(&effects), 1);
    assert!(!leaves(&effects));
    desk.hear(Message::Done(Box::new(
        crate::dashboard::message::Done::Saved {
            candidate: 0,
            is_result: true,
            result: Err("the disk is full".to_owned()),
        },
    )));
    assert!(leaves(&desk.take_effects()));
}

#[test]
fn the_help_says_what_ctrl_c_does_to_another_program_s_run() {
    let mut desk = attached();
    desk.press(KeyCode::Char('?'));
    let screen = desk.screen();
    assert!(screen.contains("leave: you are asked how"), "{screen}");
    assert!(
        screen.contains("the same; twice leaves, and the run goes on"),
        "{screen}"
    );
    assert!(screen.contains("pause, go on"), "{screen}");
}
