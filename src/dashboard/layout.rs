//! Where the panels stand, by the size of the screen, and which border the mouse holds. Pure; any thread.

use ratatui::layout::{Position, Rect};

use super::action::Panel;
use super::panel::frame::inside;

/// Columns and rows below which nothing useful fits.
pub const SMALLEST: (u16, u16) = (60, 16);
const MEDIUM: (u16, u16) = (100, 30);
const LARGE: (u16, u16) = (170, 48);

/// Rows of the header, in every layout.
const HEADER_ROWS: u16 = 2;
/// A panel is never made smaller than this by dragging.
const FEWEST_COLUMNS: u16 = 24;
const FEWEST_ROWS: u16 = 4;

/// How much fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    TooSmall,
    Small,
    Medium,
    Large,
}

impl Shape {
    fn of(width: u16, height: u16) -> Self {
        let fits = |(columns, rows): (u16, u16)| width >= columns && height >= rows;
        if fits(LARGE) {
            Self::Large
        } else if fits(MEDIUM) {
            Self::Medium
        } else if fits(SMALLEST) {
            Self::Small
        } else {
            Self::TooSmall
        }
    }

    fn index(self) -> usize {
        match self {
            Self::TooSmall | Self::Small => 0,
            Self::Medium => 1,
            Self::Large => 2,
        }
    }
}

/// The panels of one kind of screen, and how they share it.
pub(super) trait Panels: Copy + Eq + 'static {
    /// In the order of their numbers.
    const ALL: &'static [Self];

    /// Whether keys of these numbers go there.
    const HAS_KEYS: bool = true;

    fn title(self) -> &'static str;

    /// Columns of the screen from left to right, in each its groups from top to bottom. A group of several
    /// panels shows one of them.
    fn columns(shape: Shape) -> Vec<Vec<Vec<Self>>>;

    /// Shares of the columns' widths, and of the rows in each column, before anything is dragged.
    fn shares(shape: Shape) -> (Vec<f32>, Vec<Vec<f32>>);

    /// From 1.
    fn number(self) -> usize {
        Self::ALL
            .iter()
            .position(|panel| *panel == self)
            .map_or(0, |index| index + 1)
    }
}

impl Panels for Panel {
    const ALL: &'static [Self] = &[
        Self::Losses,
        Self::Layers,
        Self::Preview,
        Self::Parameters,
        Self::Presets,
        Self::Events,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Losses => "Loss",
            Self::Layers => "Layers",
            Self::Preview => "Picture",
            Self::Parameters => "Parameters",
            Self::Presets => "Presets",
            Self::Events => "Events",
        }
    }

    fn columns(shape: Shape) -> Vec<Vec<Vec<Self>>> {
        use Panel::{Events, Layers, Losses, Parameters, Presets, Preview};
        match shape {
            Shape::TooSmall => vec![],
            Shape::Small => vec![
                vec![vec![Losses], vec![Layers]],
                vec![vec![Preview], vec![Parameters, Presets, Events]],
            ],
            Shape::Medium => vec![
                vec![vec![Losses], vec![Layers], vec![Events]],
                vec![vec![Preview], vec![Parameters, Presets]],
            ],
            Shape::Large => vec![
                vec![vec![Losses], vec![Layers]],
                vec![vec![Preview], vec![Events]],
                vec![vec![Parameters], vec![Presets]],
            ],
        }
    }

    fn shares(shape: Shape) -> (Vec<f32>, Vec<Vec<f32>>) {
        match shape {
            Shape::TooSmall => (vec![], vec![]),
            Shape::Small => (vec![0.52, 0.48], vec![vec![0.52, 0.48], vec![0.58, 0.42]]),
            Shape::Medium => (
                vec![0.52, 0.48],
                vec![vec![0.44, 0.34, 0.22], vec![0.6, 0.4]],
            ),
            Shape::Large => (
                vec![0.37, 0.39, 0.24],
                vec![vec![0.52, 0.48], vec![0.72, 0.28], vec![0.66, 0.34]],
            ),
        }
    }
}

/// A border between two columns, or between two groups of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Border {
    /// On the right of this column.
    Column(usize),
    /// Below this group of this column.
    Row(usize, usize),
}

/// Panels that share a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group<P = Panel> {
    pub(super) area: Rect,
    pub(super) panels: Vec<P>,
    /// The one that is seen.
    pub(super) shown: P,
}

/// Where everything stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Areas<P = Panel> {
    pub(super) shape: Shape,
    pub(super) header: Rect,
    pub(super) body: Rect,
    pub(super) groups: Vec<Group<P>>,
    pub(super) footer: Rect,
}

impl<P: Panels> Areas<P> {
    /// The group that shows `panel`, where it is seen.
    pub(super) fn group_of(&self, panel: P) -> Option<&Group<P>> {
        self.groups.iter().find(|group| group.shown == panel)
    }

    /// What is inside the border of `panel`, where it is seen.
    pub(super) fn inner(&self, panel: P) -> Option<Rect> {
        Some(inside(self.group_of(panel)?.area))
    }

    /// The group under the mouse.
    pub(super) fn at(&self, position: Position) -> Option<&Group<P>> {
        self.groups
            .iter()
            .find(|group| group.area.contains(position))
    }
}

/// What a person has dragged to where, for each shape of its own.
#[derive(Debug, Clone)]
pub(super) struct Splits {
    shares: [(Vec<f32>, Vec<Vec<f32>>); 3],
}

impl Splits {
    /// As nothing was dragged yet.
    pub(super) fn of<P: Panels>() -> Self {
        Self {
            shares: [Shape::Small, Shape::Medium, Shape::Large].map(P::shares),
        }
    }

    /// The areas of a screen. `front` are the panels that were last chosen, the latest first; a maximised
    /// panel has the whole body.
    pub(super) fn areas<P: Panels>(
        &self,
        (width, height): (u16, u16),
        front: &[P],
        maximised: Option<P>,
    ) -> Areas<P> {
        let shape = Shape::of(width, height);
        let header = Rect::new(0, 0, width, HEADER_ROWS.min(height));
        let footer_rows = u16::from(height > HEADER_ROWS);
        let body = Rect::new(
            0,
            header.height,
            width,
            height.saturating_sub(header.height + footer_rows),
        );
        let footer = Rect::new(0, body.bottom(), width, footer_rows);
        let groups = if shape == Shape::TooSmall {
            vec![]
        } else if let Some(panel) = maximised {
            vec![Group {
                area: body,
                panels: vec![panel],
                shown: panel,
            }]
        } else {
            self.groups(shape, body, front)
        };
        Areas {
            shape,
            header,
            body,
            groups,
            footer,
        }
    }

    fn groups<P: Panels>(&self, shape: Shape, body: Rect, front: &[P]) -> Vec<Group<P>> {
        let Some((column_shares, row_shares)) = self.shares.get(shape.index()) else {
            return vec![];
        };
        let mut groups = Vec::new();
        let mut x = body.x;
        let widths = divided(body.width, column_shares, FEWEST_COLUMNS);
        for ((column, width), shares) in P::columns(shape).into_iter().zip(widths).zip(row_shares) {
            let mut y = body.y;
            for (panels, height) in
                column
                    .into_iter()
                    .zip(divided(body.height, shares, FEWEST_ROWS))
            {
                let shown = front
                    .iter()
                    .find(|panel| panels.contains(panel))
                    .or(panels.first())
                    .copied();
                if let Some(shown) = shown {
                    let area = Rect::new(x, y, width, height);
                    groups.push(Group {
                        area,
                        panels,
                        shown,
                    });
                }
                y += height;
            }
            x += width;
        }
        groups
    }

    /// The border that the mouse takes hold of at `position`.
    pub(super) fn border_at<P>(&self, areas: &Areas<P>, position: Position) -> Option<Border> {
        if !areas.body.contains(position) || areas.groups.len() < 2 {
            return None;
        }
        let (column_shares, row_shares) = self.shares.get(areas.shape.index())?;
        let widths = divided(areas.body.width, column_shares, FEWEST_COLUMNS);
        let mut x = areas.body.x;
        for (column, width) in widths.iter().enumerate() {
            let right = x + width;
            let last = column + 1 == widths.len();
            if !last && (position.x + 1 == right || position.x == right) {
                return Some(Border::Column(column));
            }
            if (x..right).contains(&position.x) {
                let mut y = areas.body.y;
                let heights = divided(areas.body.height, row_shares.get(column)?, FEWEST_ROWS);
                for (row, height) in heights.iter().enumerate() {
                    y += height;
                    // The line above is a border too; the one below is the title, which is clicked.
                    if row + 1 < heights.len() && position.y + 1 == y {
                        return Some(Border::Row(column, row));
                    }
                }
            }
            x = right;
        }
        None
    }

    /// Moves a border to the mouse.
    pub(super) fn drag<P>(&mut self, areas: &Areas<P>, border: Border, position: Position) {
        let Some((column_shares, row_shares)) = self.shares.get_mut(areas.shape.index()) else {
            return;
        };
        match border {
            Border::Column(index) => {
                let widths = divided(areas.body.width, column_shares, FEWEST_COLUMNS);
                let at = position.x.saturating_sub(areas.body.x) + 1;
                *column_shares = moved(&widths, index, at, FEWEST_COLUMNS);
            }
            Border::Row(column, index) => {
                if let Some(shares) = row_shares.get_mut(column) {
                    let heights = divided(areas.body.height, shares, FEWEST_ROWS);
                    let at = position.y.saturating_sub(areas.body.y) + 1;
                    *shares = moved(&heights, index, at, FEWEST_ROWS);
                }
            }
        }
    }
}

/// `length` in parts by `shares`, each at least `fewest` where that is possible.
fn divided(length: u16, shares: &[f32], fewest: u16) -> Vec<u16> {
    let total: f32 = shares.iter().sum();
    let mut parts: Vec<u16> = Vec::with_capacity(shares.len());
    let mut left = length;
    let mut share_left = total.max(f32::EPSILON);
    for (index, share) in shares.iter().enumerate() {
        let others = (shares.len() - index - 1) as u16;
        let most = left.saturating_sub(others * fewest);
        let part = if others == 0 {
            left
        } else {
            ((f32::from(left) * share / share_left).round() as u16)
                .max(fewest)
                .min(most)
        };
        parts.push(part);
        left -= part;
        share_left = (share_left - share).max(f32::EPSILON);
    }
    parts
}

/// The shares after the end of part `index` was moved to `at`.
fn moved(parts: &[u16], index: usize, at: u16, fewest: u16) -> Vec<f32> {
    let mut parts = parts.to_vec();
    let start: u16 = parts.iter().take(index).sum();
    if let (Some(&first), Some(&second)) = (parts.get(index), parts.get(index + 1)) {
        let both = first + second;
        if both >= 2 * fewest {
            let new = at.saturating_sub(start).clamp(fewest, both - fewest);
            if let Some(first) = parts.get_mut(index) {
                *first = new;
            }
            if let Some(second) = parts.get_mut(index + 1) {
                *second = both - new;
            }
        }
    }
    parts.into_iter().map(f32::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlaps(areas: &Areas) -> bool {
        let groups = &areas.groups;
        groups.iter().enumerate().any(|(index, group)| {
            groups[index + 1..]
                .iter()
                .any(|other| group.area.intersects(other.area))
        })
    }

    #[test]
    fn panels_fill_the_body_and_never_overlap() {
        let splits = Splits::of::<Panel>();
        for width in 60..260 {
            for height in 16..80 {
                let areas = splits.areas((width, height), &[], None::<Panel>);
                assert!(!overlaps(&areas), "{width}×{height}");
                let covered: u32 = areas.groups.iter().map(|group| group.area.area()).sum();
                assert_eq!(covered, areas.body.area(), "{width}×{height}");
                for group in &areas.groups {
                    assert!(
                        group.area.width >= 20 && group.area.height >= FEWEST_ROWS,
                        "{width}×{height}: {group:?}"
                    );
                }
            }
        }
        let tiny = splits.areas((59, 40), &[], None::<Panel>);
        assert_eq!(tiny.shape, Shape::TooSmall);
        assert!(splits.areas((0, 0), &[], None::<Panel>).groups.is_empty());
    }

    #[test]
    fn every_panel_can_be_brought_to_the_front() {
        let splits = Splits::of::<Panel>();
        for size in [(60, 16), (80, 24), (120, 40), (200, 60)] {
            for &panel in Panel::ALL {
                let areas = splits.areas(size, &[panel], None);
                assert!(areas.group_of(panel).is_some(), "{panel:?} at {size:?}");
                let maximised = splits.areas(size, &[], Some(panel));
                assert_eq!(maximised.groups.len(), 1);
            }
        }
    }

    #[test]
    fn borders_follow_the_mouse_and_stop_where_nothing_would_fit() {
        let mut splits = Splits::of::<Panel>();
        let size = (120, 40);
        let areas = splits.areas(size, &[], None::<Panel>);
        let right = areas.groups[0].area.right();
        let border = splits
            .border_at(&areas, Position::new(right - 1, 10))
            .unwrap();
        assert_eq!(border, Border::Column(0));
        splits.drag(&areas, border, Position::new(79, 10));
        let areas = splits.areas(size, &[], None::<Panel>);
        assert_eq!(areas.groups[0].area.width, 80);
        splits.drag(&areas, border, Position::new(119, 10));
        let areas = splits.areas(size, &[], None::<Panel>);
        assert_eq!(areas.groups[0].area.width, 120 - FEWEST_COLUMNS);
        let bottom = areas.groups[0].area.bottom();
        let border = splits
            .border_at(&areas, Position::new(5, bottom - 1))
            .unwrap();
        assert_eq!(border, Border::Row(0, 0));
        splits.drag(&areas, border, Position::new(5, 9));
        let areas = splits.areas(size, &[], None::<Panel>);
        assert_eq!(areas.groups[0].area.bottom(), 10);
    }
}
