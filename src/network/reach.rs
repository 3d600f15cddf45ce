//! Which pixels a layer's features depend on. Pure arithmetic, any thread.

/// Feature i of a side depends on the pixels from i · `stride` − `before` to i · `stride` + `after`, as far as they are
/// in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Pixels between two neighbouring features.
    pub stride: i64,
    /// Pixels to the left, or above.
    pub before: i64,
    /// Pixels to the right, or below.
    pub after: i64,
}

impl Reach {
    /// Of the pixels themselves.
    pub const PIXELS: Self = Self {
        stride: 1,
        before: 0,
        after: 0,
    };

    /// After one more operation with windows of `kernel` features that begin `padding` features before the one that they
    /// are named by, `stride` apart.
    #[must_use]
    pub fn then(self, kernel: i64, stride: i64, padding: i64) -> Self {
        Self {
            stride: self.stride * stride,
            before: self.before + padding * self.stride,
            after: self.after + (kernel - 1 - padding) * self.stride,
        }
    }

    /// What both together depend on.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            stride: self.stride.max(other.stride),
            before: self.before.max(other.before),
            after: self.after.max(other.after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_first_layers_of_vgg() {
        let conv1_2 = Reach::PIXELS.then(3, 1, 1).then(3, 1, 1);
        assert_eq!(
            conv1_2,
            Reach {
                stride: 1,
                before: 2,
                after: 2
            }
        );
        let conv2_1 = conv1_2.then(2, 2, 0).then(3, 1, 1);
        assert_eq!(
            conv2_1,
            Reach {
                stride: 2,
                before: 4,
                after: 5
            }
        );
    }
}
