//! Every kind of picture that goes in, and every format that comes out.

use image::{ColorType, ImageFormat};

use super::setting::{Setting, fixture, pixels_of, size_of};

#[test]
fn alpha_grey_deep_and_inks_go_in() {
    for name in [
        "alpha_deep.png",
        "grey_alpha.png",
        "grey.jpg",
        "scene_deep.png",
        "inks_plain.jpg",
        "inks.tif",
    ] {
        let setting = Setting::with_pictures();
        setting
            .run(&format!("{} style.png -o out.png", fixture(name)))
            .succeeded();
        assert_eq!(size_of(&setting.path("out.png")).0, 48, "{name}");
    }
}

#[test]
fn what_was_done_to_a_picture_is_said() {
    let setting = Setting::with_pictures();
    let ended = setting
        .run(&format!(
            "{} {}",
            fixture("alpha.png"),
            fixture("inks_adobe.jpg")
        ))
        .succeeded();
    assert!(
        ended.stdout.contains("alpha composited over white"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("CMYK turned into RGB"),
        "{}",
        ended.stdout
    );
}

/// Stored 24 × 32 in one case, 32 × 24 in the other; upright both are 32 × 24.
#[test]
fn turned_pictures_come_out_upright() {
    let setting = Setting::with_pictures();
    let upright = |name: &str| {
        let ended = setting
            .run(&format!("{} style.png -o out.png", fixture(name)))
            .succeeded();
        assert_eq!(size_of(&setting.path("out.png")), (48, 36), "{name}");
        ended.stdout
    };
    for name in ["turned_3.jpg", "turned_6.jpg", "turned_6.png"] {
        assert!(upright(name).contains("orientation"), "{name}");
    }
    assert!(!upright("turned_1.jpg").contains("orientation"));
    assert_eq!(
        size_of(fixture("turned_6.jpg").as_ref()),
        (24, 32),
        "the fixture is stored lying"
    );
}

#[test]
fn every_format_comes_out() {
    let setting = Setting::with_pictures();
    setting.run("content.png style.png -o out.png").succeeded();
    let exact = pixels_of(&setting.path("out.png"));
    for (name, format) in [
        ("out.webp", ImageFormat::WebP),
        ("out.tif", ImageFormat::Tiff),
        ("out.jpg", ImageFormat::Jpeg),
        ("out.JPEG", ImageFormat::Jpeg),
    ] {
        let ended = setting
            .run(&format!("content.png style.png -o {name}"))
            .succeeded();
        assert!(
            ended
                .stdout
                .lines()
                .any(|line| line.starts_with("wrote") && line.contains(name)),
            "{}",
            ended.stdout
        );
        let bytes = std::fs::read(setting.path(name)).unwrap();
        assert_eq!(image::guess_format(&bytes).unwrap(), format, "{name}");
        let pixels = pixels_of(&setting.path(name));
        if format == ImageFormat::Jpeg {
            let sum: f64 = pixels
                .iter()
                .zip(&exact)
                .map(|(a, b)| f64::from(a.abs_diff(*b)))
                .sum();
            assert!(
                sum / (pixels.len() as f64) < 0.05 * 65535.0,
                "{name} differs by {sum}"
            );
        } else {
            assert!(pixels == exact, "{name} differs");
        }
    }
}

#[test]
fn sixteen_bits_come_out() {
    let setting = Setting::with_pictures();
    setting
        .run("content.png style.png -o eight.png")
        .succeeded();
    for name in ["out.png", "out.tif"] {
        setting
            .run(&format!("content.png style.png --sixteen-bit -o {name}"))
            .succeeded();
        let picture = image::open(setting.path(name)).unwrap();
        assert_eq!(picture.color(), ColorType::Rgb16, "{name}");
        let deep = picture.into_rgb16().into_raw();
        assert!(
            deep.iter().any(|sample| sample % 257 != 0),
            "{name} holds no more than 8 bits"
        );
        let eight = pixels_of(&setting.path("eight.png"));
        assert!(
            deep.iter()
                .zip(&eight)
                .all(|(deep, eight)| deep.abs_diff(*eight) <= 129),
            "{name}"
        );
    }
}

/// Whoever turned the picture to 8 bits anywhere on its way would be off by up to 128 levels here.
#[test]
fn sixteen_bits_hold_the_moving_average_of_all_iterates() {
    const DECAY: f64 = 0.9;
    let setting = Setting::with_pictures();
    let after = |steps: i32, averaging: f64| -> Vec<f64> {
        let name = format!("{steps}-{averaging}.png");
        let arguments = format!(
            "run content.png style.png -o {name} --sixteen-bit --size 48 --steps {steps} --lr 0.1 \
             --threads 1 --set network.widths=[8,8,8,8] --set optimizer.averaging={averaging}"
        );
        setting.stylescope(arguments.split_whitespace()).succeeded();
        let picture = image::open(setting.path(&name)).unwrap();
        assert_eq!(picture.color(), ColorType::Rgb16);
        let samples = picture.into_rgb16().into_raw();
        samples.into_iter().map(f64::from).collect()
    };
    let [one, two, three] = [1, 2, 3].map(|steps| after(steps, 0.0));
    let [of_two, of_four] = [1, 3].map(|steps| after(steps, DECAY));
    let places = one.iter().zip(&two).zip(&three).zip(&of_two).zip(&of_four);
    let mut furthest = 0.0_f64;
    for ((((one, two), three), of_two), of_four) in places {
        // What it began with is no file, but what the average after one step holds besides that step's.
        let first = (of_two * (1.0 + DECAY) - one) / DECAY;
        let sum = first * DECAY.powi(3) + one * DECAY.powi(2) + two * DECAY + three;
        let average = sum / (DECAY.powi(3) + DECAY.powi(2) + DECAY + 1.0);
        // Each file is off by half a level, which adds up to less than two.
        assert!((average - of_four).abs() < 2.0, "{average} is {of_four}");
        furthest = furthest.max((of_four - three).abs());
    }
    assert!(
        furthest > 1000.0,
        "the average is where the run is, so this says nothing: {furthest}"
    );
}
