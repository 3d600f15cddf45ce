//! `stylescope demo`: a run on pictures that the program draws itself. Main thread.

use std::process::ExitCode;
use std::sync::Arc;

use image::Rgb32FImage;

use super::Failure;
use super::run::detach;
use super::run::plan::Plan;
use super::run::run;
use super::run::source::Source;
use super::run::sources::Sources;
use crate::cli::{DemoArguments, RunOptions};
use crate::pixels::{Mask, drawn};
use crate::preset::{self, ORDINALS};
use crate::record::digest::Digests;

/// Size at which the pictures are drawn: enough for any `--size` that is fun on a laptop.
const WIDTH: u32 = 768;
const HEIGHT: u32 = 576;

/// The picture or mask that the program draws under this name.
pub(super) fn drawn(name: &str) -> Option<Rgb32FImage> {
    drawn::named(name).map(|draw| draw(WIDTH, HEIGHT))
}

/// A drawn picture by its name, with its drawn mask where that is wanted.
fn source(name: &str, mask: &str, is_masked: bool) -> Source {
    let picture = drawn(name).unwrap_or_default();
    let source = Source::drawn(name, Arc::new(picture));
    let regions = is_masked.then(|| drawn(mask)).flatten();
    match regions.and_then(|regions| Mask::of(&regions).ok()) {
        Some(regions) => source.with_mask(mask, Arc::new(regions)),
        None => source,
    }
}

/// What is drawn beside the scene and the painting.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// The second style picture.
    mosaic: bool,
    /// Masks of all that is drawn.
    masks: bool,
}

impl Wanted {
    /// What the preset speaks of, and the command line brings no file for.
    fn by(options: &RunOptions) -> Self {
        let name = options.preset.as_deref().unwrap_or("demo");
        // What is wrong with it is said where the run is planned.
        let Ok(loaded) = preset::load(name, &options.overrides) else {
            return Self::default();
        };
        let (style, content) = (&loaded.preset.style, &loaded.preset.content);
        let [_, second, ..] = ORDINALS;
        let blended = options.more.blend.as_ref();
        let names_second = style.blend.contains_key(second)
            || style.source.values().any(|name| name == second)
            || blended.is_some_and(|blend| blend.0.len() > 1);
        let names_regions = !style.regions.is_empty() || !content.regions.is_empty();
        Self {
            mosaic: names_second && options.more.styles.is_empty(),
            masks: names_regions && options.more.content_mask.is_none(),
        }
    }
}

fn sources(options: &RunOptions) -> Result<Sources, Failure> {
    let Wanted { mosaic, masks } = Wanted::by(options);
    let content = source(drawn::CONTENT_NAME, drawn::CONTENT_REGIONS_NAME, masks);
    let style = source(drawn::STYLE_NAME, drawn::STYLE_REGIONS_NAME, masks);
    let second = mosaic.then(|| {
        source(
            drawn::SECOND_STYLE_NAME,
            drawn::SECOND_STYLE_REGIONS_NAME,
            masks,
        )
    });
    Sources::with(content, style, second.into_iter().collect(), &options.more)
}

pub(super) fn execute(arguments: DemoArguments) -> Result<ExitCode, Failure> {
    let default_output = "stylescope-demo.png";
    let mut options = arguments.options;
    let json = options.json;
    if let Some(left) = detach::leave(arguments.background, json) {
        return left;
    }
    options.in_background = arguments.background.in_background;
    let sources = sources(&options);
    let digests = Digests::default();
    run(
        json,
        sources.and_then(|sources| {
            Plan::new(
                sources,
                options,
                Some(default_output.into()),
                None,
                &digests,
            )
        }),
    )
}
