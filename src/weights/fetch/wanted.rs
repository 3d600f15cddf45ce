//! Which bytes of a remote file are wanted, and picking them out of what arrives. Pure, any thread.

/// Gaps up to this many bytes are fetched as well and dropped: another request would take longer.
const GAP_BYTES: u64 = 64 << 10;

/// A stretch of a remote file, `begin` included, `end` not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) begin: u64,
    pub(super) end: u64,
}

impl Stretch {
    fn bytes(self) -> u64 {
        self.end - self.begin
    }
}

/// The stretches that are wanted, in order, and how many of their bytes are here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    stretches: Vec<Stretch>,
    total_bytes: u64,
    done_bytes: u64,
    /// The stretch that comes next, and the first byte of it that is not here.
    next: usize,
    position: u64,
}

impl Wanted {
    /// `stretches` in the order of the file, not empty, not overlapping; the first `done_bytes` of their
    /// bytes are here already.
    pub(super) fn new(stretches: Vec<Stretch>, done_bytes: u64) -> Self {
        let total_bytes = stretches.iter().map(|stretch| stretch.bytes()).sum();
        let mut wanted = Self {
            total_bytes,
            done_bytes: 0,
            next: 0,
            position: stretches.first().map_or(0, |stretch| stretch.begin),
            stretches,
        };
        wanted.skip(done_bytes);
        wanted
    }

    pub(super) fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    pub(super) fn done_bytes(&self) -> u64 {
        self.done_bytes
    }

    /// Where the last wanted byte ends in the remote file.
    pub(super) fn end(&self) -> u64 {
        self.stretches.last().map_or(0, |stretch| stretch.end)
    }

    /// First and last byte, both included, of what should be asked for next; `None` when all is here.
    pub(super) fn next_span(&self) -> Option<(u64, u64)> {
        let mut end = self.stretches.get(self.next)?.end;
        for stretch in self.stretches.iter().skip(self.next + 1) {
            if stretch.begin - end >= GAP_BYTES {
                break;
            }
            end = stretch.end;
        }
        Some((self.position, end - 1))
    }

    /// The wanted bytes among `arrived`, which lie from `from` on in the remote file. What is here already
    /// is passed over; nothing may be left out between here and `from`.
    pub(super) fn take<'arrived>(
        &mut self,
        from: u64,
        arrived: &'arrived [u8],
    ) -> Vec<&'arrived [u8]> {
        let mut taken = Vec::new();
        let until = from + arrived.len() as u64;
        while let Some(stretch) = self.stretches.get(self.next).copied() {
            let end = stretch.end.min(until);
            if self.position < from || self.position >= end {
                break;
            }
            let begin = (self.position - from) as usize;
            let Some(piece) = arrived.get(begin..(end - from) as usize) else {
                break;
            };
            taken.push(piece);
            self.skip(piece.len() as u64);
        }
        taken
    }

    fn skip(&mut self, mut bytes: u64) {
        while let Some(stretch) = self.stretches.get(self.next) {
            let step = bytes.min(stretch.end - self.position);
            self.position += step;
            self.done_bytes += step;
            bytes -= step;
            if self.position < stretch.end {
                return;
            }
            self.next += 1;
            if let Some(next) = self.stretches.get(self.next) {
                self.position = next.begin;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(ends: &[(u64, u64)]) -> Vec<Stretch> {
        ends.iter()
            .map(|&(begin, end)| Stretch { begin, end })
            .collect()
    }

    #[test]
    fn small_gaps_are_fetched_and_large_ones_are_not() {
        let mut wanted = Wanted::new(
            stretches(&[(10, 20), (20, 30), (40, 50), (100_000, 100_004)]),
            0,
        );
        assert_eq!(wanted.total_bytes(), 34);
        assert_eq!(wanted.end(), 100_004);
        assert_eq!(wanted.next_span(), Some((10, 49)));
        let file: Vec<u8> = (0..60).collect();
        let taken: Vec<u8> = wanted.take(0, &file).concat();
        assert_eq!(
            taken,
            [10..30, 40..50].into_iter().flatten().collect::<Vec<u8>>()
        );
        assert_eq!(wanted.next_span(), Some((100_000, 100_003)));
        assert_eq!(
            wanted.take(100_000, &[1, 2, 3, 4, 5]).concat(),
            [1, 2, 3, 4]
        );
        assert_eq!(wanted.next_span(), None);
        assert_eq!(wanted.done_bytes(), 34);
    }

    #[test]
    fn it_goes_on_in_the_middle() {
        let wanted = Wanted::new(stretches(&[(10, 20), (200_000, 200_010)]), 13);
        assert_eq!(wanted.next_span(), Some((200_003, 200_009)));
        let wanted = Wanted::new(stretches(&[(10, 20), (200_000, 200_010)]), 10);
        assert_eq!(wanted.next_span(), Some((200_000, 200_009)));
        assert_eq!(Wanted::new(stretches(&[(10, 20)]), 10).next_span(), None);
    }

    #[test]
    fn however_it_is_cut_the_same_arrives() {
        let file: Vec<u8> = (0..=255).collect();
        let ends = [(3, 9), (9, 10), (40, 90), (200, 255)];
        let expected: Vec<u8> = ends
            .iter()
            .flat_map(|&(begin, end)| file[begin as usize..end as usize].to_vec())
            .collect();
        for piece in 1..=256 {
            let mut wanted = Wanted::new(stretches(&ends), 0);
            let mut here = Vec::new();
            for (index, arrived) in file.chunks(piece).enumerate() {
                here.extend(wanted.take((index * piece) as u64, arrived).concat());
            }
            assert_eq!(here, expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_comes_after_a_hole_is_not_taken() {
        let mut wanted = Wanted::new(stretches(&[(10, 20)]), 0);
        assert!(wanted.take(11, &[0; 20]).is_empty());
        assert_eq!(wanted.done_bytes(), 0);
    }
}
