//! Files made by hand: in order first, then with one thing wrong.

use crate::weights::format::{Contents, FormatError, read};

const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
const VERSION: &[u8] = b"\x80\x02M\xe9\x03.";
const SYSTEM: &[u8] = b"\x80\x02}U\x0dlittle_endian\x88s.";
/// `{"a": tensor}`, of shape [2] in a storage of 3 float16, from its second element on.
const OBJECT: &[u8] = b"\x80\x02}U\x01actorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\n\
    HalfStorage\nU\x01kU\x03cpuK\x03NtQK\x01K\x02\x85K\x01\x85\x89}tRs.";
const KEYS: &[u8] = b"\x80\x02]U\x01ka.";
const COUNT: &[u8] = b"\x03\0\0\0\0\0\0\0";
const ELEMENTS: &[u8] = b"aabbcc";

const PARTS: [&[u8]; 7] = [MAGIC, VERSION, SYSTEM, OBJECT, KEYS, COUNT, ELEMENTS];

/// What is read where the part at `place` is another.
fn with(place: usize, part: &[u8]) -> Result<Contents, FormatError> {
    let mut parts = PARTS;
    parts[place] = part;
    read(&parts.concat())
}

#[test]
fn a_file_in_order() {
    let bytes = PARTS.concat();
    let contents = read(&bytes).unwrap();
    assert_eq!(contents.tensors["a"].shape, [2]);
    assert_eq!(
        &contents.tensors["a"].elements(&bytes).unwrap()[..],
        b"bbcc"
    );
}

#[test]
fn other_pickles_and_other_machines() {
    assert!(matches!(
        with(0, b"\x80\x02N."),
        Err(FormatError::Unknown(_))
    ));
    for (place, part, words) in [
        (1, &b"\x80\x02K\x01."[..], "version"),
        (2, b"\x80\x02}U\x0dlittle_endian\x89s.", "big-endian"),
        (2, b"\x80\x02}.", "big-endian"),
        (3, b"\x80\x02U\x01a.", "something else than a dictionary"),
    ] {
        // Without storages, of which the last case has none.
        let mut parts = [MAGIC, VERSION, SYSTEM, b"\x80\x02}.", b"\x80\x02]."];
        parts[place] = part;
        let Err(FormatError::Unsupported(reason)) = read(&parts.concat()) else {
            panic!("{words}");
        };
        assert!(reason.contains(words), "{reason}");
    }
}

#[test]
fn storages_that_are_not_whole() {
    let parts = PARTS.concat();
    let whole = parts.len() as u64;
    for (missing, expected_bytes) in [(1, whole), (6, whole), (7, whole - 6), (14, whole - 6)] {
        assert_eq!(
            read(&parts[..parts.len() - missing]),
            Err(FormatError::Short {
                found_bytes: whole - missing as u64,
                promise: "its storages go on to",
                expected_bytes,
            })
        );
    }
}

#[test]
fn lists_of_storages_that_lie() {
    for (place, part) in [
        // Not the storage's length; no list; no text; a key that no tensor has; none; the same twice.
        (5, &b"\x04\0\0\0\0\0\0\0"[..]),
        (5, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
        (4, b"\x80\x02N."),
        (4, b"\x80\x02]Na."),
        (4, b"\x80\x02]U\x01xa."),
        (4, b"\x80\x02]."),
    ] {
        assert!(
            matches!(with(place, part), Err(FormatError::Damaged(_))),
            "{place} {part:?}"
        );
    }
    let twice: [&[u8]; 9] = [
        MAGIC,
        VERSION,
        SYSTEM,
        OBJECT,
        b"\x80\x02](U\x01kU\x01ke.",
        COUNT,
        ELEMENTS,
        COUNT,
        ELEMENTS,
    ];
    assert!(matches!(
        read(&twice.concat()),
        Err(FormatError::Damaged(_))
    ));
}

/// A tensor of more elements than its storage has, and one that makes much out of little.
#[test]
fn tensors_beyond_their_storages() {
    let replaced = |from: &[u8], to: &[u8]| {
        let place = OBJECT
            .windows(from.len())
            .position(|window| window == from)
            .unwrap();
        let object = [&OBJECT[..place], to, &OBJECT[place + from.len()..]].concat();
        with(3, &object)
    };
    let shape_and_stride = b"K\x01K\x02\x85K\x01\x85";
    for changed in [
        &b"K\x02K\x02\x85K\x01\x85"[..],
        b"K\x01K\x02\x85K\x02\x85",
        b"K\x01J\xff\xff\xff\x7f\x85K\0\x85",
        b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x02\x85K\x01\x85",
        b"K\0(J\xff\xff\xff\x7fJ\xff\xff\xff\x7fJ\xff\xff\xff\x7ft(K\0K\0K\0t",
    ] {
        let result = replaced(shape_and_stride, changed);
        assert!(
            matches!(result, Err(FormatError::Damaged(_))),
            "{changed:?}: {result:?}"
        );
    }
    // Beyond the part of the storage that it may see.
    let part = replaced(b"K\x03N", b"K\x03(U\x01vK\0K\x02t");
    assert!(matches!(part, Err(FormatError::Damaged(_))), "{part:?}");
    // No elements lie nowhere, wherever that is said to be.
    let empty = replaced(shape_and_stride, b"K\x01K\0\x85K\x01\x85").unwrap();
    assert_eq!(empty.tensors["a"].shape, [0]);
}
