//! The panel as text.

use std::sync::Arc;

use super::*;
use crate::dashboard::theme::ColourSupport;
use crate::engine::message::{LossBlock, LossTerm};

fn theme() -> Theme {
    Theme::new(ColourSupport {
        colours: true,
        true_color: false,
        dark: true,
    })
}

fn terms() -> Arc<[LossTerm]> {
    let term = |kind, layer: Option<&str>| LossTerm {
        kind,
        layer: layer.map(str::to_owned),
    };
    // Not in the order of the rows.
    let mut terms = vec![term(TermKind::Variation, None)];
    terms.extend(
        [
            "relu1_1",
            "relu2_1",
            "relu3_1",
            "relu4_1",
            "fire9/expand3x3",
        ]
        .map(|layer| term(TermKind::Style, Some(layer))),
    );
    terms.push(term(TermKind::Content, Some("relu4_2")));
    terms.into()
}

fn history() -> History {
    let mut history = History::new();
    history.add(
        &LossBlock {
            candidates: [0].into(),
            first_step: 0,
            terms: terms(),
            weights: Arc::new([vec![1e-6, 1e5, 2e4, 3.25e4, 1e4, 0.0, 1.0]]),
            values: (0..400)
                .flat_map(|step| {
                    let fall = 1.0 / (1.0 + step as f32 * 0.05);
                    [
                        1200.0,
                        fall * 1e-3,
                        fall * 2e-4,
                        1e-5,
                        fall * 1e-6,
                        3.0,
                        1.0 - fall,
                    ]
                })
                .collect(),
            seconds: 1.0,
        },
        0,
    );
    history
}

fn gradients() -> Gradients {
    Gradients {
        candidates: [0].into(),
        step: 350,
        // One term was not there when it was measured.
        terms: terms()[..6].into(),
        norms: vec![vec![0.0, 6.0, 3.0, 1.0, 0.0, 0.01]],
        seconds: 0.1,
    }
}

fn drawn(width: u16, height: u16, scroll: usize, selected: Option<usize>) -> Buffer {
    drawn_with(false, (width, height), scroll, selected)
}

fn drawn_with(
    wants_gradient: bool,
    (width, height): (u16, u16),
    scroll: usize,
    selected: Option<usize>,
) -> Buffer {
    let history = history();
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let panel = LayersPanel {
        latest: history.latest(),
        history: &history,
        gradients: Some(&gradients()),
        wants_gradient,
        candidate: 0,
        scroll,
        selected,
        theme: &theme(),
    };
    panel.render(area, &mut buffer);
    buffer
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let area = *buffer.area();
    area.rows()
        .map(|row| row.positions().map(|at| buffer[at].symbol()).collect())
        .collect()
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[test]
fn a_wide_table_has_every_column() {
    let lines = lines(&drawn(120, 8, 0, None));
    assert_eq!(
        words(&lines[0]),
        [
            "layer", "weight", "loss", "weighted", "share", "gradient", "@350", "trend"
        ]
    );
    assert_eq!(
        words(&lines[1])[..5],
        ["C", "relu4_2", "1", "0.9523", "0.9523"]
    );
    assert_eq!(
        words(&lines[2])[..5],
        ["S", "relu1_1", "1e5", "4.773e-5", "4.773"]
    );
    assert!(lines[2].contains(" 76%"), "{lines:#?}");
    assert!(lines[2].contains(" 60%"), "{lines:#?}");
    assert!(lines[2].trim_end().ends_with('▁'), "{lines:#?}");
    // It had no gradient when gradients were measured.
    assert!(words(&lines[1]).contains(&"—"), "{lines:#?}");
    assert!(
        lines[6].contains("S fire9/expand3x3") && lines[6].contains("0%"),
        "{lines:#?}"
    );
    assert!(
        lines[7].contains("V variation") && lines[7].contains("<1%"),
        "{lines:#?}"
    );
}

#[test]
fn a_narrow_table_has_layer_loss_bar_and_percent() {
    let lines = lines(&drawn(38, 8, 0, None));
    assert_eq!(words(&lines[0]), ["layer", "weighted", "share"]);
    assert!(lines[2].starts_with("S relu1_1"), "{lines:#?}");
    assert!(lines[2].contains("4.773") && lines[2].contains('█') && lines[2].contains("76%"));
    assert!(lines[6].contains("fire9/e"), "{lines:#?}");
}

#[test]
fn a_narrow_table_has_the_gradient_where_it_was_asked_for() {
    let lines = lines(&drawn_with(true, (38, 8), 0, None));
    assert_eq!(
        words(&lines[0]),
        ["layer", "weighted", "share", "grad", "@350"]
    );
    assert!(
        lines[2].contains("76%") && lines[2].contains("60%"),
        "{lines:#?}"
    );
}

#[test]
fn numbers_end_below_each_other() {
    let lines = lines(&drawn(100, 8, 0, None));
    let end = |line: &str, word: &str| {
        let bytes = line.find(word).unwrap() + word.len();
        line[..bytes].chars().count()
    };
    let weighted = end(&lines[0], "weighted");
    assert_eq!(end(&lines[2], "-5     4.773"), weighted, "{lines:#?}");
    assert_eq!(end(&lines[1], "0.9523    0.9523"), weighted, "{lines:#?}");
}

#[test]
fn it_scrolls_to_the_end_and_no_further() {
    for scroll in [4, 100] {
        let lines = lines(&drawn(60, 4, scroll, None));
        assert!(lines[1].starts_with("S relu4_1"), "{lines:#?}");
        assert!(lines[3].starts_with("V variation"), "{lines:#?}");
        assert!(
            lines[3].ends_with('█') && lines[1].ends_with('│'),
            "{lines:#?}"
        );
    }
}

#[test]
fn the_chosen_row_is_marked() {
    let buffer = drawn(60, 8, 0, Some(2));
    let reversed =
        |y: u16| (0..60).all(|x| buffer[(x, y)].modifier == theme().selected.add_modifier);
    assert!(reversed(3) && !reversed(2) && !reversed(4));
}

#[test]
fn before_the_first_step_there_is_a_hint() {
    let area = Rect::new(0, 0, 40, 3);
    let mut buffer = Buffer::empty(area);
    let panel = LayersPanel {
        latest: None,
        history: &History::new(),
        gradients: None,
        wants_gradient: false,
        candidate: 0,
        scroll: 0,
        selected: None,
        theme: &theme(),
    };
    panel.render(area, &mut buffer);
    assert_eq!(
        lines(&buffer)[1].trim(),
        "the layers come with the first step"
    );
}

#[test]
fn any_size_can_be_drawn_and_no_number_is_cut() {
    for width in 0..160 {
        for height in 0..12 {
            for scroll in [0, 3] {
                let lines = lines(&drawn(width, height, scroll, Some(1)));
                let row = lines.iter().find(|line| line.starts_with("S relu1_1 "));
                if let Some(row) = row.filter(|_| width > 22) {
                    assert!(row.contains("76%"), "{width} {row}");
                }
            }
        }
    }
}

#[test]
fn weights_are_short() {
    let written =
        [0.0, 1.0, 1e5, 3.25e4, 1e-6, 0.05, 123_456.789, 1e12].map(|value| weight(value, 7));
    assert_eq!(
        written,
        ["0", "1", "1e5", "32500", "1e-6", "0.05", "1.235e5", "1e12"]
    );
}

/// For looking at: `cargo test look_at_layers -- --ignored --nocapture`.
#[test]
#[ignore = "prints the panel"]
fn look_at_layers() {
    for (width, height, scroll) in [(38, 8, 0), (50, 8, 0), (60, 5, 2), (78, 8, 0), (120, 8, 0)] {
        println!(
            "{}\n{}",
            lines(&drawn(width, height, scroll, None)).join("\n"),
            "=".repeat(width.into())
        );
    }
}
