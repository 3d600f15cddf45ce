//! Checkpoints and messages of a socket that are damaged: they are read or refused, and nothing else happens.

use std::time::Instant;

use stylescope::attach::frame::Direction;
use stylescope::attach::protocol::{PROGRAM, PROTOCOL, decode_to_run, decode_to_viewer, encode};
use stylescope::attach::words::ToRun;
use stylescope::engine::checkpoint::{Checkpoint, Element, SavedState, Values};
use stylescope::record::folder::checkpoint::{from_bytes, to_bytes};

use super::mutation::Mutation;
use super::so_many;
use crate::setting::preset;

fn checkpoint() -> Checkpoint {
    let mut state = SavedState::default();
    for name in ["picture", "adam.first", "adam.second"] {
        let values = Values {
            shape: vec![1, 3, 2, 2],
            element: Element::F32,
            bytes: (0..48).collect(),
        };
        state.insert(name.to_owned(), values);
    }
    state.put_number("adam.beta1_product", 0.1);
    Checkpoint {
        candidate: 0,
        step: 12,
        seconds: 1.5,
        preset: preset("demo", &[]),
        wanted: preset("demo", &["schedule.seed=3"]),
        state,
    }
}

#[test]
fn whatever_a_checkpoint_holds_is_read_or_refused() {
    let sound = to_bytes(&checkpoint()).unwrap();
    let mut mutation = Mutation::new(2);
    let inputs = so_many(2_000, 1_000_000);
    let (start, mut read) = (Instant::now(), 0);
    for _ in 0..inputs {
        match from_bytes(&mutation.of(&sound)) {
            // Only words may differ: the elements are what was written.
            Ok(found) => {
                assert_eq!(found.state, checkpoint().state);
                assert!(found.seconds >= 0.0 && found.seconds.is_finite());
                read += 1;
            }
            Err(error) => assert!(!error.to_string().contains('\u{1b}'), "{error}"),
        }
    }
    println!(
        "{inputs} damaged checkpoints in {:.0} s, {read} of them still sound",
        start.elapsed().as_secs_f64()
    );
}

#[test]
fn whatever_comes_through_a_socket_is_a_message_or_refused() {
    let hello = ToRun::Hello {
        protocol: PROTOCOL,
        program: PROGRAM.to_owned(),
    };
    let messages = [
        hello,
        ToRun::Pause,
        ToRun::GoBack { snapshot: 3 },
        ToRun::Goodbye,
    ];
    let to_run: Vec<Vec<u8>> = messages
        .iter()
        .map(|message| encode(message, Direction::ToRun).unwrap())
        .collect();
    let words = [
        r#"{"say":"up_to_date"}"#,
        r#"{"say":"refuse","program":"stylescope","why":"x"}"#,
        r#"{"say":"losses","candidates":[0],"first_step":0,"rows":2,"span":1,"terms":[{"kind":"style","layer":"relu1_1"}],"weights":[[1.0]],"seconds":0.5}"#,
        r#"{"say":"paused","step":3}"#,
    ];
    let mut mutation = Mutation::new(3);
    let inputs = so_many(10_000, 2_000_000);
    let (start, mut read) = (Instant::now(), 0);
    for input in 0..inputs {
        if input % 2 == 0 {
            let sound = &to_run[mutation.below(to_run.len())];
            let bytes = mutation.of(sound);
            if let Ok(Some((_, length))) = decode_to_run(&bytes) {
                assert!(length <= bytes.len());
                read += 1;
            }
        } else {
            // With true lengths, so that the words are looked at.
            let sound = words[mutation.below(words.len())];
            let damaged = mutation.of(sound.as_bytes());
            let mut bytes = encode(&0, Direction::ToViewer).unwrap();
            bytes.truncate(4);
            bytes.extend((damaged.len() as u32).to_le_bytes());
            bytes.extend(8_u32.to_le_bytes());
            bytes.extend(&damaged);
            bytes.extend([0; 8]);
            if let Ok(Some(found)) = decode_to_viewer(&bytes) {
                assert!(found.length <= bytes.len() && found.raw.len() <= 8);
                read += 1;
            }
        }
    }
    assert!(read > 0, "some are still sound");
    println!(
        "{inputs} damaged messages in {:.0} s, {read} of them still sound",
        start.elapsed().as_secs_f64()
    );
}
