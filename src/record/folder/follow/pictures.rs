//! The pictures of a run that is followed: decoded one by one, the newest first, and shown as they are asked for.
//! The follower's thread.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use image::{Rgb32FImage, RgbImage, imageops};

use crate::engine::cut::{clipped, fitting};
use crate::engine::message::{Region, Seen};
use crate::pixels::{self, Filter};
use crate::record::snapshot_schedule::MOST_KEPT;

/// A file that cannot be decoded is tried so often: it may come late on a network file system.
const MOST_TRIES: u32 = 20;

/// A picture and the number of updates that it shows.
pub(super) type Shown = (u64, Arc<Rgb32FImage>);

/// A file that is to be decoded.
#[derive(Debug)]
struct Waiting {
    /// 1 for the first that was ever added, and so on.
    number: u64,
    step: u64,
    path: PathBuf,
    tries: u32,
}

/// What tells that a file is another than before.
type Stamp = (Option<SystemTime>, u64);

#[derive(Debug, Default)]
pub(super) struct FolderPictures {
    /// Whose pictures.
    candidate: usize,
    /// Not told yet, the oldest first.
    waiting: VecDeque<Waiting>,
    /// How many were ever added.
    count: u64,
    /// The newest that was decoded, if need be before its turn, and its number.
    newest: Option<(u64, Shown)>,
    result: Option<Stamp>,
    /// What was last seen, at most how large, and the picture that it was cut from.
    seen: Option<(Arc<Rgb32FImage>, (u32, u32), Seen)>,
}

impl FolderPictures {
    pub(super) fn new(candidate: usize) -> Self {
        Self {
            candidate,
            ..Self::default()
        }
    }

    /// A snapshot was written.
    pub(super) fn add(&mut self, step: u64, path: PathBuf) {
        self.count += 1;
        self.waiting.push_back(Waiting {
            number: self.count,
            step,
            path,
            tries: 0,
        });
    }

    /// Leaves out so many that no more are left than anybody looks at; the last stays.
    pub(super) fn thin_out(&mut self) {
        let count = self.waiting.len();
        if count <= MOST_KEPT {
            return;
        }
        let place = |index: usize| (index + 1) * MOST_KEPT / count;
        let mut index = 0;
        self.waiting.retain(|_| {
            let stays = place(index) > (index * MOST_KEPT) / count;
            index += 1;
            stays
        });
    }

    /// Looks whether there is another result than before, which shows the picture after `step` updates.
    pub(super) fn look_for_result(&mut self, path: PathBuf, step: u64) {
        let Ok(metadata) = path.metadata() else {
            return;
        };
        let stamp = Some((metadata.modified().ok(), metadata.len()));
        if stamp != self.result {
            self.result = stamp;
            self.add(step, path);
        }
    }

    /// Decodes the newest picture of all where nothing is there to be shown yet; else the next in turn.
    /// Where it is its turn, it is given back, to be told.
    pub(super) fn decode_next(&mut self) -> Option<Shown> {
        if self.newest.is_none() && self.waiting.len() > 1 {
            let decoded = self.waiting.iter().rev().find_map(|waiting| {
                let decoded = pixels::read(&waiting.path).ok()?;
                let shown = (waiting.step, Arc::new(decoded.picture));
                Some((waiting.number, shown))
            });
            if decoded.is_some() {
                self.newest = decoded;
                return None;
            }
            // None of them can be read yet: each is tried in its turn.
        }
        let mut next = self.waiting.pop_front()?;
        let known = self.newest.as_ref();
        let decoded = known.filter(|(number, _)| *number == next.number);
        let shown = if let Some((_, shown)) = decoded {
            shown.clone()
        } else if let Ok(decoded) = pixels::read(&next.path) {
            (next.step, Arc::new(decoded.picture))
        } else {
            next.tries += 1;
            if next.tries < MOST_TRIES {
                // Others need not wait for it.
                self.waiting.push_back(next);
            }
            return None;
        };
        if known.is_none_or(|(number, _)| *number < next.number) {
            self.newest = Some((next.number, shown.clone()));
        }
        Some(shown)
    }

    pub(super) fn has_work(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.tries == 0)
    }

    /// The newest picture that is known.
    pub(super) fn newest(&self) -> Option<&Shown> {
        self.newest.as_ref().map(|(_, shown)| shown)
    }

    /// Whether one may come to be shown without anything new being written.
    pub(super) fn is_first_on_its_way(&self) -> bool {
        self.newest.is_none() && self.has_work()
    }

    /// The part `region` of the newest picture, no larger than `most`, as the engine would show it.
    pub(super) fn see(&mut self, region: Option<Region>, most: (u32, u32)) -> Option<Seen> {
        let (step, picture) = self.newest().cloned()?;
        let size = picture.dimensions();
        let region = clipped(region, size);
        if let Some((from, at_most, seen)) = &self.seen
            && (seen.region, *at_most, seen.step) == (region, most, step)
            && Arc::ptr_eq(from, &picture)
        {
            return Some(seen.clone());
        }
        let seen = Seen {
            candidate: self.candidate,
            step,
            region,
            size,
            picture: Arc::new(cut(&picture, region, most)),
        };
        self.seen = Some((picture, most, seen.clone()));
        Some(seen)
    }
}

/// The part `region` of `picture`, no larger than `most`, in 8 bits.
fn cut(picture: &Rgb32FImage, region: Region, most: (u32, u32)) -> RgbImage {
    let (width, height) = fitting((region.width, region.height), most);
    let cut = imageops::crop_imm(picture, region.x, region.y, region.width, region.height);
    let seen = pixels::resize(&cut.to_image(), width, height, Filter::Bilinear);
    let bytes = seen
        .as_raw()
        .iter()
        .map(|value| (value.clamp(0.0, 1.0) * 255.0).round_ties_even() as u8)
        .collect();
    RgbImage::from_raw(width, height, bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn written(folder: &std::path::Path, name: &str, level: u8) -> PathBuf {
        let path = folder.join(name);
        RgbImage::from_fn(8, 4, |x, y| Rgb([level, x as u8 * 10, y as u8 * 10]))
            .save(&path)
            .unwrap();
        path
    }

    #[test]
    fn the_newest_is_shown_first_and_all_are_told_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut pictures = FolderPictures::new(0);
        assert!(pictures.see(None, (100, 100)).is_none());
        for step in 1..=3 {
            let path = written(folder.path(), &format!("{step}.png"), step as u8);
            pictures.add(step, path);
        }
        pictures.add(4, folder.path().join("missing.png"));
        let mut told = Vec::new();
        for _ in 0..100 {
            told.extend(pictures.decode_next().map(|(step, _)| step));
        }
        assert_eq!(told, [1, 2, 3]);
        let seen = pictures.see(None, (100, 100)).unwrap();
        assert_eq!((seen.step, seen.size), (3, (8, 4)));
        let cut = Region {
            x: 2,
            y: 1,
            width: 4,
            height: 2,
        };
        let picture = pictures.see(Some(cut), (100, 100)).unwrap().picture;
        assert_eq!(picture.dimensions(), (4, 2));
        assert_eq!(picture.get_pixel(0, 0).0, [3, 20, 10]);
        let small = pictures.see(None, (4, 4)).unwrap().picture;
        assert_eq!(small.dimensions(), (4, 2));
    }

    #[test]
    fn pictures_that_cannot_be_read_are_not_tried_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let mut pictures = FolderPictures::new(0);
        for step in 1..=3 {
            pictures.add(step, folder.path().join(format!("{step}.png")));
        }
        for _ in 0..3 {
            assert!(pictures.has_work());
            assert!(pictures.decode_next().is_none());
        }
        assert!(!pictures.has_work());
        written(folder.path(), "2.png", 7);
        while pictures.newest().is_none() {
            pictures.decode_next();
        }
        assert_eq!(pictures.newest().unwrap().0, 2);
    }

    #[test]
    fn a_result_that_is_written_again_is_another_picture() {
        let folder = tempfile::tempdir().unwrap();
        let mut pictures = FolderPictures::new(0);
        let path = written(folder.path(), "result.png", 1);
        pictures.look_for_result(path.clone(), 10);
        pictures.look_for_result(path.clone(), 10);
        assert_eq!(pictures.decode_next().unwrap().0, 10);
        assert!(pictures.decode_next().is_none());
        std::fs::write(&path, "half").unwrap();
        pictures.look_for_result(path.clone(), 20);
        assert!(pictures.decode_next().is_none());
        written(folder.path(), "result.png", 200);
        let (step, picture) = pictures.decode_next().unwrap();
        assert_eq!(step, 20);
        assert!(picture.get_pixel(0, 0).0[0] > 0.7);
    }

    #[test]
    fn of_very_many_some_are_left_out_but_not_the_last() {
        let mut pictures = FolderPictures::new(0);
        for step in 1..=1000 {
            pictures.add(step, PathBuf::new());
        }
        pictures.thin_out();
        assert_eq!(pictures.waiting.len(), MOST_KEPT);
        assert_eq!(pictures.waiting.back().unwrap().step, 1000);
    }
}
