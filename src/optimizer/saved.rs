//! What an optimiser knows of one candidate, as named values without tensors: what a checkpoint is made of. The worker
//! thread makes and reads it; any thread may hold it.

use std::collections::BTreeMap;

use tch::{Device, Kind, TchError, Tensor};

/// Named values of one candidate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SavedState {
    values: BTreeMap<String, Values>,
}

/// The elements of a tensor in the host's memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// Its dimensions; none for a single number.
    pub shape: Vec<usize>,
    /// What the elements are.
    pub element: Element,
    /// The elements in the machine's byte order, the last dimension fastest.
    pub bytes: Vec<u8>,
}

/// A kind of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
}

impl Element {
    /// Bytes that one takes.
    pub fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// Why a state cannot be gone on from.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// Something is not there.
    #[error("`{0}` is missing")]
    Missing(String),
    /// Something has other dimensions than it must have.
    #[error("`{name}` has the dimensions {found:?}, expected {expected:?}")]
    Shape {
        /// Which value.
        name: String,
        /// As it is.
        found: Vec<usize>,
        /// As it must be.
        expected: Vec<i64>,
    },
    /// A count or a number that makes no sense.
    #[error("`{name}` is {value}, which makes no sense")]
    Senseless {
        /// Which value.
        name: String,
        /// As it is.
        value: f64,
    },
    /// libtorch's.
    #[error(transparent)]
    Torch(#[from] TchError),
}

impl SavedState {
    /// All of it, by name.
    pub fn values(&self) -> &BTreeMap<String, Values> {
        &self.values
    }

    /// Adds `values` under `name`, which were read from somewhere. They are looked at when they are asked for.
    pub fn insert(&mut self, name: String, values: Values) {
        self.values.insert(name, values);
    }

    /// Keeps a copy of `tensor` under `name`, bit for bit where it is `float` or `double`, and otherwise as `float`.
    ///
    /// # Errors
    /// libtorch's, also where there is no memory for it.
    pub fn put(&mut self, name: &str, tensor: &Tensor) -> Result<(), TchError> {
        let (element, kind) = match tensor.f_kind()? {
            Kind::Double => (Element::F64, Kind::Double),
            _ => (Element::F32, Kind::Float),
        };
        let host = tensor
            .f_detach()?
            .f_to_device(Device::Cpu)?
            .f_to_kind(kind)?
            .f_contiguous()?;
        let count = host.numel();
        let mut bytes = vec![0; count * element.bytes()];
        host.f_copy_data_u8(&mut bytes, count)?;
        let shape = host.size().iter().map(|side| *side as usize).collect();
        let values = Values {
            shape,
            element,
            bytes,
        };
        self.values.insert(name.to_owned(), values);
        Ok(())
    }

    /// Keeps `number` under `name`, bit for bit.
    pub fn put_number(&mut self, name: &str, number: f64) {
        let values = Values {
            shape: Vec::new(),
            element: Element::F64,
            bytes: number.to_ne_bytes().to_vec(),
        };
        self.values.insert(name.to_owned(), values);
    }

    /// Whether there is something under `name`.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The number under `name`.
    ///
    /// # Errors
    /// Where it is missing, or not a single number.
    pub fn number(&self, name: &str) -> Result<f64, RestoreError> {
        let values = self.of(name)?;
        let wrong = || shape_error(name, values, &[]);
        if values.element != Element::F64 || !values.shape.is_empty() {
            return Err(wrong());
        }
        let bytes = values.bytes.as_slice().try_into().map_err(|_| wrong())?;
        Ok(f64::from_ne_bytes(bytes))
    }

    /// The number under `name`, which must be one in `range`.
    ///
    /// # Errors
    /// Where it is missing, or something else.
    pub fn number_in(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<f64>,
    ) -> Result<f64, RestoreError> {
        let value = self.number(name)?;
        if range.contains(&value) {
            return Ok(value);
        }
        let name = name.to_owned();
        Err(RestoreError::Senseless { name, value })
    }

    /// The tensor under `name`, which must have the dimensions `expected`, on `device`.
    ///
    /// # Errors
    /// Where it is missing or has other dimensions; libtorch's, also where there is no memory for it.
    pub fn tensor(
        &self,
        name: &str,
        expected: &[i64],
        device: Device,
    ) -> Result<Tensor, RestoreError> {
        let values = self.of(name)?;
        let is_as_expected = values.shape.len() == expected.len()
            && values
                .shape
                .iter()
                .zip(expected)
                .all(|(side, expected)| i64::try_from(*side) == Ok(*expected));
        let count = values
            .shape
            .iter()
            .try_fold(values.element.bytes(), |product, side| {
                product.checked_mul(*side)
            });
        if !is_as_expected || count != Some(values.bytes.len()) {
            return Err(shape_error(name, values, expected));
        }
        let kind = match values.element {
            Element::F32 => Kind::Float,
            Element::F64 => Kind::Double,
        };
        let host = Tensor::f_from_data_size(&values.bytes, expected, kind)?;
        Ok(host.f_to_device(device)?)
    }

    /// The dimensions of what stands under `name`.
    ///
    /// # Errors
    /// Where it is missing.
    pub fn shape(&self, name: &str) -> Result<&[usize], RestoreError> {
        Ok(&self.of(name)?.shape)
    }

    fn of(&self, name: &str) -> Result<&Values, RestoreError> {
        let found = self.values.get(name);
        found.ok_or_else(|| RestoreError::Missing(name.to_owned()))
    }
}

/// The tensors under `name` of all `states`, each `[1, …]` of the dimensions `expected`, as one, `[N, …]`.
pub(super) fn joined(
    states: &[&SavedState],
    name: &str,
    expected: &[i64],
    device: Device,
) -> Result<Tensor, RestoreError> {
    let rows = states
        .iter()
        .map(|state| state.tensor(name, expected, device))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Tensor::f_cat(&rows, 0)?)
}

fn shape_error(name: &str, values: &Values, expected: &[i64]) -> RestoreError {
    RestoreError::Shape {
        name: name.to_owned(),
        found: values.shape.clone(),
        expected: expected.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_comes_back_bit_for_bit() {
        let picture = Tensor::randn([1, 3, 4, 5], (Kind::Float, Device::Cpu));
        let mut state = SavedState::default();
        state.put("picture", &picture).unwrap();
        state.put("exact", &picture.to_kind(Kind::Double)).unwrap();
        state.put("yes", &Tensor::from(true)).unwrap();
        state.put_number("product", 0.1 + 0.2);
        let back = state.tensor("picture", &[1, 3, 4, 5], Device::Cpu).unwrap();
        assert!(back.equal(&picture));
        let exact = state.tensor("exact", &[1, 3, 4, 5], Device::Cpu).unwrap();
        assert_eq!(exact.kind(), Kind::Double);
        let yes = state.tensor("yes", &[], Device::Cpu).unwrap();
        assert!((yes.double_value(&[]) - 1.0).abs() < f64::EPSILON);
        assert_eq!(
            state.number("product").unwrap().to_bits(),
            (0.1_f64 + 0.2).to_bits()
        );
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let mut state = SavedState::default();
        state.put_number("count", -3.0);
        state.insert(
            "short".to_owned(),
            Values {
                shape: vec![1, 3],
                element: Element::F32,
                bytes: vec![0; 11],
            },
        );
        state.insert(
            "huge".to_owned(),
            Values {
                shape: vec![usize::MAX, 2],
                element: Element::F32,
                bytes: Vec::new(),
            },
        );
        let says = |error: RestoreError, words: &str| {
            assert!(error.to_string().contains(words), "{error}");
        };
        says(state.number("pi").unwrap_err(), "`pi` is missing");
        says(state.number("short").unwrap_err(), "`short` has");
        says(state.number_in("count", 0.0..=9.0).unwrap_err(), "is -3");
        let device = Device::Cpu;
        says(
            state.tensor("short", &[1, 3], device).unwrap_err(),
            "`short`",
        );
        says(state.tensor("huge", &[1, 3], device).unwrap_err(), "`huge`");
        says(
            state.tensor("count", &[1], device).unwrap_err(),
            "expected [1]",
        );
    }
}
