//! Which part of which picture is looked at, and how large. Pure; the UI thread owns it.

use ratatui::layout::Rect;

use super::layout::Layout;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Subject {
    /// The picture being optimised.
    #[default]
    Result,
    /// The content picture.
    Content,
    /// The style picture, in a size and shape of its own.
    Style,
    /// The result minus the content around mid-grey.
    Difference,
    /// The content on the left of a divider, the result on its right.
    Split,
    /// A snapshot, and the result beside or below it. In the round of [`View::cycle`] only when there is
    /// a snapshot.
    Beside,
}

impl Subject {
    /// Whether showing it takes the newest picture of the engine.
    pub fn needs_result(self) -> bool {
        !matches!(self, Self::Content | Self::Style)
    }

    /// One word for a panel's title.
    pub fn name(self) -> &'static str {
        match self {
            Self::Result => "result",
            Self::Content => "content",
            Self::Style => "style",
            Self::Difference => "difference",
            Self::Split => "split",
            Self::Beside => "beside snapshot",
        }
    }
}

/// How large a picture is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Zoom {
    /// All of it, as large as the panel allows.
    #[default]
    Fit,
    /// 2 to this power screen pixels per picture pixel: 0 is real pixels, 1 twice as large, −1 half.
    Pixels(i8),
}

/// Largest magnification is 32, the smallest 1/32.
const MOST_ZOOM: i8 = 5;

/// Which part of what is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Which picture.
    pub subject: Subject,
    /// How large.
    pub zoom: Zoom,
    /// The point of the picture in the middle of the panel, 0 to 1 across and down.
    pub centre: (f32, f32),
    /// Where [`Subject::Split`] divides the visible part, 0 to 1 from the left.
    pub split: f32,
    /// Which snapshot [`Subject::Beside`] shows: an index that means something to the caller.
    pub snapshot: Option<usize>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            subject: Subject::default(),
            zoom: Zoom::default(),
            centre: (0.5, 0.5),
            split: 0.5,
            snapshot: None,
        }
    }
}

impl View {
    /// On to the next subject, or with `back` to the one before.
    pub fn cycle(&mut self, back: bool) {
        let round = [
            Subject::Result,
            Subject::Content,
            Subject::Style,
            Subject::Difference,
            Subject::Split,
            Subject::Beside,
        ];
        let count = if self.snapshot.is_some() { 6 } else { 5 };
        let now = round.iter().position(|subject| *subject == self.subject);
        let step = if back { count - 1 } else { 1 };
        self.subject = round[(now.unwrap_or(0) + step) % count];
    }

    /// The size that [`Self::layout`] is to be given: that of what is looked at.
    pub fn size_of_subject(&self, result: (u32, u32), style: (u32, u32)) -> (u32, u32) {
        if self.subject == Subject::Style {
            style
        } else {
            result
        }
    }

    /// The next larger power of two. `now` is how the picture is laid out before.
    pub fn zoom_in(&mut self, now: &Layout) {
        let power = match self.zoom {
            Zoom::Pixels(power) => power.saturating_add(1),
            Zoom::Fit => (-MOST_ZOOM..MOST_ZOOM)
                .find(|power| scale(*power) > now.fit_scale * 1.01)
                .unwrap_or(MOST_ZOOM),
        };
        self.zoom = Zoom::Pixels(power.clamp(-MOST_ZOOM, MOST_ZOOM));
    }

    /// The next smaller power of two, or all of the picture once it fits.
    pub fn zoom_out(&mut self, now: &Layout) {
        if let Zoom::Pixels(power) = self.zoom {
            let smaller = power.saturating_sub(1);
            if smaller < -MOST_ZOOM || scale(smaller) <= now.fit_scale * 1.01 {
                self.fit();
            } else {
                self.zoom = Zoom::Pixels(smaller.min(MOST_ZOOM));
            }
        }
    }

    /// One screen pixel, or half-block, a pixel of the picture.
    pub fn real_pixels(&mut self) {
        self.zoom = Zoom::Pixels(0);
    }

    /// All of the picture.
    pub fn fit(&mut self) {
        self.zoom = Zoom::Fit;
        self.centre = (0.5, 0.5);
    }

    /// Moves by fractions of the visible part, as far as there is picture. `now` is how it is laid out.
    pub fn pan(&mut self, right: f32, down: f32, now: &Layout) {
        let moved = |centre: f32, by: f32, visible: f32| {
            let margin = (visible / 2.0).min(0.5);
            (centre + by * visible).clamp(margin, 1.0 - margin)
        };
        let visible = now.visible();
        self.centre = (
            moved(self.centre.0, right, visible.0),
            moved(self.centre.1, down, visible.1),
        );
    }

    /// Moves the divider of [`Subject::Split`] by a fraction of the visible width.
    pub fn move_split(&mut self, right: f32) {
        self.split = (self.split + right).clamp(0.0, 1.0);
    }

    /// How much screen a pixel of the picture takes where `now` is its layout: "fit 43%", "200%".
    pub fn zoom_label(&self, now: &Layout) -> String {
        match self.zoom {
            Zoom::Fit => format!("fit {:.0}%", now.fit_scale * 100.0),
            Zoom::Pixels(power) if power < -1 => format!("{:.1}%", scale(power) * 100.0),
            Zoom::Pixels(power) => format!("{:.0}%", scale(power) * 100.0),
        }
    }

    /// Where in `panel`, in cells of `cell` pixels ([`super::cell_pixels`]), and from which region of a
    /// picture of `size` pixels ([`Self::size_of_subject`]). `None` for a panel without cells or a picture
    /// without pixels.
    pub fn layout(&self, size: (u32, u32), panel: Rect, cell: (u16, u16)) -> Option<Layout> {
        Layout::new(self, size, panel, cell)
    }
}

/// Screen pixels per picture pixel.
pub(super) fn scale(power: i8) -> f32 {
    f32::from(power.clamp(-MOST_ZOOM, MOST_ZOOM)).exp2()
}

#[cfg(test)]
mod tests;
