//! What lies in the caches is checked before it is used, listed, verified and removed.

use std::ops::ControlFlow;
use std::path::Path;

use stylescope::weights::catalogue::Source;
use stylescope::weights::store::{Digests, Origin, Outcome, RemoveError};

use super::fixture::{DEEP, Fixture, SHALLOW, assert_holds, leaked, needed, write_small};

fn flip(path: &Path, from_end: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = bytes.len() - from_end;
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_file_is_fetched_again() {
    let fixture = Fixture::new();
    let path = fixture.obtain(DEEP).unwrap().path;
    flip(&path, 100);
    let store = fixture.store();
    let missing = store.locate(fixture.published, &needed(DEEP)).unwrap_err();
    assert!(missing.notes[0].contains("recorded"), "{missing}");
    let before = fixture.server.body_bytes();
    let located = fixture.obtain(DEEP).unwrap();
    assert!(
        located.notes[0].starts_with("passed over"),
        "{:?}",
        located.notes
    );
    assert_holds(&path, DEEP, 1);
    // Only the tensor that was damaged came again.
    assert!(fixture.server.body_bytes() - before < 120_000);
    assert!(fixture.obtain(DEEP).unwrap().notes.is_empty());
}

#[test]
fn without_a_check_damage_is_not_seen_and_what_is_missing_is() {
    let fixture = Fixture::new();
    let path = fixture.obtain(SHALLOW).unwrap().path;
    flip(&path, 100);
    let store = fixture.store();
    store
        .locate(fixture.published, &needed(SHALLOW))
        .unwrap_err();
    let unchecked = |count| store.locate_unchecked(fixture.published, &needed(count));
    assert_eq!(unchecked(SHALLOW).unwrap().path, path);
    unchecked(DEEP).unwrap_err();
}

#[test]
fn a_digest_that_nobody_finds_any_more_is_missed() {
    let fixture = Fixture::new();
    let path = fixture.obtain(DEEP).unwrap().path;
    let mut bytes = std::fs::read(&path).unwrap();
    let key = b"sha256.features.0.weight";
    let mut places = bytes.windows(key.len());
    let at = places.position(|place| place == key).unwrap();
    bytes[at + 10] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let locate = |count| fixture.store().locate(fixture.published, &needed(count));
    let missing = locate(SHALLOW).unwrap_err();
    assert!(missing.notes[0].contains("recorded"), "{missing}");
    assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 1);
    assert!(locate(DEEP).unwrap().notes.is_empty());
}

#[test]
fn a_file_that_is_cut_or_something_else_is_fetched_again() {
    let fixture = Fixture::new();
    let path = fixture.obtain(DEEP).unwrap().path;
    let whole = std::fs::read(&path).unwrap();
    for bytes in [&whole[..whole.len() - 1], &whole[..20], b"", b"<html>"] {
        std::fs::write(&path, bytes).unwrap();
        assert_holds(&fixture.obtain(DEEP).unwrap().path, DEEP, 1);
    }
}

#[test]
fn damage_beyond_what_is_needed_does_no_harm_now() {
    let fixture = Fixture::new();
    let path = fixture.obtain(DEEP).unwrap().path;
    // The last tensor in the file belongs to the second convolution.
    flip(&path, 1);
    fixture.server.asked();
    assert_eq!(fixture.obtain(SHALLOW).unwrap().path, path);
    assert!(fixture.server.asked().is_empty());
    let verified = fixture
        .store()
        .verify(fixture.published, &mut || ControlFlow::Continue(()));
    assert!(matches!(&verified[0].outcome, Outcome::Damaged(why) if why.contains("features.2")));
}

#[test]
fn other_programs_caches_are_used_in_order() {
    let mut fixture = Fixture::new();
    fixture.published = leaked(vec![
        Source::Hub {
            repository: "test/small",
            file: "model.safetensors",
            bytes: 1,
        },
        Source::Address {
            url: "https://weights.example/small-12345678.pth",
            file: "small-12345678.pth",
            sha256: "12345678",
            bytes: 1,
        },
    ]);
    fixture.environment.offline = Some("--offline");
    let locate = |fixture: &Fixture| fixture.store().locate(fixture.published, &needed(DEEP));
    assert_eq!(locate(&fixture).unwrap_err().folders.len(), 3);

    let snapshot = fixture
        .folder
        .path()
        .join("hub/models--test--small/snapshots/abc");
    std::fs::create_dir_all(&snapshot).unwrap();
    write_small(&snapshot.join("model.safetensors"), 1, 0);
    assert_eq!(locate(&fixture).unwrap().origin, Origin::HuggingFace);

    let checkpoints = fixture.folder.path().join("torch");
    std::fs::create_dir_all(&checkpoints).unwrap();
    write_small(&checkpoints.join("small-12345678.pth"), 1, 0);
    let located = locate(&fixture).unwrap();
    assert_eq!(located.origin, Origin::PyTorch);
    assert_eq!(
        located.source.as_deref(),
        Some("https://weights.example/small-12345678.pth")
    );

    // One that is damaged is passed over, and said to be.
    std::fs::write(checkpoints.join("small-12345678.pth"), "half").unwrap();
    let located = locate(&fixture).unwrap();
    assert_eq!(located.origin, Origin::HuggingFace);
    assert!(
        located.notes[0].contains("small-12345678.pth"),
        "{:?}",
        located.notes
    );

    let listed = fixture.store().list_of(fixture.published);
    assert_eq!(listed.len(), 2);
    assert!(listed[0].contents.is_err());
    assert_eq!(listed[1].contents.as_ref().unwrap().1, 6);
    assert_eq!(listed[1].digests, Digests::None);
    let verified = fixture
        .store()
        .verify(fixture.published, &mut || ControlFlow::Continue(()));
    assert!(matches!(verified[0].outcome, Outcome::Damaged(_)));
    assert_eq!(verified[1].outcome, Outcome::Unchecked);
}

#[test]
fn listing_verifying_removing() {
    let fixture = Fixture::new();
    let store = fixture.store();
    assert!(store.list_of(fixture.published).is_empty());
    assert_eq!(store.remove(fixture.published).unwrap().paths.len(), 0);
    let path = fixture.obtain(DEEP).unwrap().path;
    std::fs::write(path.with_file_name("small.0123.part"), "part").unwrap();
    std::fs::write(path.with_file_name("other.safetensors"), "other").unwrap();

    let listed = store.list_of(fixture.published);
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].path, path);
    assert_eq!(listed[0].contents.as_ref().unwrap().1, DEEP);
    assert_eq!(listed[0].digests, Digests::Recorded);
    assert!(
        listed[0]
            .source
            .as_ref()
            .unwrap()
            .starts_with(&fixture.server.url())
    );
    assert_eq!(listed[0].fetched.as_ref().unwrap().len(), 10);
    let verified = store.verify(fixture.published, &mut || ControlFlow::Continue(()));
    assert_eq!(verified[0].outcome, Outcome::Sound(Digests::Recorded));
    assert!(
        store
            .verify(fixture.published, &mut || ControlFlow::Break(()))
            .is_empty()
    );

    let removed = store.remove(fixture.published).unwrap();
    assert_eq!(removed.paths.len(), 2);
    assert_eq!(removed.bytes, listed[0].bytes + 4);
    assert_eq!(fixture.cached(), ["other.safetensors"]);
    assert!(store.size_bytes() >= 5);
}

#[test]
fn what_is_being_fetched_is_not_removed() {
    let fixture = Fixture::new();
    fixture.obtain(DEEP).unwrap();
    let lock = std::fs::File::open(fixture.cache_path().with_file_name("small.lock")).unwrap();
    lock.lock().unwrap();
    let error = fixture.store().remove(fixture.published).unwrap_err();
    assert!(matches!(error, RemoveError::Busy("small")), "{error}");
    drop(lock);
    fixture.store().remove(fixture.published).unwrap();
}

#[test]
fn a_cache_that_cannot_be_written() {
    let mut fixture = Fixture::new();
    let file = fixture.folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    fixture.environment.cache = file.join("cache");
    let error = fixture.obtain(DEEP).unwrap_err().to_string();
    assert!(error.contains("cannot make the folder"), "{error}");
    assert!(error.contains("STYLESCOPE_CACHE"), "{error}");
}

#[test]
fn a_folder_whose_name_is_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let mut fixture = Fixture::new();
    let name = std::ffi::OsStr::from_bytes(b"\xff\x1b");
    fixture.environment.cache = fixture.folder.path().join(name);
    let located = fixture.obtain(DEEP).unwrap();
    assert_holds(&located.path, DEEP, 1);
    flip(&located.path, 100);
    let located = fixture.obtain(DEEP).unwrap();
    assert!(!located.notes[0].contains('\u{1b}'), "{:?}", located.notes);
}
