//! Whole screens, compared with the files in `tests/screens`. `UPDATE=1` writes them anew; look at the
//! difference before it is kept.

use std::path::PathBuf;

use super::*;

fn check(name: &str, table: &mut Table) {
    let screen = table.screen();
    let path = PathBuf::from(format!("tests/screens/compare-{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
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
fn comparing_at_every_size() {
    for size in SIZES {
        let mut table = Table::new(size);
        table.start();
        table.run_to(80);
        table.show_pictures();
        check(&format!("{}x{}", size.0, size.1), &mut table);
    }
}

#[test]
fn before_there_is_a_picture() {
    let mut table = Table::new((80, 24));
    table.engine(Event::Preparing(crate::engine::message::Stage::Fitting));
    check("fitting-80x24", &mut table);
}

#[test]
fn two_of_them_large() {
    let mut table = Table::new((120, 40));
    table.start();
    table.run_to(80);
    table.press(KeyCode::Enter);
    table.press(KeyCode::Right);
    table.press(KeyCode::Right);
    table.press(KeyCode::Enter);
    table.typed("b");
    table.show_pictures();
    table.now += Duration::from_secs(10);
    table.settle();
    check("beside-120x40", &mut table);
    table.typed("vm");
    table.show_pictures();
    check("split-120x40", &mut table);
}

#[test]
fn more_than_fit() {
    let mut table = Table::with((80, 24), Protocol::HalfBlocks, DARK, many(16));
    table.start();
    table.run_to(20);
    table.show_pictures();
    check("sixteen-80x24", &mut table);
    let mut table = Table::with((200, 60), Protocol::HalfBlocks, DARK, many(16));
    table.start();
    table.run_to(20);
    table.show_pictures();
    check("sixteen-200x60", &mut table);
}

#[test]
fn one_failed_and_one_dropped() {
    let mut table = Table::with((120, 40), Protocol::HalfBlocks, DARK, many(4));
    table.start();
    table.run_to(40);
    table.engine(failed(&[1], 30));
    table.engine(Event::Dropped {
        candidate: 2,
        pictures: pictures(&[2], 40),
    });
    table.run_to(60);
    table.show_pictures();
    table.now += Duration::from_secs(10);
    table.settle();
    check("failed-dropped-120x40", &mut table);
}

#[test]
fn dialogs() {
    let mut table = Table::new((80, 24));
    table.start();
    table.run_to(30);
    table.typed("?");
    check("help-80x24", &mut table);
    table.press(KeyCode::Esc);
    table.typed("2d");
    check("drop-80x24", &mut table);
    table.typed("n");
    table.typed("p");
    table.press(KeyCode::Tab);
    table.typed("x");
    table.press(KeyCode::Enter);
    check("promote-80x24", &mut table);
    table.press(KeyCode::Esc);
    table.typed("q");
    check("quit-80x24", &mut table);
}

#[test]
fn one_panel_on_the_whole_screen() {
    let mut table = Table::with((80, 24), Protocol::HalfBlocks, DARK, many(8));
    table.start();
    table.run_to(120);
    table.press(KeyCode::Tab);
    table.typed("m3");
    check("chart-80x24", &mut table);
    table.press(KeyCode::Tab);
    table.typed("6");
    check("differences-80x24", &mut table);
}

#[test]
fn too_small_a_terminal_says_so() {
    let mut table = Table::new((59, 15));
    table.start();
    table.run_to(30);
    check("too-small-59x15", &mut table);
}
