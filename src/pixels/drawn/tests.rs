//! What the drawn pictures promise, whatever they look like.

use image::Rgb32FImage;

use super::*;
use crate::pixels::Mask;

const PICTURES: [Draw; 3] = [content_scene, painting, mosaic];
const MASKS: [Draw; 3] = [content_regions, painting_regions, mosaic_regions];

/// Sky, land and sea, as masks name them, in order.
const REGIONS: [&str; 3] = ["#0000ff", "#00ff00", "#00ffff"];

fn all() -> impl Iterator<Item = Draw> {
    PICTURES.into_iter().chain(MASKS)
}

fn mask(draw: Draw, width: u32, height: u32) -> Mask {
    Mask::of(&draw(width, height)).unwrap()
}

fn colours(mask: &Mask) -> Vec<String> {
    mask.regions().iter().map(ToString::to_string).collect()
}

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
    for draw in all() {
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
    for draw in all() {
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
    for draw in PICTURES {
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
fn both_styles_have_texture_at_several_scales() {
    for draw in [painting, mosaic] {
        let image = draw(256, 192);
        for (side, least) in [(1, 0.06), (2, 0.05), (4, 0.05), (8, 0.05), (24, 0.05)] {
            let energy = gradient_energy(&image, side);
            assert!(energy > least, "{side}-pixel blocks: {energy}");
        }
    }
}

#[test]
fn neither_style_leaves_a_part_of_the_frame_smooth() {
    for draw in [painting, mosaic] {
        let image = draw(256, 192);
        for row in 0..6 {
            for column in 0..8 {
                let part =
                    image::imageops::crop_imm(&image, column * 32, row * 32, 32, 32).to_image();
                let energy = gradient_energy(&part, 1);
                assert!(energy > 0.02, "tile {column},{row}: {energy}");
            }
        }
    }
}

/// Mean of each channel.
fn mean(image: &Rgb32FImage) -> [f32; 3] {
    let mut sum = [0.0; 3];
    for pixel in image.pixels() {
        for (total, value) in sum.iter_mut().zip(pixel.0) {
            *total += value;
        }
    }
    let count = (image.width() * image.height()) as f32;
    sum.map(|total| total / count)
}

#[test]
fn the_mosaic_is_warm_with_dark_joints_and_the_painting_cold() {
    let [painted, laid] = [painting, mosaic].map(|draw: Draw| draw(256, 192));
    let warmth = |image: &Rgb32FImage| {
        let [red, _, blue] = mean(image);
        red - blue
    };
    assert!(warmth(&laid) > 0.10, "{}", warmth(&laid));
    assert!(warmth(&laid) > warmth(&painted) + 0.10);
    // Joints are drawn in full from here on.
    let image = mosaic(768, 576);
    let dark = |x, y| luminance(&image, x, y) < 0.10;
    let count = (0..576)
        .flat_map(|y| (0..768).map(move |x| (x, y)))
        .filter(|(x, y)| dark(*x, *y))
        .count();
    let share = count as f32 / (768.0 * 576.0);
    assert!((0.10..0.45).contains(&share), "{share} of the picture");
}

#[test]
fn masks_have_the_size_of_their_pictures_and_no_colour_but_the_three() {
    for draw in MASKS {
        let found = mask(draw, 768, 576);
        assert_eq!(found.size(), (768, 576));
        assert_eq!(colours(&found), REGIONS);
        for (width, height) in [(97, 73), (1, 1), (40, 200), (900, 60)] {
            let found = mask(draw, width, height);
            assert_eq!(found.size(), (width, height));
            let known = |colour: &String| REGIONS.contains(&colour.as_str());
            assert!(colours(&found).iter().all(known), "{:?}", colours(&found));
        }
    }
}

/// Share of `region` in a part of the picture, `part` being left, top, right
/// and bottom in hundredths.
fn share(mask: &Mask, region: &str, part: [u32; 4]) -> f32 {
    let (width, height) = mask.size();
    let colour = mask.regions().iter().find(|c| c.to_string() == region);
    let inside = mask.pixels_of(*colour.unwrap());
    let [left, top, right, bottom] = part;
    let (mut sum, mut count) = (0.0, 0.0);
    for y in top * height / 100..bottom * height / 100 {
        for x in left * width / 100..right * width / 100 {
            sum += inside[(y * width + x) as usize];
            count += 1.0;
        }
    }
    sum / count
}

#[test]
fn masks_follow_what_is_drawn() {
    let scene = mask(content_regions, 400, 300);
    let [sky, land, sea] = REGIONS;
    for (region, part) in [
        (sky, [30, 2, 60, 40]),
        (sea, [12, 62, 40, 70]),
        (land, [0, 90, 100, 100]),
        // The lighthouse, the house, the headland and a bough of the pine.
        (land, [65, 24, 67, 48]),
        (land, [75, 44, 85, 49]),
        (land, [55, 58, 95, 64]),
        (land, [13, 6, 22, 12]),
    ] {
        let found = share(&scene, region, part);
        assert!(found > 0.9, "{region} in {part:?}: {found}");
    }
    for draw in [painting_regions, mosaic_regions] {
        let found = mask(draw, 400, 300);
        assert!(share(&found, sky, [0, 0, 100, 45]) > 0.9);
        assert!(share(&found, sky, [0, 70, 100, 100]) == 0.0);
        // Too few stones or strokes say too little of a region's manner.
        for region in REGIONS {
            assert!(share(&found, region, [0, 0, 100, 100]) > 0.04, "{region}");
        }
    }
}

#[test]
fn everything_drawn_is_found_by_its_name() {
    let names = [
        CONTENT_NAME,
        STYLE_NAME,
        SECOND_STYLE_NAME,
        CONTENT_REGIONS_NAME,
        STYLE_REGIONS_NAME,
        SECOND_STYLE_REGIONS_NAME,
    ];
    for (name, draw) in names.into_iter().zip(all()) {
        assert!(named(name).unwrap()(40, 30) == draw(40, 30), "{name}");
    }
    assert!(named("drawn").is_none());
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
