//! The same recipes against `PyTorch` itself, with whole tensors: wherever a python3 can import torch.

use std::path::Path;
use std::process::Command;

use safetensors::SafeTensors;
use serde_json::Value;
use tch::{Kind, Tensor};

use super::cases::{lane, tolerance_after_20, trained_weights};
use super::{assert_near, golden, numbers};
use crate::python;

fn relative_difference(found: &Tensor, expected: &Tensor) -> f64 {
    let (found, expected) = (found.to_kind(Kind::Double), expected.to_kind(Kind::Double));
    ((&found - &expected).norm() / expected.norm()).double_value(&[])
}

fn check(python: &str, name: &str, trained: Option<&Path>, folder: &Path) {
    let golden = golden();
    let expected: &Value = &golden["cases"][name];
    let out = folder.join("case.safetensors");
    let mut command = Command::new(python);
    command
        .args([
            "tests/pytorch/reference.py",
            "case",
            expected["recipe"].as_str().unwrap(),
        ])
        .args(["--network", expected["network"].as_str().unwrap()])
        .arg("--out")
        .arg(&out);
    if let Some(weights) = trained {
        command.arg("--weights").arg(weights);
    }
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let bytes = std::fs::read(&out).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |name: &str| {
        let view = file.tensor(name).unwrap();
        let shape: Vec<i64> = view.shape().iter().map(|&side| side as i64).collect();
        Tensor::from_data_size(view.data(), &shape, Kind::Float)
    };

    let mut lane = lane(expected, trained);
    lane.set_picture(&tensor("initial").reshape(lane.picture().size()))
        .unwrap();
    let (_, gradient) = lane.evaluate().unwrap();
    let wanted = tensor("gradient").reshape(gradient.size());
    let gradient_difference = relative_difference(&gradient, &wanted);
    assert!(
        gradient_difference < 1e-4,
        "{name}: gradient off by {gradient_difference:.1e}"
    );

    for _ in 0..20 {
        lane.step().unwrap();
    }
    let block = lane.read_losses(0.0).unwrap().unwrap();
    let losses = tensor("losses");
    let first: Vec<f64> = losses.get(0).to_kind(Kind::Double).try_into().unwrap();
    assert_near(
        &format!("{name}: total"),
        block.losses(0, 0).unwrap().total(),
        first[0],
        1e-5,
    );
    let picture_difference = relative_difference(
        lane.picture(),
        &tensor("picture").reshape(lane.picture().size()),
    );
    eprintln!(
        "{name}: gradient {gradient_difference:.1e}, picture after 20 steps {picture_difference:.1e}"
    );
    let (tolerance, _) = tolerance_after_20(name);
    assert!(
        picture_difference < tolerance,
        "{name}: picture off by {picture_difference:.1e}"
    );
    assert_eq!(numbers(&expected["total_by_step"]).len(), 20);
}

#[test]
fn against_pytorch_itself() {
    let Some(python) = python::with_torch() else {
        eprintln!("skipped: no python3 here can import torch");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    for recipe in ["reference", "reference-intended", "gatys"] {
        for network in ["vgg16", "vgg19", "squeezenet1_0"] {
            check(&python, &format!("{recipe}/{network}"), None, folder.path());
        }
        if let Some(weights) = trained_weights() {
            check(
                &python,
                &format!("{recipe}/squeezenet1_0/trained"),
                Some(&weights),
                folder.path(),
            );
        }
    }
}
