//! Weights files as `PyTorch` writes them, read back equal; files that would run something, refused.
//!
//! `weights_formats/make.py` writes them, and `expected.json`, which says what is in them. They are committed,
//! so that this needs no `PyTorch`; where there is one, it writes them anew.

use std::path::Path;

use serde_json::Value;
use stylescope::weights::error::WeightsError;
use stylescope::weights::file::WeightsFile;
use stylescope::weights::format::{self, Format, FormatError};

use super::python;

const FILES: &str = "tests/weights_formats/files";

fn expected(folder: &Path) -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let Value::Object(files) = serde_json::from_str(&text).unwrap() else {
        panic!("expected.json is no object");
    };
    files
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

fn check_tensors(name: &str, file: &WeightsFile, tensors: &Value) {
    let tensors = tensors.as_object().unwrap();
    assert_eq!(
        file.contents().tensors.keys().collect::<Vec<_>>(),
        tensors.keys().collect::<Vec<_>>(),
        "{name}"
    );
    for (tensor, expected) in tensors {
        let entry = &file.contents().tensors[tensor];
        let place = format!("{tensor} in {name}");
        assert_eq!(entry.number.to_string(), expected["number"], "{place}");
        let shape: Vec<Value> = entry.shape.iter().map(|side| (*side).into()).collect();
        assert_eq!(Value::Array(shape), expected["shape"], "{place}");
        let elements = file.bytes(tensor).unwrap().unwrap();
        assert_eq!(hexadecimal(&elements), expected["elements"], "{place}");
    }
}

fn check_refused(name: &str, error: &WeightsError, refused: &Value) {
    let WeightsError::Refused { what, .. } = error else {
        panic!("{name}: {error}");
    };
    assert_eq!(what, refused, "{name}");
    let said = error.to_string();
    assert!(said.contains(name), "{said}");
    assert!(said.contains("nothing of it was run"), "{said}");
}

/// Reads every file of `folder` and compares.
fn check(folder: &Path) {
    let files = expected(folder);
    assert!(files.len() > 20, "{}", files.len());
    for (name, expected) in files {
        let format = match name.rsplit_once('.').unwrap().1 {
            "safetensors" => Format::Safetensors,
            _ if name.ends_with(".zip.pth") => Format::ZipCheckpoint,
            _ => Format::LegacyCheckpoint,
        };
        match WeightsFile::open(&folder.join(&name)) {
            Ok(file) => {
                assert_eq!(file.contents().format, format, "{name}");
                check_tensors(&name, &file, &expected["tensors"]);
            }
            Err(error) => check_refused(&name, &error, &expected["refused"]),
        }
    }
    assert!(!Path::new("attacked").exists(), "a file was run");
}

#[test]
fn files_that_pytorch_wrote() {
    check(Path::new(FILES));
}

#[test]
fn files_that_pytorch_writes_now() {
    let Some(python) = python::with_torch() else {
        eprintln!("skipped: no python3 here can import torch");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = "tests/weights_formats/make.py".as_ref();
    python::printed(&python, [script, folder.path().as_os_str()]);
    check(folder.path());
}

/// A copy that ends early is noticed wherever it ends, and so is a byte too many nowhere needed.
#[test]
fn copies_that_are_not_whole() {
    for (name, expected) in expected(Path::new(FILES)) {
        let whole = std::fs::read(Path::new(FILES).join(&name)).unwrap();
        for length in 0..whole.len() {
            let error = match format::read(&whole[..length]) {
                Ok(contents) => panic!("{length} bytes of {name} were read: {contents:?}"),
                Err(error) => error,
            };
            let is_known = matches!(
                error,
                FormatError::Unknown(_) | FormatError::Damaged(_) | FormatError::Short { .. }
            );
            let is_refused =
                expected.get("refused").is_some() && matches!(error, FormatError::Refused { .. });
            assert!(is_known || is_refused, "{length} bytes of {name}: {error}");
        }
    }
}

/// Whatever a single byte becomes, the file is read or refused, and its tensors lie within it.
#[test]
fn bytes_that_are_wrong() {
    for name in ["old.legacy.pth", "strides.zip.pth", "kinds.safetensors"] {
        let mut bytes = std::fs::read(Path::new(FILES).join(name)).unwrap();
        for place in 0..bytes.len() {
            let right = bytes[place];
            for wrong in [0, right ^ 1, right ^ 0x80, 0xff] {
                bytes[place] = wrong;
                if let Ok(contents) = format::read(&bytes) {
                    for (tensor, entry) in &contents.tensors {
                        assert!(entry.elements(&bytes).is_some(), "{tensor} in {name}");
                    }
                }
            }
            bytes[place] = right;
        }
    }
}

#[test]
fn names_and_shapes_are_checked() {
    let file = WeightsFile::open(&Path::new(FILES).join("training.zip.pth")).unwrap();
    let entry = file.check("0.weight", &[2, 3, 3, 3], "vgg19").unwrap();
    assert_eq!(entry.shape, [2, 3, 3, 3]);
    let said = |name: &str, shape: &[i64]| {
        let error = file.check(name, shape, "vgg19").unwrap_err();
        error.to_string()
    };
    let missing = said("features.0.weight", &[64, 3, 3, 3]);
    assert!(
        missing.contains("has no tensor features.0.weight, which vgg19 needs"),
        "{missing}"
    );
    assert!(
        missing.contains("its first tensors are 0.weight, 0.bias"),
        "{missing}"
    );
    let shape = said("0.bias", &[3]);
    assert!(shape.contains("is [2], vgg19 needs [3]"), "{shape}");
    let number = said("1.num_batches_tracked", &[]);
    assert!(number.contains("holds I64, not"), "{number}");
}

#[test]
fn something_else_than_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let said = |path: &Path| WeightsFile::open(path).unwrap_err().to_string();
    assert!(said(folder.path()).contains("it is a folder"));
    assert!(said(Path::new("/dev/zero")).contains("it is not a regular file"));
    assert!(said(&folder.path().join("none")).contains("cannot read the weights"));
    let path = folder.path().join("page.pth");
    for (content, expected) in [
        ("", "it is empty"),
        ("  <!DOCTYPE html><p>Log in", "it is a web page"),
        ("<HTML>", "it is a web page"),
        ("version https://git-lfs.github.com/spec/v1\noid", "Git LFS"),
        ("\u{1f}\u{fffd}not gzip either", "begins like none"),
    ] {
        std::fs::write(&path, content).unwrap();
        let said = said(&path);
        assert!(said.contains(expected), "{said}");
        assert!(said.contains("not a safetensors or PyTorch file"), "{said}");
    }
}

#[test]
fn recorded_digests_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.safetensors");
    // Of the four bytes 1, 2, 3, 4.
    let digest = "9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a";
    let header = format!(
        r#"{{"__metadata__":{{"sha256.a":"{digest}"}},"a":{{"dtype":"F32","shape":[1],"data_offsets":[0,4]}},"b":{{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}}}"#
    );
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend([1, 2, 3, 4]);
    std::fs::write(&path, &bytes).unwrap();
    let file = WeightsFile::open(&path).unwrap();
    assert_eq!(file.recorded_sha256("a"), Some(digest));
    assert!(file.check_digest("a").unwrap());
    assert!(!file.check_digest("b").unwrap());

    *bytes.last_mut().unwrap() = 5;
    let damaged = folder.path().join("damaged.safetensors");
    std::fs::write(&damaged, &bytes).unwrap();
    let error = WeightsFile::open(&damaged).unwrap().check_digest("a");
    assert!(
        matches!(error, Err(WeightsError::Damaged { ref tensor, .. }) if tensor == "a"),
        "{error:?}"
    );
}
