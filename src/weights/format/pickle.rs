//! Reads pickles as data: the part of the pickle language that describes dictionaries of tensors, and
//! nothing that could run. What is not on a list, opcode or name, is refused. Pure, any thread.
//!
//! Every object is a number into one list, so objects that share others or contain themselves are neither
//! expanded nor walked into, and nothing here recurses. Texts are ranges of the file.
//!
//! The language: `pickletools.py` of `CPython`. What `PyTorch` writes in it: `torch/serialization.py` and
//! `torch/_utils.py`.

mod call;
mod cursor;
mod global;
mod machine;
mod object;
mod opcode;

pub(super) use machine::{Pickle, read};
pub(super) use object::{Id, Objects, TensorView, Value};

#[cfg(test)]
mod tests;
