//! The stones that there are, by colour (sRGB-encoded). Constants and a pure
//! function, any thread.

use super::super::colour::Colour;
use super::course::part;

pub(crate) const CREAM: Colour = Colour::encoded(0xf8_e8_c2);
pub(crate) const STRAW: Colour = Colour::encoded(0xf5_cf_6a);
pub(crate) const GOLD: Colour = Colour::encoded(0xee_ae_2e);
pub(crate) const ORANGE: Colour = Colour::encoded(0xe8_77_1f);
pub(crate) const VERMILION: Colour = Colour::encoded(0xd6_3e_26);
pub(crate) const CRIMSON: Colour = Colour::encoded(0xa6_1c_30);
pub(crate) const MAROON: Colour = Colour::encoded(0x66_12_2c);
pub(crate) const PLUM: Colour = Colour::encoded(0x3a_12_34);
pub(crate) const OLIVE: Colour = Colour::encoded(0x6f_74_2a);
pub(crate) const UMBER: Colour = Colour::encoded(0x7a_3a_22);
pub(crate) const PETROL: Colour = Colour::encoded(0x0c_3c_48);
pub(crate) const TEAL: Colour = Colour::encoded(0x12_74_78);
pub(crate) const TURQUOISE: Colour = Colour::encoded(0x3f_b8_a6);

/// One of `ramp` at `position`, `0.0..=1.0`, strayed by up to half of `stray`
/// either way: a mosaicist goes from shade to shade by mixing stones.
pub(crate) fn shade(ramp: &[Colour], position: f32, stray: f32, bits: u32) -> Colour {
    let last = ramp.len().saturating_sub(1) as f32;
    let index = (position * last + (part(bits) - 0.5) * stray).round();
    let index = index.clamp(0.0, last) as usize;
    ramp.get(index).copied().unwrap_or(CREAM)
}
