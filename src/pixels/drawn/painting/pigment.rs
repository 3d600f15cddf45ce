//! The palette: ramps of pigments from dark to light, whose hue shifts on the
//! way as it does when a painter mixes. Values are sRGB-encoded. Constants
//! and pure functions, any thread.

use super::super::colour::Colour;

/// Pigments from dark to light.
pub(crate) type Ramp = [Colour; 6];

const fn ramp(hexes: [u32; 6]) -> Ramp {
    [
        Colour::encoded(hexes[0]),
        Colour::encoded(hexes[1]),
        Colour::encoded(hexes[2]),
        Colour::encoded(hexes[3]),
        Colour::encoded(hexes[4]),
        Colour::encoded(hexes[5]),
    ]
}

/// Night sky: ultramarine to cobalt to pale turquoise.
pub(crate) const NIGHT: Ramp = ramp([
    0x0e_14_46, 0x1b_2a_78, 0x21_49_a6, 0x2f_78_b8, 0x3f_a3_ae, 0xa5_dc_c4,
]);
/// Swirling cloud: slate blue through lilac and rose to warm white.
pub(crate) const CLOUD: Ramp = ramp([
    0x31_55_9f, 0x5b_86_c4, 0x8f_b9_cf, 0xe0_b9_bd, 0xf9_d9_b4, 0xff_f8_e8,
]);
/// Light around the whirls: sea green through cadmium yellow to warm white.
pub(crate) const GLOW: Ramp = ramp([
    0x2b_7c_93, 0x86_ae_7c, 0xdc_a9_36, 0xf6_c6_2c, 0xfb_e2_7c, 0xff_f7_dc,
]);
/// Sky over the hills at daybreak: turquoise to apricot.
pub(crate) const DAWN: Ramp = ramp([
    0x3f_7f_b0, 0x7c_b8_ac, 0xe8_c9_87, 0xf3_9a_52, 0xe9_78_5a, 0xfb_d9_a4,
]);
/// Distant hills: indigo to lilac.
pub(crate) const FAR_HILL: Ramp = ramp([
    0x1a_22_60, 0x2c_3d_8c, 0x44_60_9f, 0x5d_88_ae, 0x8d_8f_c0, 0xd9_a9_a4,
]);
/// Near hills: viridian to olive gold.
pub(crate) const NEAR_HILL: Ramp = ramp([
    0x0f_2c_40, 0x17_50_4f, 0x23_76_5f, 0x5a_9a_55, 0xa8_b0_4a, 0xe6_cf_6a,
]);
/// Lavender rows: violet to lilac.
pub(crate) const LAVENDER: Ramp = ramp([
    0x2a_22_60, 0x47_34_8c, 0x6a_4f_ae, 0x8f_78_c6, 0xc0_a4_d4, 0xf0_d4_d8,
]);
/// Olive trees: bottle green to silver.
pub(crate) const OLIVE: Ramp = ramp([
    0x0f_2b_38, 0x1d_52_50, 0x3f_7d_62, 0x7f_a4_68, 0xbc_cb_8c, 0xf2_ec_c0,
]);
/// Ripe wheat: umber through ochre to lemon white.
pub(crate) const WHEAT: Ramp = ramp([
    0x7c_45_20, 0xb8_72_22, 0xd9_9a_2b, 0xf1_bf_3b, 0xf9_de_7c, 0xff_f3_c4,
]);
/// Meadow: deep green to yellow green.
pub(crate) const MEADOW: Ramp = ramp([
    0x12_3a_3c, 0x1c_66_4f, 0x3f_8f_4c, 0x86_b0_46, 0xc9_c7_50, 0xf0_e4_9a,
]);
/// Cypress: blue black to bronze.
pub(crate) const CYPRESS: Ramp = ramp([
    0x0a_14_24, 0x0f_2a_2e, 0x17_44_37, 0x2f_61_38, 0x6f_74_33, 0xb9_8f_3c,
]);
/// River: cobalt to foam.
pub(crate) const RIVER: Ramp = ramp([
    0x1b_3f_8c, 0x28_74_ac, 0x49_a7_b8, 0x8f_d0_c4, 0xdc_ef_d2, 0xff_f6_d6,
]);
/// Roofs and poppies: crimson to vermilion to coral.
pub(crate) const VERMILION: Ramp = ramp([
    0x6d_1f_2c, 0xa6_2a_25, 0xd6_3e_24, 0xea_65_34, 0xf3_9a_5c, 0xfc_d3_a0,
]);
/// Whitewashed walls in shade and light.
pub(crate) const WALL: Ramp = ramp([
    0x52_61_9a, 0x8a_97_bd, 0xc9_c3_bc, 0xf0_df_b8, 0xfb_f0_cf, 0xff_fb_ea,
]);

/// The pigment at `tone`, 0 darkest to 1 lightest.
pub(crate) fn pick(ramp: &Ramp, tone: f32) -> Colour {
    let scaled = tone.clamp(0.0, 1.0) * (ramp.len() - 1) as f32;
    let index = (scaled as usize).min(ramp.len() - 2);
    ramp[index].mix(ramp[index + 1], scaled - index as f32)
}
