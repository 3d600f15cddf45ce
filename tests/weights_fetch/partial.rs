//! Only what is needed is fetched, wherever it lies.

use std::ops::ControlFlow;

use stylescope::weights::environment::Template;
use stylescope::weights::file::WeightsFile;
use stylescope::weights::store::{Needed, ObtainError, Origin, Progress};

use super::fixture::{DEEP, ETAG, Fixture, HUB_PATH, SHALLOW, assert_holds, needed};
use super::server::Answer;

/// What is asked for first.
const FIRST_BYTES: u64 = 16 << 10;

fn bytes_of(count: usize) -> u64 {
    needed(count)
        .iter()
        .map(|tensor| 4 * tensor.shape.iter().product::<i64>() as u64)
        .sum()
}

#[test]
fn only_the_needed_tensors_come() {
    let fixture = Fixture::new();
    let (located, told) = fixture.obtain_told(DEEP);
    let located = located.unwrap();
    assert_eq!(located.origin, Origin::Cache);
    assert_eq!(located.path, fixture.cache_path());
    let source = format!("{}{HUB_PATH}", fixture.server.url());
    assert_eq!(located.source.as_ref(), Some(&source));
    assert_eq!(fixture.server.body_bytes(), FIRST_BYTES + bytes_of(DEEP));
    assert_holds(&located.path, DEEP, 1);
    assert_eq!(fixture.cached(), ["small.safetensors"]);

    let file = WeightsFile::open(&located.path).unwrap();
    let says = |key: &str| file.contents().metadata[key].clone();
    assert_eq!(says("source"), source);
    assert_eq!(says("etag"), ETAG);
    assert_eq!(says("licence"), "MIT (the tests)");
    for tensor in needed(DEEP) {
        assert_eq!(file.check_digest(&tensor.name).ok(), Some(true));
    }

    let starting = told.iter().find_map(|progress| match progress {
        Progress::Starting {
            bytes,
            of_bytes,
            resumed_bytes,
            ..
        } => Some((*bytes, *of_bytes, *resumed_bytes)),
        _ => None,
    });
    let whole = std::fs::metadata(fixture.folder.path().join("1.safetensors"))
        .unwrap()
        .len();
    assert_eq!(starting, Some((bytes_of(DEEP), whole, 0)));
    assert_eq!(told.last(), Some(&Progress::Checking));
    assert!(told.contains(&Progress::Fetched {
        done_bytes: bytes_of(DEEP),
        total_bytes: bytes_of(DEEP),
    }));
}

#[test]
fn a_second_time_nothing_is_fetched() {
    let mut fixture = Fixture::new();
    let first = fixture.obtain(DEEP).unwrap();
    fixture.server.asked();
    assert_eq!(fixture.obtain(SHALLOW).unwrap(), first);
    assert!(fixture.server.asked().is_empty());
    fixture.environment.offline = Some("--offline");
    assert_eq!(fixture.obtain(DEEP).unwrap(), first);
}

#[test]
fn offline_nothing_is_asked() {
    let mut fixture = Fixture::new();
    fixture.environment.offline = Some("STYLESCOPE_OFFLINE");
    let error = fixture.obtain(DEEP).unwrap_err();
    assert!(matches!(error, ObtainError::Offline { .. }));
    assert!(error.to_string().contains("STYLESCOPE_OFFLINE"), "{error}");
    assert!(fixture.server.asked().is_empty());
    assert!(!fixture.environment.cache.exists());
}

#[test]
fn far_tensors_are_asked_for_one_by_one_and_near_ones_together() {
    let fixture = Fixture::new();
    // By name, `features.10.weight` with its 360000 bytes lies between the two convolutions.
    fixture.obtain(DEEP).unwrap();
    let asked = fixture.server.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert_eq!(asked[0].range, Some((0, FIRST_BYTES - 1)));
    let lengths: Vec<u64> = asked[1..]
        .iter()
        .map(|asked| asked.range.map(|(first, last)| last - first + 1).unwrap())
        .collect();
    assert_eq!(
        lengths,
        [bytes_of(SHALLOW), bytes_of(DEEP) - bytes_of(SHALLOW)]
    );
    assert!(
        asked[1..]
            .iter()
            .all(|asked| asked.if_range.as_deref() == Some(ETAG))
    );
}

#[test]
fn a_header_longer_than_the_first_bytes() {
    let fixture = Fixture::new();
    fixture.put(2, 100_000, ETAG);
    assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 2);
    assert_eq!(fixture.server.asked().len(), 4);
}

#[test]
fn a_deeper_network_fetches_only_what_is_missing() {
    let fixture = Fixture::new();
    fixture.obtain(SHALLOW).unwrap();
    let before = fixture.server.body_bytes();
    let located = fixture.obtain(DEEP).unwrap();
    assert_eq!(
        fixture.server.body_bytes() - before,
        FIRST_BYTES + bytes_of(DEEP) - bytes_of(SHALLOW)
    );
    assert_holds(&located.path, DEEP, 1);
    assert_eq!(fixture.cached(), ["small.safetensors"]);
    // Nothing is wrong with a file that has what was needed before.
    assert!(located.notes.is_empty(), "{:?}", located.notes);
}

#[test]
fn a_shallow_file_is_passed_over_in_silence() {
    let mut fixture = Fixture::new();
    fixture.obtain(SHALLOW).unwrap();
    fixture.environment.offline = Some("--offline");
    let error = fixture.obtain(DEEP).unwrap_err().to_string();
    assert!(
        error.contains("only some of their tensors are in"),
        "{error}"
    );
    let snapshot = "hub/models--test--small/snapshots/abc";
    let snapshot = fixture.folder.path().join(snapshot);
    std::fs::create_dir_all(&snapshot).unwrap();
    super::fixture::write_small(&snapshot.join("model.safetensors"), 1, 0);
    let located = fixture.obtain(DEEP).unwrap();
    assert_eq!(located.origin, Origin::HuggingFace);
    assert!(located.notes.is_empty(), "{:?}", located.notes);
}

#[test]
fn the_same_tensors_give_the_same_file_whichever_came_first() {
    let mut fixture = Fixture::new();
    let at_once = std::fs::read(fixture.obtain(DEEP).unwrap().path).unwrap();
    fixture.environment.cache = fixture.folder.path().join("another");
    let obtain = |needed: &[Needed]| {
        let mut go_on = |_| ControlFlow::Continue(());
        fixture
            .store()
            .obtain(fixture.published, needed, &mut go_on)
            .unwrap()
    };
    let needed = needed(DEEP);
    let located = obtain(&needed[SHALLOW..]);
    // Within what comes, too, one that is here already has its place.
    obtain(&[needed[0].clone(), needed[SHALLOW].clone()]);
    obtain(&needed);
    assert!(std::fs::read(located.path).unwrap() == at_once);
}

#[test]
fn tensors_of_two_versions_are_never_mixed() {
    let fixture = Fixture::new();
    fixture.obtain(SHALLOW).unwrap();
    fixture.put(2, 0, "\"second\"");
    assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 2);
}

#[test]
fn a_server_without_ranges_is_read_up_to_the_last_needed_byte() {
    let fixture = Fixture::new();
    let whole = fixture.server.url() + HUB_PATH;
    fixture.server.tamper(|asked, mut answer| {
        if asked.range.is_some() {
            answer = answer.without("Content-Range");
            answer.status = 200;
            if let super::server::Body::File(file, ..) = &answer.body {
                let bytes = file.metadata().unwrap().len();
                answer.body = super::server::Body::File(file.clone(), 0, bytes);
            }
        }
        answer
    });
    let (located, told) = fixture.obtain_told(DEEP);
    let located = located.unwrap();
    assert_holds(&located.path, DEEP, 1);
    assert_eq!(located.source, Some(whole));
    // Progress follows the stream, so that it does not stand still before the first needed byte.
    let totals: Vec<(u64, u64)> = told
        .iter()
        .filter_map(|progress| match progress {
            Progress::Fetched {
                done_bytes,
                total_bytes,
            } if *total_bytes > 0 => Some((*done_bytes, *total_bytes)),
            _ => None,
        })
        .collect();
    let (done, total) = totals[totals.len() - 1];
    assert_eq!(done, total);
    assert!(total > bytes_of(DEEP));
}

#[test]
fn redirects_keep_the_range() {
    let fixture = Fixture::new();
    let path = fixture.folder.path().join("1.safetensors");
    fixture.server.serve("/elsewhere", &path, ETAG);
    fixture.server.tamper(|asked, answer| {
        if asked.path == HUB_PATH {
            Answer::plain(302, "over there").with("Location", "/elsewhere")
        } else {
            answer
        }
    });
    assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 1);
    let asked = fixture.server.asked();
    assert!(asked.iter().all(|asked| asked.range.is_some()), "{asked:?}");
    assert_eq!(asked.len(), 6);
}

#[test]
fn a_template_is_the_only_source() {
    let mut fixture = Fixture::new();
    let path = fixture.folder.path().join("1.safetensors");
    fixture.server.serve("/mirror/small/small", &path, ETAG);
    let template = format!("{}/mirror/{{network}}/{{file}}", fixture.server.url());
    fixture.environment.template = Some(Template::new(&template).unwrap());
    assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 1);
    assert!(
        fixture
            .server
            .asked()
            .iter()
            .all(|asked| asked.path.starts_with("/mirror/"))
    );
}

#[test]
fn passwords_are_not_written_down() {
    let mut fixture = Fixture::new();
    let host = fixture.server.url().replace("http://", "");
    fixture.environment.hub = format!("http://me:secret@{host}");
    let (located, told) = fixture.obtain_told(DEEP);
    let located = located.unwrap();
    assert_eq!(located.source, Some(format!("http://{host}{HUB_PATH}")));
    assert!(!format!("{told:?}").contains("secret"));
    let written = std::fs::read(&located.path).unwrap();
    assert!(!written.windows(6).any(|bytes| bytes == b"secret"));
    fixture.server.tamper(|_, _| Answer::plain(404, ""));
    std::fs::remove_file(&located.path).unwrap();
    let error = fixture.obtain(DEEP).unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn tensors_that_lie_next_to_each_other_in_half_precision() {
    use safetensors::tensor::{Dtype, TensorView};

    let fixture = Fixture::new();
    let path = fixture.folder.path().join("half.safetensors");
    let bytes: Vec<u8> = (0..60).collect();
    let view = |kind, sides: &[usize], bytes| TensorView::new(kind, sides.to_vec(), bytes).unwrap();
    let views = [
        ("a", view(Dtype::F16, &[3, 2], &bytes[..12])),
        ("b", view(Dtype::BF16, &[1], &bytes[12..14])),
        ("c", view(Dtype::F32, &[], &bytes[14..18])),
        ("d", view(Dtype::F32, &[0, 3], &[])),
    ];
    std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
    fixture.server.serve(HUB_PATH, &path, ETAG);
    let needed: Vec<Needed> = [
        ("a", vec![3, 2]),
        ("b", vec![1]),
        ("c", vec![]),
        ("d", vec![0, 3]),
    ]
    .into_iter()
    .map(|(name, shape)| Needed {
        name: name.to_owned(),
        shape,
    })
    .collect();
    let located = fixture
        .store()
        .obtain(fixture.published, &needed, &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(
        super::fixture::tensors(&located.path),
        super::fixture::tensors(&path)
    );
}
