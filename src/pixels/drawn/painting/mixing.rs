//! Which pigment a stroke takes: each motif's own ramp, toned by where the
//! stroke lies and varied from stroke to stroke. Pure, any thread.

use super::super::colour::Colour;
use super::super::noise::{fractal, noise};
use super::super::random::Random;
use super::super::shape::smoothstep;
use super::super::vector::{Vector, vector};
use super::composition::{Motif, OLIVES, Place, far_crest, near_crest, river};
use super::flow::{Kind, WHIRLS, Whirl};
use super::pigment::{self, Ramp, pick};

impl Place {
    /// A pigment for a stroke here; `jitter` `0.0..=1.0` is how far it may
    /// stray, `detail` is 0 for the first broad pass and 1 for the last.
    pub(crate) fn pigment(self, hand: &mut Random, jitter: f32, detail: f32) -> Colour {
        let stray = hand.bell() * jitter * 1.3;
        let accent = hand.unit();
        let point = self.point;
        let (ramp, tone): (&Ramp, f32) = match self.motif {
            Motif::Sky => sky(point, hand),
            Motif::FarHill => {
                let depth = (point.y - far_crest(point.x)) / 0.07;
                let fold = noise(vector(point.x * 9.0, depth * 1.5), 51);
                (&pigment::FAR_HILL, 0.72 - depth * 0.40 + fold * 0.35)
            }
            Motif::NearHill => {
                let depth = (point.y - near_crest(point.x)) / 0.06;
                let fold = noise(vector(point.x * 11.0, depth * 1.2), 52);
                (&pigment::NEAR_HILL, 0.72 - depth * 0.36 + fold * 0.40)
            }
            Motif::Field => field(point, accent, detail),
            Motif::River => {
                let (middle, half) = river(point.y);
                let across = (point.x - middle) / half.max(1e-3);
                (
                    &pigment::RIVER,
                    0.48 + 0.30 * noise(point * 14.0, 54) - across * across * 0.30,
                )
            }
            Motif::Olive => {
                let high = OLIVES
                    .iter()
                    .map(|&(middle, half)| (point - middle) * (1.0 / half));
                let lit = high
                    .filter(|spot| spot.dot(*spot) < 1.8)
                    .map(|spot| -spot.y * 0.36 - spot.x * 0.24)
                    .fold(-0.4, f32::max);
                (&pigment::OLIVE, 0.46 + lit + noise(point * 34.0, 56) * 0.34)
            }
            Motif::Trunk => (&pigment::LAVENDER, 0.16),
            Motif::Roof => (&pigment::VERMILION, 0.42 + point.x * 0.2),
            Motif::Wall => (&pigment::WALL, 0.66),
            Motif::Cypress => {
                let grain = noise(vector(point.x * 42.0, point.y * 5.0), 55);
                (&pigment::CYPRESS, 0.28 + grain * 0.34 + detail * 0.08)
            }
        };
        let colour = pick(ramp, tone + stray);
        // Now and then the brush still carries a complementary colour.
        if accent > 0.965 && detail > 0.3 {
            return colour.mix(complement(self.motif), 0.75);
        }
        colour
    }
}

/// A colour that makes its motif sing.
fn complement(motif: Motif) -> Colour {
    Colour::encoded(match motif {
        Motif::Sky => 0xf1_a0_4a,
        Motif::FarHill => 0xe5_8a_5c,
        Motif::NearHill | Motif::Cypress | Motif::Olive => 0xc8_5a_34,
        Motif::Field => 0x3f_6f_b4,
        Motif::River => 0xf6_d0_6a,
        Motif::Roof | Motif::Trunk => 0x4f_8a_8c,
        Motif::Wall => 0x86_a8_d8,
    })
}

/// Sky pigments: night above, dawn low down, glowing rings around whirls. The
/// ramps interleave stroke by stroke instead of blending.
fn sky(point: Vector, hand: &mut Random) -> (&'static Ramp, f32) {
    for whirl in &WHIRLS {
        let offset = point - whirl.centre;
        let round = offset.length() / whirl.radius;
        if round + hand.bell() * 0.16 < 1.0 {
            return glow(whirl, offset, round);
        }
    }
    let low = smoothstep(0.36, 0.56, point.y + hand.bell() * 0.12);
    let band = fractal(vector(point.x * 2.6, point.y * 8.0 + point.x * 1.4), 3, 61);
    if low > 0.5 {
        return (&pigment::DAWN, 0.12 + (point.y - 0.40) * 3.4 + band * 0.42);
    }
    if band > 0.26 {
        return (&pigment::CLOUD, 0.05 + band * 0.95);
    }
    (&pigment::NIGHT, 0.24 + point.y * 0.80 + band * 0.75)
}

/// A spiral arm of alternating light and dark around the middle of a whirl;
/// `round` is 0 in the middle and 1 at the rim.
fn glow(whirl: &Whirl, offset: Vector, round: f32) -> (&'static Ramp, f32) {
    let turn = offset.y.atan2(offset.x) * whirl.spin.signum();
    match whirl.kind {
        Kind::Sun => {
            let arm = (round * 10.5 - turn * 2.0).sin();
            if arm < -0.40 && round > 0.42 {
                return (&pigment::DAWN, 0.62 - (round - 0.42) * 0.9);
            }
            (&pigment::GLOW, 1.08 - round * 0.86 + arm * 0.13)
        }
        Kind::Cloud => {
            let arm = (round * 7.0 - turn).sin();
            if arm < -0.10 && round > 0.20 {
                return (&pigment::NIGHT, 0.52 + arm * 0.22 + 0.2 * (1.0 - round));
            }
            (&pigment::CLOUD, 0.98 - round * 0.62 + arm * 0.12)
        }
    }
}

/// Parcels of wheat and meadow between furrows that run to the horizon.
fn field(point: Vector, accent: f32, detail: f32) -> (&'static Ramp, f32) {
    let near = (point.y - 0.64).max(0.02);
    let across = point.x / near;
    let parcel = noise(vector(across * 0.34 + 4.0, near.ln() * 1.3), 71);
    let furrow = (across * 5.5 + noise(point * 9.0, 72) * 1.6).sin();
    let drift = noise(point * 6.0, 73);
    if accent > 0.80 && drift > 0.05 && detail > 0.6 && point.y > 0.78 {
        return (&pigment::VERMILION, 0.50);
    }
    if parcel < -0.20 {
        return (&pigment::LAVENDER, 0.46 + furrow * 0.30 + drift * 0.15);
    }
    if parcel > 0.12 {
        return (&pigment::MEADOW, 0.46 + furrow * 0.24 + drift * 0.15);
    }
    (&pigment::WHEAT, 0.50 + furrow * 0.25 + drift * 0.16)
}
