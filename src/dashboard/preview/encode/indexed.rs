//! A picture as numbers of colours, made so that neighbours are often equal. Pure; runs on the thread
//! "preview".

use image::RgbImage;

/// A picture as numbers of colours.
pub(super) struct Indexed {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Row by row.
    pub(super) colours: Vec<u8>,
}

/// Bits of each channel that the nearest colour is looked up by.
const BITS: u32 = 5;

impl Indexed {
    /// Every pixel gets the colour above it, the one on its left, or the nearest of `palette`: the first
    /// whose squared distance is no more than `tolerance` above the nearest one's.
    pub(super) fn new(picture: &RgbImage, palette: &[[u8; 3]], tolerance: u32) -> Self {
        let width = picture.width() as usize;
        let mut nearest = Nearest::new(palette);
        let mut colours: Vec<u8> = Vec::with_capacity(width * picture.height() as usize);
        for (index, pixel) in picture.as_raw().chunks_exact(3).enumerate() {
            let pixel = [pixel[0], pixel[1], pixel[2]];
            let best = nearest.find(pixel);
            let most = distance(pixel, palette[usize::from(best)]) + tolerance;
            let above = index.checked_sub(width);
            let left = index.checked_sub(1).filter(|_| index % width > 0);
            let alike = [above, left]
                .into_iter()
                .flatten()
                .map(|index| colours[index])
                .find(|colour| distance(pixel, palette[usize::from(*colour)]) <= most);
            colours.push(alike.unwrap_or(best));
        }
        Self {
            width,
            height: picture.height() as usize,
            colours,
        }
    }

    /// At `width` × `height` pixels, by repeating some.
    pub(super) fn enlarged(self, width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        if (self.width, self.height) == (width, height) {
            return self;
        }
        let columns: Vec<usize> = (0..width).map(|x| x * self.width / width).collect();
        let mut colours = Vec::with_capacity(width * height);
        for y in 0..height {
            let row = &self.colours[y * self.height / height * self.width..][..self.width];
            colours.extend(columns.iter().map(|x| row[*x]));
        }
        Self {
            width,
            height,
            colours,
        }
    }
}

fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    let square = |index: usize| {
        let difference = i32::from(one[index]) - i32::from(other[index]);
        (difference * difference) as u32
    };
    // Eyes see differences of green best and of blue least.
    (2 * square(0) + 4 * square(1) + square(2)) / 2
}

/// The nearest colour, remembered for the pixels that are alike.
struct Nearest<'a> {
    palette: &'a [[u8; 3]],
    known: Vec<Option<u8>>,
}

impl<'a> Nearest<'a> {
    fn new(palette: &'a [[u8; 3]]) -> Self {
        Self {
            palette,
            known: vec![None; 1 << (3 * BITS)],
        }
    }

    fn find(&mut self, pixel: [u8; 3]) -> u8 {
        let key = pixel.iter().fold(0, |key, value| {
            key << BITS | usize::from(value >> (8 - BITS))
        });
        if let Some(known) = self.known[key] {
            return known;
        }
        let found = (self.palette.iter().enumerate())
            .min_by_key(|(_, colour)| distance(pixel, **colour))
            .map_or(0, |(index, _)| index as u8);
        self.known[key] = Some(found);
        found
    }
}
