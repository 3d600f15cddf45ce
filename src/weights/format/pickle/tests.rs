//! Pickles made by hand: what is refused, and how little it takes.

use super::{Value, read};
use crate::weights::format::FormatError;

/// A pickle of protocol 2 with these opcodes, ended.
fn pickle(opcodes: &[&[u8]]) -> Vec<u8> {
    [b"\x80\x02", opcodes.concat().as_slice(), b"."].concat()
}

fn error(opcodes: &[&[u8]]) -> FormatError {
    read(&pickle(opcodes), 0).unwrap_err()
}

fn refused(what: &str, opcode: &'static str, position: u64) -> FormatError {
    FormatError::Refused {
        what: what.to_owned(),
        opcode,
        position,
    }
}

const STORAGE: &[u8] = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x06tQ";
const REBUILD: &[u8] = b"ctorch._utils\n_rebuild_tensor_v2\n(";

#[test]
fn names_that_are_not_allowed_are_refused() {
    for name in [
        "posix\nsystem",
        "os\nsystem",
        "nt\nsystem",
        "subprocess\nPopen",
        "__builtin__\neval",
        "builtins\ngetattr",
        "torch\nload",
        "torch.storage\n_load_from_bytes",
        "torch._utils\n_rebuild_sparse_tensor",
        "torch.FloatStorage\nFloatStorage",
        "collections\nOrderedDict.__init__",
        "\n",
    ] {
        let call = format!("c{name}\n(U\x0ctouch /tmp/xtR");
        let dotted = name.replace('\n', ".");
        assert_eq!(error(&[call.as_bytes()]), refused(&dotted, "GLOBAL", 2));
    }
    // By names from the stack, as protocol 4 has it; only the texts come before.
    assert_eq!(
        error(&[b"\x8c\x05posix\x8c\x06system\x93"]),
        refused("posix.system", "STACK_GLOBAL", 17)
    );
    // A name cannot send escapes to the terminal, or fill it.
    let long = format!("ca\u{1b}[31m\nb{}\n", "x".repeat(500));
    let FormatError::Refused { what, .. } = error(&[long.as_bytes()]) else {
        panic!("it was not refused");
    };
    assert!(what.starts_with("a\\u{1b}[31m.bxxx"), "{what}");
    assert!(what.len() < 120, "{what}");
}

#[test]
fn opcodes_that_are_not_allowed_are_refused() {
    for (opcodes, name) in [
        (&b"(U\x01xios\nsystem\n"[..], "INST"),
        (b"(cposix\nsystem\no", "GLOBAL"),
        (b"o", "OBJ"),
        (b"P0\n", "PERSID"),
        (b"\x82\x01", "EXT1"),
        (b"\x83\x01\x00", "EXT2"),
        (b"\x84\x01\x00\x00\x00", "EXT4"),
        (b"\x92", "NEWOBJ_EX"),
        (b"\x97", "NEXT_BUFFER"),
        (b"\x8f", "EMPTY_SET"),
    ] {
        let FormatError::Refused { opcode, .. } = error(&[opcodes]) else {
            panic!("{name} was not refused");
        };
        assert_eq!(opcode, name);
    }
    assert!(matches!(error(&[b"\xff"]), FormatError::Damaged(_)));
}

#[test]
fn only_storages_come_from_elsewhere() {
    for identity in [
        &b"U\x010"[..],
        b")",
        b"(U\x06modulectorch\nSize\nNNNt",
        b"(U\x06modulectorch\nSize\nNNt",
    ] {
        let FormatError::Refused { opcode, .. } = error(&[identity, b"Q"]) else {
            panic!("{identity:?} was not refused");
        };
        assert_eq!(opcode, "BINPERSID");
    }
}

#[test]
fn only_functions_are_called() {
    let what = |opcodes| match error(opcodes) {
        FormatError::Refused { what, .. } => what,
        other => panic!("{other}"),
    };
    assert_eq!(what(&[b"U\x01x)R"]), "a call of what is no function");
    assert_eq!(what(&[b"ctorch\nFloatStorage\n)R"]), "a call of a type");
    assert_eq!(what(&[b"ctorch\nfloat64\n)\x81"]), "a call of a type");
    assert_eq!(what(&[b"U\x01x}b"]), "a state for what has none");
    assert_eq!(what(&[b"ctorch\nSize\n}b"]), "a state for what has none");
}

/// A list that holds two of the last, thirty times over: a thousand million in 200 bytes.
#[test]
fn lists_that_share_are_not_expanded() {
    let mut opcodes = b"]q\0".to_vec();
    for level in 0..30 {
        opcodes.extend([
            b'0',
            b']',
            b'q',
            level + 1,
            b'h',
            level,
            b'a',
            b'h',
            level,
            b'a',
        ]);
    }
    let bytes = pickle(&[&opcodes]);
    let pickle = read(&bytes, 0).unwrap();
    assert_eq!(pickle.objects.items(pickle.root).map(<[_]>::len), Some(2));
}

#[test]
fn a_list_may_hold_itself() {
    let bytes = pickle(&[b"]q\0h\0a"]);
    let pickle = read(&bytes, 0).unwrap();
    assert_eq!(pickle.objects.items(pickle.root), Some(&[pickle.root][..]));
    // So may a parameter not: it would never come to a tensor.
    let own = &[&b"ctorch.nn.parameter\nParameter\n)\x81q\0(h\0NNNNtb"[..]];
    assert!(matches!(error(own), FormatError::Damaged(_)));
}

/// Each level is an object of its own; nothing goes down into them, not even to drop them.
#[test]
fn depth_costs_nothing() {
    let bytes = pickle(&[b")", &[0x85].repeat(1_000_000)]);
    assert!(read(&bytes, 0).is_ok());
}

#[test]
fn there_is_an_end_to_everything() {
    let unsupported = |opcodes: &[&[u8]], words: &str| match error(opcodes) {
        FormatError::Unsupported(reason) => assert!(reason.contains(words), "{reason}"),
        other => panic!("{other}"),
    };
    unsupported(&[&b"N".repeat(2_000_000)], "more than 1048576 objects");
    unsupported(&[b"N", &b"2".repeat(9_000_000)], "more than 8388608 steps");
    unsupported(
        &[b"N", &[0x94].repeat(2_000_000)],
        "keeps more than 1048576 objects",
    );

    // A list that is made into a dictionary again and again.
    let pairs = [&b"]("[..], &b"NN\x86".repeat(100_000), b"e\x85q\x00"].concat();
    let call = b"0ccollections\nOrderedDict\nh\0R".repeat(1000);
    unsupported(&[&pairs, &call], "steps");

    let tensor = [REBUILD, b"h\0K\0))\x89}tR0"].concat();
    unsupported(
        &[STORAGE, b"q\0", &tensor.repeat(70_000)],
        "more than 65536 tensors",
    );
}

/// No length is believed before the bytes are seen to be there.
#[test]
fn enormous_lengths() {
    for opcodes in [
        &b"X\xff\xff\xff\xff"[..],
        b"T\xff\xff\xff\xff",
        b"\x8b\xff\xff\xff\xff",
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        assert!(matches!(error(&[opcodes]), FormatError::Unsupported(_)));
    }
    for opcodes in [
        &b"X\x00\x00\x10\x00"[..],
        b"\x8a\xff\x00",
        b"U\xff",
        b"J\x00",
        b"cposix",
        b"\x95\xff",
    ] {
        assert!(matches!(error(&[opcodes]), FormatError::Damaged(_)));
    }
    // What a frame promises does not matter.
    assert!(read(&pickle(&[b"\x95\xff\xff\xff\xff\xff\xff\xff\xffN"]), 0).is_ok());
    assert!(matches!(
        error(&[b"c", &[b'a'; 5000], b"\nb\n"]),
        FormatError::Damaged(_)
    ));
}

#[test]
fn a_stack_that_is_empty() {
    for opcodes in [
        &b""[..],
        b"0",
        b"2",
        b"t",
        b"(.",
        b"N(.",
        b"N(00",
        b"q\0",
        b"h\0",
        b"]a",
        b"Na",
        b"NNa",
        b"(Nu",
        b"}(Nu",
        b"](NNu",
        b"\x85",
        b"N\x86",
        b"R",
        b"NR",
        b"b",
        b"NQ",
        b"\x93",
        b"NN\x93",
        b"I1x\n",
        b"\x80\x06",
    ] {
        assert!(
            matches!(
                error(&[opcodes]),
                FormatError::Damaged(_) | FormatError::Refused { .. }
            ),
            "{opcodes:?}"
        );
    }
}

#[test]
fn tensors_that_are_none() {
    let minus = b"J\xff\xff\xff\xff";
    let forty = [&b"("[..], &[b'K', 1].repeat(40), b"t"].concat();
    let cases: [&[&[u8]]; 9] = [
        // Nothing of a storage; an offset or sides below zero; unequal numbers of sides and strides; sides
        // that are no numbers or too many; a state for the whole that is another number of arguments.
        &[REBUILD, b"NK\0))\x89}tR"],
        &[REBUILD, STORAGE, minus, b"))\x89}tR"],
        &[REBUILD, STORAGE, b"K\0", minus, b"\x85K\x01\x85\x89}tR"],
        &[REBUILD, STORAGE, b"K\0K\x01\x85)\x89}tR"],
        &[REBUILD, STORAGE, b"K\0N\x85K\x01\x85\x89}tR"],
        &[REBUILD, STORAGE, b"K\0", &forty, &forty, b"\x89}tR"],
        &[REBUILD, STORAGE, b"K\0))tR"],
        &[b"ctorch\nFloatTensor\n)R(NK\0))tb"],
        &[b"ctorch._utils\n_rebuild_parameter\n(N\x89}tR"],
    ];
    for opcodes in cases {
        let error = error(opcodes);
        assert!(matches!(error, FormatError::Damaged(_)), "{error}");
    }
    // Kept negated: its elements would have the wrong sign.
    let negated = [REBUILD, STORAGE, b"K\0))\x89}}U\x03neg\x88stR"];
    assert!(matches!(error(&negated), FormatError::Unsupported(_)));
}

#[test]
fn storages_that_are_none() {
    let storage = |class: &str, count: &[u8], part: &[u8]| {
        let class = format!("(U\x07storagectorch\n{class}\nU\x010U\x03cpu");
        [class.as_bytes(), count, part, b"tQ"].concat()
    };
    let huge = b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f";
    for opcodes in [
        storage("float32", b"K\x06", b""),
        storage("FloatStorage", b"N", b""),
        storage("FloatStorage", b"J\xff\xff\xff\xff", b""),
        storage("FloatStorage", huge, b""),
        // Parts that go beyond the end, or whose end cannot be counted.
        storage("FloatStorage", b"K\x06", b"(U\x01vK\x03K\x04t"),
        storage(
            "ByteStorage",
            huge,
            &[&b"(U\x01v"[..], huge, huge, b"t"].concat(),
        ),
        storage("FloatStorage", b"K\x06", b"N\x85"),
        // The same key again, as another type or length.
        [
            storage("FloatStorage", b"K\x06", b""),
            storage("HalfStorage", b"K\x06", b""),
        ]
        .concat(),
        [
            storage("FloatStorage", b"K\x06", b""),
            storage("FloatStorage", b"K\x07", b""),
        ]
        .concat(),
    ] {
        let error = error(&[&opcodes]);
        assert!(matches!(error, FormatError::Damaged(_)), "{error}");
    }
}

#[test]
fn numbers_of_every_size() {
    let number = |opcodes: &[u8]| {
        let bytes = pickle(&[opcodes]);
        let pickle = read(&bytes, 0).unwrap();
        pickle.objects.count(pickle.root)
    };
    assert_eq!(number(b"K\xff"), Some(255));
    assert_eq!(number(b"M\x34\x12"), Some(0x1234));
    assert_eq!(number(b"I42\n"), Some(42));
    assert_eq!(number(b"\x8a\x00"), Some(0));
    assert_eq!(
        number(b"\x8a\x05\x01\x02\x03\x04\x05"),
        Some(0x05_0403_0201)
    );
    assert_eq!(
        number(b"\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00"),
        Some(u64::MAX)
    );
    assert_eq!(
        number(b"\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        None
    );
    assert_eq!(number(b"\x8a\x01\xff"), None);
    assert_eq!(number(b"J\xff\xff\xff\xff"), None);
    assert_eq!(number(b"N"), None);
}

#[test]
fn an_end_that_is_found() {
    let bytes = [pickle(&[b"N"]), b"more".to_vec()].concat();
    let pickle = read(&bytes, 0).unwrap();
    assert!(matches!(pickle.objects.get(pickle.root), Value::None));
    assert_eq!(&bytes[pickle.end..], b"more");
}
