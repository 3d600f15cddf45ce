//! What pictures may cost, by protocol. Data; any thread.

use crate::terminal::ask::Protocol;

/// What pictures may cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Most pictures a second.
    pub rate: f64,
    /// Most bytes a second, where the user says so.
    pub bandwidth: Option<f64>,
    /// Largest share of time spent writing, 0 to 1.
    pub write_share: f64,
    /// Largest share of a processor core spent composing and encoding, 0 to 1.
    pub encode_share: f64,
    /// Longest time that one picture may keep the link busy while others follow, in seconds.
    pub picture_seconds: f64,
    /// The same for one that stays.
    pub still_seconds: f64,
    /// Whether a picture may be less than [`super::super::Quality::Exact`].
    pub scalable: bool,
    /// How many bytes a pixel of the place takes before anything was measured, in the order of
    /// [`super::super::Quality::ALL`].
    pub density: [f64; 5],
}

/// The share of the engine's cores that composing and encoding may take from it.
const CORE_SHARE: f64 = 0.003;
/// Most bytes a second for each core of the engine, since the same cores copy them on their way.
const CORE_BANDWIDTH: f64 = 250_000.0;

impl Limits {
    /// For a protocol, `--preview-rate`, `--bandwidth`, and how many cores the engine computes on; `None`
    /// where it needs none of them.
    pub fn new(
        protocol: Protocol,
        rate: f64,
        bandwidth: Option<f64>,
        engine_cores: Option<usize>,
    ) -> Self {
        // Seen with a picture full of small strokes. What is one sequence keeps keys waiting until it is out.
        let (picture_seconds, still_seconds, scalable, density) = match protocol {
            Protocol::KittyPlaceholders | Protocol::KittyDirect => {
                (0.4, 4.0, true, [3.7, 0.95, 0.28, 0.1, 0.06])
            }
            Protocol::Iterm2 => (0.2, 0.4, true, [0.85, 0.5, 0.13, 0.04, 0.02]),
            Protocol::Sixel => (0.2, 0.4, true, [2.6, 1.4, 0.55, 0.22, 0.11]),
            Protocol::HalfBlocks | Protocol::None => (0.4, 4.0, false, [20.0; 5]),
        };
        let engine_cores = engine_cores.map(|cores| cores as f64);
        let core_bandwidth = engine_cores.map(|cores| cores * CORE_BANDWIDTH);
        let bandwidth = match (bandwidth, core_bandwidth) {
            (Some(asked), Some(most)) => Some(asked.min(most)),
            (asked, most) => asked.or(most),
        };
        Self {
            rate,
            bandwidth,
            write_share: 0.5,
            encode_share: engine_cores.map_or(0.5, |cores| (cores * CORE_SHARE).min(0.5)),
            picture_seconds,
            still_seconds,
            scalable,
            density,
        }
    }
}
