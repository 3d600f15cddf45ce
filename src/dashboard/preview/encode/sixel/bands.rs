//! Numbers of colours as sixels: bands of six rows, a colour after the other, in runs. Pure; runs on the
//! thread "preview".
//!
//! A colour may paint over pixels whose own colour comes later in the band. The most frequent one comes first,
//! so that it is a few long runs, and the rest is painted over it.

use std::io::Write as _;

use crate::dashboard::preview::encode::indexed::Indexed;

const BAND: usize = 6;
const ALL_ROWS: u8 = 0b11_1111;

/// Appends the sequence. Rows that do not fill a band are left out, unless there is no full one.
pub(super) fn write(picture: &Indexed, palette: &[[u8; 3]], out: &mut Vec<u8>) {
    let width = picture.width;
    let height = match picture.height {
        0..BAND => picture.height,
        more => more - more % BAND,
    };
    // No background, square pixels, the size.
    number(out, "\x1bP9;1;0q\"1;1;", width, ";");
    number(out, "", height, "");
    let mut used = vec![false; palette.len()];
    picture
        .colours
        .iter()
        .for_each(|colour| used[usize::from(*colour)] = true);
    for (index, colour) in palette.iter().enumerate().filter(|(index, _)| used[*index]) {
        number(out, "#", index, ";2");
        for value in colour {
            number(out, ";", (usize::from(*value) * 100 + 127) / 255, "");
        }
    }
    let mut band = Band::new(width, palette.len());
    for (index, rows) in picture.colours[..height * width]
        .chunks(width * BAND)
        .enumerate()
    {
        if index > 0 {
            out.push(b'-');
        }
        band.write(rows, out);
    }
    out.extend(b"\x1b\\");
}

fn number(out: &mut Vec<u8>, before: &str, value: usize, after: &str) {
    // Writing to memory does not fail.
    drop(write!(out, "{before}{value}{after}"));
}

/// What is known of a band, kept to save allocations.
struct Band {
    width: usize,
    /// For each colour and column which of the six pixels have it.
    wanted: Vec<u8>,
    /// For each colour how many pixels have it.
    counts: Vec<u32>,
    /// For each column which pixels may still be painted.
    open: Vec<u8>,
}

impl Band {
    fn new(width: usize, colours: usize) -> Self {
        Self {
            width,
            wanted: vec![0; width * colours],
            counts: vec![0; colours],
            open: vec![0; width],
        }
    }

    fn write(&mut self, rows: &[u8], out: &mut Vec<u8>) {
        self.counts.fill(0);
        let rows = rows.chunks_exact(self.width).enumerate();
        let mut filled = 0;
        for (y, row) in rows {
            filled |= 1 << y;
            for (x, colour) in row.iter().enumerate() {
                let colour = usize::from(*colour);
                self.wanted[colour * self.width + x] |= 1 << y;
                self.counts[colour] += 1;
            }
        }
        self.open.fill(filled & ALL_ROWS);
        let mut order: Vec<usize> = (0..self.counts.len())
            .filter(|colour| self.counts[*colour] > 0)
            .collect();
        order.sort_by_key(|colour| std::cmp::Reverse(self.counts[*colour]));
        for (index, colour) in order.into_iter().enumerate() {
            number(out, if index > 0 { "$#" } else { "#" }, colour, "");
            let wanted = &mut self.wanted[colour * self.width..][..self.width];
            runs(wanted, &self.open, out);
            for (open, wanted) in self.open.iter_mut().zip(wanted) {
                *open &= !*wanted;
                *wanted = 0;
            }
        }
    }
}

/// Writes the fewest runs that paint all of `wanted` and nothing but `open`.
fn runs(wanted: &[u8], open: &[u8], out: &mut Vec<u8>) {
    let Some(last) = wanted.iter().rposition(|pixels| *pixels != 0) else {
        return;
    };
    // What a run has to paint, what it may paint, and how long it is.
    let (mut must, mut may, mut length) = (0, ALL_ROWS, 0);
    for (wanted, open) in wanted.iter().zip(open).take(last + 1) {
        let (more, less) = (must | wanted, may & open);
        if more & !less == 0 {
            (must, may, length) = (more, less, length + 1);
        } else {
            run(must, length, out);
            (must, may, length) = (*wanted, *open, 1);
        }
    }
    run(must, length, out);
}

fn run(pixels: u8, length: usize, out: &mut Vec<u8>) {
    let sixel = b'?' + pixels;
    if length > 3 {
        number(out, "!", length, "");
        out.push(sixel);
    } else {
        out.extend(std::iter::repeat_n(sixel, length));
    }
}
