//! A run on small pictures in a program of its own, which says how much memory it took at most. `Shape` is the side that
//! asks; [`execute`] the one that is asked. Main thread.

use std::io::{self, Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use image::{Rgb, Rgb32FImage};

use super::estimate::STEPS;
use crate::cli::MeasureArguments;
use crate::command::Failure;
use crate::command::run::plan::Plan;
use crate::engine::input::{Candidate, WeightsChoice};
use crate::engine::message::Event;
use crate::engine::size::content_size;
use crate::engine::way::Way;
use crate::engine::worker::{Job, Worker};
use crate::preset::{Preset, from_toml, to_toml};
use crate::weights::store::Store;

/// The subcommand's name, which is not for people.
const SUBCOMMAND: &str = "measure-memory";

/// No picture is made smaller than this.
const LEAST_SIDE: u32 = 64;

/// A preset and the sizes of the pictures that it is for.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) preset: Preset,
    content: (u32, u32),
    styles: Vec<(u32, u32)>,
}

impl Shape {
    /// Of the run that `plan` is about, at its full size.
    pub(super) fn of(plan: &Plan) -> Self {
        let mut preset = plan.preset.preset.clone();
        preset.scales.start = 0;
        preset.schedule.steps = STEPS;
        // What regions cost is little beside the features, and small pictures have no masks.
        preset.style.regions.clear();
        preset.content.regions.clear();
        let sizes = plan.sources.sizes();
        Self {
            preset,
            content: sizes.first().copied().unwrap_or((1, 1)),
            styles: sizes.get(1..).unwrap_or_default().to_vec(),
        }
    }

    /// The size at which it is optimised.
    pub(super) fn size(&self) -> (u32, u32) {
        content_size(&self.preset.image, self.content)
    }

    pub(super) fn pixels(&self) -> f64 {
        let (width, height) = self.size();
        f64::from(width) * f64::from(height)
    }

    /// The same at another size, whose longer side is `longest`.
    pub(super) fn at(&self, longest: u32) -> Self {
        let (width, height) = self.size();
        let factor = f64::from(longest) / f64::from(width.max(height).max(1));
        // Smaller ones are refused by presets and networks, and what they cost is little beside the rest.
        let least = |side: u32| side.clamp(1, LEAST_SIDE);
        let scaled = |side: u32| ((f64::from(side) * factor).round() as u32).max(least(side));
        let picture = |(width, height): (u32, u32)| (scaled(width), scaled(height));
        let mut preset = self.preset.clone();
        let image = &mut preset.image;
        for side in [
            &mut image.size,
            &mut image.style_size,
            &mut image.width,
            &mut image.height,
        ] {
            if *side > 0 {
                *side = scaled(*side);
            }
        }
        Self {
            preset,
            content: picture(self.content),
            styles: self.styles.iter().copied().map(picture).collect(),
        }
    }

    /// The most memory that a run of this shape holds in one piece, without what is freed and not given back yet, which would
    /// be left to chance; `None` where it does not come to its end.
    pub(super) fn peak_bytes(&self, plan: &Plan) -> Option<f64> {
        let size = |(width, height): (u32, u32)| format!("{width}x{height}");
        let mut program = Command::new(std::env::current_exe().ok()?);
        program.env("MALLOC_CONF", "dirty_decay_ms:0");
        program.arg(SUBCOMMAND).arg(size(self.content));
        program.args(self.styles.iter().copied().map(size));
        if let Some(threads) = plan.options.threads {
            program.arg("--threads").arg(threads.to_string());
        }
        let mut child = program
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let sent = child
            .stdin
            .take()?
            .write_all(to_toml(&self.preset).as_bytes());
        let output = child.wait_with_output().ok()?;
        sent.ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        text.trim().parse().ok().filter(|_| output.status.success())
    }
}

/// Runs the preset on standard input on pictures of the sizes that are asked for, and prints the most bytes that were
/// resident.
pub(in crate::command) fn execute(arguments: &MeasureArguments) -> Result<ExitCode, Failure> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let preset = from_toml(&text, "standard input")?;
    let candidate = Candidate {
        preset,
        content: waves(arguments.content.0, 0.1).into(),
        styles: (1..)
            .zip(&arguments.styles)
            .map(|(index, size)| waves(size.0, index as f32).into())
            .collect(),
    };
    let mut job = Job::single(candidate, crate::engine::device::DeviceChoice::Cpu);
    job.threads = arguments.threads.map(usize::from);
    job.way = Way::WHOLE;
    job.checkpoint_interval = Some(Duration::ZERO);
    job.weights = match Store::from_environment(true) {
        Ok(store) => WeightsChoice::Store(Arc::new(store)),
        Err(error) => WeightsChoice::Unavailable(error.to_string()),
    };
    let worker = Worker::spawn(job)?;
    let mut written = None;
    for event in worker.events() {
        match event {
            // As with the recorder, which writes it while the next step is made.
            Event::Checkpoint(checkpoint) => written = Some(checkpoint),
            Event::Failed { error, .. } => return Err(error.into()),
            Event::Ended { .. } => break,
            _ => {}
        }
    }
    drop(written);
    let peak = peak_bytes().ok_or_else(|| Failure::new("the system does not say"))?;
    println!("{peak}");
    Ok(ExitCode::SUCCESS)
}

/// The most memory that this program has had.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// A picture with something everywhere.
fn waves((width, height): (u32, u32), phase: f32) -> Rgb32FImage {
    Rgb32FImage::from_fn(width, height, |x, y| {
        let wave =
            |step: f32| 0.5 + 0.45 * (x as f32 / step + phase).sin() * (y as f32 / step).cos();
        Rgb([wave(7.0), wave(11.0), wave(17.0)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::load;

    #[test]
    fn a_shape_shrinks_in_all_its_parts() {
        let shape = Shape {
            preset: load("demo", &["image.size=4000".parse().unwrap()])
                .unwrap()
                .preset,
            content: (4000, 3000),
            styles: vec![(1000, 500)],
        };
        let small = shape.at(400);
        assert_eq!(small.size(), (400, 300));
        assert_eq!(small.styles, [(100, 64)]);
        assert_eq!(small.preset.image.size, 400);
        assert!((small.pixels() - 120_000.0).abs() < f64::EPSILON);
    }

    /// Whatever is in the preset can be read again, and every picture is large enough for any network.
    #[test]
    fn a_huge_shape_shrinks_to_what_can_be_run() {
        let settings = ["image.size=7680", "image.style_size=512"];
        let settings = settings.map(|setting| setting.parse().unwrap());
        let shape = Shape {
            preset: load("gatys", &settings).unwrap().preset,
            content: (7680, 900),
            styles: vec![(512, 300), (40, 30)],
        };
        let small = shape.at(384);
        assert_eq!(small.size(), (384, 64));
        assert_eq!(small.styles, [(64, 64), (40, 30)]);
        assert_eq!(small.preset.image.style_size, 64);
        assert_eq!(
            from_toml(&to_toml(&small.preset), "it").unwrap(),
            small.preset
        );
    }
}
