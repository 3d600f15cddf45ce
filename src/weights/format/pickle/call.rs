//! What the allowed names do: describe storages, tensors, parameters and dictionaries.

use super::global::Global;
use super::machine::Machine;
use super::object::{Id, Storage, StorageView, TensorView, Value};
use crate::weights::format::FormatError;
use crate::weights::format::element::Element;

/// The most sides of a tensor.
const MOST_SIDES: usize = 32;
/// The most tensors of one file.
const MOST_TENSORS: usize = 1 << 16;

impl<'file> Machine<'file> {
    /// The storage that `("storage", class, key, device, count)` means; files in the legacy format may add
    /// a part of it as `(key, offset, count)`.
    pub(super) fn storage(&mut self, identity: Id) -> Result<Value<'file>, FormatError> {
        let (kind, class, key, element_count, part) = match self.objects.items(identity) {
            Some(&[kind, class, key, _, count]) => (kind, class, key, count, None),
            Some(&[kind, class, key, _, count, part]) => (kind, class, key, count, Some(part)),
            _ => return Err(self.refused("an object from elsewhere")),
        };
        if self.objects.text(kind) != Some(b"storage") {
            return Err(self.refused("an object from elsewhere that is no storage"));
        }
        let (Value::Global(Global::StorageClass(element)), Some(key), Some(element_count)) = (
            self.objects.get(class),
            self.objects.text(key),
            self.objects.count(element_count),
        ) else {
            return Err(self.damaged("a storage that is none"));
        };
        let storage = Storage {
            element: *element,
            element_count,
        };
        let Some(storage_bytes) = element_count.checked_mul(element.bytes) else {
            return Err(self.damaged("a storage of more elements than there can be"));
        };
        let (begin, end) = self
            .part(part, element.bytes, storage_bytes)
            .ok_or_else(|| self.damaged("a part that is not within its storage"))?;
        let entry = self.storages.entry(key);
        let number = entry.index();
        if *entry.or_insert(storage) != storage {
            return Err(self.damaged("one storage in two kinds or sizes"));
        }
        Ok(Value::Storage(StorageView {
            storage: number,
            begin,
            end,
        }))
    }

    /// The beginning and the end of part of a storage, in bytes.
    fn part(&self, part: Option<Id>, element_bytes: u64, storage_bytes: u64) -> Option<(u64, u64)> {
        let Some(part) = part else {
            return Some((0, storage_bytes));
        };
        if let Value::None = self.objects.get(part) {
            return Some((0, storage_bytes));
        }
        let &[_, offset, count] = self.objects.items(part)? else {
            return None;
        };
        let begin = self.objects.count(offset)?.checked_mul(element_bytes)?;
        let end = self
            .objects
            .count(count)?
            .checked_mul(element_bytes)?
            .checked_add(begin)?;
        (end <= storage_bytes).then_some((begin, end))
    }

    /// What `callable(*arguments)` describes.
    pub(super) fn call(&mut self, callable: Id, arguments: Id) -> Result<Id, FormatError> {
        let Value::Global(global) = self.objects.get(callable) else {
            return Err(self.refused("a call of what is no function"));
        };
        let global = *global;
        let Value::Tuple(arguments) = self.objects.get(arguments) else {
            return Err(self.damaged("arguments that are no tuple"));
        };
        match (global, arguments.as_slice()) {
            (Global::OrderedDict, []) => self.objects.add(Value::Dict(Vec::new())),
            (Global::OrderedDict, &[pairs]) => {
                let entries = self.entries(pairs)?;
                self.objects.add(Value::Dict(entries))
            }
            (Global::RebuildTensor, &[storage, offset, size, stride])
            | (Global::RebuildTensor2, &[storage, offset, size, stride, _, _]) => {
                self.tensor(storage, offset, size, stride, None)
            }
            (Global::RebuildTensor2, &[storage, offset, size, stride, _, _, flags]) => {
                self.no_flags(flags)?;
                self.tensor(storage, offset, size, stride, None)
            }
            (Global::RebuildTensor3, &[storage, offset, size, stride, _, _, element]) => {
                self.tensor(storage, offset, size, stride, Some(element))
            }
            (Global::RebuildTensor3, &[storage, offset, size, stride, _, _, element, flags]) => {
                self.no_flags(flags)?;
                self.tensor(storage, offset, size, stride, Some(element))
            }
            (Global::RebuildParameter, &[tensor, _, _])
            | (Global::ParameterClass, &[tensor] | &[tensor, _]) => self
                .parameter(tensor)
                .map(Value::Parameter)
                .and_then(|value| self.objects.add(value)),
            (Global::ParameterClass | Global::TensorClass, []) => self.objects.add(Value::Blank),
            (Global::Size, &[sides]) => Ok(sides),
            (Global::Device, _) => self.objects.add(Value::Opaque),
            (Global::StorageClass(_) | Global::ElementType(_), _) => {
                Err(self.refused("a call of a type"))
            }
            _ => Err(self.damaged("arguments of another number")),
        }
    }

    /// Gives `object` the `state` that its class keeps.
    pub(super) fn build(&mut self, object: Id, state: Id) -> Result<(), FormatError> {
        match self.objects.get(object) {
            // An `OrderedDict` of `PyTorch`'s has a `_metadata`, which says nothing about the weights.
            Value::Dict(_) => Ok(()),
            Value::Blank => {
                let value = match self.objects.items(state) {
                    Some(&[storage, offset, size, stride]) => {
                        Value::Tensor(self.view(storage, offset, size, stride, None)?)
                    }
                    // A variable's: tensor, gradient, hooks, whether it wants a gradient, is volatile.
                    Some(&[tensor, _, _, _, _]) => Value::Parameter(self.parameter(tensor)?),
                    _ => return Err(self.damaged("a tensor's state that is none")),
                };
                if let Some(object) = self.objects.get_mut(object) {
                    *object = value;
                }
                Ok(())
            }
            // Whether it wants a gradient, whether it is volatile, hooks.
            Value::Tensor(_) | Value::Parameter(_)
                if self
                    .objects
                    .items(state)
                    .is_some_and(|items| items.len() == 3) =>
            {
                Ok(())
            }
            _ => Err(self.refused("a state for what has none")),
        }
    }

    /// The entries of a dictionary out of a list of pairs, as Python 2 writes ordered ones.
    fn entries(&mut self, pairs: Id) -> Result<Vec<(Id, Id)>, FormatError> {
        let count = self.objects.items(pairs).map_or(0, <[Id]>::len);
        self.spend(count)?;
        let entry = |pair: &Id| match self.objects.items(*pair) {
            Some(&[key, value]) => Some((key, value)),
            _ => None,
        };
        self.objects
            .items(pairs)
            .and_then(|pairs| pairs.iter().map(entry).collect())
            .ok_or_else(|| self.damaged("a dictionary of no pairs"))
    }

    fn parameter(&self, tensor: Id) -> Result<Id, FormatError> {
        self.objects
            .tensor_id(tensor)
            .ok_or_else(|| self.damaged("a parameter of no tensor"))
    }

    fn tensor(
        &mut self,
        storage: Id,
        offset: Id,
        size: Id,
        stride: Id,
        element: Option<Id>,
    ) -> Result<Id, FormatError> {
        let view = self.view(storage, offset, size, stride, element)?;
        self.objects.add(Value::Tensor(view))
    }

    fn view(
        &mut self,
        storage: Id,
        offset: Id,
        size: Id,
        stride: Id,
        element: Option<Id>,
    ) -> Result<Box<TensorView>, FormatError> {
        self.tensor_count += 1;
        if self.tensor_count > MOST_TENSORS {
            return Err(FormatError::Unsupported(format!(
                "it has more than {MOST_TENSORS} tensors"
            )));
        }
        let (&Value::Storage(storage), Some(offset), Some(shape), Some(strides)) = (
            self.objects.get(storage),
            self.objects.count(offset),
            self.counts(size),
            self.counts(stride),
        ) else {
            return Err(self.damaged("a tensor that is none"));
        };
        if shape.len() != strides.len() {
            return Err(self.damaged("a tensor with another number of sides than strides"));
        }
        let element = match element.map(|element| self.objects.get(element)) {
            None => self.element_of(storage),
            Some(Value::Global(Global::ElementType(element))) => Some(*element),
            Some(_) => None,
        };
        Ok(Box::new(TensorView {
            storage,
            element: element.ok_or_else(|| self.damaged("elements of no type"))?,
            offset,
            shape,
            strides,
        }))
    }

    fn element_of(&self, view: StorageView) -> Option<Element> {
        let (_, storage) = self.storages.get_index(view.storage)?;
        Some(storage.element)
    }

    fn counts(&self, tuple: Id) -> Option<Vec<usize>> {
        let items = self.objects.items(tuple)?;
        if items.len() > MOST_SIDES {
            return None;
        }
        let count = |id: &Id| usize::try_from(self.objects.count(*id)?).ok();
        items.iter().map(count).collect()
    }

    /// An error if the tensor is to be read negated or conjugated.
    fn no_flags(&self, flags: Id) -> Result<(), FormatError> {
        match self.objects.get(flags) {
            Value::None => Ok(()),
            Value::Dict(entries) if entries.is_empty() => Ok(()),
            _ => Err(FormatError::Unsupported(
                "it has a tensor that is kept negated or conjugated".to_owned(),
            )),
        }
    }
}
