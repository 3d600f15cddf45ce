//! Numbers against `PyTorch`: `tests/pytorch/golden.json` was written by `tests/pytorch/reference.py`,
//! which reads every formula in the plainest way; it also defines the random weights and pictures. `recipes.py`
//! beside it does the same with the programs of others.

pub(crate) mod cases;
mod live;
mod parts;
mod recipes;

use serde_json::Value;
use stylescope::network::random_weights::{tensor_seed, uniform};
use tch::{Kind, Tensor};

/// The committed numbers.
fn golden() -> Value {
    let text = std::fs::read_to_string("tests/pytorch/golden.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The uniform numbers of tensor `number`, in float64.
fn uniform_tensor(seed: u64, number: u64, shape: &[i64]) -> Tensor {
    let seed = tensor_seed(seed, number);
    let count: i64 = shape.iter().product();
    let values: Vec<f64> = (0..count as u64)
        .map(|index| uniform(seed, index))
        .collect();
    Tensor::from_slice(&values).reshape(shape)
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is not a number"))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// The values of `tensor` at the places that the reference samples.
fn samples(tensor: &Tensor, count: usize) -> Vec<f64> {
    let flat: Vec<f64> = tensor
        .to_kind(Kind::Double)
        .flatten(0, -1)
        .try_into()
        .unwrap();
    (0..count)
        .map(|index| flat[(1009 * index) % flat.len()])
        .collect()
}

fn norm(tensor: &Tensor) -> f64 {
    tensor.to_kind(Kind::Double).norm().double_value(&[])
}

#[track_caller]
fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    let scale = expected.abs().max(1e-30);
    let difference = (found - expected).abs() / scale;
    assert!(
        difference <= tolerance,
        "{what}: {found} instead of {expected}, off by {difference:.1e}"
    );
}

/// Compares a gradient by its norm and, on the scale of its largest element, by its samples.
#[track_caller]
fn assert_gradient(what: &str, found: &Tensor, expected: &Value, tolerance: f64) {
    assert_near(
        &format!("{what}: gradient norm"),
        norm(found),
        number(&expected["norm"]),
        tolerance,
    );
    let scale = number(&expected["max_abs"]);
    let wanted = numbers(&expected["samples"]);
    for (found, wanted) in samples(found, wanted.len()).into_iter().zip(wanted) {
        let difference = (found - wanted).abs() / scale;
        assert!(
            difference <= tolerance,
            "{what}: gradient {found} instead of {wanted}, off by {difference:.1e}"
        );
    }
}
