//! Colour arithmetic. A [`Colour`] carries no colour space of its own: the
//! scene works in linear light (so light adds up), the painting in
//! sRGB-encoded values (so pigments mix evenly to the eye). Pure, any thread.

use std::ops::{Add, Mul};

/// Red, green and blue, nominally `0.0..=1.0` and unbounded above while the
/// scene is being lit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Colour {
    pub(crate) red: f32,
    pub(crate) green: f32,
    pub(crate) blue: f32,
}

impl Colour {
    pub(crate) const BLACK: Self = Self::new(0.0, 0.0, 0.0);

    pub(crate) const fn new(red: f32, green: f32, blue: f32) -> Self {
        Self { red, green, blue }
    }

    /// The sRGB-encoded values of `0xRRGGBB`, each `0.0..=1.0`.
    pub(crate) const fn encoded(hex: u32) -> Self {
        Self::new(
            ((hex >> 16) & 0xff) as f32 / 255.0,
            ((hex >> 8) & 0xff) as f32 / 255.0,
            (hex & 0xff) as f32 / 255.0,
        )
    }

    /// `0xRRGGBB` (sRGB) as linear light.
    pub(crate) fn linear(hex: u32) -> Self {
        let encoded = Self::encoded(hex);
        let decode = |value: f32| {
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        Self::new(
            decode(encoded.red),
            decode(encoded.green),
            decode(encoded.blue),
        )
    }

    /// `self` at `amount` 0, `other` at 1.
    #[inline]
    pub(crate) fn mix(self, other: Self, amount: f32) -> Self {
        Self::new(
            self.red + (other.red - self.red) * amount,
            self.green + (other.green - self.green) * amount,
            self.blue + (other.blue - self.blue) * amount,
        )
    }

    /// Channel-wise product, for tinted light on a tinted surface.
    #[inline]
    pub(crate) fn tinted(self, tint: Self) -> Self {
        Self::new(
            self.red * tint.red,
            self.green * tint.green,
            self.blue * tint.blue,
        )
    }

    #[inline]
    pub(crate) fn map(self, change: impl Fn(f32) -> f32) -> Self {
        Self::new(change(self.red), change(self.green), change(self.blue))
    }

    /// Forces every channel into `0.0..=1.0`; a value that is not a number
    /// becomes 0, because the pictures promise finite values.
    #[inline]
    pub(crate) fn clamped(self) -> Self {
        self.map(|value| if value > 0.0 { value.min(1.0) } else { 0.0 })
    }
}

/// sRGB encoding of linear light in `0.0..=1.0`, as a combination of square
/// roots within 0.002 of the standard curve: `powf` would cost more than the
/// rest of the finishing pass.
#[inline]
pub(crate) fn encode(linear: f32) -> f32 {
    if linear <= 0.003_130_8 {
        return linear * 12.92;
    }
    let half = linear.sqrt();
    let quarter = half.sqrt();
    let eighth = quarter.sqrt();
    0.662_002_7 * half + 0.684_122_1 * quarter - 0.323_583_6 * eighth - 0.022_541_147 * linear
}

impl Add for Colour {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Self::new(
            self.red + other.red,
            self.green + other.green,
            self.blue + other.blue,
        )
    }
}

impl Mul<f32> for Colour {
    type Output = Self;
    #[inline]
    fn mul(self, scale: f32) -> Self {
        Self::new(self.red * scale, self.green * scale, self.blue * scale)
    }
}
