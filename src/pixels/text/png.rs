//! Texts in PNG files: the three kinds of text chunk (PNG 3rd edition, section 11.3.3).
//! Pure; any thread.

use std::io::Cursor;

use png::text_metadata::{ITXtChunk, TEXtChunk, ZTXtChunk};

use super::{TEXT_BYTES_LIMIT, TextEntry};

/// From this length on, in bytes, a text is written compressed.
const COMPRESSED_FROM_BYTES: usize = 1024;

/// What the decoder may take for chunks that are not pixels, in bytes.
const CHUNK_MEMORY_LIMIT_BYTES: usize = 64 << 20;

/// The chunk that holds `entry`.
pub(in crate::pixels) fn chunk(entry: &TextEntry) -> ITXtChunk {
    let mut chunk = ITXtChunk::new(entry.keyword.as_str(), entry.text.as_str());
    chunk.compressed = entry.text.len() >= COMPRESSED_FROM_BYTES;
    chunk
}

/// All texts of a PNG file: those of `tEXt`, then `zTXt`, then `iTXt`, each in the file's order.
pub(in crate::pixels) fn entries(bytes: &[u8]) -> Result<Vec<TextEntry>, png::DecodingError> {
    let limits = png::Limits {
        bytes: CHUNK_MEMORY_LIMIT_BYTES,
    };
    let mut reader = png::Decoder::new_with_limits(Cursor::new(bytes), limits).read_info()?;
    reader.finish()?;
    let info = reader.info();
    let plain = info.uncompressed_latin1_text.iter().filter_map(plain_entry);
    let packed = info
        .compressed_latin1_text
        .iter()
        .cloned()
        .filter_map(packed_entry);
    let international = info
        .utf8_text
        .iter()
        .cloned()
        .filter_map(international_entry);
    Ok(plain.chain(packed).chain(international).collect())
}

fn plain_entry(chunk: &TEXtChunk) -> Option<TextEntry> {
    (chunk.text.len() <= TEXT_BYTES_LIMIT)
        .then(|| TextEntry::new(chunk.keyword.as_str(), chunk.text.as_str()))
}

fn packed_entry(mut chunk: ZTXtChunk) -> Option<TextEntry> {
    chunk.decompress_text_with_limit(TEXT_BYTES_LIMIT).ok()?;
    Some(TextEntry::new(
        chunk.keyword.as_str(),
        chunk.get_text().ok()?,
    ))
}

fn international_entry(mut chunk: ITXtChunk) -> Option<TextEntry> {
    chunk.decompress_text_with_limit(TEXT_BYTES_LIMIT).ok()?;
    let text = chunk
        .get_text()
        .ok()
        .filter(|text| text.len() <= TEXT_BYTES_LIMIT)?;
    Some(TextEntry::new(chunk.keyword, text))
}
