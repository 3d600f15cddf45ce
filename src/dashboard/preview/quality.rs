//! How much of a picture is sent, for slow links. Data; any thread.

/// How much of a picture is sent. What has fewer pixels than its place covers the same cells: kitty and iTerm2
/// scale it up again; sixels are scaled up here, which leaves fewer patterns to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Quality {
    /// An eighth across and down.
    Eighth,
    /// A quarter across and down.
    Quarter,
    /// Half across and down.
    Half,
    /// Every pixel, in fewer colours than there are, or compressed with small losses.
    Full,
    /// Every pixel as it is, as far as the protocol can: for what stands still, and for links that do not
    /// mind.
    #[default]
    Exact,
}

impl Quality {
    /// From the best to the worst.
    pub const ALL: [Self; 5] = [
        Self::Exact,
        Self::Full,
        Self::Half,
        Self::Quarter,
        Self::Eighth,
    ];

    /// What lengths are divided by.
    pub fn divisor(self) -> u32 {
        match self {
            Self::Exact | Self::Full => 1,
            Self::Half => 2,
            Self::Quarter => 4,
            Self::Eighth => 8,
        }
    }

    /// `pixels` at this quality, at least one either way.
    pub fn scaled(self, pixels: (u32, u32)) -> (u32, u32) {
        let scaled = |length: u32| length.div_ceil(self.divisor()).max(1);
        (scaled(pixels.0), scaled(pixels.1))
    }
}
