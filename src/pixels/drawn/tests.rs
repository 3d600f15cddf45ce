//! What the drawn pictures promise, whatever they look like.

use image::Rgb32FImage;

use super::{content_scene, painting};

/// One of the two drawing functions.
type Draw = fn(u32, u32) -> Rgb32FImage;

const BOTH: [Draw; 2] = [content_scene, painting];

fn luminance(image: &Rgb32FImage, x: u32, y: u32) -> f32 {
    let [red, green, blue] = image.get_pixel(x, y).0;
    red * 0.2126 + green * 0.7152 + blue * 0.0722
}

/// Mean absolute difference of neighbouring blocks of `side` pixels.
fn gradient_energy(image: &Rgb32FImage, side: u32) -> f32 {
    let (columns, rows) = (image.width() / side, image.height() / side);
    let block = |column: u32, row: u32| {
        let mut sum = 0.0;
        for y in row * side..(row + 1) * side {
            for x in column * side..(column + 1) * side {
                sum += luminance(image, x, y);
            }
        }
        sum / (side * side) as f32
    };
    let mut sum = 0.0;
    for row in 1..rows {
        for column in 1..columns {
            let here = block(column, row);
            sum += (here - block(column - 1, row)).abs() + (here - block(column, row - 1)).abs();
        }
    }
    sum / ((columns - 1) * (rows - 1)) as f32
}

#[test]
fn the_same_call_draws_the_same_bits() {
    for draw in BOTH {
        let bits = |image: Rgb32FImage| -> Vec<u32> {
            image.into_raw().into_iter().map(f32::to_bits).collect()
        };
        assert_eq!(bits(draw(97, 73)), bits(draw(97, 73)));
    }
}

#[test]
fn every_size_has_the_asked_shape_and_values_in_range() {
    let sizes = [
        (0, 0),
        (0, 7),
        (1, 1),
        (1, 9),
        (3, 1000),
        (1000, 3),
        (64, 48),
        (131, 57),
    ];
    for draw in BOTH {
        for (width, height) in sizes {
            let image = draw(width, height);
            assert_eq!(image.dimensions(), (width, height));
            assert!(
                image
                    .as_raw()
                    .iter()
                    .all(|value| (0.0..=1.0).contains(value)),
                "value out of range at {width}x{height}",
            );
        }
    }
}

/// Averages a picture down by two: an ideal smaller drawing.
fn halved(image: &Rgb32FImage) -> Rgb32FImage {
    Rgb32FImage::from_fn(image.width() / 2, image.height() / 2, |x, y| {
        let mut sum = [0.0; 3];
        for (down, right) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let pixel = image.get_pixel(x * 2 + right, y * 2 + down).0;
            for (total, value) in sum.iter_mut().zip(pixel) {
                *total += value / 4.0;
            }
        }
        image::Rgb(sum)
    })
}

#[test]
fn every_size_shows_the_same_composition() {
    for draw in BOTH {
        let small = draw(128, 96);
        let large = halved(&draw(256, 192));
        let mut difference = 0.0;
        for (first, second) in small.as_raw().iter().zip(large.as_raw()) {
            difference += (first - second).abs();
        }
        let mean = difference / small.as_raw().len() as f32;
        assert!(mean < 0.06, "mean difference {mean}");
    }
}

#[test]
fn the_painting_has_texture_at_several_scales() {
    let image = painting(256, 192);
    for (side, least) in [(1, 0.06), (2, 0.05), (4, 0.05), (8, 0.05), (24, 0.05)] {
        let energy = gradient_energy(&image, side);
        assert!(energy > least, "{side}-pixel blocks: {energy}");
    }
}

#[test]
fn the_painting_leaves_no_part_of_the_frame_smooth() {
    let image = painting(256, 192);
    for row in 0..6 {
        for column in 0..8 {
            let part = image::imageops::crop_imm(&image, column * 32, row * 32, 32, 32).to_image();
            let energy = gradient_energy(&part, 1);
            assert!(energy > 0.02, "tile {column},{row}: {energy}");
        }
    }
}

#[test]
fn the_scene_is_lit_from_its_sun_and_has_a_wide_tonal_range() {
    let image = content_scene(256, 192);
    let values: Vec<f32> = (0..192)
        .flat_map(|y| (0..256).map(move |x| (x, y)))
        .map(|(x, y)| luminance(&image, x, y))
        .collect();
    let dark = values.iter().filter(|value| **value < 0.25).count();
    let bright = values.iter().filter(|value| **value > 0.80).count();
    assert!(dark > values.len() / 200, "{dark} dark pixels");
    assert!(bright > values.len() / 200, "{bright} bright pixels");
    let (sun_x, sun_y) = (83, 94);
    assert!(luminance(&image, sun_x, sun_y) > 0.9);
    assert!(luminance(&image, 250, 4) < 0.5);
}
