//! A thousand downloads from a server that cuts, lies and fails at random: each ends in a correct file or
//! in an error that says why, and nothing else stays.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use stylescope::weights::store::ObtainError;

use super::fixture::{DEEP, Fixture, SHALLOW, assert_holds, is_part};
use super::server::{Answer, Body};

#[test]
fn a_thousand_interrupted_downloads() {
    let (mut good, mut failed) = (0, 0);
    let fixture = Fixture::new();
    let etags = ["\"a\"", "\"b\""];
    for seed in 0..1000 {
        // Every tenth download finds another version on the server than the one before.
        let version = seed / 10 % 2;
        if seed % 10 == 0 {
            fixture.put(version, 0, etags[version as usize]);
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // From servers that nearly always fail to some that hardly ever do.
        let chance = random.random_range(0.05..0.95);
        fixture.server.tamper(move |asked, mut answer| {
            if !random.random_bool(chance) {
                return answer;
            }
            let bytes = match &answer.body {
                Body::File(_, begin, end) => end - begin,
                Body::Bytes(bytes) => bytes.len() as u64,
            };
            match random.random_range(0..10) {
                0..6 => answer.cut_after = Some(random.random_range(0..=bytes)),
                6 => {
                    let announced = random.random_range(0..2 * bytes);
                    answer = answer.with("Content-Length", &announced.to_string());
                }
                7 => {
                    answer =
                        Answer::plain([500, 503, 429, 404, 403][random.random_range(0..5)], "");
                }
                8 => {
                    answer = Answer::plain(200, "<html>").with("Content-Type", "text/html");
                }
                _ => {
                    let (first, last) = asked.range.unwrap_or((0, 0));
                    answer = answer.with("Content-Range", &format!("bytes {}-{last}/*", first + 1));
                }
            }
            answer
        });
        let count = if seed % 3 == 0 { SHALLOW } else { DEEP };
        match fixture.obtain(count) {
            Ok(located) => {
                good += 1;
                assert_holds(&located.path, count, version);
                assert_eq!(fixture.cached(), ["small.safetensors"], "{seed}");
                std::fs::remove_file(&located.path).unwrap();
            }
            Err(ObtainError::Sources(sources)) => {
                failed += 1;
                assert_eq!(sources.failures.len(), 1, "{seed}: {sources}");
                let cached = fixture.cached();
                // Parts of two versions, and of two depths of each, at most.
                assert!(cached.len() <= 4, "{seed}: {cached:?}");
                assert!(
                    cached.iter().all(|name| is_part(name)),
                    "{seed}: {cached:?}"
                );
            }
            Err(other) => panic!("{seed}: {other}"),
        }
    }
    // Neither is left to chance by so much that one of them could be missing.
    assert!(good > 300 && failed > 100, "{good} good, {failed} failed");
}
