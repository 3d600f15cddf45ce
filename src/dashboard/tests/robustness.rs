//! Whatever is pressed, clicked or heard, in whatever order and size.

use proptest::collection::vec;
use proptest::prelude::*;
use ratatui::style::Color;
use terminput::{MouseButton, MouseEvent, MouseEventKind, ScrollDirection};

use super::*;
use crate::dashboard::action::BINDINGS;
use crate::engine::message::Snapshot;

#[derive(Debug, Clone)]
enum Happening {
    Key(KeyCode, bool),
    Click(u16, u16),
    Drag(u16, u16),
    Scroll(u16, u16, bool),
    Resize(u16, u16),
    Steps(u64),
    Pause(bool),
    Snapshot,
    Draw,
}

fn happening() -> impl Strategy<Value = Happening> {
    let keys: Vec<char> = "qgdsaruRewWvVlnctx0+-=[]b kj?m123456<>.9".chars().collect();
    let special = prop::sample::select(vec![
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Tab,
        KeyCode::PageDown,
        KeyCode::PageUp,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::Backspace,
    ]);
    prop_oneof![
        8 => prop::sample::select(keys).prop_map(|key| Happening::Key(KeyCode::Char(key), false)),
        6 => (special, any::<bool>()).prop_map(|(key, shift)| Happening::Key(key, shift)),
        2 => (0u16..250, 0u16..80).prop_map(|(x, y)| Happening::Click(x, y)),
        2 => (0u16..250, 0u16..80).prop_map(|(x, y)| Happening::Drag(x, y)),
        2 => (0u16..250, 0u16..80, any::<bool>()).prop_map(|(x, y, up)| Happening::Scroll(x, y, up)),
        2 => (0u16..250, 0u16..80).prop_map(|(x, y)| Happening::Resize(x, y)),
        2 => (1u64..40).prop_map(Happening::Steps),
        1 => any::<bool>().prop_map(Happening::Pause),
        1 => Just(Happening::Snapshot),
        3 => Just(Happening::Draw),
    ]
}

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Message {
    Message::Input(Input::Event(Typed::Mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_brings_it_down(happenings in vec(happening(), 1..60)) {
        let mut desk = Desk::new((100, 30));
        desk.start();
        let mut number = 0;
        for happening in happenings {
            match happening {
                Happening::Key(code, shift) => {
                    let modifiers = if shift { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
                    desk.press_with(code, modifiers);
                }
                Happening::Click(x, y) => {
                    desk.hear(mouse(MouseEventKind::Down(MouseButton::Left), x, y));
                }
                Happening::Drag(x, y) => {
                    desk.hear(mouse(MouseEventKind::Drag(MouseButton::Left), x, y));
                }
                Happening::Scroll(x, y, up) => {
                    let direction = if up { ScrollDirection::Up } else { ScrollDirection::Down };
                    desk.hear(mouse(MouseEventKind::Scroll(direction), x, y));
                }
                Happening::Resize(width, height) => {
                    desk.app.resize((width, height), (8, 16));
                    desk.settle();
                }
                Happening::Steps(count) => desk.run_to(desk.app.run.step + count),
                Happening::Pause(true) => desk.engine(Event::Paused(desk.app.run.step)),
                Happening::Pause(false) => desk.engine(Event::Resumed(desk.app.run.step)),
                Happening::Snapshot => {
                    number += 1;
                    desk.engine(Event::Snapshot(Snapshot {
                        number,
                        pictures: crate::engine::message::Pictures {
                            candidates: [0].into(),
                            step: desk.app.run.step,
                            pictures: vec![Arc::new(Rgb32FImage::new(16, 12))],
                        },
                    }));
                }
                Happening::Draw => {
                    desk.show_picture();
                    let _ = desk.screen();
                }
            }
        }
        let _ = desk.screen();
    }
}

#[test]
fn without_colours_there_are_none() {
    let plain = ColourSupport {
        colours: false,
        ..DARK
    };
    let mut desk = Desk::with((120, 40), Protocol::None, plain, demo());
    desk.start();
    desk.run_to(50);
    desk.press(KeyCode::Right);
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    terminal
        .draw(|frame| frame.render_widget(&desk.app, Rect::new(0, 0, 120, 40)))
        .unwrap();
    for cell in terminal.backend().buffer().content() {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{cell:?}");
    }
}

#[test]
fn with_sixteen_colours_there_are_no_others() {
    let few = ColourSupport {
        true_color: false,
        ..DARK
    };
    let mut desk = Desk::with((120, 40), Protocol::None, few, demo());
    desk.start();
    desk.run_to(50);
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    terminal
        .draw(|frame| frame.render_widget(&desk.app, Rect::new(0, 0, 120, 40)))
        .unwrap();
    for cell in terminal.backend().buffer().content() {
        let is_rgb = matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_));
        assert!(!is_rgb, "{cell:?}");
    }
}

#[test]
fn the_help_names_every_key() {
    let mut desk = Desk::new((120, 80));
    desk.typed("?");
    let screen = desk.screen();
    for binding in BINDINGS {
        assert!(screen.contains(binding.key), "{} in\n{screen}", binding.key);
    }
}

#[test]
fn names_that_would_act_on_the_terminal_are_shown_harmless() {
    let mut loaded = demo();
    loaded.name = "a\u{1b}[2Jb".to_owned();
    let mut desk = Desk::with((120, 40), Protocol::None, DARK, loaded);
    desk.app.content.name = "\u{1b}]0;x\u{7}.jpg".to_owned();
    desk.start();
    let screen = desk.screen();
    assert!(!screen.contains('\u{1b}') && !screen.contains('\u{7}'));
    assert!(screen.contains("\\u{1b}"), "{screen}");
}
