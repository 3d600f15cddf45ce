//! Whether a run fits into memory, found out before it starts: by a prediction from measured small ones. Main thread.
//!
//! Small runs are not looked at. For large ones this program is started a few times on small pictures of the same shape
//! with the same preset, and says how much memory it took at most; that grows with the pixels.

mod estimate;
mod free;
pub(in crate::command) mod probe;

use crate::command::{Failure, output};
use crate::engine::EngineError;
use crate::engine::size::content_size;
use crate::engine::way::{SMALLEST_TILE, Way, needs_whole};
use crate::preset::visible::visible;
use crate::record::figure;
use estimate::{Tiled, Whole};
use probe::Shape;

use super::plan::Plan;
use crate::cli::TileChoice;

/// More than any preset here needs for a pixel, and for the program itself: where even that fits, nothing is measured.
const MOST_BYTES_PER_PIXEL: f64 = 4500.0;
const PROGRAM_BYTES: f64 = 1.2e9;

/// So much of what is free may be used: other programs need some, too.
const USABLE: f64 = 0.9;

/// Longer sides at which memory is measured.
const SMALL_SIDES: [u32; 2] = [384, 576];

/// How the run is made so that memory suffices, and what is to be said of that.
///
/// # Errors
/// Where it does not fit in any way, with advice.
pub(in crate::command) fn way(plan: &Plan) -> Result<(Way, Option<String>), Failure> {
    match plan.options.tile {
        TileChoice::Side(side) => return forced(plan, side),
        TileChoice::Automatic | TileChoice::Off => {}
    }
    let Some(free) = free::free_bytes() else {
        return Ok((Way::WHOLE, None));
    };
    let usable = free as f64 * USABLE;
    let shape = Shape::of(plan);
    let preset = &plan.preset.preset;
    let size = content_size(&preset.image, plan.sources.content.picture.dimensions());
    let pixels = f64::from(size.0) * f64::from(size.1);
    let remembered = estimate::remembered_bytes_per_pixel(preset);
    if PROGRAM_BYTES + (MOST_BYTES_PER_PIXEL + remembered) * pixels < usable {
        return Ok((Way::WHOLE, None));
    }
    let is_small = size.0.max(size.1) <= 2 * SMALL_SIDES[1];
    // Asking for devices takes time, and what is as small as what would be measured shows soon enough.
    if is_small || !plan.options.device.is_cpu() {
        return Ok((Way::WHOLE, None));
    }
    output::error_line("note: a large picture: measuring how much memory it takes");
    let Some(whole) = Whole::measured(plan, &shape) else {
        return Ok((Way::WHOLE, Some(NOT_MEASURED.to_owned())));
    };
    let whole_bytes = whole.bytes(pixels) + remembered * pixels;
    if whole_bytes <= usable {
        return Ok((Way::WHOLE, None));
    }
    let need = format!(
        "in one piece the run would need {}, and {} are free",
        bytes(whole_bytes),
        bytes(free as f64)
    );
    let fitting = ((usable - whole.fixed).max(0.0) / (whole.per_pixel + remembered)).sqrt();
    let shrink = fitting / pixels.sqrt();
    let smaller = (f64::from(size.0.max(size.1)) * shrink) as u32;
    let advice = format!("--size {smaller} would fit in one piece");
    if let Some(what) = needs_whole(preset) {
        return Err(Failure::new(format!(
            "{need}; pictures cannot pass the network in tiles here, since {} needs all features at once\n  {advice}",
            visible(&what)
        )));
    }
    let tiled = Tiled::new(whole, &shape);
    let room = usable - remembered * pixels;
    let Some(side) = tiled.largest_side(pixels, room) else {
        return Err(Failure::new(format!(
            "{need}; even in tiles of {SMALLEST_TILE} rows it would need {}\n  {advice}",
            bytes(tiled.bytes(pixels, SMALLEST_TILE) + remembered * pixels)
        )));
    };
    let in_tiles = format!(
        "in tiles of {side} rows {}, about {:.1}× the time",
        bytes(tiled.bytes(pixels, side) + remembered * pixels),
        estimate::TIMES
    );
    if plan.options.tile == TileChoice::Off {
        return Err(Failure::new(format!(
            "{need}; {in_tiles}\n  leave --tile off out, or {advice}"
        )));
    }
    Ok((Way::tiled(side), Some(format!("{need}: {in_tiles}"))))
}

const NOT_MEASURED: &str = "how much memory this takes could not be measured; where it does not suffice, the run goes on in tiles";

fn forced(plan: &Plan, side: u32) -> Result<(Way, Option<String>), Failure> {
    match needs_whole(&plan.preset.preset) {
        None => Ok((Way::tiled(side), None)),
        Some(what) => Err(EngineError::NotInTiles(what).into()),
    }
}

/// `12 GB`, `850 MB`
fn bytes(count: f64) -> String {
    figure::bytes(count.max(0.0) as u64)
}
