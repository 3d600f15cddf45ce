//! Bytes that are no messages. None of them may panic, or make anything large.

use proptest::prelude::*;

use super::*;
use crate::attach::frame::{Direction, FrameError, HEAD_BYTES, Head};

fn framed(words: &str, raw: &[u8], direction: Direction) -> Vec<u8> {
    let head = Head {
        words: words.len(),
        raw: raw.len(),
    };
    let mut bytes = head.encode(direction).to_vec();
    bytes.extend(words.as_bytes());
    bytes.extend(raw);
    bytes
}

/// Reads as both ends do, to the last consequence.
fn take(bytes: &[u8]) {
    if let Ok(Some((words, length))) = protocol::decode_to_run(bytes) {
        assert!(length <= bytes.len());
        let _ = command(words);
    }
    if let Ok(Some(said)) = protocol::decode_to_viewer(bytes) {
        assert!(said.length <= bytes.len());
        let _ = heard(said.words, said.raw);
    }
}

/// Every message there is, as bytes.
fn all() -> Vec<Vec<u8>> {
    let said = events().into_iter().filter_map(|event| of_event(&event));
    let previews = requests().map(|request| of_preview(&preview(request)));
    let mut all: Vec<Vec<u8>> = said
        .chain(previews)
        .map(|said| {
            let mut bytes = Vec::new();
            outbox::write(&mut bytes, &said).unwrap();
            bytes
        })
        .collect();
    for request in requests() {
        let words = of_command(&Command::RequestPicture(request)).unwrap();
        all.push(protocol::encode(&words, Direction::ToRun).unwrap());
    }
    all
}

#[test]
fn numbers_that_do_not_go_with_their_words_are_refused() {
    let losses = |rows: u64, span: u64| {
        format!(
            r#"{{"say":"losses","candidates":[0],"first_step":0,"rows":{rows},"span":{span},
            "terms":[{{"kind":"style","layer":null}}],"weights":[[1.0]],"seconds":0.0}}"#
        )
    };
    let raw = [0; 8];
    let decode = |words: &str| {
        let bytes = framed(words, &raw, Direction::ToViewer);
        protocol::decode_to_viewer(&bytes).map(|_| ())
    };
    assert!(decode(&losses(2, 1)).is_ok());
    for rows in [0, 1, 3, u64::MAX / 4, u64::MAX] {
        assert!(
            matches!(decode(&losses(rows, 1)), Err(FrameError::Numbers { .. })),
            "{rows}"
        );
    }
    // As many steps as fit into a number, but not into memory.
    let bytes = framed(&losses(2, u64::MAX), &raw, Direction::ToViewer);
    let said = protocol::decode_to_viewer(&bytes).unwrap().unwrap();
    assert!(heard(said.words, said.raw).is_err());
    let huge = r#"{"say":"snapshot","number":1,"pictures":{"candidates":[0],"step":1,
        "sizes":[[4294967295,4294967295],[4294967295,4294967295]]}}"#;
    assert!(matches!(decode(huge), Err(FrameError::Numbers { .. })));
}

#[test]
fn words_that_say_nothing_known_are_refused() {
    for words in ["", "{}", "[]", r#"{"say":"obey"}"#, "\u{0}", "nulls"] {
        let bytes = framed(words, &[], Direction::ToRun);
        assert!(protocol::decode_to_run(&bytes).is_err(), "{words}");
    }
    let deep = "[".repeat(100_000);
    let bytes = framed(&deep, &[], Direction::ToRun);
    assert!(protocol::decode_to_run(&bytes).is_err());
}

#[test]
fn half_a_message_is_waited_for() {
    for bytes in all() {
        for length in [0, 1, HEAD_BYTES - 1, HEAD_BYTES, bytes.len() - 1] {
            let half = &bytes[..length.min(bytes.len() - 1)];
            assert!(!matches!(protocol::decode_to_run(half), Ok(Some(_))));
            assert!(!matches!(protocol::decode_to_viewer(half), Ok(Some(_))));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        take(&bytes);
        let mut framed = Head { words: bytes.len().min(200), raw: bytes.len().saturating_sub(200) }
            .encode(Direction::ToViewer)
            .to_vec();
        framed.extend(&bytes);
        take(&framed);
    }

    #[test]
    fn changed_messages_are_read_or_refused(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        by in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let all = all();
        let mut bytes = which.get(&all).clone();
        let place = at.index(bytes.len());
        bytes[place] ^= by;
        take(&bytes);
        bytes.truncate(cut.index(bytes.len() + 1));
        take(&bytes);
    }
}
