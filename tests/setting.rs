//! Small pictures and presets that several test modules use.

#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::sync::Arc;

use image::{Rgb, Rgb32FImage};
#[cfg(target_os = "linux")]
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use stylescope::engine::input::Candidate;
use stylescope::preset::{self, Override, Preset};

/// A pseudo-terminal's two ends: what a person sees and types, and what a program has. Neither is handed
/// on to programs that other tests start meanwhile: a terminal whose end somebody still holds never closes.
#[cfg(target_os = "linux")]
pub(crate) fn terminal() -> (OwnedFd, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let person = openpt(flags).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let program = ioctl_tiocgptpeer(&person, flags).unwrap();
    (person, program)
}

/// A smooth picture with something everywhere, different for every `kind`.
pub(crate) fn picture(width: u32, height: u32, kind: f32) -> Arc<Rgb32FImage> {
    Arc::new(Rgb32FImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
        let wave = |a: f32, b: f32| {
            0.5 + 0.45 * (6.0 * (a * x + kind)).sin() * (5.0 * (b * y - kind)).cos()
        };
        Rgb([wave(1.0 + kind, 2.0), wave(2.0, 1.5 + kind), wave(3.0, 1.0)])
    }))
}

/// The preset `name` with `overrides` such as `style.weight=3`.
pub(crate) fn preset(name: &str, overrides: &[&str]) -> Preset {
    let overrides: Vec<Override> = overrides.iter().map(|text| text.parse().unwrap()).collect();
    preset::load(name, &overrides)
        .unwrap_or_else(|error| panic!("{error}"))
        .preset
}

/// A small `fitted` candidate: about 5 ms a step.
pub(crate) fn small_candidate(overrides: &[&str]) -> Candidate {
    let mut all = vec![
        "image.size=40",
        "network.widths=[8, 12, 16]",
        "schedule.steps=1000000",
    ];
    all.push("style.layers={ input = 1.0, block1 = 1.0, block2 = 1.0 }");
    all.push("content.layers={ block2 = 1.0 }");
    all.extend(overrides);
    Candidate {
        preset: preset("demo", &all),
        content: picture(60, 48, 0.1).into(),
        styles: vec![picture(50, 50, 0.7).into()],
    }
}
