//! The picture, by its pixels.

use super::*;
use crate::record::chart::Marker;
use crate::record::history::History;
use crate::record::history::fixture::realistic;

const LOOK: ChartLook = ChartLook {
    dark: true,
    cell_height: 18,
};

fn chart(steps: u64, scale: Scale, markers: &[Marker], width: u32) -> LossChart {
    LossChart::new(
        &realistic(steps, 0.06, 8.0),
        None,
        scale,
        markers,
        width as usize,
    )
}

fn count(picture: &RgbImage, color: RGBColor) -> usize {
    let pixels = picture.pixels();
    pixels
        .filter(|pixel| pixel.0 == [color.0, color.1, color.2])
        .count()
}

#[test]
fn every_curve_is_there_in_its_colour() {
    for (dark, palette) in [(true, &DARK), (false, &LIGHT)] {
        let chart = chart(500, Scale::Logarithmic, &[], 600);
        let picture = loss_chart(&chart, (600, 300), ChartLook { dark, ..LOOK }).unwrap();
        assert_eq!(picture.dimensions(), (600, 300));
        for color in palette.curves {
            assert!(count(&picture, color) > 100, "{color:?}");
        }
        assert!(count(&picture, palette.ground) > 600 * 300 / 2);
    }
}

#[test]
fn markers_are_drawn_where_they_are() {
    let at = |step| {
        let chart = chart(500, Scale::Logarithmic, &[Marker { step, number: 3 }], 600);
        let picture = loss_chart(&chart, (600, 300), LOOK).unwrap();
        let marker = DARK.marker;
        let columns = picture
            .enumerate_pixels()
            .filter(|(_, _, pixel)| pixel.0 == [marker.0, marker.1, marker.2])
            .map(|(x, _, _)| x);
        columns.min().unwrap()
    };
    assert!(at(100) < at(200) && at(200) < at(400));
}

#[test]
fn a_spike_of_a_single_step_is_seen() {
    let chart = chart(100_000, Scale::Linear, &[], 300);
    let picture = loss_chart(&chart, (400, 200), LOOK).unwrap();
    // The spike is eight times as high as the rest, and the fall at the beginning is far from it.
    let y = chart.y_axis(5);
    assert!(y.maximum > 4.0);
    let ground = picture.get_pixel(399, 0).0;
    let bright = |x: u32, y: u32| {
        let pixel = picture.get_pixel(x, y).0;
        pixel.iter().map(|&value| i32::from(value)).sum::<i32>()
            - ground.iter().map(|&value| i32::from(value)).sum::<i32>()
    };
    let columns = (150..290)
        .filter(|&x| (160..168).all(|y| bright(x, y) > 100))
        .count();
    assert!((1..6).contains(&columns), "{columns}");
}

#[test]
fn what_is_too_small_or_too_large_is_refused() {
    let chart = chart(10, Scale::Linear, &[], 100);
    for size in [(0, 0), (95, 200), (200, 63), (100_000, 100_000)] {
        let refused = loss_chart(&chart, size, LOOK).unwrap_err();
        assert_eq!(refused, ChartError::Size(size.0, size.1));
    }
}

#[test]
fn any_length_size_and_text_can_be_drawn() {
    let markers: Vec<Marker> = (0..30)
        .map(|number| Marker {
            step: number as u64 * 11,
            number,
        })
        .collect();
    let nothing = LossChart::new(&History::new(), None, Scale::Linear, &[], 10);
    for size in [(96, 64), (400, 80), (120, 500)] {
        for cell_height in [0, 8, 20, 100] {
            let look = ChartLook {
                cell_height,
                ..LOOK
            };
            loss_chart(&nothing, size, look).unwrap();
            for steps in [1, 2, 40, 9000] {
                for scale in [Scale::Linear, Scale::Logarithmic] {
                    loss_chart(&chart(steps, scale, &markers, 1000), size, look).unwrap();
                }
            }
        }
    }
}

#[test]
fn names_keep_apart() {
    assert_eq!(
        apart(&[5.0, 6.0, 30.0], 10.0, (0.0, 100.0)),
        [5.0, 15.0, 30.0]
    );
    assert_eq!(apart(&[95.0, 99.0], 10.0, (0.0, 100.0)), [90.0, 100.0]);
}

/// For looking at: `cargo test look_at_loss_charts -- --ignored`.
#[test]
#[ignore = "writes pictures to the temporary folder"]
fn look_at_loss_charts() {
    let markers = [(120, 1), (300, 12)].map(|(step, number)| Marker { step, number });
    for (name, size, steps, scale, dark, cell_height) in [
        ("small", (400, 200), 500, Scale::Logarithmic, true, 16),
        ("middle", (900, 450), 500, Scale::Logarithmic, true, 18),
        ("light", (900, 450), 30_000, Scale::Logarithmic, false, 18),
        ("few", (600, 300), 12, Scale::Linear, false, 16),
        ("large", (2000, 1000), 500, Scale::Logarithmic, true, 36),
    ] {
        let chart = chart(steps, scale, &markers, size.0);
        let start = std::time::Instant::now();
        let picture = loss_chart(&chart, size, ChartLook { dark, cell_height }).unwrap();
        println!("{name}: {:?}", start.elapsed());
        let path = std::env::temp_dir().join(format!("loss_chart_{name}.png"));
        picture.save(path).unwrap();
    }
}
