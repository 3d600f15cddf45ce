//! The panel as text.

use super::*;
use crate::dashboard::theme::ColourSupport;
use crate::record::chart::{Marker, Scale};
use crate::record::history::History;
use crate::record::history::fixture::realistic;

fn theme() -> Theme {
    Theme::new(ColourSupport {
        colours: true,
        true_color: true,
        dark: true,
    })
}

/// Losses like those of a real run: a fast fall, noise, a spike.
fn history(steps: u64) -> History {
    realistic(steps, 0.04, 8.0)
}

fn drawn(
    history: &History,
    (width, height): (u16, u16),
    scale: Scale,
    markers: &[Marker],
) -> Buffer {
    let chart = LossChart::new(history, None, scale, markers, usize::from(width) * 2);
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let panel = LossesPanel {
        chart: &chart,
        latest: history.latest(),
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

const MARKERS: [Marker; 2] = [
    Marker {
        step: 120,
        number: 1,
    },
    Marker {
        step: 300,
        number: 12,
    },
];

fn is_braille(symbol: &str) -> bool {
    symbol
        .chars()
        .all(|symbol| ('\u{2801}'..='\u{28ff}').contains(&symbol))
}

#[test]
fn a_small_panel_has_letters_labels_and_curves() {
    let buffer = drawn(&history(500), (38, 7), Scale::Logarithmic, &[]);
    let lines = lines(&buffer);
    assert!(lines[0].starts_with("T 1.29"), "{lines:#?}");
    for letter in ["C 0.4009", "S 0.8", "V 0.02"] {
        assert!(lines[0].contains(letter), "{lines:#?}");
    }
    assert!(lines[6].trim_start().starts_with('0'), "{lines:#?}");
    assert!(lines[6].contains("400"), "{lines:#?}");
    let ends: String = lines[1..6]
        .iter()
        .filter_map(|line| line.chars().last())
        .collect();
    for letter in ["T", "C", "S", "V"] {
        assert!(ends.contains(letter), "{lines:#?}");
    }
    let cells = buffer.content.iter();
    assert!(
        cells.filter(|cell| is_braille(cell.symbol())).count() > 60,
        "{lines:#?}"
    );
}

#[test]
fn a_large_panel_names_curves_and_numbers_markers() {
    let buffer = drawn(&history(500), (100, 24), Scale::Logarithmic, &MARKERS);
    let lines = lines(&buffer);
    for name in ["Total 1.", "Content 0.4", "Style 0.8", "Variation 0.02"] {
        assert!(lines[0].contains(name), "{lines:#?}");
    }
    assert_eq!(
        lines[1].split_whitespace().collect::<Vec<_>>(),
        ["1", "12"],
        "{lines:#?}"
    );
    let dashes = lines.iter().filter(|line| line.contains('┊')).count();
    assert!(dashes > 10, "{lines:#?}");
    assert!(lines[22].contains("└─"), "{lines:#?}");
}

#[test]
fn a_spike_is_seen() {
    let highest = |spike_factor: f32| {
        let history = realistic(5000, 0.04, spike_factor);
        let buffer = drawn(&history, (60, 20), Scale::Logarithmic, &[]);
        let at = |x: u16, y: u16| is_braille(buffer[(x, y)].symbol());
        let columns = (38..46).filter_map(|x| (1..18).find(|&y| at(x, y)));
        columns.min().unwrap()
    };
    assert!(highest(8.0) + 3 <= highest(1.0));
}

#[test]
fn a_curve_has_its_colour() {
    let buffer = drawn(&history(500), (60, 16), Scale::Logarithmic, &[]);
    let theme = theme();
    for style in [theme.content, theme.style, theme.variation] {
        let cells = buffer.content.iter();
        let own = cells.filter(|cell| is_braille(cell.symbol()) && Some(cell.fg) == style.fg);
        assert!(own.count() > 5, "{style:?}");
    }
}

#[test]
fn too_small_a_panel_has_numbers_only() {
    let buffer = drawn(&history(500), (15, 3), Scale::Logarithmic, &MARKERS);
    let lines = lines(&buffer);
    assert!(lines[0].starts_with("total 1."), "{lines:#?}");
    assert!(lines[1].starts_with("content 0.4009"), "{lines:#?}");
    assert!(!buffer.content.iter().any(|cell| is_braille(cell.symbol())));
}

#[test]
fn without_losses_there_is_a_hint() {
    let buffer = drawn(&History::new(), (40, 5), Scale::Logarithmic, &[]);
    assert_eq!(
        lines(&buffer)[2].trim(),
        "the curves begin with the first step"
    );
}

#[test]
fn any_size_and_length_can_be_drawn() {
    let markers: Vec<Marker> = (0..40)
        .map(|number| Marker {
            step: number as u64 * 7,
            number,
        })
        .collect();
    for steps in [1, 2, 3, 50, 20_000] {
        let history = history(steps);
        for scale in [Scale::Linear, Scale::Logarithmic] {
            for width in (0..50).chain([160, 300]) {
                for height in (0..14).chain([50]) {
                    drawn(&history, (width, height), scale, &markers);
                }
            }
        }
    }
}

#[test]
fn letters_keep_apart() {
    assert_eq!(axes::apart(&[0, 0, 0], 5), [0, 1, 2]);
    assert_eq!(axes::apart(&[4, 4, 4, 4], 5), [1, 2, 3, 4]);
    assert_eq!(axes::apart(&[1, 2, 2, 9], 10), [1, 2, 3, 9]);
}

/// For looking at: `cargo test look_at_losses -- --ignored --nocapture`.
#[test]
#[ignore = "prints the panel"]
fn look_at_losses() {
    for (size, steps, scale) in [
        ((38, 7), 500, Scale::Logarithmic),
        ((38, 12), 500, Scale::Logarithmic),
        ((60, 16), 20_000, Scale::Linear),
        ((80, 20), 30, Scale::Logarithmic),
        ((160, 50), 500, Scale::Logarithmic),
    ] {
        println!(
            "{}",
            lines(&drawn(&history(steps), size, scale, &MARKERS)).join("\n")
        );
    }
}

#[test]
fn a_curve_has_its_own_colour_where_it_crosses_a_line() {
    let buffer = drawn(&history(500), (60, 20), Scale::Logarithmic, &MARKERS);
    let colours = [
        theme().total.fg,
        theme().content.fg,
        theme().style.fg,
        theme().variation.fg,
    ]
    .map(|colour| colour.unwrap_or(ratatui::style::Color::Reset));
    for at in buffer.area().positions() {
        let cell = &buffer[at];
        if is_braille(cell.symbol()) {
            assert!(colours.contains(&cell.fg), "{at:?}: {:?}", cell.fg);
        }
    }
}
