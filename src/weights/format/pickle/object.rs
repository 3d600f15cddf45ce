//! The objects of a pickle: one list of them, each known by its number.

use crate::weights::format::FormatError;
use crate::weights::format::element::Element;

use super::global::Global;

/// The most objects of one pickle; a tensor takes about 25, a network of 2000 tensors 50 000.
const MOST_OBJECTS: usize = 1 << 20;

/// The number of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::weights::format) struct Id(u32);

/// A value as far as weights need it.
#[derive(Debug)]
pub(in crate::weights::format) enum Value<'file> {
    /// Something that no weight depends on, such as a float.
    Opaque,
    None,
    Bool(bool),
    Int(i64),
    /// An integer of any size: its bytes in two's complement, lowest first.
    Long(&'file [u8]),
    /// UTF-8 from Python 3, bytes from Python 2.
    Text(&'file [u8]),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    /// A `dict` or an `OrderedDict`: keys and values in the order in which they were set.
    Dict(Vec<(Id, Id)>),
    Global(Global),
    Storage(StorageView),
    /// A tensor or parameter of the time before `_rebuild_tensor`: made, and not yet given its state.
    Blank,
    Tensor(Box<TensorView>),
    /// A parameter whose tensor is another object, which is a [`Value::Tensor`].
    Parameter(Id),
}

/// Elements that lie together in the file, under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::weights::format) struct Storage {
    pub(in crate::weights::format) element: Element,
    pub(in crate::weights::format) element_count: u64,
}

/// Part of a storage.
#[derive(Debug, Clone, Copy)]
pub(in crate::weights::format) struct StorageView {
    /// Its number in [`super::Pickle::storages`].
    pub(in crate::weights::format) storage: usize,
    /// In bytes from the beginning of the storage.
    pub(in crate::weights::format) begin: u64,
    /// Not included.
    pub(in crate::weights::format) end: u64,
}

/// A tensor as `PyTorch` describes it: part of a storage, seen through strides.
#[derive(Debug)]
pub(in crate::weights::format) struct TensorView {
    pub(in crate::weights::format) storage: StorageView,
    pub(in crate::weights::format) element: Element,
    /// Of its first element, in elements from the beginning of the view.
    pub(in crate::weights::format) offset: u64,
    pub(in crate::weights::format) shape: Vec<usize>,
    /// In elements, one for each side.
    pub(in crate::weights::format) strides: Vec<usize>,
}

/// All objects of one pickle.
#[derive(Debug, Default)]
pub(in crate::weights::format) struct Objects<'file>(Vec<Value<'file>>);

impl<'file> Objects<'file> {
    pub(super) fn add(&mut self, value: Value<'file>) -> Result<Id, FormatError> {
        if self.0.len() >= MOST_OBJECTS {
            return Err(FormatError::Unsupported(format!(
                "its pickle has more than {MOST_OBJECTS} objects"
            )));
        }
        let id = Id(self.0.len() as u32);
        self.0.push(value);
        Ok(id)
    }

    pub(in crate::weights::format) fn get(&self, id: Id) -> &Value<'file> {
        self.0.get(id.0 as usize).unwrap_or(&Value::Opaque)
    }

    pub(super) fn get_mut(&mut self, id: Id) -> Option<&mut Value<'file>> {
        self.0.get_mut(id.0 as usize)
    }

    /// The items of a tuple or a list.
    pub(in crate::weights::format) fn items(&self, id: Id) -> Option<&[Id]> {
        match self.get(id) {
            Value::Tuple(items) | Value::List(items) => Some(items),
            _ => None,
        }
    }

    pub(in crate::weights::format) fn text(&self, id: Id) -> Option<&'file [u8]> {
        match self.get(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number that is not negative.
    pub(in crate::weights::format) fn count(&self, id: Id) -> Option<u64> {
        match self.get(id) {
            Value::Int(number) => u64::try_from(*number).ok(),
            Value::Long(bytes) => {
                let (low, high) = bytes.split_at_checked(8).unwrap_or((bytes, &[]));
                let negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
                if negative || high.iter().any(|byte| *byte != 0) {
                    return None;
                }
                let mut number = [0; 8];
                number.get_mut(..low.len())?.copy_from_slice(low);
                Some(u64::from_le_bytes(number))
            }
            _ => None,
        }
    }

    /// The number of the object that holds the tensor of `id`, be it a tensor or a parameter.
    pub(super) fn tensor_id(&self, id: Id) -> Option<Id> {
        match self.get(id) {
            Value::Tensor(_) => Some(id),
            Value::Parameter(tensor) => Some(*tensor),
            _ => None,
        }
    }

    pub(in crate::weights::format) fn tensor(&self, id: Id) -> Option<&TensorView> {
        match self.get(self.tensor_id(id)?) {
            Value::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }
}
