//! What is made of bytes.

use proptest::prelude::*;

use super::*;

fn units_of<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Unit> {
    let mut splitter = Splitter::default();
    let mut units = Vec::new();
    for piece in pieces {
        splitter.take(piece, |unit| units.push(unit));
    }
    splitter.silence(|unit| units.push(unit));
    assert!(splitter.patience().is_none());
    units
}

fn key(code: KeyCode) -> Unit {
    Unit::Event(Event::Key(code.into()))
}

fn alt(character: char) -> Unit {
    Unit::Event(Event::Key(
        KeyEvent::new(KeyCode::Char(character)).modifiers(KeyModifiers::ALT),
    ))
}

#[test]
fn keys_and_nothing_else() {
    let typed = "aä\x1b[A\x1bOP\x1bx\x1bé\x1b[5~\x1b\x1b[B\r\x1b[[A\x1b";
    assert_eq!(
        units_of([typed.as_bytes()]),
        [
            key(KeyCode::Char('a')),
            key(KeyCode::Char('ä')),
            key(KeyCode::Up),
            key(KeyCode::F(1)),
            alt('x'),
            alt('é'),
            key(KeyCode::PageUp),
            key(KeyCode::Esc),
            key(KeyCode::Down),
            key(KeyCode::Enter),
            key(KeyCode::F(1)),
            key(KeyCode::Esc),
        ]
    );
    for (typed, character) in [(b"\x1b[", '['), (b"\x1bO", 'O'), (b"\x1bP", 'P')] {
        assert_eq!(units_of([&typed[..]]), [alt(character)]);
    }
}

#[test]
fn answers_are_no_keys() {
    let answers: [&[u8]; 12] = [
        b"\x1b[?62;4c",
        b"\x1b[>41;379;0c",
        b"\x1b[6;17;8t",
        b"\x1b[4;600;800t",
        b"\x1b[?2026;2$y",
        b"\x1b[?1;0;256S",
        b"\x1b[12;40R",
        b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
        b"\x1b]11;rgb:0000/0000/0000\x07",
        b"\x1bP>|kitty(0.41.1)\x1b\\",
        b"\x1b_Gi=31;OK\x1b\\",
        b"\x1b[?997;1n",
    ];
    for answer in answers {
        assert_eq!(units_of([answer]), [Unit::Reply(answer.to_vec())]);
        // Between two keys, and cut off in the middle by one that has a sequence.
        let between = [b"a", answer, b"b"].concat();
        let units = units_of([between.as_slice()]);
        assert_eq!(
            (units.first(), units.last(), units.len()),
            (
                Some(&key(KeyCode::Char('a'))),
                Some(&key(KeyCode::Char('b'))),
                3
            )
        );
        let cut = [&answer[..answer.len() - 2], b"\x1b[A"].concat();
        assert_eq!(units_of([cut.as_slice()]).last(), Some(&key(KeyCode::Up)));
    }
    assert_eq!(units_of([&b"\x1b[0n"[..]]), [Unit::StatusReport]);
}

#[test]
fn pastes_are_text_whatever_they_hold() {
    let pasted =
        |bytes: &[u8]| units_of([[PASTE_START, bytes, PASTE_END, b"q"].concat().as_slice()]);
    let expected = |text: &str| {
        [
            Unit::Event(Event::Paste(text.to_owned())),
            key(KeyCode::Char('q')),
        ]
    };
    assert_eq!(pasted(b"q\x1b[A\r\n"), expected("q\x1b[A\r\n"));
    assert_eq!(pasted(b""), expected(""));
    assert_eq!(pasted(b"\xff"), expected("\u{fffd}"));
    let long = vec![b'x'; LONGEST_PASTE + 1000];
    let units = pasted(&long);
    let Unit::Event(Event::Paste(text)) = &units[0] else {
        panic!("{units:?}");
    };
    assert!(text.len() < LONGEST_PASTE && text.bytes().all(|byte| byte == b'x'));
    assert_eq!(units[1..], expected("")[1..]);
    // One whose end never comes.
    assert_eq!(units_of([&b"\x1b[200~ab"[..]]), expected("ab")[..1]);
}

#[test]
fn the_mouse_and_the_focus() {
    let units = units_of([&b"\x1b[<0;10;20M\x1b[<0;10;20m\x1b[I\x1b[O\x1b[<64;1;1M"[..]]);
    assert_eq!(units.len(), 5);
    assert_eq!(units[2], Unit::Event(Event::FocusGained));
    for nonsense in [
        &b"\x1b[<0;0;0M"[..],
        b"\x1b[<0;1M",
        b"\x1b[<999;1;1M",
        b"\x1b[<0;1;99999M",
        b"\x1b[35;0;0M",
    ] {
        assert_eq!(units_of([nonsense]), []);
    }
}

#[test]
fn how_long_to_wait() {
    let waits = |bytes: &[u8]| {
        let mut splitter = Splitter::default();
        splitter.take(bytes, |_| {});
        splitter.patience()
    };
    assert_eq!(waits(b"a"), None);
    assert_eq!(waits(b"\x1b"), Some(ESCAPE_PATIENCE));
    assert_eq!(waits(b"\x1bP"), Some(ALT_PATIENCE));
    assert_eq!(waits(b"\x1b[1;"), Some(SEQUENCE_PATIENCE));
    assert_eq!(waits(b"\x1b[200~"), Some(SEQUENCE_PATIENCE));
}

/// Bytes as terminals send them, more often than not.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"\x1b".to_vec()),
        Just(b"\x1b[".to_vec()),
        Just(b"\x1bO".to_vec()),
        Just(b"\x1b\\".to_vec()),
        Just(b"\x1b[200~".to_vec()),
        Just(b"\x1b[201~".to_vec()),
        Just(b"\x1b[<0;1;2M".to_vec()),
        Just(b"\x1b]11;".to_vec()),
        Just(b"\x1bP".to_vec()),
        Just(b"\x1b_G".to_vec()),
        Just(b"0n".to_vec()),
        Just("ä€😀".as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..8),
        "[0-9;:<?]{0,8}[@-~]".prop_map(String::into_bytes),
    ];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn however_bytes_are_cut(bytes in bytes(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        prop_assert_eq!(units_of(pieces), units_of([bytes.as_slice()]));
    }

    #[test]
    fn after_any_rubbish_and_silence_keys_are_keys(bytes in bytes()) {
        let mut splitter = Splitter::default();
        splitter.take(&bytes, |_| {});
        splitter.silence(|_| {});
        let mut units = Vec::new();
        splitter.take(b"q", |unit| units.push(unit));
        prop_assert_eq!(units, [key(KeyCode::Char('q'))]);
    }
}
