//! Which rows of an operation's input and of its results have to do with each other, so that a picture can pass from top to
//! bottom, some rows at a time. Pure arithmetic, any thread.

use std::ops::Range;

/// An operation's windows, along the height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Windows {
    pub(super) kernel: i64,
    pub(super) stride: i64,
    /// Rows beyond the edge that the first window begins with.
    pub(super) padding: i64,
    /// Whether these are taken from inside, so that a gradient by them comes back there.
    pub(super) repeats_inside: bool,
}

/// Rows that results follow from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needed {
    pub(super) rows: Range<i64>,
    /// So many more, above and below, lie beyond the edges.
    pub(super) beyond: [i64; 2],
}

/// Rows of an operation's input that a gradient is asked for by, where that by some of its results is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) height: i64,
    pub(super) width: i64,
    /// How far below the first row of the first result's window they begin, where that may lie beyond the edge.
    pub(super) skip: i64,
    /// Whether nothing is above them.
    pub(super) is_first: bool,
    /// Whether nothing is below them.
    pub(super) is_last: bool,
}

impl Windows {
    /// Of what looks at each position by itself.
    pub(super) const SINGLE: Self = Self {
        kernel: 1,
        stride: 1,
        padding: 0,
        repeats_inside: false,
    };

    /// What lies beyond the edges of a whole input.
    pub(super) fn beyond(self) -> [i64; 2] {
        [self.padding; 2]
    }

    /// All of an input of this `size` (height, width), where the gradient by all results is known.
    pub(super) fn whole(self, (height, width): (i64, i64)) -> Wanted {
        Wanted {
            height,
            width,
            skip: self.padding,
            is_first: true,
            is_last: true,
        }
    }

    /// How many of `results` in all follow from the first `known` rows of an input of `height`.
    pub(super) fn ready(self, known: i64, height: i64, results: i64) -> i64 {
        let beyond_first = known + self.padding - self.kernel;
        if known >= height {
            results
        } else if beyond_first < 0 {
            0
        } else {
            (beyond_first / self.stride + 1).min(results)
        }
    }

    /// What `results`, of which there are some, follow from in an input of `height`.
    pub(super) fn needed(self, results: &Range<i64>, height: i64) -> Needed {
        let first = results.start * self.stride - self.padding;
        let end = (results.end - 1) * self.stride - self.padding + self.kernel;
        Needed {
            rows: first.max(0)..end.min(height),
            beyond: [(-first).max(0), (end - height).max(0)],
        }
    }

    /// By how many rows of an input of `height`, from the first on, the gradient follows from that by the first `known` of
    /// `results` in all.
    pub(super) fn complete(self, known: i64, results: i64, height: i64) -> i64 {
        if known >= results {
            return height;
        }
        let rows = (known * self.stride - self.padding).clamp(0, height);
        if !self.repeats_inside {
            return rows;
        }
        // What comes back from beyond an edge does so to these rows, and at once.
        let rows = rows.min(height - 1 - self.padding);
        if rows > self.padding { rows } else { 0 }
    }

    /// Of these `rows` of an input of `height`, which are complete, the end of the first ones: about `most` of them, so that
    /// the rest can be asked for later.
    pub(super) fn part(self, rows: Range<i64>, most: i64, height: i64) -> i64 {
        if self == Self::SINGLE {
            // It may take place in the memory of what came, of which nothing can be left for later then.
            return rows.end;
        }
        // Windows that touch each other are not cut.
        let end = (rows.start + most + self.padding) / self.stride * self.stride - self.padding;
        // What is repeated inside comes back with what it repeats.
        let inside = self.padding + 1..height - self.padding;
        let is_between = end > rows.start && (!self.repeats_inside || inside.contains(&end));
        // No window reaches rows at the lower edge where it does not fit there.
        let has_windows = rows.end - end >= self.kernel;
        if is_between && has_windows {
            end
        } else {
            rows.end
        }
    }

    /// Which of `results` in all have one of these `rows` in their window.
    pub(super) fn results_of(self, rows: &Range<i64>, results: i64) -> Range<i64> {
        let above = rows.start + self.padding - self.kernel + 1;
        let first = (above + self.stride - 1).div_euclid(self.stride).max(0);
        let end = (rows.end - 1 + self.padding) / self.stride + 1;
        first..end.min(results)
    }

    /// These `rows` of an input of this `size`, as what is wanted where the gradient by the results `known` is.
    pub(super) fn wanted(
        self,
        rows: &Range<i64>,
        known: &Range<i64>,
        (height, width): (i64, i64),
    ) -> Wanted {
        Wanted {
            height: rows.end - rows.start,
            width,
            skip: rows.start - (known.start * self.stride - self.padding),
            is_first: rows.start == 0,
            is_last: rows.end == height,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(kernel: i64, stride: i64, padding: i64) -> Windows {
        Windows {
            kernel,
            stride,
            padding,
            repeats_inside: false,
        }
    }

    /// Which rows of the input each result's window has, as far as they are inside.
    fn seen(windows: Windows, result: i64, height: i64) -> Range<i64> {
        let first = result * windows.stride - windows.padding;
        first.max(0)..(first + windows.kernel).min(height)
    }

    #[test]
    fn rows_are_ready_and_complete_when_nothing_else_has_to_do_with_them() {
        for (kernel, stride, padding) in [
            (1, 1, 0),
            (3, 1, 1),
            (5, 1, 2),
            (2, 2, 0),
            (3, 2, 0),
            (7, 2, 0),
            (3, 2, 1),
        ] {
            let windows = windows(kernel, stride, padding);
            for height in [7, 8, 12, 13, 30] {
                let results = (height + 2 * padding - kernel) / stride + 1;
                for known in 0..=height {
                    let ready = windows.ready(known, height, results);
                    for result in 0..results {
                        let is_there = seen(windows, result, height).end <= known;
                        let is_ready = result < ready;
                        // What reaches beyond the lower edge waits for all of it.
                        assert!(is_there == is_ready || (is_there && known < height));
                    }
                }
                for known in 0..=results {
                    let complete = windows.complete(known, results, height);
                    for row in 0..height {
                        let mut later = known..results;
                        let is_done =
                            later.all(|result| !seen(windows, result, height).contains(&row));
                        assert!(row >= complete || is_done);
                        assert!(row < complete || !is_done || row >= known * stride - padding);
                    }
                }
                for start in 0..height {
                    let rows = start..(start + 3).min(height);
                    let with = |result: &i64| {
                        let seen = seen(windows, *result, height);
                        seen.start < rows.end && rows.start < seen.end
                    };
                    let with: Vec<i64> = (0..results).filter(with).collect();
                    let found: Vec<i64> = windows.results_of(&rows, results).collect();
                    assert_eq!(found, with);
                }
            }
        }
    }

    #[test]
    fn a_part_ends_between_windows_and_away_from_edges_that_repeat() {
        let part = |windows: Windows, rows, most| windows.part(rows, most, 20);
        assert_eq!(part(Windows::SINGLE, 0..20, 4), 20);
        assert_eq!(part(windows(3, 1, 1), 0..20, 4), 4);
        assert_eq!(part(windows(3, 1, 1), 4..20, 30), 20);
        assert_eq!(part(windows(2, 2, 0), 2..20, 5), 6);
        assert_eq!(part(windows(2, 2, 0), 2..20, 1), 20);
        assert_eq!(part(windows(3, 2, 1), 3..20, 4), 7);
        assert_eq!(windows(2, 2, 0).part(2..21, 18, 21), 21);
        let repeating = Windows {
            repeats_inside: true,
            ..windows(3, 1, 1)
        };
        assert_eq!(part(repeating, 0..20, 1), 20);
        assert_eq!(part(repeating, 0..20, 2), 2);
        assert_eq!(part(repeating, 12..20, 4), 16);
        assert_eq!(part(repeating, 14..20, 4), 20);
        assert_eq!(part(repeating, 14..20, 5), 20);
        assert_eq!(part(repeating, 18..20, 4), 20);
    }

    #[test]
    fn what_lies_beyond_the_edges_is_counted() {
        let windows = windows(3, 1, 1);
        let needed = |results| windows.needed(&results, 10);
        let rows = |rows, beyond| Needed { rows, beyond };
        assert_eq!(needed(0..4), rows(0..5, [1, 0]));
        assert_eq!(needed(4..6), rows(3..7, [0, 0]));
        assert_eq!(needed(6..10), rows(5..10, [0, 1]));
        assert_eq!(needed(0..10), rows(0..10, windows.beyond()));
    }

    #[test]
    fn edges_that_repeat_what_is_inside_come_back_all_at_once() {
        let windows = Windows {
            repeats_inside: true,
            ..windows(3, 1, 1)
        };
        let complete = [0, 1, 2, 3, 4, 7, 8, 9, 10].map(|known| windows.complete(known, 10, 10));
        assert_eq!(complete, [0, 0, 0, 2, 3, 6, 7, 8, 10]);
        assert_eq!(windows.complete(2, 3, 3), 0);
    }
}
