//! Whether a run fits into memory, found out before it starts: by a prediction from measured small ones. Main thread.
//!
//! Small runs are not looked at. For large ones this program is started a few times on small pictures of the same shape
//! with the same preset, and says how much memory it took at most; that grows with the pixels.

mod estimate;
mod free;
pub(in crate::command) mod probe;

use crate::command::{Failure, output};
use crate::engine::EngineError;
use crate::engine::way::{
    LARGEST_TILE, SMALLEST_TILE, Tiling, WORTH_REMEMBERING, Way, needs_whole,
};
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

/// Pixels of the longer side; smaller pictures are of no use to anybody.
const SMALLEST_ADVISED: f64 = 64.0;

/// What tiles remember for each pixel at most, and how long a step takes then, as a multiple of one in one piece: as
/// measured at 2048² with VGG-19 (`benches/RESULTS.md`).
const REMEMBERED: [(u32, f64); 4] = [(WORTH_REMEMBERING, 0.8), (100, 0.9), (12, 1.0), (0, 1.1)];

/// How the run is made so that memory suffices, and what is to be said of that.
///
/// # Errors
/// Where it does not fit in any way, with advice.
pub(in crate::command) fn way(plan: &Plan) -> Result<(Way, Option<String>), Failure> {
    let preset = &plan.preset.preset;
    let needs_whole = needs_whole(preset);
    let first = match (plan.options.tile, &needs_whole) {
        (TileChoice::Side(_), Some(what)) => {
            return Err(EngineError::NotInTiles(what.clone()).into());
        }
        (TileChoice::Side(rows), None) => Way::tiled(Tiling {
            rows,
            ..Tiling::REMEMBERING
        }),
        (TileChoice::Off, _) => Way::WHOLE,
        (TileChoice::Automatic, _) => Way::FASTEST,
    };
    let Some(room) = Room::of(plan) else {
        return Ok((first, None));
    };
    let shape = Shape::of(plan);
    let (size, pixels) = (shape.size(), shape.pixels());
    let later = estimate::later_bytes_per_pixel(preset) * pixels;
    if PROGRAM_BYTES + MOST_BYTES_PER_PIXEL * pixels + later < room.usable {
        return Ok((first, None));
    }
    let is_small = size.0.max(size.1) <= 2 * SMALL_SIDES[1];
    // Asking for devices takes time, and what is as small as what would be measured shows soon enough.
    if (is_small && plan.options.memory_limit.is_none()) || !plan.options.device.is_cpu() {
        return Ok((first, None));
    }
    output::error_line("note: a large picture: measuring how much memory it takes");
    let Some(whole) = Whole::measured(plan, &shape) else {
        return Ok((first, Some(NOT_MEASURED.to_owned())));
    };
    let whole_bytes = whole.bytes(pixels) + later;
    let tiled = Tiled::new(whole, &shape);
    let tiled_bytes = |tiling| tiled.bytes(pixels, tiling) + later;
    if let TileChoice::Side(rows) = plan.options.tile {
        let rows = [rows];
        let found = first_within(room.usable, &rows, tiled_bytes);
        return Ok((Way::tiled(found.tiling), found.note(&room)));
    }
    if whole_bytes <= room.usable {
        return Ok((first, None));
    }
    let need = format!(
        "in one piece the run would need {}, and {}",
        bytes(whole_bytes),
        room.in_words()
    );
    let share = (room.usable - whole.fixed).max(0.0) / (whole_bytes - whole.fixed).max(1.0);
    let smaller = f64::from(size.0.max(size.1)) * share.sqrt();
    let advice = if smaller < SMALLEST_ADVISED {
        "the program itself takes more, however small the picture is: give it more memory"
            .to_owned()
    } else {
        format!("--size {} would fit in one piece", smaller as u32)
    };
    if let Some(what) = needs_whole {
        return Err(Failure::new(format!(
            "{need}; pictures cannot pass the network in tiles here, since {} needs all features at once\n  {advice}",
            visible(&what)
        )));
    }
    let found = first_within(room.usable, &halves(), tiled_bytes);
    let needed = bytes(found.bytes);
    if found.bytes > room.usable {
        return Err(Failure::new(format!(
            "{need}; even in tiles of {SMALLEST_TILE} rows it would need {needed}\n  {advice}"
        )));
    }
    let in_tiles = format!(
        "in tiles of {} rows {needed}, about {:.1}× the time",
        found.tiling.rows, found.times
    );
    if plan.options.tile == TileChoice::Off {
        return Err(Failure::new(format!(
            "{need}; {in_tiles}\n  leave --tile off out, or {advice}"
        )));
    }
    Ok((
        Way::tiled(found.tiling),
        Some(format!("{need}: {in_tiles}")),
    ))
}

/// How much memory there is to use.
struct Room {
    /// Bytes.
    free: f64,
    /// Bytes that were allowed.
    limit: Option<f64>,
    /// Bytes.
    usable: f64,
}

impl Room {
    /// `None` where the system does not say, and nobody else does.
    fn of(plan: &Plan) -> Option<Self> {
        let limit = plan.options.memory_limit.map(|limit| limit.0 as f64);
        let free = match free::free_bytes() {
            Some(free) => free as f64,
            None => limit? / USABLE,
        };
        Some(Self {
            free,
            limit,
            usable: limit.unwrap_or(f64::INFINITY).min(free * USABLE),
        })
    }

    fn in_words(&self) -> String {
        match self.limit {
            Some(limit) if limit <= self.usable => {
                format!("--memory-limit allows {}", bytes(limit))
            }
            _ => format!("{} are free", bytes(self.free)),
        }
    }
}

/// Tiles, and what they cost.
struct Found {
    tiling: Tiling,
    /// That a run takes.
    bytes: f64,
    /// How long a step takes, as a multiple of one in one piece.
    times: f64,
}

impl Found {
    /// What is to be said of tiles that somebody wanted: whether they fit.
    fn note(&self, room: &Room) -> Option<String> {
        (self.bytes > room.usable).then(|| {
            let (rows, needed) = (self.tiling.rows, bytes(self.bytes));
            let room = room.in_words();
            format!("in tiles of {rows} rows the run will need {needed}, and {room}")
        })
    }
}

/// The fastest tiles, of so many `rows`, that take at most `usable` bytes, or those that take the least. To remember is worth
/// more than high tiles.
fn first_within(usable: f64, rows: &[u32], bytes: impl Fn(Tiling) -> f64) -> Found {
    let tilings = REMEMBERED.iter().flat_map(|&(most, times)| {
        let of_rows = move |&rows: &u32| {
            let tiling = Tiling {
                rows,
                remembered_bytes_per_pixel: most,
            };
            (tiling, times)
        };
        rows.iter().map(of_rows)
    });
    let mut last = None;
    for (tiling, times) in tilings {
        let found = Found {
            bytes: bytes(tiling),
            tiling,
            times,
        };
        if found.bytes <= usable {
            return found;
        }
        last = Some(found);
    }
    last.unwrap_or(Found {
        tiling: Tiling::REMEMBERING,
        bytes: bytes(Tiling::REMEMBERING),
        times: 1.0,
    })
}

/// Rows of tiles, from the most that are of use to the fewest.
fn halves() -> Vec<u32> {
    let halves = std::iter::successors(Some(LARGEST_TILE), |rows| Some(rows / 2));
    halves.take_while(|rows| *rows >= SMALLEST_TILE).collect()
}

const NOT_MEASURED: &str = "how much memory this takes could not be measured; where it does not suffice, the run goes on in tiles";

/// `12 GB`, `850 MB`
fn bytes(count: f64) -> String {
    figure::bytes(count.max(0.0) as u64)
}
