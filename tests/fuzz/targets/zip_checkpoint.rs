//! A PyTorch zip: as it comes, or the bytes as the pickle in an archive that is in order.
#![no_main]

use std::io::{Cursor, Write};

use libfuzzer_sys::fuzz_target;
use stylescope_fuzz::check;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"PK") {
        check(bytes);
    } else if let Ok(archive) = archive(bytes) {
        check(&archive);
    }
});

/// An archive of this pickle and a few storages.
fn archive(pickle: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [
        ("a/data.pkl", pickle),
        ("a/byteorder", b"little"),
        ("a/data/0", &[0; 192]),
        ("a/data/1", &[0; 64]),
        ("a/data/2", &[0; 16]),
        ("a/data/3", &[]),
    ] {
        writer.start_file(name, options)?;
        writer.write_all(content)?;
    }
    Ok(writer.finish()?.into_inner())
}
