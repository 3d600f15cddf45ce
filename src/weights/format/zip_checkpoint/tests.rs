//! Archives made by hand: in order first, then with one thing wrong.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::weights::format::{Contents, FormatError, Number, read};

/// `{"a": tensor}`, of shape [2] in a storage of 3 float32, from its second element on.
const PICKLE: &[u8] = b"\x80\x02}U\x01actorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\n\
    FloatStorage\nU\x010U\x03cpuK\x03tQK\x01K\x02\x85K\x01\x85\x89}tRs.";

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn plain() -> Vec<u8> {
    archive(&[
        ("some/data.pkl", PICKLE),
        ("some/byteorder", b"little"),
        ("some/data/0", b"aaaabbbbcccc"),
    ])
}

fn damaged(result: Result<Contents, FormatError>) -> String {
    match result {
        Err(FormatError::Damaged(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

fn unsupported(result: Result<Contents, FormatError>) -> String {
    match result {
        Err(FormatError::Unsupported(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// Writes `value` at `offset` of the last header that begins with `signature`.
fn patched(mut bytes: Vec<u8>, signature: &[u8], offset: usize, value: &[u8]) -> Vec<u8> {
    let header = bytes
        .windows(signature.len())
        .rposition(|window| window == signature)
        .unwrap();
    bytes[header + offset..header + offset + value.len()].copy_from_slice(value);
    bytes
}

/// The directory's entry of the last file, which is the storage.
const ENTRY: &[u8] = b"PK\x01\x02";

#[test]
fn an_archive_in_order() {
    let bytes = plain();
    let contents = read(&bytes).unwrap();
    let entry = &contents.tensors["a"];
    assert_eq!(
        (&entry.number, entry.shape.as_slice()),
        (&Number::F32, &[2][..])
    );
    assert_eq!(&entry.elements(&bytes).unwrap()[..], b"bbbbcccc");
}

#[test]
fn compressed_and_encrypted_files() {
    let deflated = patched(plain(), ENTRY, 10, &[8, 0]);
    assert!(unsupported(read(&deflated)).contains("data/0 is compressed"));
    let encrypted = patched(plain(), ENTRY, 8, &[1, 0]);
    assert!(unsupported(read(&encrypted)).contains("compressed or encrypted"));
}

#[test]
fn files_that_are_not_within_the_archive() {
    for (offset, value) in [
        // Its sizes, both; its place.
        (20, &[0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0][..]),
        (20, &[0, 0, 0, 0x80, 0, 0, 0, 0x80]),
        (20, &[13, 0, 0, 0, 12, 0, 0, 0]),
        (42, &[0xff, 0xff, 0, 0]),
        (42, &[1, 0, 0, 0]),
    ] {
        damaged(read(&patched(plain(), ENTRY, offset, value)));
    }
}

#[test]
fn storages_that_are_not_there() {
    let short = archive(&[("some/data.pkl", PICKLE), ("some/data/0", b"aaaabbbb")]);
    assert!(damaged(read(&short)).contains("the tensor a do not lie within"));
    let missing = archive(&[("some/data.pkl", PICKLE), ("other/data/0", b"aaaabbbbcccc")]);
    assert!(damaged(read(&missing)).contains("the tensor a do not lie within"));
}

#[test]
fn other_machines_and_other_archives() {
    let big = archive(&[("a/data.pkl", PICKLE), ("a/byteorder", b"big")]);
    assert!(unsupported(read(&big)).contains("big-endian"));
    let script = archive(&[("a/data.pkl", PICKLE), ("a/constants.pkl", b"")]);
    assert!(unsupported(read(&script)).contains("TorchScript"));
    for files in [
        &[("document.xml", &b"<p>"[..])][..],
        &[("data.pkl", PICKLE)],
        &[("a/b/data.pkl", PICKLE)],
    ] {
        let error = read(&archive(files)).unwrap_err();
        assert!(matches!(error, FormatError::Unknown(_)), "{error}");
    }
    let two = archive(&[("a/data.pkl", PICKLE), ("b/data.pkl", PICKLE)]);
    assert!(damaged(read(&two)).contains("two checkpoints"));
}

/// The pickle ends where its file in the archive ends, whatever follows.
#[test]
fn a_pickle_that_goes_on() {
    let (short, rest) = PICKLE.split_at(PICKLE.len() - 1);
    let bytes = archive(&[("a/data.pkl", short), ("a/data/0", rest)]);
    assert!(damaged(read(&bytes)).contains("cut off"));
}

#[test]
fn a_refusal_says_where_in_the_file() {
    let bytes = archive(&[("a/data.pkl", b"\x80\x02cposix\nsystem\n.")]);
    let begin = bytes
        .windows(8)
        .position(|window| window == b"\x80\x02cposix")
        .unwrap();
    assert_eq!(
        read(&bytes),
        Err(FormatError::Refused {
            what: "posix.system".to_owned(),
            opcode: "GLOBAL",
            position: begin as u64 + 2,
        })
    );
}
