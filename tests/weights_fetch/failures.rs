//! Whatever a server does, the person reads what it was, and nothing that is not weights stays.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use stylescope::weights::catalogue::Source;
use stylescope::weights::store::{ObtainError, Progress};

use super::fixture::{DEEP, ETAG, Fixture, assert_holds, is_part, leaked, needed};
use super::server::{Answer, Asked, Body};

/// The first bytes come as they should, what follows does not.
fn later(
    mut change: impl FnMut(&Asked, Answer) -> Answer + Send,
) -> impl FnMut(&Asked, Answer) -> Answer + Send {
    move |asked, answer| match asked.range {
        Some((0, _)) => answer,
        _ => change(asked, answer),
    }
}

/// The error that `change` leads to; nothing under a final name lies in the cache then.
fn error_of(change: impl FnMut(&Asked, Answer) -> Answer + Send + 'static) -> String {
    let mut fixture = Fixture::new();
    let patient = fixture.environment.patience.stall;
    fixture.environment.patience.stall = Duration::from_millis(600);
    fixture.server.tamper(change);
    let error = fixture.obtain(DEEP).unwrap_err();
    assert!(matches!(error, ObtainError::Sources(_)), "{error}");
    let cached = fixture.cached();
    assert!(cached.iter().all(|name| is_part(name)), "{cached:?}");
    let text = error.to_string();
    for words in [
        "small cannot be fetched",
        "--weights FILE",
        "HF_ENDPOINT",
        "-p demo",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    // And once the server behaves, what was left of it does no harm.
    fixture.server.behave();
    fixture.environment.patience.stall = patient;
    assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 1);
    assert_eq!(fixture.cached(), ["small.safetensors"]);
    text
}

fn assert_error(words: &str, change: impl FnMut(&Asked, Answer) -> Answer + Send + 'static) {
    let text = error_of(change);
    assert!(text.contains(words), "{words} in {text}");
}

#[test]
fn each_status_has_its_words() {
    for (status, words) in [
        (401, "access is refused (status 401)"),
        (403, "access is refused (status 403)"),
        (404, "no such file (status 404)"),
        (416, "no such part of the file"),
        (418, "status 418"),
        (429, "cannot serve it now (status 429)"),
        (500, "the server failed (status 500)"),
        (503, "cannot serve it now (status 503)"),
    ] {
        assert_error(words, move |_, _| Answer::plain(status, "no"));
    }
}

#[test]
fn a_part_that_is_refused_means_that_the_file_changed() {
    assert_error(
        "changed on the server",
        later(|_, _| Answer::plain(416, "")),
    );
}

#[test]
fn pages_of_a_captive_portal() {
    let page = "<!DOCTYPE html><html><title>Welcome</title></html>";
    assert_error("a web page came", move |_, _| {
        Answer::plain(200, page).with("Content-Type", "text/html; charset=utf-8")
    });
    // Some do not even say that it is one.
    assert_error("a web page came", move |_, _| Answer::plain(200, page));
    assert_error("a web page came", move |asked, _| {
        if asked.path == "/login" {
            Answer::plain(200, page).with("Content-Type", "text/html")
        } else {
            Answer::plain(302, "").with("Location", "/login")
        }
    });
    assert_error(
        "a web page came",
        later(move |_, _| Answer::plain(200, page).with("Content-Type", "text/html")),
    );
}

#[test]
fn round_in_circles() {
    assert_error("without end", |asked, _| {
        Answer::plain(302, "").with("Location", &asked.path)
    });
}

#[test]
fn another_range_than_was_asked_for() {
    assert_error(
        "were asked for, and the server says that it sends 0-9",
        later(|_, answer| answer.with("Content-Range", "bytes 0-9/1000000")),
    );
    assert_error(
        "none that can be read",
        later(|_, answer| answer.without("Content-Range")),
    );
    assert_error("none that can be read", |_, answer| {
        answer.without("Content-Range")
    });
}

#[test]
fn lengths_that_lie() {
    // More is promised than comes.
    assert_error(
        "the connection failed",
        later(|_, mut answer| {
            answer.cut_after = Some(0);
            answer
        }),
    );
    // Less comes, and the server says so itself.
    assert_error(
        "ended after 0 of",
        later(|_, mut answer| {
            answer.body = Body::Bytes(Vec::new());
            answer
        }),
    );
    assert_error(
        "by its own header, the server says 1000000",
        |asked, answer| {
            let (first, last) = asked.range.unwrap();
            answer.with("Content-Range", &format!("bytes {first}-{last}/1000000"))
        },
    );
}

#[test]
fn more_bytes_than_a_file_can_have() {
    // Each is short enough for the format's own check, and together they end where numbers do.
    let each = (1_u64 << 61) - 1;
    let mut header = serde_json::Map::new();
    let mut begin = 0;
    for index in 0..8 {
        let end = if index < 7 {
            begin + each
        } else {
            u64::MAX - 256
        };
        let of_bytes = serde_json::json!({
            "dtype": "U8", "shape": [end - begin], "data_offsets": [begin, end],
        });
        header.insert(format!("a{index}"), of_bytes);
        begin = end;
    }
    let last = serde_json::json!({
        "dtype": "F32", "shape": [64], "data_offsets": [begin, u64::MAX],
    });
    header.insert("features.0.bias".to_owned(), last);
    let text = serde_json::Value::Object(header).to_string();
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.into_bytes());

    let fixture = Fixture::new();
    fixture.server.tamper(move |_, mut answer| {
        let range = format!("bytes 0-{}/*", bytes.len() - 1);
        answer.body = Body::Bytes(bytes.clone());
        answer.with("Content-Range", &range)
    });
    let mut go_on = |_| ControlFlow::Continue(());
    let error = fixture
        .store()
        .obtain(fixture.published, &needed(2)[1..], &mut go_on)
        .unwrap_err()
        .to_string();
    assert!(error.contains("more bytes than a file can have"), "{error}");
}

#[test]
fn files_that_are_none() {
    let of_bytes = |bytes: &'static [u8]| {
        move |_: &Asked, mut answer: Answer| {
            answer = answer.without("Content-Range");
            answer.status = 200;
            answer.body = Body::Bytes(bytes.to_vec());
            answer
        }
    };
    assert_error("is not a weights file", of_bytes(b""));
    assert_error("is not a weights file", of_bytes(b"weights"));
    assert_error(
        "is not a weights file",
        of_bytes(b"\x10\0\0\0\0\0\0\0{]]]]]]]]]]]]]]]"),
    );
    assert_error(
        "is not a weights file",
        of_bytes(b"\xff\xff\xff\0\0\0\0\0{}"),
    );
}

#[test]
fn a_compressed_answer() {
    assert_error("in the encoding gzip", |_, answer| {
        answer.with("Content-Encoding", "gzip")
    });
}

#[test]
fn other_weights_than_the_published_ones() {
    let fixture = Fixture::new();
    let mut needed = needed(DEEP);
    needed[1].shape = vec![65];
    let obtain = |needed: &[_]| {
        fixture
            .store()
            .obtain(
                fixture.published,
                needed,
                &mut |_| ControlFlow::Continue(()),
            )
            .unwrap_err()
            .to_string()
    };
    let error = obtain(&needed);
    assert!(
        error.contains("the tensor features.0.bias there is [64], small needs [65]"),
        "{error}"
    );
    needed[1].name = "features.1.bias".to_owned();
    let error = obtain(&needed);
    assert!(error.contains("no tensor features.1.bias"), "{error}");
    assert!(fixture.cached().is_empty());
}

#[test]
fn a_server_that_changes_its_file_all_the_time() {
    let mut count = 0;
    assert_error("changed on the server", move |_, answer| {
        count += 1;
        answer.with("ETag", &format!("\"{count}\""))
    });
}

#[test]
fn a_file_that_changes_once_is_fetched_anew() {
    let fixture = Fixture::new();
    let path = fixture.folder.path().join("2.safetensors");
    super::fixture::write_small(&path, 2, 0);
    let mut after = 0;
    let of_new = std::sync::Arc::new(std::fs::File::open(path).unwrap());
    fixture.server.tamper(move |asked, mut answer| {
        after += 1;
        if after < 3 {
            return answer;
        }
        // If-Range does not hold any more, so all of it comes.
        if let Body::File(_, begin, end) = answer.body {
            let all = asked.if_range.as_deref() == Some(ETAG);
            if all {
                answer = answer.without("Content-Range");
                answer.status = 200;
            }
            let bytes = of_new.metadata().unwrap().len();
            let (begin, end) = if all { (0, bytes) } else { (begin, end) };
            answer.body = Body::File(of_new.clone(), begin, end);
        }
        answer.with("ETag", "\"second\"")
    });
    assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 2);
    assert_eq!(fixture.cached(), ["small.safetensors"]);
}

#[test]
fn nobody_listens() {
    let mut fixture = Fixture::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    fixture.environment.hub = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = fixture.obtain(DEEP).unwrap_err().to_string();
    assert!(error.contains("the connection failed"), "{error}");
}

#[test]
fn passing_failures_are_tried_again() {
    let fixture = Fixture::new();
    let mut count = 0;
    fixture.server.tamper(move |_, mut answer| {
        count += 1;
        match count {
            1 => Answer::plain(429, "").with("Retry-After", "1"),
            2 => Answer::plain(500, ""),
            4..=6 => {
                answer.cut_after = Some(1000);
                answer
            }
            _ => answer,
        }
    });
    let (located, told) = fixture.obtain_told(DEEP);
    assert_holds(&located.unwrap().path, DEEP, 1);
    let after: Vec<&String> = told
        .iter()
        .filter_map(|progress| match progress {
            Progress::Trying { after, .. } => Some(after),
            _ => None,
        })
        .collect();
    assert!(after.iter().any(|words| words.contains("429")), "{after:?}");
    assert!(after.iter().any(|words| words.contains("500")), "{after:?}");
}

#[test]
fn a_server_may_ask_for_a_longer_pause() {
    let mut fixture = Fixture::new();
    fixture.environment.patience.longest_pause = Duration::from_secs(2);
    let mut first = true;
    fixture.server.tamper(move |_, answer| {
        if std::mem::take(&mut first) {
            Answer::plain(503, "").with("Retry-After", "1")
        } else {
            answer
        }
    });
    let since = Instant::now();
    let (located, told) = fixture.obtain_told(DEEP);
    located.unwrap();
    assert!(since.elapsed() >= Duration::from_secs(1));
    let seconds = told.iter().find_map(|progress| match progress {
        Progress::Trying { seconds, .. } => Some(*seconds),
        _ => None,
    });
    assert_eq!(seconds, Some(1));
}

#[test]
fn the_next_source_takes_over() {
    let mut fixture = Fixture::new();
    let path = fixture.folder.path().join("1.safetensors");
    fixture.server.serve("/good", &path, ETAG);
    let good = format!("{}/good", fixture.server.url());
    fixture.published = leaked(vec![
        Source::Hub {
            repository: "test/gone",
            file: "model.safetensors",
            bytes: 1,
        },
        Source::Address {
            url: good.clone().leak(),
            file: "small.pth",
            sha256: "",
            bytes: 1,
        },
    ]);
    let (located, told) = fixture.obtain_told(DEEP);
    assert_eq!(located.unwrap().source, Some(good));
    assert!(told.iter().any(|progress| matches!(
        progress,
        Progress::Trying { after, seconds: 0 } if after.contains("404")
    )));
}

#[test]
fn a_connection_that_falls_silent_is_noticed() {
    assert_error("nothing arrived for 0.6 s", |_, mut answer| {
        answer.stall_after = Some(0);
        answer
    });
    assert_error(
        "nothing arrived for 0.6 s",
        later(|_, mut answer| {
            answer.stall_after = Some(0);
            answer
        }),
    );
}

#[test]
fn it_stops_at_once_and_goes_on_there() {
    let fixture = Fixture::new();
    fixture.server.tamper(later(|_, mut answer| {
        answer.stall_after = Some(5000);
        answer
    }));
    let mut done = 0;
    let mut asked_at = Instant::now();
    let error = fixture
        .store()
        .obtain(fixture.published, &needed(DEEP), &mut |progress| {
            assert!(
                asked_at.elapsed() < Duration::from_secs(3),
                "it was not heard for long"
            );
            asked_at = Instant::now();
            match progress {
                Progress::Fetched { done_bytes, .. } if done_bytes >= 5000 => {
                    done = done_bytes;
                    ControlFlow::Break(())
                }
                _ => ControlFlow::Continue(()),
            }
        })
        .unwrap_err();
    assert!(asked_at.elapsed() < Duration::from_secs(2));
    assert!(matches!(error, ObtainError::Stopped), "{error}");
    assert_eq!(fixture.cached().len(), 1);

    fixture.server.behave();
    let before = fixture.server.body_bytes();
    let (located, told) = fixture.obtain_told(DEEP);
    assert_holds(&located.unwrap().path, DEEP, 1);
    let (bytes, resumed) = told
        .iter()
        .find_map(|progress| match progress {
            Progress::Starting {
                bytes,
                resumed_bytes,
                ..
            } => Some((*bytes, *resumed_bytes)),
            _ => None,
        })
        .unwrap();
    assert_eq!(resumed, done);
    assert_eq!(
        fixture.server.body_bytes() - before,
        (16 << 10) + bytes - resumed
    );
}
