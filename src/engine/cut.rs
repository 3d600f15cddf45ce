//! Which part of a picture is sent to whoever looks at it, and how large. Pure; any thread.

use super::message::Region;

/// What of `region` lies inside a picture of this size: all of the picture where nothing does.
pub fn clipped(region: Option<Region>, (width, height): (u32, u32)) -> Region {
    let whole = Region {
        x: 0,
        y: 0,
        width,
        height,
    };
    let Some(region) = region else { return whole };
    let inside = Region {
        width: region.width.min(width.saturating_sub(region.x)),
        height: region.height.min(height.saturating_sub(region.y)),
        ..region
    };
    if inside.width == 0 || inside.height == 0 {
        whole
    } else {
        inside
    }
}

/// `region`, which counts in pixels of a picture of size `from`, for one of size `to`.
pub fn carried_over(region: Region, from: (u32, u32), to: (u32, u32)) -> Region {
    if from == to {
        return region;
    }
    let scaled = |value: u32, from: u32, to: u32| {
        (f64::from(value) * f64::from(to) / f64::from(from.max(1))).round() as u32
    };
    Region {
        x: scaled(region.x, from.0, to.0),
        y: scaled(region.y, from.1, to.1),
        width: scaled(region.width, from.0, to.0).max(1),
        height: scaled(region.height, from.1, to.1).max(1),
    }
}

/// The largest size of the same shape within `most` that is not larger than `size`; at least 1×1.
pub fn fitting((width, height): (u32, u32), most: (u32, u32)) -> (u32, u32) {
    let (most_across, most_down) = (most.0.max(1), most.1.max(1));
    if width <= most_across && height <= most_down {
        return (width, height);
    }
    let scale =
        (f64::from(most_across) / f64::from(width)).min(f64::from(most_down) / f64::from(height));
    let side = |length: u32, most: u32| {
        let scaled = (f64::from(length) * scale).round() as u32;
        scaled.clamp(1, most)
    };
    (side(width, most_across), side(height, most_down))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (40, 30);

    fn region(x: u32, y: u32, width: u32, height: u32) -> Region {
        Region {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn a_region_is_cut_at_the_edges_and_one_that_shows_nothing_becomes_all() {
        let whole = region(0, 0, 40, 30);
        for (asked, expected) in [
            (None, whole),
            (Some(region(5, 6, 7, 8)), region(5, 6, 7, 8)),
            (Some(region(35, 28, 10, 10)), region(35, 28, 5, 2)),
            (Some(region(0, 0, u32::MAX, u32::MAX)), whole),
            (Some(region(40, 0, 5, 5)), whole),
            (Some(region(3, u32::MAX, 5, 5)), whole),
            (Some(region(3, 3, 0, 5)), whole),
        ] {
            assert_eq!(clipped(asked, SIZE), expected, "{asked:?}");
        }
    }

    #[test]
    fn the_same_part_of_a_picture_of_another_size() {
        let part = region(10, 6, 20, 12);
        assert_eq!(carried_over(part, SIZE, SIZE), part);
        assert_eq!(carried_over(part, SIZE, (80, 60)), region(20, 12, 40, 24));
        assert_eq!(carried_over(region(1, 1, 1, 1), SIZE, (4, 3)).width, 1);
    }

    #[test]
    fn a_picture_shrinks_in_its_shape_and_never_grows() {
        assert_eq!(fitting(SIZE, (100, 100)), SIZE);
        assert_eq!(fitting(SIZE, (20, 100)), (20, 15));
        assert_eq!(fitting(SIZE, (100, 10)), (13, 10));
        assert_eq!(fitting(SIZE, (0, 0)), (1, 1));
        assert_eq!(fitting((4000, 2), (10, 10)), (10, 1));
    }
}
