//! A two-dimensional vector in picture units (picture height = 1, `x` to the
//! right, `y` down). Plain values, pure, any thread.

use std::ops::{Add, Mul, Sub};

/// A point or a displacement, in picture units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Vector {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// Short constructor, because the compositions list many points.
#[inline]
pub(crate) const fn vector(x: f32, y: f32) -> Vector {
    Vector { x, y }
}

impl Vector {
    #[inline]
    pub(crate) fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y
    }

    #[inline]
    pub(crate) fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// A quarter turn clockwise on screen.
    #[inline]
    pub(crate) fn perpendicular(self) -> Self {
        vector(-self.y, self.x)
    }

    /// Same direction with length 1; rightward when the length is nearly 0.
    #[inline]
    pub(crate) fn normalised(self) -> Self {
        let length = self.length();
        if length < 1e-9 {
            vector(1.0, 0.0)
        } else {
            self * (1.0 / length)
        }
    }
}

impl Add for Vector {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        vector(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Vector {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        vector(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f32> for Vector {
    type Output = Self;
    #[inline]
    fn mul(self, scale: f32) -> Self {
        vector(self.x * scale, self.y * scale)
    }
}
