//! The element types of tensors, and what `PyTorch` calls them. Plain values, any thread.

use std::fmt;

/// The type of a tensor's elements, always little-endian.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Number {
    /// IEEE 754 double precision, 8 bytes.
    F64,
    /// IEEE 754 single precision, 4 bytes.
    F32,
    /// IEEE 754 half precision, 2 bytes.
    F16,
    /// The upper half of a single precision number, 2 bytes.
    BF16,
    /// Anything that is no weight, by its safetensors name, such as `I64`.
    Other(String),
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::F64 => "F64",
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::BF16 => "BF16",
            Self::Other(name) => name,
        })
    }
}

/// An element type of `PyTorch`'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    /// As safetensors names it, or `PyTorch` where that has no name for it.
    name: &'static str,
    /// The size of one.
    pub(super) bytes: u64,
}

impl Element {
    pub(super) fn number(self) -> Number {
        match self.name {
            "F64" => Number::F64,
            "F32" => Number::F32,
            "F16" => Number::F16,
            "BF16" => Number::BF16,
            other => Number::Other(other.to_owned()),
        }
    }
}

/// What stands before `Storage` or `Tensor` in a class's name, `PyTorch`'s `dtype`, and the type.
const ELEMENTS: [(&str, &str, Element); 25] = [
    ("Double", "float64", element("F64", 8)),
    ("Float", "float32", element("F32", 4)),
    ("Half", "float16", element("F16", 2)),
    ("BFloat16", "bfloat16", element("BF16", 2)),
    ("Long", "int64", element("I64", 8)),
    ("Int", "int32", element("I32", 4)),
    ("Short", "int16", element("I16", 2)),
    ("Char", "int8", element("I8", 1)),
    ("Byte", "uint8", element("U8", 1)),
    ("Bool", "bool", element("BOOL", 1)),
    ("ComplexFloat", "complex64", element("C64", 8)),
    ("ComplexDouble", "complex128", element("C128", 16)),
    ("QInt8", "qint8", element("QI8", 1)),
    ("QUInt8", "quint8", element("QU8", 1)),
    ("QInt32", "qint32", element("QI32", 4)),
    ("QUInt4x2", "quint4x2", element("QU4", 1)),
    ("QUInt2x4", "quint2x4", element("QU2", 1)),
    ("Untyped", "", element("bytes", 1)),
    ("", "uint16", element("U16", 2)),
    ("", "uint32", element("U32", 4)),
    ("", "uint64", element("U64", 8)),
    ("", "float8_e5m2", element("F8_E5M2", 1)),
    ("", "float8_e4m3fn", element("F8_E4M3", 1)),
    ("", "float8_e5m2fnuz", element("F8_E5M2FNUZ", 1)),
    ("", "float8_e4m3fnuz", element("F8_E4M3FNUZ", 1)),
];

const fn element(name: &'static str, bytes: u64) -> Element {
    Element { name, bytes }
}

/// The type of a storage or tensor whose class's name begins with `kind`, such as `Float`.
pub(super) fn of_storage(kind: &str) -> Option<Element> {
    find(|(class, _)| !kind.is_empty() && class == kind)
}

/// The type that `PyTorch` calls `torch.<name>`.
pub(super) fn of_dtype(name: &str) -> Option<Element> {
    find(|(_, dtype)| !name.is_empty() && dtype == name)
}

fn find(wanted: impl Fn((&str, &str)) -> bool) -> Option<Element> {
    ELEMENTS
        .iter()
        .find(|(class, dtype, _)| wanted((class, dtype)))
        .map(|(_, _, element)| *element)
}
