//! The names out of Python that a pickle of weights may use, and what they stand for here.

use crate::weights::format::element::{self, Element};

/// A Python object that pickles name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::weights::format) enum Global {
    OrderedDict,
    /// `_rebuild_tensor(storage, offset, size, stride)`
    RebuildTensor,
    /// `_rebuild_tensor_v2(…, requires_grad, hooks[, metadata])`
    RebuildTensor2,
    /// `_rebuild_tensor_v3(…, requires_grad, hooks, dtype[, metadata])`
    RebuildTensor3,
    /// `_rebuild_parameter(tensor, requires_grad, hooks)`
    RebuildParameter,
    ParameterClass,
    TensorClass,
    StorageClass(Element),
    ElementType(Element),
    Size,
    Device,
}

/// What `module.name` stands for; `None` where it is not allowed.
pub(super) fn find(module: &[u8], name: &[u8]) -> Option<Global> {
    let (module, name) = (str::from_utf8(module).ok()?, str::from_utf8(name).ok()?);
    Some(match (module, name) {
        ("collections", "OrderedDict") => Global::OrderedDict,
        ("torch._utils", "_rebuild_tensor") => Global::RebuildTensor,
        ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensor2,
        ("torch._utils", "_rebuild_tensor_v3") => Global::RebuildTensor3,
        ("torch._utils", "_rebuild_parameter") => Global::RebuildParameter,
        ("torch.nn.parameter", "Parameter") => Global::ParameterClass,
        ("torch", "Size") => Global::Size,
        ("torch", "device") => Global::Device,
        ("torch" | "torch.cuda" | "torch.storage", _) => {
            if let Some(element) = name.strip_suffix("Storage").and_then(element::of_storage) {
                Global::StorageClass(element)
            } else if name
                .strip_suffix("Tensor")
                .is_some_and(|kind| element::of_storage(kind).is_some())
            {
                Global::TensorClass
            } else if module == "torch" {
                Global::ElementType(element::of_dtype(name)?)
            } else {
                return None;
            }
        }
        _ => return None,
    })
}
