//! A file's bytes as memory, without reading it first: the only unsafe code of this room. Any thread.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::ops::Deref;

/// The bytes of a regular file, as many as it had when it was opened. Pages are read when they are looked at,
/// and what is written into the file later shows.
#[derive(Debug)]
pub(super) struct Mapped(memmap2::Mmap);

impl Mapped {
    pub(super) fn of(file: &File) -> io::Result<Self> {
        // SAFETY: the map is read-only and lives as long as `self`. The bytes are taken for plain data in
        // which nothing may be trusted, so another program that writes into the file spoils numbers and
        // nothing else; the cache itself only ever replaces files by renaming. A file that somebody cuts
        // short while it is mapped ends the program with SIGBUS, as it does in every program that maps.
        let map = unsafe { memmap2::MmapOptions::new().map(file) }?;
        Ok(Self(map))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
