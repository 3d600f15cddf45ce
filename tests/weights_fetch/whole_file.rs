//! `PyTorch`'s files come whole, and are checked against the digest that is published with them.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};
use sha2::{Digest, Sha256};
use stylescope::weights::catalogue::Source;
use stylescope::weights::environment::Template;
use stylescope::weights::file::WeightsFile;
use stylescope::weights::format::Number;
use stylescope::weights::store::{Digests, Located, Needed, ObtainError, Outcome};

use super::fixture::{ETAG, Fixture, HUB_PATH, leaked, tensors};
use super::server::Answer;

/// A file that `PyTorch` wrote.
fn of_pytorch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/weights_formats/files")
        .join(name)
}

/// Everything in the file at `path` that can be a weight.
fn all_of(path: &Path) -> Vec<Needed> {
    let file = WeightsFile::open(path).unwrap();
    file.contents()
        .tensors
        .iter()
        .filter(|(_, entry)| !matches!(entry.number, Number::Other(_)))
        .map(|(name, entry)| Needed {
            name: name.clone(),
            shape: entry.shape.iter().map(|&side| side as i64).collect(),
        })
        .collect()
}

/// The file `name` on the server, with the digest that is said to be its.
fn serving(name: &str, sha256: &'static str) -> Fixture {
    let mut fixture = Fixture::new();
    fixture
        .server
        .serve("/small-12345678.pth", &of_pytorch(name), ETAG);
    fixture.published = leaked(vec![Source::Address {
        url: format!("{}/small-12345678.pth", fixture.server.url()).leak(),
        file: "small-12345678.pth",
        sha256,
        bytes: 1,
    }]);
    fixture
}

fn digits(name: &str, count: usize) -> &'static str {
    let digest = Sha256::digest(std::fs::read(of_pytorch(name)).unwrap());
    let text = digest
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    text[..count].to_owned().leak()
}

fn obtain(fixture: &Fixture, name: &str) -> Result<Located, ObtainError> {
    fixture
        .store()
        .obtain(fixture.published, &all_of(&of_pytorch(name)), &mut |_| {
            ControlFlow::Continue(())
        })
}

#[test]
fn both_of_pytorchs_formats_come_whole() {
    for name in ["network.legacy.pth", "network.zip.pth"] {
        let fixture = serving(name, digits(name, 8));
        let located = obtain(&fixture, name).unwrap();
        assert_eq!(
            std::fs::read(&located.path).unwrap(),
            std::fs::read(of_pytorch(name)).unwrap()
        );
        assert_eq!(tensors(&located.path), tensors(&of_pytorch(name)));
        assert_eq!(fixture.cached(), ["small.pth", "small.pth.json"]);
        assert!(located.source.unwrap().ends_with("/small-12345678.pth"));

        let store = fixture.store();
        let listed = store.list_of(fixture.published);
        assert_eq!(listed[0].digests, Digests::Published);
        assert_eq!(listed[0].fetched.as_ref().unwrap().len(), 10);
        let verified = store.verify(fixture.published, &mut || ControlFlow::Continue(()));
        assert_eq!(verified[0].outcome, Outcome::Sound(Digests::Published));
        store.remove(fixture.published).unwrap();
        assert!(fixture.cached().is_empty());
    }
}

#[test]
fn a_damaged_one_is_noticed_and_fetched_again() {
    let name = "network.legacy.pth";
    let fixture = serving(name, digits(name, 64));
    let path = obtain(&fixture, name).unwrap().path;
    let whole = std::fs::read(&path).unwrap();
    flip(&path);
    assert!(matches!(outcome(&fixture), Outcome::Damaged(why) if why.contains("SHA-256")));
    let located = obtain(&fixture, name).unwrap();
    assert!(
        located.notes[0].starts_with("passed over"),
        "{:?}",
        located.notes
    );
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

/// Flips a bit of the first tensor in the file at `path`.
fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let elements = tensors(path).remove(&all_of(path)[0].name).unwrap();
    let mut places = bytes.windows(elements.len());
    let at = places.position(|place| place == elements).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn outcome(fixture: &Fixture) -> Outcome {
    let store = fixture.store();
    let mut verified = store.verify(fixture.published, &mut || ControlFlow::Continue(()));
    verified.remove(0).outcome
}

#[test]
fn without_its_record_it_is_compared_with_what_is_published() {
    let name = "network.legacy.pth";
    let fixture = serving(name, digits(name, 8));
    let path = obtain(&fixture, name).unwrap().path;
    let record = path.with_file_name("small.pth.json");
    fixture.server.asked();
    for damage in [None, Some("{}"), Some("")] {
        match damage {
            None => std::fs::remove_file(&record).unwrap(),
            Some(text) => std::fs::write(&record, text).unwrap(),
        }
        assert!(obtain(&fixture, name).unwrap().notes.is_empty());
        assert_eq!(outcome(&fixture), Outcome::Sound(Digests::Published));
    }
    assert!(fixture.server.asked().is_empty());

    flip(&path);
    assert!(matches!(outcome(&fixture), Outcome::Damaged(_)));
    let located = obtain(&fixture, name).unwrap();
    assert!(
        located.notes[0].contains("what was recorded of"),
        "{:?}",
        located.notes
    );
    assert_eq!(tensors(&path), tensors(&of_pytorch(name)));
    assert!(obtain(&fixture, name).unwrap().notes.is_empty());
}

#[test]
fn a_record_without_a_tensor_is_damaged() {
    let name = "network.zip.pth";
    let fixture = serving(name, digits(name, 8));
    let path = obtain(&fixture, name).unwrap().path;
    let record = path.with_file_name("small.pth.json");
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, text.replace(&all_of(&path)[0].name, "another")).unwrap();
    flip(&path);
    let located = obtain(&fixture, name).unwrap();
    assert!(located.notes[0].contains("recorded"), "{:?}", located.notes);
    assert_eq!(tensors(&path), tensors(&of_pytorch(name)));
}

#[test]
fn without_its_record_and_anything_published_it_is_fetched_again() {
    let name = "network.zip.pth";
    let mut fixture = serving(name, digits(name, 8));
    fixture.published = leaked(vec![Source::Hub {
        repository: "test/small",
        file: "model.pth",
        bytes: 1,
    }]);
    let path = "/test/small/resolve/main/model.pth";
    fixture.server.serve(path, &of_pytorch(name), ETAG);
    let path = obtain(&fixture, name).unwrap().path;
    assert_eq!(outcome(&fixture), Outcome::Sound(Digests::Recorded));
    let record = path.with_file_name("small.pth.json");
    let written = std::fs::read(&record).unwrap();
    // Another name of the same bytes on the disk, which would show if they were written over.
    let shadow = fixture.folder.path().join("shadow");
    std::fs::write(&record, "half").unwrap();
    std::fs::hard_link(&record, &shadow).unwrap();
    assert!(matches!(outcome(&fixture), Outcome::Damaged(_)));
    fixture.server.asked();
    let located = obtain(&fixture, name).unwrap();
    assert!(located.notes[0].contains("recorded"), "{:?}", located.notes);
    assert!(!fixture.server.asked().is_empty());
    assert_eq!(std::fs::read(&record).unwrap(), written);
    assert_eq!(std::fs::read(&shadow).unwrap(), b"half");
    assert_eq!(fixture.cached(), ["small.pth", "small.pth.json"]);
}

#[test]
fn a_damaged_one_goes_when_tensors_come_instead() {
    let name = "network.zip.pth";
    let mut fixture = serving(name, digits(name, 8));
    let path = obtain(&fixture, name).unwrap().path;
    flip(&path);
    // By now it is on the hub as well.
    let tensors = fixture.folder.path().join("now.safetensors");
    write_as_safetensors(&of_pytorch(name), &tensors);
    fixture.server.serve(HUB_PATH, &tensors, ETAG);
    let mut sources = vec![Source::Hub {
        repository: "test/small",
        file: "model.safetensors",
        bytes: 1,
    }];
    sources.extend_from_slice(fixture.published.sources);
    fixture.published = leaked(sources);
    let located = obtain(&fixture, name).unwrap();
    assert!(
        located.notes[0].starts_with("passed over"),
        "{:?}",
        located.notes
    );
    assert_eq!(fixture.cached(), ["small.safetensors"]);

    // And the other way round.
    flip(&located.path);
    fixture.server.tamper(|asked, answer| match &*asked.path {
        HUB_PATH => Answer::plain(404, ""),
        _ => answer,
    });
    assert_eq!(obtain(&fixture, name).unwrap().path, path);
    assert_eq!(fixture.cached(), ["small.pth", "small.pth.json"]);
    assert!(obtain(&fixture, name).unwrap().notes.is_empty());
}

/// Writes what can be a weight in the file at `from` as a safetensors file.
fn write_as_safetensors(from: &Path, to: &Path) {
    let data = tensors(from);
    let views = all_of(from).into_iter().map(|tensor| {
        let shape = tensor.shape.iter().map(|&side| side as usize).collect();
        let view = TensorView::new(Dtype::F32, shape, &data[&tensor.name]).unwrap();
        (tensor.name, view)
    });
    std::fs::write(to, safetensors::serialize(views, None).unwrap()).unwrap();
}

#[test]
fn wrong_bytes_are_noticed() {
    let name = "network.legacy.pth";
    let fixture = serving(name, digits(name, 64));
    let last = std::fs::metadata(of_pytorch(name)).unwrap().len() - 1;
    fixture.server.tamper(move |_, mut answer| {
        answer.wrong_byte = Some(last);
        answer
    });
    let error = obtain(&fixture, name).unwrap_err().to_string();
    assert!(error.contains("not the published file"), "{error}");
    assert!(
        error.contains(&format!("not with {}", digits(name, 64))),
        "{error}"
    );
    assert!(fixture.cached().is_empty());
}

#[test]
fn what_an_earlier_attempt_left_damaged_is_not_held_against_the_source() {
    let name = "network.zip.pth";
    let fixture = serving(name, digits(name, 8));
    let mut count = 0;
    fixture.server.tamper(move |_, mut answer| {
        count += 1;
        if count > 1 {
            answer.wrong_byte = Some(10);
            answer.cut_after = Some(20);
        }
        if count > 2 {
            answer.status = 404;
        }
        answer
    });
    obtain(&fixture, name).unwrap_err();
    assert_eq!(fixture.cached().len(), 1);
    fixture.server.behave();
    assert_eq!(
        tensors(&obtain(&fixture, name).unwrap().path),
        tensors(&of_pytorch(name))
    );
}

#[test]
fn a_malicious_one_does_not_stay() {
    let name = "attack.legacy.pth";
    let fixture = serving(name, digits(name, 8));
    let error = fixture
        .store()
        .obtain(fixture.published, &[], &mut |_| ControlFlow::Continue(()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("is refused"), "{error}");
    assert!(fixture.cached().is_empty());
}

#[test]
fn a_mirror_may_write_it_anew_under_another_name() {
    let name = "network.zip.pth";
    let mut fixture = serving(name, "00000000");
    let mirror =
        |path: &str| Some(Template::new(&format!("{}{path}", fixture.server.url())).unwrap());
    let (own, published) = (mirror("/{network}-own.pth"), mirror("/{file}"));
    fixture
        .server
        .serve("/small-own.pth", &of_pytorch(name), ETAG);
    fixture.environment.template = published;
    let error = obtain(&fixture, name).unwrap_err().to_string();
    assert!(error.contains("not the published file"), "{error}");
    // Whatever follows the name.
    let signed = "/small-12345678.pth?sig=x";
    fixture.server.serve(signed, &of_pytorch(name), ETAG);
    fixture.environment.template = mirror("/{file}?sig=x");
    let error = obtain(&fixture, name).unwrap_err().to_string();
    assert!(error.contains("not the published file"), "{error}");
    assert!(!error.contains("sig"), "{error}");
    fixture.environment.template = own;
    obtain(&fixture, name).unwrap();
    assert_eq!(
        fixture.store().list_of(fixture.published)[0].digests,
        Digests::Recorded
    );
}

#[test]
fn interrupted_it_goes_on() {
    let name = "network.zip.pth";
    let fixture = serving(name, digits(name, 8));
    fixture.server.tamper(|asked, mut answer| {
        if asked
            .range
            .is_some_and(|(first, last)| first > 0 || last != (16 << 10) - 1)
        {
            answer.cut_after = Some(500);
        }
        answer
    });
    obtain(&fixture, name).unwrap();
    let ranges: Vec<u64> = fixture
        .server
        .asked()
        .iter()
        .skip(1)
        .map(|asked| asked.range.unwrap().0)
        .collect();
    assert!(ranges.len() > 5 && ranges.is_sorted(), "{ranges:?}");
}

#[test]
fn a_server_that_does_not_say_how_long_it_is() {
    let name = "network.zip.pth";
    let fixture = serving(name, digits(name, 8));
    fixture.server.tamper(|asked, answer| {
        let (first, last) = asked.range.unwrap();
        let last = last.min(4036);
        answer.with("Content-Range", &format!("bytes {first}-{last}/*"))
    });
    let error = obtain(&fixture, name).unwrap_err().to_string();
    assert!(error.contains("does not say how long"), "{error}");
}
