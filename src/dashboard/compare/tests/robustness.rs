//! Whatever is pressed, clicked or heard, in whatever order and size.

use proptest::collection::vec;
use proptest::prelude::*;
use ratatui::style::Color;
use terminput::{MouseButton, MouseEvent, MouseEventKind, ScrollDirection};

use super::*;
use crate::dashboard::compare::action::BINDINGS;
use crate::engine::message::Snapshot;

#[derive(Debug, Clone)]
enum Happening {
    Key(KeyCode, bool),
    Mouse(u8, u16, u16),
    Resize(u16, u16),
    Started(usize),
    Steps(u64),
    Pause(bool),
    Snapshot(usize),
    Dropped(usize),
    Failed(usize),
    Ended(usize),
    Draw,
}

fn happening() -> impl Strategy<Value = Happening> {
    let keys: Vec<char> = "qgsdypnfbvxktlinjem0+-=<>?123456789 a".chars().collect();
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
        9 => prop::sample::select(keys).prop_map(|key| Happening::Key(KeyCode::Char(key), false)),
        6 => (special, any::<bool>()).prop_map(|(key, shift)| Happening::Key(key, shift)),
        4 => (0u8..5, 0u16..250, 0u16..80).prop_map(|(kind, x, y)| Happening::Mouse(kind, x, y)),
        2 => (0u16..250, 0u16..80).prop_map(|(x, y)| Happening::Resize(x, y)),
        2 => (0usize..6).prop_map(Happening::Started),
        3 => (1u64..40).prop_map(Happening::Steps),
        1 => any::<bool>().prop_map(Happening::Pause),
        1 => (0usize..6).prop_map(Happening::Snapshot),
        1 => (0usize..6).prop_map(Happening::Dropped),
        1 => (0usize..6).prop_map(Happening::Failed),
        1 => (0usize..6).prop_map(Happening::Ended),
        4 => Just(Happening::Draw),
    ]
}

fn happens(table: &mut Table, happening: &Happening, number: &mut u64) {
    match *happening {
        Happening::Key(code, shift) => {
            let modifiers = if shift {
                KeyModifiers::SHIFT
            } else {
                KeyModifiers::NONE
            };
            table.press_with(code, modifiers);
        }
        Happening::Mouse(kind, column, row) => {
            let kind = match kind {
                0 => MouseEventKind::Down(MouseButton::Left),
                1 => MouseEventKind::Drag(MouseButton::Left),
                2 => MouseEventKind::Up(MouseButton::Left),
                3 => MouseEventKind::Scroll(ScrollDirection::Up),
                _ => MouseEventKind::Scroll(ScrollDirection::Down),
            };
            table.hear(Message::Input(Input::Event(Typed::Mouse(MouseEvent {
                kind,
                column,
                row,
                modifiers: KeyModifiers::NONE,
            }))));
        }
        Happening::Resize(width, height) => {
            table.desk.resize((width, height), (8, 16));
            table.settle();
        }
        Happening::Started(one) => table.engine(Table::started(&[one], 0)),
        Happening::Steps(count) => {
            let step = table.compare().step() + count;
            table.run_to(step);
        }
        Happening::Pause(true) => table.engine(Event::Paused(3)),
        Happening::Pause(false) => table.engine(Event::Resumed(3)),
        Happening::Snapshot(one) => {
            *number += 1;
            table.engine(Event::Snapshot(Snapshot {
                number: *number,
                pictures: pictures(&[one], 9),
            }));
        }
        Happening::Dropped(candidate) => table.engine(Event::Dropped {
            candidate,
            pictures: pictures(&[candidate], 9),
        }),
        Happening::Failed(one) => table.engine(failed(&[one], 7)),
        Happening::Ended(one) => table.engine(ended(&[one], 9, EndReason::Completed)),
        Happening::Draw => {
            table.show_pictures();
            let _ = table.screen();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_brings_it_down(
        happenings in vec(happening(), 1..60),
        count in 1usize..8,
        protocol in prop::sample::select(vec![
            Protocol::HalfBlocks, Protocol::Sixel, Protocol::KittyPlaceholders, Protocol::None,
        ]),
    ) {
        let mut table = Table::with((100, 30), protocol, DARK, many(count));
        table.start();
        let mut number = 0;
        for happening in happenings {
            happens(&mut table, &happening, &mut number);
        }
        let _ = table.screen();
    }
}

#[test]
fn every_number_of_them_fits_every_size() {
    for count in [1, 2, 3, 5, 8, 12, 16, 20] {
        for size in [
            (60, 16),
            (80, 24),
            (100, 30),
            (120, 40),
            (200, 60),
            (61, 90),
            (250, 16),
        ] {
            let mut table = Table::with(size, Protocol::HalfBlocks, DARK, many(count));
            table.start();
            table.run_to(10);
            table.show_pictures();
            let screen = table.screen();
            assert!(screen.contains("weight-1"), "{count} in {size:?}\n{screen}");
        }
    }
}

#[test]
fn long_names_are_cut() {
    let long = "a-preset-with-a-name-that-is-longer-than-any-tile-of-the-screen-is-wide-by-far";
    let given = vec![
        given(0, long, &[]),
        given(
            1,
            "名画名画名画名画名画名画名画名画",
            &[("style.weight", "3.0")],
        ),
    ];
    for size in [(80, 24), (120, 40)] {
        let mut table = Table::with(size, Protocol::None, DARK, given.clone());
        table.start();
        table.run_to(10);
        table.typed("b");
        let _ = table.screen();
        table.press(KeyCode::Esc);
        let screen = table.screen();
        assert!(
            screen.contains("a-prese") && screen.contains("by-far") && screen.contains('…'),
            "{screen}"
        );
    }
}

#[test]
fn without_colours_there_are_none_and_with_sixteen_no_others() {
    for (colours, dark) in [(false, true), (true, true), (true, false)] {
        let support = ColourSupport {
            colours,
            true_color: false,
            dark,
        };
        let mut table = Table::with((120, 40), Protocol::None, support, many(10));
        table.start();
        table.run_to(30);
        table.press(KeyCode::Enter);
        for cell in table.buffer().content() {
            if colours {
                let is_rgb = matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_));
                assert!(!is_rgb, "{cell:?}");
            } else {
                assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{cell:?}");
            }
        }
    }
}

#[test]
fn the_help_names_every_key() {
    let mut table = Table::new((120, 80));
    table.typed("?");
    let screen = table.screen();
    for binding in BINDINGS {
        assert!(screen.contains(binding.key), "{} in\n{screen}", binding.key);
    }
}

#[test]
fn names_that_would_act_on_the_terminal_are_shown_harmless() {
    let given = vec![given(0, "a\u{1b}[2Jb", &[]), given(1, "c\u{7}", &[])];
    let mut table = Table::with((120, 40), Protocol::None, DARK, given);
    table.start();
    table.run_to(5);
    table.engine(failed(&[1], 3));
    let screen = table.screen();
    assert!(!screen.contains('\u{1b}') && !screen.contains('\u{7}'));
    assert!(screen.contains("\\u{1b}"), "{screen}");
}
